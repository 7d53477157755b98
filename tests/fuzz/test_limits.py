"""Rows before a filter, and rows without a column: every reader gives what the plan says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from lakecat import Catalog, CatalogRegistry

from .sources import KINDS, LOCAL

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.finding(1)
@pytest.mark.parametrize("kind", [kind for kind in LOCAL if KINDS[kind].order == "frame"])
def test_a_limit_before_a_filter_comes_first(tmp_path: Path, kind: str) -> None:
    """The first five rows, and of these those that fit, as a chain and as SQL, with either engine of Polars."""
    frame = pl.DataFrame({"id": range(10), "p": ["a", None] * 5})
    catalog = Catalog(CatalogRegistry())
    catalog.add_table(KINDS[kind].write(frame, tmp_path), name="t")
    for engine in ("in-memory", "streaming"):
        lazy = catalog.table("t")
        assert lazy.head(5).filter(pl.col("id") > 2).collect(engine=engine)["id"].to_list() == [3, 4]
        assert lazy.head(5).drop_nulls("p").collect(engine=engine)["id"].to_list() == [0, 2, 4]
        found = catalog.sql("SELECT id FROM (SELECT * FROM t LIMIT 5) AS q WHERE id > 2").collect(engine=engine)
        assert found["id"].to_list() == [3, 4]


@pytest.mark.parametrize("kind", LOCAL)
def test_a_row_index_alone_keeps_all_rows(tmp_path: Path, kind: str) -> None:
    """A plan that wants no column of the table, but a number for each row, loses none."""
    frame = pl.DataFrame({"id": range(10), "p": ["a", None] * 5})
    catalog = Catalog(CatalogRegistry())
    catalog.add_table(KINDS[kind].write(frame, tmp_path), name="t")
    for engine in ("in-memory", "streaming"):
        indexed = catalog.table("t").with_row_index("n")
        assert indexed.select("n").collect(engine=engine)["n"].to_list() == list(range(10))
        assert indexed.select(pl.len()).collect(engine=engine).item() == 10
        assert indexed.head(3).select("n").collect(engine=engine).height == 3
        assert indexed.filter(pl.col("n") > 7).select(pl.len()).collect(engine=engine).item() == 2
        few = catalog.table("t").filter(pl.col("id") > 3).with_row_index("n")
        assert few.select("n").collect(engine=engine)["n"].to_list() == list(range(6))
