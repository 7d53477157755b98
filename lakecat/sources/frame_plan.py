"""What Polars asks of an IO source, applied to frames in the order of its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def columns_needed(schema: pl.Schema, columns: Sequence[str] | None, predicate: pl.Expr | None) -> list[str]:
    """Return which columns must be read, in the order of the table: a filter may need some that the result does not.

    Where neither needs any, as for a row index alone, it is the first one, which tells how many rows there are.
    """
    needed = set(schema if columns is None else columns)
    needed |= set() if predicate is None else set(predicate.meta.root_names())
    return [name for name in schema if name in needed] or list(schema)[:1]


def in_plan_order(
    frames: Iterable[pl.DataFrame],
    *,
    columns: Sequence[str] | None,
    predicate: pl.Expr | None,
    n_rows: int | None,
) -> Iterator[pl.DataFrame]:
    """Yield what a plan asks for of frames: first so many rows, of these the ones that pass, of those the columns.

    Polars hands a limit to an IO source only where it stands before the filter: ``head(5).filter(...)``. A limit that
    stands behind a filter Polars applies itself. No frame is asked for after the last row that is wanted.

    Args:
        frames: The rows in their order, with the columns of the result and those of the filter.
        columns: The columns of the result; ``None`` for those of the frames.
        predicate: The filter, if any.
        n_rows: How many rows the filter is given, if not all.
    """
    left = n_rows
    if left == 0:
        return
    for frame in frames:
        if left is not None:
            frame = frame.head(left)  # noqa: PLW2901
            left -= frame.height
        kept = frame if predicate is None else _passing(frame, predicate)
        # A frame from which no column is selected has no rows.
        chosen = kept if columns is None else kept[columns] if columns else pl.DataFrame(height=kept.height)
        yield chosen
        if left == 0:
            return


def _passing(frame: pl.DataFrame, predicate: pl.Expr) -> pl.DataFrame:
    """Return the rows that pass; the frame itself where all do, as after a reader that filters: nothing is copied."""
    passes = frame.select(predicate).to_series()
    if passes.dtype != pl.Boolean or passes.len() != frame.height:
        # A literal is one value for all rows.
        return frame.filter(predicate)
    return frame if passes.all(ignore_nulls=False) else frame.filter(passes)
