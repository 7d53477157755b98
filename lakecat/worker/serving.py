"""The other end of a :class:`lakecat.worker.Worker`: takes one question after another, and answers each."""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def serve(asked: int, told: int) -> None:
    """Answer each line of one descriptor, a JSON list of a number, seconds and a question, by lines of JSON on another.

    The first question names what answers the others: a function, and what to call it with. Each answer is announced by
    its number alone. Where the system can do it, a question that takes longer ends the process: whoever asked may be
    gone. A process that a question forks never answers.
    """
    process, surroundings = os.getpid(), Surroundings()
    if hasattr(os, "register_at_fork"):
        # A child that lives on would keep the other end waiting for answers of a process that is gone.
        os.register_at_fork(after_in_child=lambda: _close(asked, told))
    alarm: Callable[[int], object] = getattr(signal, "alarm", lambda _: None)
    answered_by = _begin
    with open(asked, "rb", closefd=False) as lines:
        for line in lines:
            number, seconds, question = json.loads(line)
            _write(told, {"number": number, "began": True})
            if hasattr(signal, "SIGALRM"):
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
            alarm(math.ceil(seconds))
            answer: dict[str, Any] = {"number": number}
            try:
                found = answered_by(*question)
                if number == 0:
                    answered_by, found = found, None
                    surroundings = Surroundings()
                text = json.dumps({**answer, "found": found})
            except KeyboardInterrupt:
                text = json.dumps({**answer, "interrupted": True})
            except BaseException as error:  # noqa: BLE001 (whatever it is, it is the answer)
                text = json.dumps({**answer, "error": _text_of(error)})
            if os.getpid() != process:
                os._exit(0)
            alarm(0)
            surroundings.restore()
            _write(told, text)


def _begin(service: str, setup: list[Any]) -> Any:
    """Return what answers questions: the result of ``module:function``."""
    module, _, name = service.partition(":")
    return getattr(importlib.import_module(module), name)(*setup)


class Surroundings:
    """What a question finds, and what the next one is to find again: folder, environment, path of modules, output."""

    def __init__(self) -> None:
        self._folder = "."
        with contextlib.suppress(OSError):  # it may be gone, and nobody need it
            self._folder = os.getcwd()  # noqa: PTH109 (text is kept)
        self._environment = dict(os.environ)
        self._path = list(sys.path)
        self._output, self._nothing = os.dup(2), os.open(os.devnull, os.O_RDONLY)
        self.restore()

    def restore(self) -> None:
        """Let all be as it was; what was printed is written out."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BaseException:  # noqa: BLE001, S112 (what a question left there may be anything; it is replaced)
                continue
        for kept, used in ((self._nothing, 0), (self._output, 1), (self._output, 2)):
            os.dup2(kept, used)
        sys.stdout, sys.stderr = (
            open(number, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
            for number in (1, 2)
        )
        with contextlib.suppress(OSError):
            os.chdir(self._folder)
        if os.environ != self._environment:
            os.environ.clear()
            os.environ.update(self._environment)
        if sys.path != self._path:
            sys.path[:] = self._path


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _write(descriptor: int, message: str | dict[str, Any]) -> None:
    """Write a line whole, past any buffer that a forked process would write once more."""
    text = message if isinstance(message, str) else json.dumps(message)
    data = memoryview(text.encode() + b"\n")
    while data:
        data = data[os.write(descriptor, data) :]


def _text_of(error: BaseException) -> str:
    try:
        return f"{error}" or type(error).__name__
    except BaseException:  # noqa: BLE001 (it is a user's code too)
        return type(error).__name__
