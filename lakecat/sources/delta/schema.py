"""Which frames fit a Delta table, and which dtypes a Delta table can hold as they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl

from lakecat.errors import SchemaMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import deltalake

    from lakecat.metadata import Column

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)

_AS_TEXT = (pl.Categorical, pl.Enum)
# Read back by nobody but deltalake, or by nobody.
_UNSAFE_TYPES = ('"void"', '"timestamp_nanos')


def delta_schema(columns: Iterable[Column]) -> deltalake.Schema:
    """Return columns as a schema of Delta, with their comments.

    Raises:
        SchemaMismatchError: Delta would store a column as something else.
    """
    import deltalake

    columns = tuple(columns)
    schema = pl.Schema({column.name: column.dtype for column in columns})
    if problems := not_storable(schema):
        raise SchemaMismatchError(f"Delta cannot hold these columns: {'; '.join(problems.values())}", tuple(problems))
    tree = json.loads(_stored(schema))
    for field, column in zip(tree["fields"], columns, strict=True):
        field["nullable"] = column.nullable is not False
        field["metadata"] = {"comment": column.description} if column.description else {}
    return deltalake.Schema.from_json(json.dumps(tree))


def not_storable(schema: pl.Schema) -> dict[str, str]:
    """Return the columns that Delta would store as something else, or not at all, each with a sentence.

    deltalake stores unsigned integers as signed ones, times of nanoseconds in a type that few know, and so on.
    """
    import deltalake

    problems = {}
    for name, dtype in schema.items():
        try:
            text = _stored(pl.Schema({name: dtype}))
            found = pl.Schema(deltalake.Schema.from_json(text))[name]
        except (Exception, pl.exceptions.PanicException):  # noqa: BLE001 (deltalake raises many types)
            problems[name] = f"column {name!r} is {dtype}, which Delta does not have"
            continue
        if any(unsafe in text for unsafe in _UNSAFE_TYPES):
            problems[name] = f"column {name!r} is {dtype}, which few readers of Delta know"
        elif found != dtype:
            problems[name] = f"column {name!r} is {dtype}, which Delta would store as {found}"
    return problems


def fit(frame: Frame, given: pl.Schema, table: pl.Schema, *, name: str, add: bool = False, part: bool = False) -> Frame:
    """Return a frame with the columns of a table in its order and dtypes, then those that it adds.

    Args:
        frame: What is to be written.
        given: Its schema.
        table: The schema of the table.
        name: The name of the table, for the error.
        add: Whether the frame may have columns that the table lacks, and lack some itself.
        part: Whether the frame may lack columns.

    Raises:
        SchemaMismatchError: It does not fit; the message names each column concerned.
    """
    problems = {}
    for column, dtype in table.items():
        if column not in given:
            if not (add or part):
                problems[column] = f"it lacks column {column!r} ({dtype})"
        elif not _holds(dtype, given[column]):
            problems[column] = f"its column {column!r} is {given[column]}, and that of the table is {dtype}"
    new = pl.Schema({column: dtype for column, dtype in given.items() if column not in table})
    if add:
        problems |= not_storable(new)
    else:
        problems |= {column: f"the table has no column {column!r} ({dtype})" for column, dtype in new.items()}
    if problems:
        raise SchemaMismatchError(
            f"the frame does not fit table {name!r}: {'; '.join(problems.values())}", tuple(problems)
        )
    ours = [pl.col(column).cast(dtype) for column, dtype in table.items() if column in given]
    return frame.select(*ours, *(pl.col(column) for column in new))


def _holds(dtype: pl.DataType, given: pl.DataType) -> bool:
    """Return whether a column holds all values of ``given`` as they are."""
    return given == dtype or given == pl.Null or (dtype == pl.String and isinstance(given, _AS_TEXT))


def _stored(schema: pl.Schema) -> str:
    import deltalake

    arrow: Any = pl.DataFrame(schema=schema).to_arrow().schema
    return json.dumps(_without_metadata(json.loads(deltalake.Schema.from_arrow(arrow).to_json())))


def _without_metadata(tree: Any) -> Any:
    """Return a schema without what Polars notes in it for itself, such as that a text was a category."""
    if isinstance(tree, dict):
        return {key: {} if key == "metadata" else _without_metadata(value) for key, value in tree.items()}
    return [_without_metadata(value) for value in tree] if isinstance(tree, list) else tree
