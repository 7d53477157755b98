"""The gate to tables: each is handed out here, which is told, and with strict checks held to what is declared."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from lakecat.classification import hidden_columns
from lakecat.contract import broken_references, columns_by_table, mismatches, null_mismatches
from lakecat.errors import SchemaMismatchError, TableFunctionError
from lakecat.observe import observed
from lakecat.recording import note_read
from lakecat.redaction import is_secret_name, keep_secret, redact
from lakecat.sources.base import HasColumnStatistics
from lakecat.sources.failures import failure_of
from lakecat.sources.location import Location, location_of, secrets_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from lakecat.classification import HiddenColumns
    from lakecat.errors import LakecatError
    from lakecat.registry import RegisteredTable, Registry


def read_table(table: RegisteredTable, tables: Registry, /, **params: Any) -> pl.LazyFrame:
    """Return a table as a LazyFrame; see :meth:`lakecat.Catalog.table`.

    Every way to a table leads through here, and is told by one :class:`~lakecat.events.TableEvent`.

    Args:
        table: The table.
        tables: The registry that holds it, and the tables that its columns reference.
        **params: Parameters of the table.
    """
    note_read("table", tables, table)
    source, name = table.source, table.metadata.full_name
    hidden = hidden_columns(table.metadata.columns)
    location, lost = Location(), None
    try:
        location = location_of(source, table=name)
    except BaseException as error:  # noqa: BLE001 (raised below, so that a read which fails here is told like any other)
        lost = error
    # A source may hold its secrets where nobody looked when it was declared.
    if secrets := location.secrets:
        keep_secret(secrets)
    with observed(
        "read",
        name,
        location=hidden.without_values(location.uri),
        options=location.options,
        params=params,
        untold=[param for param in params if hidden.of_parameter(param) or is_secret_name(param)],
        source=source,
        declared=table,
        registry=tables,
    ):
        with _typed_errors(table, hidden):
            if lost is not None:
                raise lost
            frame = source.scan(**params)
        _check(table, tables, frame, newest=not params)
    return frame


@contextlib.contextmanager
def _typed_errors(table: RegisteredTable, hidden: HiddenColumns) -> Iterator[None]:
    """Raise what a source raises in a ``with`` block as an error of lakecat, without secrets."""
    try:
        yield
    except BaseException as error:
        typed = failure_of(error, source=table.source, table=table.metadata.full_name)
        if isinstance(typed, TableFunctionError):
            raise  # the caller's own code, which gave its cause
        # Where it was raised is told. Its text may hold secrets, and so may its causes, which tracebacks print.
        raise _cleaned(typed, table.source, hidden).with_traceback(error.__traceback__) from None


def _cleaned(error: LakecatError, source: object, hidden: HiddenColumns) -> LakecatError:
    """Return an error whose texts hold no secret, and no value of a hidden column, as the paths of partitions do."""
    secrets = secrets_in(source)

    def clean(text: Any) -> Any:
        return hidden.without_values(redact(text, secrets)) if isinstance(text, str) else text

    error.message, error.reason, error.args = clean(error.message), clean(error.reason), tuple(map(clean, error.args))
    return error


def _check(table: RegisteredTable, tables: Registry, frame: pl.LazyFrame, *, newest: bool) -> None:
    """Compare a frame's columns with the declared ones where the environment says so; reads no row.

    Raises:
        SchemaMismatchError: They differ, hold NULLs where none may be, or reference what is not there, and checks are
            strict.
        LakecatError: The columns of the frame cannot be told.
    """
    from lakecat.config import current_config

    declared, source, name = table.metadata.columns, table.source, table.metadata.full_name
    if declared is None or current_config().checks != "strict":
        return
    figures = {}
    try:
        actual = frame.collect_schema()
        # They are of the newest version, and cost a look at the log or the footers.
        if newest and any(c.primary_key or c.nullable is False for c in declared):
            figures = dict(source.column_statistics()) if isinstance(source, HasColumnStatistics) else {}
    except BaseException as error:  # noqa: BLE001 (a panic of Polars is no Exception)
        raise failure_of(error, source=source, table=name) from None
    found = [
        *mismatches(declared, actual, hidden_columns(declared)),
        *null_mismatches(declared, figures),
        *broken_references(declared, columns_by_table(tables.get)),
    ]
    if found:
        sentence = f"table {name!r} is not what is declared: {'; '.join(text for _, text in found)}"
        raise SchemaMismatchError(sentence, tuple(column for column, _ in found))
