"""The questions that a source is asked, and its answers checked: a third party's may be anything."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar

from lakecat.metadata import Column
from lakecat.redaction import is_secret_name
from lakecat.snapshot import ColumnStatistics, Commit, Fact, Figure, Parameter, Problem, Statistics
from lakecat.sources.base import (
    HasColumns,
    HasColumnStatistics,
    HasDescription,
    HasHistory,
    HasParameters,
    HasProblems,
    HasStatistics,
)
from lakecat.sources.failures import failure_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import polars as pl

    from lakecat.classification import HiddenColumns
    from lakecat.registry.base import RegisteredTable

_R = TypeVar("_R")


def parameters(source: Any) -> tuple[Parameter, ...]:
    """Return the parameters of a source."""
    return _records(Parameter, source.parameters(), "parameters") if isinstance(source, HasParameters) else ()


def columns(table: RegisteredTable, *, may_call: bool) -> tuple[Column, ...] | None:
    """Return the columns as the source knows them, asking for the cheapest first."""
    source = table.source
    if isinstance(source, HasColumns):
        return _records(Column, source.columns(), "columns")
    schema = source.schema()
    if schema is None and table.metadata.schema is None and may_call:
        schema = frame_schema(table, source.scan(**table.metadata.examples))
    return None if schema is None else tuple(Column(name, dtype) for name, dtype in schema.items())


def frame_schema(table: RegisteredTable, frame: pl.LazyFrame) -> pl.Schema:
    """Return names and dtypes of a frame; no row is read.

    Raises:
        LakecatError: It cannot be told.
    """
    try:
        return frame.collect_schema()
    except BaseException as error:  # noqa: BLE001 (a panic of Polars is no Exception)
        raise failure_of(error, source=table.source, table=table.metadata.full_name) from None


def facts(source: Any) -> tuple[Fact, ...]:
    """Return what the source says about itself."""
    return _records(Fact, source.facts(), "facts")


def statistics(source: Any) -> Statistics | None:
    """Return the figures of the whole table."""
    known = source.statistics() if isinstance(source, HasStatistics) else None
    return None if known is None else _record(Statistics, known, "statistics")


def column_statistics(source: Any) -> Mapping[str, ColumnStatistics]:
    """Return the figures of columns."""
    found = source.column_statistics() if isinstance(source, HasColumnStatistics) else {}
    return {str(name): _record(ColumnStatistics, known, "column_statistics") for name, known in dict(found).items()}


def history(source: Any) -> tuple[Commit, ...]:
    """Return the newest changes."""
    return _records(Commit, source.history(), "history") if isinstance(source, HasHistory) else ()


def problems(source: Any) -> tuple[Problem, ...]:
    """Return flaws of the data."""
    return _records(Problem, source.problems(), "problems") if isinstance(source, HasProblems) else ()


def description(source: Any) -> str:
    """Return the description that the data carry."""
    found = source.stored_description() if isinstance(source, HasDescription) else ""
    if not isinstance(found, str):
        raise TypeError(f"stored_description() returned {type(found).__name__}, not text")
    return found


def why_hidden(parameter: str, hidden: HiddenColumns) -> str:
    """Return why a parameter's values are not shown; ``""`` if they are."""
    if why := hidden.of_parameter(parameter):
        return f"classified as {why}"
    return "secret" if is_secret_name(parameter) else ""


def _records(kind: type[_R], answer: Iterable[object], method: str) -> tuple[_R, ...]:
    return tuple(_record(kind, record, method) for record in answer)


def _record(kind: type[_R], record: Any, method: str) -> _R:
    """Return a record if it is one, whose texts are text: what is none would fail where it is drawn."""
    if not isinstance(record, kind):
        raise TypeError(f"{method}() gave {type(record).__name__}, not {kind.__name__}")
    for field in dataclasses.fields(record) if kind is not Column else ():  # type: ignore[arg-type]
        value = getattr(record, field.name)
        if not isinstance(value, _TYPES.get(str(field.type), object)):
            raise TypeError(f"{method}() gave a {kind.__name__} whose {field.name} is {type(value).__name__}")
    return record


_TYPES: dict[str, Any] = {
    "str": str,
    "str | None": str | None,
    "int": int,
    "int | None": int | None,
    "Figure | None": Figure | None,
}
