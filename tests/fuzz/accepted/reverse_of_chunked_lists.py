"""A List column of NULLs alone in a frame of several chunks loses its inner dtype when the frame is reversed."""

from __future__ import annotations

import polars as pl

COVERS = r"\.reverse\(\).*List\("

_ROWS = pl.DataFrame({"x": [[1], None, [2]]}, schema={"x": pl.List(pl.Int64)})
_CHUNKED = pl.concat([_ROWS[1:2], _ROWS[:0]], rechunk=False)


def one() -> pl.DataFrame:
    """Reverse the rows in several chunks."""
    return _CHUNKED.reverse()


def other() -> pl.DataFrame:
    """Reverse the column by itself."""
    return _CHUNKED["x"].reverse().to_frame()
