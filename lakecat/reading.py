"""Handing a table out to be read: observed, and with strict checks held to what is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakecat.contract import mismatches
from lakecat.errors import SchemaMismatchError
from lakecat.observe import observed
from lakecat.plaintext import redact, without_ansi
from lakecat.sources.failures import is_failure, typed_error
from lakecat.sources.storage import StoredTable

if TYPE_CHECKING:
    import polars as pl

    from lakecat.registry import RegisteredTable


def read_table(table: RegisteredTable, /, **params: Any) -> pl.LazyFrame:
    """Return a table as a LazyFrame; see :meth:`lakecat.Catalog.table`."""
    source, name = table.source, table.metadata.full_name
    location, options = (source.uri, source.storage_options) if isinstance(source, StoredTable) else ("", {})
    with observed("read", name, location=location, options=options, params=params):
        frame = source.scan(**params)
        _check(table, frame)
    return frame


def _check(table: RegisteredTable, frame: pl.LazyFrame) -> None:
    """Compare a frame's columns with the declared ones where the environment says so; reads no row.

    Raises:
        SchemaMismatchError: They differ, and checks are strict.
        SourceError: The columns of the frame cannot be told.
    """
    from lakecat.config import current_config

    declared, name = table.metadata.columns, table.metadata.full_name
    if declared is None or current_config().checks != "strict":
        return
    try:
        actual = frame.collect_schema()
    except BaseException as error:
        if not is_failure(error):
            raise
        clean = table.source.clean if isinstance(table.source, StoredTable) else _clean
        raise typed_error(error, table=name, clean=clean) from None
    if found := list(mismatches(declared, actual)):
        sentence = f"table {name!r} is not what is declared: {'; '.join(text for _, text in found)}"
        raise SchemaMismatchError(sentence, tuple(column for column, _ in found))


def _clean(error: BaseException) -> str:
    return redact(without_ansi(str(error)).partition("\n")[0])
