"""Delta tables that deltalake's engine reads: the order of a plan, partitions of bytes, and what decides who reads."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lakecat import Catalog, DeltaTable, register_static_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Each is a plan with a limit and a filter in an order of their own.
PLANS: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "limit, filter": lambda t: t.head(5).filter(pl.col("a") > 2),
    "limit, filter on another": lambda t: t.head(40).filter(pl.col("s") == "s1").select("a"),
    "filter, limit": lambda t: t.filter(pl.col("a") > 2).head(5),
    "filter, limit, filter": lambda t: t.filter(pl.col("a") > 2).head(7).filter(pl.col("a") % 2 == 0),
    "limit, filter, limit": lambda t: t.head(30).filter(pl.col("a") > 3).head(4),
    "slice, filter": lambda t: t.slice(3, 20).filter(pl.col("a") > 5),
    "filter, slice": lambda t: t.filter(pl.col("s").is_not_null()).slice(2, 6),
    "limit of all, filter": lambda t: t.head(1000).filter(pl.col("s").is_null()),
    "limit of none, filter": lambda t: t.head(0).filter(pl.col("a") > 2),
    "tail, filter": lambda t: t.tail(9).filter(pl.col("a") > 2),
    "limit, filter that is not SQL": lambda t: t.head(12).filter(pl.col("a").is_in([1, 40]) | (pl.col("f") > 1)),
    "row index, filter, limit": lambda t: t.with_row_index().filter(pl.col("a") > 2).head(3),
    "limit, count": lambda t: t.head(8).filter(pl.col("a") > 3).select(pl.len()),
}
QUERIES = {
    "SELECT * FROM (SELECT * FROM {t} LIMIT 5) WHERE a > 2": lambda t: t.head(5).filter(pl.col("a") > 2),
    "SELECT a FROM (SELECT a, s FROM {t} LIMIT 40) AS x WHERE s = 's1'": lambda t: (
        t.head(40).filter(pl.col("s") == "s1").select("a")
    ),
    "SELECT count(*) AS n FROM (SELECT a FROM {t} WHERE a > 1 LIMIT 9) WHERE a > 4": lambda t: (
        t.filter(pl.col("a") > 1).head(9).filter(pl.col("a") > 4).select(pl.col("a").count().cast(pl.Int64).alias("n"))
    ),
}


@pytest.fixture(params=["one file", "several files", "partitions"])
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> DeltaTable:
    """Return a table in a folder with a space in its name, which sends it to the engine."""
    rows = pl.DataFrame({"a": range(60), "s": [None if i % 7 == 0 else f"s{i % 5}" for i in range(60)]})
    rows = rows.with_columns(f=pl.col("a") / 30)
    uri = tmp_path / "a table"
    by = ["s"] if request.param == "partitions" else None
    for part in [rows] if request.param == "one file" else rows.iter_slices(20):
        part.write_delta(uri, mode="append", delta_write_options={"partition_by": by})
    source = DeltaTable("t", uri=uri)
    assert "Polars" not in [fact.value for fact in source.facts() if fact.label == "Read with"]
    return source


@pytest.mark.finding(1)
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_limits_and_filters_keep_their_order(odd: DeltaTable, plan: Callable[[pl.LazyFrame], pl.LazyFrame]) -> None:
    """A plan gives what it gives on the same rows in memory."""
    eager = odd.scan().collect()
    assert_frame_equal(plan(odd.scan()).collect(), plan(eager.lazy()).collect())


@pytest.mark.finding(1)
@pytest.mark.parametrize(("query", "plan"), QUERIES.items(), ids=range(len(QUERIES)))
def test_limits_in_subqueries(odd: DeltaTable, query: str, plan: Callable[[pl.LazyFrame], pl.LazyFrame]) -> None:
    """A LIMIT inside of a subquery comes before the WHERE outside of it."""
    register_static_table(odd)
    eager = odd.scan().collect()
    assert_frame_equal(Catalog().sql(query.format(t="t")).collect(), plan(eager.lazy()).collect())


@pytest.mark.finding(1)
def test_rows_come_in_one_order(tmp_path: Path) -> None:
    """Rows of many files come in the same order each time, and a limit takes the first of them."""
    for i in range(8):
        pl.DataFrame({"a": range(i * 20_000, (i + 1) * 20_000)}).write_delta(tmp_path / "a table", mode="append")
    source = DeltaTable("t", uri=tmp_path / "a table")
    first = source.scan().collect()
    for _ in range(4):
        assert_frame_equal(source.scan().collect(), first)
        assert_frame_equal(source.scan().head(45_000).collect(), first.head(45_000))


@pytest.mark.finding(7)
@pytest.mark.parametrize("values", [[b"abc", b"\xff\x00", None], [b"\\u0041", b"a", None]])
def test_partitions_of_bytes(tmp_path: Path, values: list[bytes | None]) -> None:
    """Values of a partition column of bytes come back as they were written, for rows and for filters."""
    frame = pl.DataFrame({"a": [1, 2, 3], "b": pl.Series(values, dtype=pl.Binary)})
    frame.write_delta(tmp_path / "t", delta_write_options={"partition_by": ["b"]})
    source = DeltaTable("t", uri=tmp_path / "t")
    assert_frame_equal(source.scan().collect().sort("a"), frame)
    assert source.scan().filter(pl.col("b") == values[0]).select("a").collect().rows() == [(1,)]
    assert source.scan().filter(pl.col("b").is_null()).select("a").collect().rows() == [(3,)]
    assert {source.column_statistics()["b"].minimum, source.column_statistics()["b"].maximum} == {
        "0x" + min(v for v in values if v is not None).hex(),
        "0x" + max(v for v in values if v is not None).hex(),
    }


@pytest.mark.finding(7)
def test_partitions_of_bytes_that_were_not_escaped(tmp_path: Path) -> None:
    """A writer that writes bytes as the text that they are is understood too."""
    pl.DataFrame({"a": [1], "b": [b"abc"]}).write_delta(tmp_path / "t", delta_write_options={"partition_by": ["b"]})
    log = tmp_path / "t" / "_delta_log" / f"{0:020}.json"
    log.write_text(log.read_text().replace(json.dumps(r"\u0061\u0062\u0063"), '"abc"'))
    assert DeltaTable("t", uri=tmp_path / "t").scan().collect().rows() == [(1, b"abc")]


@pytest.mark.finding(7)
def test_reader_version_2_without_a_mapping(delta: Path, frame: pl.DataFrame) -> None:
    """Polars refuses what asks for reader version 2, mapped or not, so that the engine reads it."""
    log = delta / "_delta_log" / f"{0:020}.json"
    log.write_text(
        re.sub(
            r'"minReaderVersion":1,"minWriterVersion":\d', '"minReaderVersion":2,"minWriterVersion":5', log.read_text()
        )
    )
    source = DeltaTable("events", uri=delta)
    assert_frame_equal(source.scan().collect(), frame)
    assert "deltalake, because of reader version 2" in [fact.value for fact in source.facts()]


@pytest.mark.finding(9)
def test_why_polars_must_not_read_a_version_is_told_of_that_version(delta: Path) -> None:
    """Another thread notes its answer for the next version just after this one noted its own: each keeps its own."""

    class Watched(DeltaTable):
        """A table of which another thread asks at the worst moment."""

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)
            if name == "_reason" and value and value[0] is not None and value[1] is None:
                super().__setattr__(name, (object(), "something of the next version"))

    source = Watched("events", uri=delta)
    assert [fact.value for fact in source.facts()] == ["Polars"]
