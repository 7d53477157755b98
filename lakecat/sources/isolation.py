"""Footers read in a process of their own: a file that aborts the reader costs one table, not the program."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from lakecat.errors import CorruptDataError, SourceTimeoutError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakecat.sources.parquet_footer import Bounds, Source

_LIMITED = """
import contextlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
with contextlib.suppress(ImportError):
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from lakecat.sources.parquet_footer import main
main()
"""
_BLOCK = 1 << 16


class FooterProcess:
    """A process that reads footers, started when it is first needed and again after it died.

    Questions are numbered, and whatever ends one without its answer (a time-out, Ctrl-C) ends the process: no answer is
    taken for that to another question. A forked child leaves its parent's process alone and starts its own.

    Args:
        seconds: How long one table may take.
        memory: How many bytes of address space the process may have, where the system can limit it.
    """

    def __init__(self, *, seconds: float = 30.0, memory: int = 4 * 2**30) -> None:
        self._seconds = seconds
        self._memory = memory
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._closing = False
        _ALL.add(self)

    def ask(self, question: str, files: Sequence[Source], *, seconds: float | None = None) -> dict[str, Any]:
        """Return the answer to one of :data:`lakecat.sources.parquet_footer.QUESTIONS` about these files.

        A process that has answered before and is gone was perhaps ended by somebody else: it is asked once more, anew.

        Raises:
            CorruptDataError: Reading them ended the process.
            SourceTimeoutError: Reading them took too long.
            OSError: They cannot be read.
        """
        limit = self._seconds if seconds is None else seconds
        with self._lock:
            try:
                used = self._process is not None
                answer = self._answer(question, files, limit)
                if answer is None and used and not self._closing:
                    self._end()
                    answer = self._answer(question, files, limit)
                if answer is None:
                    raise CorruptDataError("reading the footers ended the process that did it", self._last_words())
            except BaseException:
                self._end()
                raise
        if "error" in answer:
            raise OSError(answer["error"])
        found: dict[str, Any] = answer["found"]
        return found

    def close(self) -> None:
        """End the process, and with it what is being asked."""
        self._closing = True
        process = self._process
        if process is not None:
            process.kill()
        with self._lock:
            self._end()
            self._closing = False

    def forget(self) -> None:
        """Let go of the process without touching it: after a fork it is the parent's, and so may be the lock."""
        process, errors = self._process, self._errors
        self._process, self._errors, self._lock, self._closing = None, None, threading.Lock(), False
        if process is not None:
            process.returncode = 0  # not ours to wait for
            for stream in (process.stdin, process.stdout, errors):
                if stream is not None:
                    stream.close()

    def _answer(self, question: str, files: Sequence[Source], limit: float) -> dict[str, Any] | None:
        """Return the answer to a question, or ``None`` if the process ended."""
        process, number = self._started(), next(self._numbers)
        assert process.stdin is not None
        text = memoryview(json.dumps([number, limit + 1, question, list(files)]).encode() + b"\n")
        try:
            while text:
                text = text[process.stdin.write(text) :]
        except OSError:  # it died before it read the question
            return None
        while True:
            try:
                line = self._answers.get(timeout=limit)
            except queue.Empty:
                raise SourceTimeoutError(f"reading the footers took more than {limit:g} seconds") from None
            if not line:
                return None
            answer: dict[str, Any] = json.loads(line)
            if answer["number"] == number:
                return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            code = _LIMITED.format(memory=self._memory)
            # Without buffers: nothing of them is written twice, nor is one of their locks held, where a process forks.
            self._errors = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (closed when the process ends)
            self._process = subprocess.Popen(  # noqa: S603 (our own module, in this interpreter)
                # What lies in the working directory is not to be taken for a module of anybody's: the path is ours.
                [sys.executable, "-P", "-c", code, json.dumps(_path())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                bufsize=0,
                start_new_session=True,  # Ctrl-C in a terminal is for us alone
            )
            self._answers = queue.Queue()
            arguments = (self._process.stdout, self._answers)
            threading.Thread(target=_pass_on, args=arguments, name="lakecat-footers", daemon=True).start()
        return self._process

    def _end(self) -> None:
        """End the process if there is one."""
        process, errors = self._process, self._errors
        if process is not None:
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
        if errors is not None:
            errors.close()
        self._process = self._errors = None

    def _last_words(self) -> str:
        """Return the last line that the process wrote to standard error."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._errors is None:
            return ""
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "no reason given")


def _path() -> list[str]:
    """Return where this process finds modules, lakecat itself at the least."""
    return [*(folder for folder in sys.path if folder), str(Path(__file__).parents[2])]


def _pass_on(stream: IO[bytes], answers: queue.Queue[bytes]) -> None:
    """Put lines into a queue, and an empty one at the end of the stream."""
    rest = b""
    with stream, contextlib.suppress(OSError):
        while block := stream.read(_BLOCK):
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                answers.put(line)
    answers.put(b"")


_ALL: weakref.WeakSet[FooterProcess] = weakref.WeakSet()
_SHARED = FooterProcess()
_A_MOMENT = 2.0


def _forget_all() -> None:
    for process in _ALL:
        process.forget()


atexit.register(_SHARED.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def column_bounds(files: Sequence[Source]) -> dict[str, Bounds]:
    """Return what the footers of these files say of columns, read by a process that all tables share."""
    return {name: (nulls, low, high) for name, (nulls, low, high) in _SHARED.ask("columns", files).items()}


def first_record_fault(file: str) -> str:
    """Return why the first record of the columns that repeat cannot be read; ``""`` if it can, or if that is not known.

    It is not known of a record that is too large to be read within the limits.
    """
    try:
        _SHARED.ask("first record", [file], seconds=_A_MOMENT)
    except OSError as error:
        return str(error) if not isinstance(error, SourceTimeoutError) else ""
    except CorruptDataError:
        return ""
    return ""


def far_times(files: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """Return the columns with INT96 times that nanoseconds cannot hold, and whether there can be no others.

    Of files that cannot be read, or not within the limits, nothing is known.
    """
    try:
        found = _SHARED.ask("far times", files)
    except (OSError, CorruptDataError):  # a SourceTimeoutError is an OSError
        return (), False
    return tuple(found["columns"]), found["all"]
