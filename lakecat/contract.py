"""What is declared about a table's columns against what its data have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.names import near_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import polars as pl

    from lakecat.metadata import Column


def mismatches(
    declared: tuple[Column, ...] | None, actual: Mapping[str, pl.DataType | None]
) -> Iterator[tuple[str, str]]:
    """Yield each declared column that the data do not have, or have with another dtype, with a sentence.

    Columns of the data that nobody declared are none of it, nor are dtypes that were left open.
    """
    for column in declared or ():
        if column.name not in actual:
            near = near_names(column.name, actual)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield column.name, f"column {column.name!r} is declared, and the data have none of that name{hint}"
        elif column.dtype is not None and column.dtype != actual[column.name]:
            yield (
                column.name,
                f"column {column.name!r} is declared as {column.dtype}, and the data have {actual[column.name]}",
            )
