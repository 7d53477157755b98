"""Tables that are not asked any more, as asking them ended the process that did it, or would have to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakecat.errors import LakecatError
from lakecat.sources.function import FunctionSource, default_text, is_plain
from lakecat.worker import EndedError, MemoryLimitError, TimeLimitError

if TYPE_CHECKING:
    import polars as pl

    from lakecat.documented.tables import DocumentedTables
    from lakecat.snapshot import Fact, Parameter
    from lakecat.sources.base import TableSource
    from lakecat.worker import WorkerError

_CODES: dict[type[WorkerError], tuple[str, str]] = {
    EndedError: ("process_ended", "let it raise an exception instead"),
    TimeLimitError: ("time_limit", "lakecat_time_limit in conf.py, or --time-limit, gives it more"),
    MemoryLimitError: (
        "memory_limit",
        "return a LazyFrame, or let lakecat_memory_limit in conf.py, or --memory-limit, be higher",
    ),
}


class UnansweredError(LakecatError):
    """Asking a table ended with the process that asked it.

    Args:
        name: What was asked for.
        tables: The tables.
        error: How that was.
    """

    def __init__(self, name: str, tables: DocumentedTables, error: WorkerError) -> None:
        function = name in tables and isinstance(tables.get(name).source, FunctionSource)
        who = f"the function of table {name!r}" if function else f"table {name!r}, when it was asked,"
        self.code, cure = _CODES.get(type(error), ("error", ""))
        super().__init__(f"{who} {error.how}" + (f"; {cure}" if cure else ""))
        self.printed = error.printed


class FailedSource:
    """A source that answers each question with how the first one ended."""

    def __init__(self, kind: str, error: LakecatError) -> None:
        self.kind = kind
        self.error = error

    def scan(self, /, **params: Any) -> pl.LazyFrame:
        """Raise the error."""
        raise self.error

    def schema(self) -> pl.Schema | None:
        """Raise the error."""
        raise self.error

    def facts(self) -> tuple[Fact, ...]:
        """Raise the error."""
        raise self.error

    def change_token(self) -> str | None:
        """Raise the error."""
        raise self.error


class FailedFunction(FailedSource):
    """A function that is not called any more; its parameters are known without that."""

    def __init__(self, source: FunctionSource, error: LakecatError) -> None:
        super().__init__(source.kind, error)
        self._source = source

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the function's parameters; of a default whose text only code of its own would tell, an ellipsis."""
        return self._source.parameters(text=lambda value: default_text(value) if is_plain(value) else "…")


def failed_source(source: TableSource, error: LakecatError) -> FailedSource:
    """Return what stands for a source that is not to be asked again."""
    if isinstance(source, FunctionSource):
        return FailedFunction(source, error)
    return FailedSource("", error)
