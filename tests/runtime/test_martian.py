"""A third party's kind of table: one class of ten lines, and no change anywhere else."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from lakecat import Catalog, TableParameterError, register_static_table
from lakecat.snapshot import ColumnSnapshot, Fact, from_json, to_json
from lakecat.sources.base import TableSource, refuse_parameters
from lakecat.testing import check_source


# fmt: off
class Martians:
    kind = "martian"
    name = "martians"
    def scan(self, **params: Any) -> pl.LazyFrame:
        refuse_parameters(params, (), self.name)
        return pl.LazyFrame({"eyes": [3, 5], "from": ["Olympus", "Hellas"]})
    def schema(self) -> pl.Schema: return pl.Schema({"eyes": pl.Int64, "from": pl.String})
    def facts(self) -> list[Fact]: return [Fact(label="Moons", value="2")]
    def change_token(self) -> str: return "sol 1"
# fmt: on


def test_it_keeps_the_contract() -> None:
    """Ten lines are a whole source: it meets the protocol and the contract test."""
    assert isinstance(Martians(), TableSource)
    check_source(Martians())


def test_it_registers_and_queries() -> None:
    """It is declared, listed, read, joined by SQL and refuses parameters like any other."""
    register_static_table(Martians(), owner="nasa", tags=["far"])
    catalog = Catalog()
    assert catalog.list_tables(kind="martian") == ["martians"]
    assert catalog.table("martians").filter(pl.col("eyes") > 3).collect().rows() == [(5, "Hellas")]
    assert catalog.sql("SELECT sum(eyes) FROM martians WHERE \"from\" <> 'x'").collect().item() == 8
    with pytest.raises(TableParameterError, match="table 'martians' has no parameter 'moon'; it takes none"):
        catalog.table("martians", moon=1)


def test_it_is_described() -> None:
    """Its snapshot has its columns and facts, without a problem, and goes to JSON and back."""
    register_static_table(Martians(), owner="nasa", description="One row a Martian.")
    found = Catalog().describe_table("martians")
    assert found.kind == "martian"
    assert found.columns == (ColumnSnapshot(name="eyes", dtype="Int64"), ColumnSnapshot(name="from", dtype="String"))
    assert found.facts == (Fact(label="Moons", value="2"),)
    assert (found.problems, found.statistics, found.parameters) == ((), None, ())
    assert from_json(to_json([found])) == (found,)
