"""Rows cut down to none by two slices, sorted and cut again: the streaming engine panics, the other gives no rows."""

from __future__ import annotations

import polars as pl

_CUT = r"\.(slice|head|tail)\(.*"
COVERS = rf"{_CUT}{_CUT}\.sort\(.*{_CUT} streaming$"

_ROWS = pl.LazyFrame({"x": [1, 2, 3, 4, 5, 6, 7]})
_PLAN = _ROWS.filter(pl.col("x") > 3).slice(3, 1).slice(1, 4).sort("x").slice(1, 4)


def one() -> pl.DataFrame:
    """Collect the plan in streams."""
    try:
        return _PLAN.collect(engine="streaming")
    except pl.exceptions.PanicException as panic:
        return pl.DataFrame({"panic": [str(panic)]})


def other() -> pl.DataFrame:
    """Collect the plan in memory."""
    return _PLAN.collect(engine="in-memory")
