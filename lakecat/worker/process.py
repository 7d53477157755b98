"""The mechanism: a spawned process that stays, numbered questions, answers as plain data, limits of time and memory."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from lakecat.worker.failures import (
    AnswerError,
    EndedError,
    MemoryLimitError,
    StartError,
    TimeLimitError,
    WorkerError,
    how_ended,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

# The channel takes the place of standard input and output before anything else runs; what is printed goes to a file.
# The limit of address space is a far backstop: threads reserve much of it that they never use.
_PROGRAM = """
import contextlib, json, os, sys
asked, told = os.dup(0), os.dup(1)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.dup2(2, 1)
path, memory, sys.dont_write_bytecode = json.loads(sys.argv[1])
sys.path[:] = path
with contextlib.suppress(ImportError):
    import resource
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (4 * memory, 4 * memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from lakecat.worker.serving import serve
serve(asked, told)
"""
_BLOCK = 1 << 16
_TICK = 0.05
_TO_START = 60.0
_KEPT, _MOST_PRINTED = 1 << 16, 1 << 24


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, plain data as JSON has it, and what was printed meanwhile, as it was."""

    found: Any
    printed: str


class Worker:
    """A process that answers questions, started when it is first needed and again after it died.

    Questions are numbered, and whatever ends one without its answer (a limit, Ctrl-C) ends the process, and what it
    started in its group: no answer is taken for that to another question. A forked child leaves its parent's process
    alone and starts its own. Threads may ask at once; one question is answered at a time.

    Args:
        service: ``module:function``; it is called in the process, once, and returns what is called with each question.
        setup: What it is called with.
        seconds: How long one question may take.
        memory: How many bytes the process may hold, where the system tells that of another process.
        to_start: How long the process may take until it answers.
    """

    def __init__(
        self,
        service: str,
        *,
        setup: Sequence[Any] = (),
        seconds: float = 60.0,
        memory: int = 4 * 2**30,
        to_start: float = _TO_START,
    ) -> None:
        self._service = service
        self._setup = list(setup)
        self._seconds = seconds
        self._memory = memory
        self._to_start = to_start
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._used = False
        self._output: IO[bytes] | None = None
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._closing = False
        _ALL.add(self)

    def ask(self, *question: Any, seconds: float | None = None) -> Answer:
        """Return the answer to a question, which is plain data as JSON has it.

        A process that has answered before and ends, or has no more room, was perhaps ended by somebody else, or by what
        an earlier question left: it is asked once more, anew.

        Raises:
            AnswerError: What was asked raised an exception.
            EndedError: The process ended.
            TimeLimitError: It took too long.
            MemoryLimitError: It took too much memory.
            StartError: The process does not get as far as the question.
            OSError: The system has no room for a process.
            KeyboardInterrupt: It was raised here, or there.
        """
        limit = self._seconds if seconds is None else seconds
        with self._lock:
            try:
                try:
                    self._start()
                    return self._answer(next(self._numbers), question, limit)
                except (EndedError, MemoryLimitError):
                    if not self._used or self._closing:
                        raise
                self._end()
                self._start()
                return self._answer(next(self._numbers), question, limit)
            except AnswerError:
                raise
            except BaseException:
                self._end()
                raise

    @property
    def process(self) -> int | None:
        """The number of the process, if there is one."""
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        """End the process, and with it what is being asked."""
        self._closing = True
        process = self._process
        if process is not None:
            _kill(process)
        with self._lock:
            self._end()
            self._closing = False

    def forget(self) -> None:
        """Let go of the process without touching it: after a fork it is the parent's, and so may be the lock."""
        process, output = self._process, self._output
        self._process, self._output, self._lock = None, None, threading.Lock()
        self._used = self._closing = False
        if process is not None:
            process.returncode = 0  # not ours to wait for
            for stream in (process.stdin, process.stdout, output):
                if stream is not None:
                    stream.close()

    def _answer(self, number: int, question: Sequence[Any], limit: float) -> Answer:
        """Return the answer to a question."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        text = memoryview(json.dumps([number, limit + 1, list(question)]).encode() + b"\n")
        with contextlib.suppress(OSError):  # it died before it read the question
            while text:
                text = text[process.stdin.write(text) :]
        answer = self._wait(process, number, limit)
        self._used, printed = True, self._printed()
        if "found" in answer:
            if resident(process.pid) > self._memory:
                self._end()  # what is left of this answer is not to stand in the way of the next one
            return Answer(answer["found"], printed)
        if "interrupted" in answer:
            raise KeyboardInterrupt
        raise AnswerError(str(answer.get("error")), printed)

    def _wait(self, process: subprocess.Popen[bytes], number: int, limit: float) -> dict[str, Any]:
        """Wait for the answer with this number; time runs from when the process begins with it."""
        began, ends = time.monotonic(), time.monotonic() + self._to_start
        gone = False
        while True:
            line: bytes | None = None
            with contextlib.suppress(queue.Empty):
                line = self._answers.get(timeout=min(_TICK, max(ends - time.monotonic(), 0.001)))
            if line is None and not gone and time.monotonic() < ends:
                if resident(process.pid) > self._memory:
                    raise MemoryLimitError(f"took more than {self._memory // 2**20} MiB of memory", self._printed())
                self._bound_output()
                # The end of the channel does not tell, where somebody else holds it open.
                gone = _has_ended(process)
                continue
            if line is None and not gone:
                raise TimeLimitError(f"took more than {limit:g} seconds", self._printed())
            try:
                answer: dict[str, Any] = json.loads(line or b"")
                if answer["number"] != number:
                    continue
            except (ValueError, TypeError, KeyError):
                # The channel has ended, or somebody else wrote to it.
                how = how_ended(_kill(process)) if _ends_soon(process) else "closed what its process answers through"
                if time.monotonic() - began > limit:  # it has ended itself
                    raise TimeLimitError(f"took more than {limit:g} seconds", self._printed()) from None
                raise EndedError(how, self._printed()) from None
            if "began" not in answer:
                return answer
            began, ends = time.monotonic(), time.monotonic() + limit

    def _start(self) -> None:
        """Start the process where there is none that runs.

        Raises:
            StartError: It ends before it can be asked, or what answers questions cannot be had.
            OSError: The system has no room for it.
        """
        if self._process is not None and _has_ended(self._process):
            self._end()
        if self._process is not None:
            return
        # What lies in the working directory is not to be taken for a module of anybody's: the path is ours.
        arguments = json.dumps([_path(), self._memory, sys.dont_write_bytecode])
        # Without buffers: nothing of them is written twice, nor is one of their locks held, where a process forks.
        self._output = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 (closed when the process ends)
        self._process = subprocess.Popen(  # noqa: S603 (our own module, in this interpreter)
            [sys.executable, *_flags(), "-P", "-c", _PROGRAM, arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._output,
            bufsize=0,
            start_new_session=True,  # Ctrl-C in a terminal is for us alone
        )
        self._answers = queue.Queue()
        passed = (self._process.stdout, self._answers)
        threading.Thread(target=_pass_on, args=passed, name="lakecat-worker", daemon=True).start()
        try:
            self._answer(0, [self._service, self._setup], self._to_start)
        except WorkerError as error:
            raise StartError(error.how, error.printed) from None
        self._used = False

    def _end(self) -> None:
        """End the process if there is one."""
        process, output = self._process, self._output
        if process is not None:
            _kill(process)
            if process.stdin is not None:
                process.stdin.close()
        if output is not None:
            output.close()
        self._process = self._output = None
        self._used = False

    def _printed(self) -> str:
        """Return the first part of what the process printed since it was last asked for, and forget it."""
        if self._output is None or not os.fstat(self._output.fileno()).st_size:
            return ""
        self._output.seek(0)
        text = self._output.read(_KEPT).decode(errors="replace")
        self._output.truncate(0)
        self._output.seek(0)  # of the process as well: both write where one of them stands
        return text

    def _bound_output(self) -> None:
        """Let what is printed without end fill no disk."""
        if self._output is not None and os.fstat(self._output.fileno()).st_size > _MOST_PRINTED:
            self._output.truncate(_KEPT)
            self._output.seek(_KEPT)


def resident(process: int) -> int:
    """Return how many bytes of memory a process holds; 0 where the system does not tell."""
    try:
        with open(f"/proc/{process}/statm", "rb") as told:  # noqa: PTH123 (asked often)
            return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Return whether a process has ended. It is not waited for: its number stays its own until :func:`_kill`."""
    if process.returncode is not None:
        return True
    if not hasattr(os, "waitid"):
        return process.poll() is not None
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def _ends_soon(process: subprocess.Popen[bytes]) -> bool:
    """Return whether a process that has closed its channel ends, as one that ends closes that a moment before."""
    end = time.monotonic() + 1
    while not _has_ended(process) and time.monotonic() < end:
        time.sleep(0.005)
    return _has_ended(process)


def _kill(process: subprocess.Popen[bytes]) -> int:
    """End a process and what it started, and return its return code."""
    if process.returncode is None and hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    return process.wait()


def _flags() -> list[str]:
    """Return how this interpreter was started, as far as code notices."""
    return ["-O"] * sys.flags.optimize + [f"-W{option}" for option in sys.warnoptions]


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


_ALL: weakref.WeakSet[Worker] = weakref.WeakSet()


def _forget_all() -> None:
    for worker in list(_ALL):
        worker.forget()


def _close_all() -> None:
    for worker in list(_ALL):
        worker.close()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
