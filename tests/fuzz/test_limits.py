"""Rows before a filter: every reader keeps the order of the plan."""

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
