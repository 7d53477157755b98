"""Footers read in a process of their own: a file that aborts the reader costs one table, not the program."""

from __future__ import annotations

import contextlib
import io
import json
import queue
import subprocess
import sys
import tempfile
import threading
from typing import IO, TYPE_CHECKING, Any

from lakecat.errors import CorruptDataError, SourceTimeoutError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakecat.sources.parquet_footer import Bounds

_LIMITED = """
import contextlib, sys
with contextlib.suppress(ImportError):
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from lakecat.sources.parquet_footer import main
main()
"""


class FooterProcess:
    """A process that reads footers, started when it is first needed and again after it died.

    Args:
        seconds: How long one table may take.
        memory: How many bytes of address space the process may have, where the system can limit it.
    """

    def __init__(self, *, seconds: float = 30.0, memory: int = 4 * 2**30) -> None:
        self._seconds = seconds
        self._memory = memory
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[bytes] = io.BytesIO()
        self._answers: queue.Queue[str] = queue.Queue()
        self._lock = threading.Lock()

    def ask(self, question: str, files: Sequence[str], *, seconds: float | None = None) -> dict[str, Any]:
        """Return the answer to one of :data:`lakecat.sources.parquet_footer.QUESTIONS` about these files.

        Raises:
            CorruptDataError: Reading them ended the process.
            SourceTimeoutError: Reading them took too long.
            OSError: They cannot be read.
        """
        with self._lock:
            process, limit = self._started(), self._seconds if seconds is None else seconds
            assert process.stdin is not None
            try:
                process.stdin.write(json.dumps([question, list(files)]) + "\n")
                process.stdin.flush()
                answer = self._answers.get(timeout=limit)
            except queue.Empty:
                self._end()
                raise SourceTimeoutError(f"reading the footers took more than {limit:g} seconds") from None
            except OSError:  # it died before it read the question
                answer = ""
            if not answer:
                last_words = self._end()
                raise CorruptDataError("reading the footers ended the process that did it", last_words)
            data = json.loads(answer)
            if "error" in data:
                raise OSError(data["error"])
            found: dict[str, Any] = data["found"]
            return found

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            code = _LIMITED.format(memory=self._memory)
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the process ends)
            self._process = subprocess.Popen(  # noqa: S603 (our own module, in this interpreter)
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
            )
            self._answers = queue.Queue()
            arguments = (self._process.stdout, self._answers)
            threading.Thread(target=_pass_on, args=arguments, daemon=True).start()
        return self._process

    def _end(self) -> str:
        """End the process; return the last line that it wrote to standard error."""
        if self._process is None:
            return ""
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._process = None
        with self._errors as errors:
            errors.seek(0)
            lines = errors.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "no reason given")


def _pass_on(stream: IO[str], answers: queue.Queue[str]) -> None:
    """Put lines into a queue, and an empty one at the end of the stream."""
    with stream:
        for line in stream:
            answers.put(line)
    answers.put("")


_SHARED = FooterProcess()
_A_MOMENT = 2.0


def column_bounds(files: Sequence[str]) -> dict[str, Bounds]:
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
