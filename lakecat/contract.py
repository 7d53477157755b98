"""What is declared about a table's columns against what its data have. No sentence holds a value of the data."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

import polars as pl

from lakecat.dtypes import dtype_text
from lakecat.errors import AmbiguousTableError, LakecatError
from lakecat.names import near_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lakecat.classification import HiddenColumns
    from lakecat.metadata import Column
    from lakecat.registry import RegisteredTable
    from lakecat.snapshot import ColumnStatistics


def mismatches(
    declared: tuple[Column, ...] | None, actual: Mapping[str, pl.DataType | None], hidden: HiddenColumns
) -> Iterator[tuple[str, str]]:
    """Yield each declared column that the data do not have, or have with another dtype, with a sentence.

    Columns of the data that nobody declared are none of it, nor are dtypes that were left open. A name with dots may be
    that of a field in a column.
    """
    for column in declared or ():
        try:
            dtype = _dtype_of(column.name, actual)
        except KeyError:
            near = near_names(column.name, actual)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield column.name, f"column {column.name!r} is declared, and the data have none of that name{hint}"
            continue
        if column.dtype is not None and column.dtype != dtype:
            values = not hidden.of(column.name)
            texts = [dtype_text(each, values=values) for each in (column.dtype, dtype)]
            found = texts[1] if texts[0] != texts[1] else "another of that kind"
            yield column.name, f"column {column.name!r} is declared as {texts[0]}, and the data have {found}"


def _dtype_of(name: str, actual: Mapping[str, Any]) -> Any:
    """Return the dtype of a column, or of a field in one, also in a list; ``None`` is unknown.

    Raises:
        KeyError: There is none.
    """
    if name in actual:
        return actual[name]
    for i in (i for i, letter in enumerate(name) if letter == "."):
        if name[:i] not in actual:
            continue
        outer: Any = actual[name[:i]]
        while isinstance(outer, pl.List | pl.Array):
            outer = outer.inner
        if outer is None:
            return None
        if isinstance(outer, pl.Struct):
            with contextlib.suppress(KeyError):
                return _dtype_of(name[i + 1 :], {field.name: field.dtype for field in outer.fields})
    raise KeyError(name)


def null_mismatches(
    declared: tuple[Column, ...] | None, figures: Mapping[str, ColumnStatistics]
) -> Iterator[tuple[str, str]]:
    """Yield each column that is declared as not null, or as a primary key, and in which NULLs are counted."""
    for column in declared or ():
        known = figures.get(column.name)
        nulls = known.null_count if known is not None else None
        if nulls is not None and nulls.value > 0 and (column.primary_key or column.nullable is False):
            said = "a primary key" if column.primary_key else "not null"
            yield column.name, f"column {column.name!r} is declared as {said}, and the data have NULLs in it"


def broken_references(
    declared: tuple[Column, ...] | None, columns_of: Callable[[str], tuple[str, ...] | None]
) -> Iterator[tuple[str, str]]:
    """Yield each column whose ``references`` leads to no column, with a sentence.

    Args:
        declared: The columns.
        columns_of: Returns the columns of a table, see :func:`columns_by_table`.
    """
    for column in declared or ():
        target = column.references
        if target and (trouble := _trouble_of(target, columns_of)):
            nowhere = f"there is no column {target!r} in the catalog, as {trouble}"
            yield column.name, f"column {column.name!r} references {target!r}: {nowhere}"


def columns_by_table(find: Callable[[str], RegisteredTable]) -> Callable[[str], tuple[str, ...] | None]:
    """Return a function that returns the names of a table's columns, and asks each table once.

    It returns ``None`` where they are not cheap to know, or the table fails to tell, which is a problem of its own; it
    raises what ``find`` raises: there is no such table, or more than one.
    """
    return functools.cache(lambda name: column_names(find(name)))


def column_names(table: RegisteredTable) -> tuple[str, ...] | None:
    """Return the names of a table's columns; ``None`` where they are not cheap to know, or the table fails to tell."""
    declared, source = table.metadata.columns, table.source
    try:
        schema = source.schema()
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 (it may be a third party's)
        schema = None
    if schema is not None:
        return tuple(schema)
    return None if declared is None else tuple(column.name for column in declared)


def _trouble_of(target: str, columns_of: Callable[[str], tuple[str, ...] | None]) -> str:
    """Return what is wrong with ``table.column``; names of both may hold dots."""
    dots = [i for i, letter in enumerate(target) if letter == "."]
    trouble = "" if dots else "it names no table; write 'table.column'"
    for i in reversed(dots):
        name, column = target[:i], target[i + 1 :]
        try:
            names = columns_of(name)
        except LakecatError as error:
            trouble = trouble or (
                error.message if isinstance(error, AmbiguousTableError) else f"there is {error.message}"
            )
            continue
        if names is None or column in names:
            return ""
        near = near_names(column, names)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        trouble = f"table {name!r} has no column {column!r}{hint}"
    return trouble
