"""A limit, a row index that nobody uses, and a larger limit: Polars asks a Python source for the larger one alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from polars.io.plugins import register_io_source

if TYPE_CHECKING:
    from collections.abc import Iterator

_CUT = r"\.(slice|head)\("
COVERS = rf"{_CUT}.*\.with_row_index\(.*{_CUT}.*\.(select|group_by)\("

_ROWS = pl.DataFrame({"x": [1, 2, 3]})


def _read(
    with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
) -> Iterator[pl.DataFrame]:
    yield _ROWS.head(_ROWS.height if n_rows is None else n_rows)


def _ask(frame: pl.LazyFrame) -> pl.DataFrame:
    return frame.head(1).with_row_index("n").head(2).select("x").collect()


def one() -> pl.DataFrame:
    """Ask a Python source."""
    return _ask(register_io_source(_read, schema=_ROWS.schema))


def other() -> pl.DataFrame:
    """Ask the frame itself."""
    return _ask(_ROWS.lazy())
