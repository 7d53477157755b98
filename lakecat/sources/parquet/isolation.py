"""Footers read in a process of their own: a file that aborts the reader costs one table, not the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakecat.errors import CorruptDataError, SourceTimeoutError
from lakecat.worker import AnswerError, TimeLimitError, Worker, WorkerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakecat.sources.parquet.footer import Bounds, Source


class FooterProcess(Worker):
    """A process that reads footers.

    Args:
        seconds: How long one table may take.
        memory: How many bytes of memory the process may hold.
    """

    def __init__(self, *, seconds: float = 30.0, memory: int = 4 * 2**30) -> None:
        super().__init__("lakecat.sources.parquet.footer:answering", seconds=seconds, memory=memory)

    def read(self, question: str, files: Sequence[Source], *, seconds: float | None = None) -> dict[str, Any]:
        """Return the answer to one of :data:`lakecat.sources.parquet.footer.QUESTIONS` about these files.

        Raises:
            CorruptDataError: Reading them ended the process.
            SourceTimeoutError: Reading them took too long.
            OSError: They cannot be read.
        """
        try:
            found: dict[str, Any] = self.ask(question, list(files), seconds=seconds).found
        except AnswerError as error:
            raise OSError(error.how) from None
        except TimeLimitError as error:
            raise SourceTimeoutError(f"reading the footers {error.how}") from None
        except WorkerError as error:
            raise CorruptDataError("reading the footers ended the process that did it", error.last_words) from None
        return found


_SHARED = FooterProcess()
_A_MOMENT = 2.0


def column_bounds(files: Sequence[Source]) -> dict[str, Bounds]:
    """Return what the footers of these files say of columns, read by a process that all tables share."""
    return {name: (nulls, low, high) for name, (nulls, low, high) in _SHARED.read("columns", files).items()}


def first_record_fault(file: str) -> str:
    """Return why the first record of the columns that repeat cannot be read; ``""`` if it can, or if that is not known.

    It is not known of a record that is too large to be read within the limits.
    """
    try:
        _SHARED.read("first record", [file], seconds=_A_MOMENT)
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
        found = _SHARED.read("far times", files)
    except (OSError, CorruptDataError):  # a SourceTimeoutError is an OSError
        return (), False
    return tuple(found["columns"]), found["all"]
