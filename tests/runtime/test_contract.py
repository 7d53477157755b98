"""What is declared of NULLs and references, against what is known without reading a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import (
    Catalog,
    Column,
    DeltaTable,
    ParquetTable,
    SchemaMismatchError,
    TableFunctionError,
    register_static_table,
    table,
)
from lakecat.config import LakecatConfig, use_config

if TYPE_CHECKING:
    from pathlib import Path

WITH_NULL = pl.DataFrame({"id": [1, None, 3], "other": ["canary", "b", None]})


def source_of(kind: str, path: Path, frame: pl.DataFrame) -> Any:
    """Return a table of a kind that holds a frame."""
    if kind == "delta":
        frame.write_delta(path / "t")
        return DeltaTable("t", uri=path / "t")
    frame.write_parquet(path / "t.parquet")
    return ParquetTable("t", uri=path / "t.parquet")


@pytest.mark.finding(26)
@pytest.mark.parametrize("kind", ["delta", "parquet"])
@pytest.mark.parametrize(
    ("column", "said"),
    [
        (Column("id", nullable=False), "column 'id' is declared as not null, and the data have NULLs in it"),
        (Column("id", primary_key=True), "column 'id' is declared as a primary key, and the data have NULLs in it"),
        (Column("other", nullable=False, classification="pii"), "column 'other' is declared as not null"),
        (Column("id", nullable=True), ""),
        (Column("id"), ""),
    ],
)
def test_nulls_where_none_may_be(kind: str, column: Column, said: str, tmp_path: Path) -> None:
    """NULLs that the log or footers count are a problem of the page, and an error under strict checks; no value is."""
    register_static_table(source_of(kind, tmp_path, WITH_NULL), schema=[column])
    details = [p.detail for p in Catalog().describe_table("t").problems]
    assert all(said in detail for detail in details)
    assert len(details) == bool(said)
    with use_config(LakecatConfig(root=str(tmp_path), checks="strict")):
        if not said:
            assert Catalog().table("t").collect().height == 3
            return
        with pytest.raises(SchemaMismatchError) as caught:
            Catalog().table("t")
    assert said in str(caught.value)
    assert caught.value.columns == (column.name,)
    assert "canary" not in str(caught.value) + str(details)


@pytest.mark.finding(26)
@pytest.mark.parametrize("kind", ["delta", "parquet"])
def test_a_promise_that_is_kept(kind: str, tmp_path: Path) -> None:
    """Columns without NULLs are as declared."""
    register_static_table(
        source_of(kind, tmp_path, WITH_NULL.drop_nulls()), schema=[Column("id", nullable=False, primary_key=True)]
    )
    assert Catalog().describe_table("t").problems == ()
    with use_config(LakecatConfig(root=str(tmp_path), checks="strict")):
        assert Catalog().table("t").collect().height == 1


@pytest.mark.finding(26)
@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("users.id", ""),
        ("only.id", ""),
        ("b.only.id", ""),
        ("with.dots.and.dots", ""),
        ("in_delta.id", ""),
        ("unknown_columns.x", ""),
        ("users.idd", "table 'users' has no column 'idd'; did you mean 'id'?"),
        ("in_delta.nothing", "table 'in_delta' has no column 'nothing'"),
        ("user.id", "no table 'user' in this catalog"),
        ("twice.id", "in the catalog, as 2 tables are named 'twice'; write 'a.twice' or 'b.twice'"),
        ("users", "it names no table; write 'table.column'"),
    ],
)
def test_references(target: str, said: str, tmp_path: Path) -> None:
    """A reference to a table or column that is not there, or to one of two, is a problem and a strict error."""
    table(name="users", schema={"id": "Int64"})(lambda: pl.LazyFrame({"id": [1]}))
    table(name="only", database="b", schema={"id": "Int64"})(lambda: pl.LazyFrame({"id": [1]}))
    table(name="with.dots", schema={"and.dots": "Int64"})(lambda: pl.LazyFrame({"and.dots": [1]}))
    table(name="unknown_columns")(lambda: pytest.fail("it is not called for that"))
    for database in "ab":
        table(name="twice", database=database, schema={"id": "Int64"})(lambda: pl.LazyFrame({"id": [1]}))
    WITH_NULL.write_delta(tmp_path / "d")
    register_static_table(DeltaTable("in_delta", uri=tmp_path / "d"))
    table(name="t", schema=[Column("a", "Int64", references=target)])(lambda: pl.LazyFrame({"a": [1]}))
    details = [p.detail for p in Catalog().describe_table("t").problems]
    assert len(details) == bool(said)
    assert all(said in detail and f"column 'a' references {target!r}" in detail for detail in details)
    with use_config(LakecatConfig(root=str(tmp_path), checks="strict")):
        if said:
            with pytest.raises(SchemaMismatchError, match="column 'a' references"):
                Catalog().table("t")
        else:
            assert Catalog().table("t").collect().height == 1


@pytest.mark.finding(26)
def test_a_reference_to_a_table_that_fails(tmp_path: Path) -> None:
    """That another table cannot be read is that one's problem alone."""
    register_static_table(DeltaTable("gone", uri=tmp_path / "gone"))
    table(name="t", schema=[Column("a", "Int64", references="gone.id")])(lambda: pl.LazyFrame({"a": [1]}))
    assert Catalog().describe_table("t").problems == ()


@pytest.mark.finding(18)
@pytest.mark.parametrize(
    "frame",
    [
        pl.LazyFrame({"b": [1]}).select("a"),
        pl.LazyFrame({"b": ["x"]}).select(pl.col("b").sum()),
        pl.LazyFrame({"b": [1]}).join(pl.LazyFrame({"c": [1]}), on="column"),
    ],
    ids=["column", "operation", "join"],
)
def test_a_plan_that_fails_is_the_functions_fault(frame: pl.LazyFrame, tmp_path: Path) -> None:
    """Under strict checks a frame whose columns cannot be told is the fault of the function, not damage of data."""
    table(name="t", schema={"a": "Int64"})(lambda: frame)
    with use_config(LakecatConfig(root=str(tmp_path), checks="strict")), pytest.raises(TableFunctionError) as caught:
        Catalog().table("t")
    assert caught.value.message.startswith("the frame that the function of table 't' returned fails: ")
    assert "damaged" not in str(caught.value)


@pytest.mark.finding(10)
@pytest.mark.parametrize(
    ("column", "said"),
    [
        (Column("profile.email", classification="pii"), ""),
        (Column("profile.email", "String", classification="pii"), ""),
        (Column("visits.where.city", classification="pii"), ""),
        (Column("with.dots.x"), ""),
        (Column("profile.email", "Int64", classification="pii"), "declared as Int64, and the data have String"),
        (Column("profile.mail", classification="pii"), "'profile.mail' is declared, and the data have none"),
        (Column("profile.email.x", classification="pii"), "'profile.email.x' is declared, and the data have none"),
    ],
)
def test_a_field_in_a_column(column: Column, said: str, tmp_path: Path) -> None:
    """A name with dots declares a field of a struct, also in a list, as the page on classification says."""
    data = {"profile": [{"email": "canary"}], "visits": [[{"where": {"city": "x"}}]], "with.dots": [{"x": 1}]}
    table(name="t", schema=[Column("profile"), column])(lambda: pl.LazyFrame(data))
    details = [p.detail for p in Catalog().describe_table("t").problems]
    assert len(details) == bool(said)
    assert all(said in detail for detail in details)
    with use_config(LakecatConfig(root=str(tmp_path), checks="strict")):
        if said:
            with pytest.raises(SchemaMismatchError, match=said):
                Catalog().table("t")
        else:
            assert Catalog().table("t").collect().height == 1
