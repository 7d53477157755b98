"""Delta tables, written with deltalake."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import deltalake
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from lakecat import (
    Catalog,
    Column,
    DeltaTable,
    SourceError,
    SourceNotFoundError,
    TableParameterError,
    register_static_table,
)
from lakecat.snapshot import Fact, Figure
from lakecat.sources.delta.engine import _gathered
from lakecat.testing import check_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIRST = "00000000000000000000.json"


def edit_first_commit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrite each action of a table's first commit."""
    log = path / "_delta_log" / FIRST
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    for action in actions:
        change(action)
    log.write_text("\n".join(map(json.dumps, actions)))


@pytest.mark.parametrize("form", ["Path", "str", "file URL"])
def test_reads_what_was_written(delta: Path, frame: pl.DataFrame, form: str) -> None:
    """A table is read from a Path, a text or a file URL, and passes the contract test."""
    source = DeltaTable("events", uri={"Path": delta, "str": str(delta), "file URL": delta.as_uri()}[form])
    assert source.scan().collect().equals(frame)
    check_source(source)
    assert str(delta.parent) not in repr(source)


def test_a_relative_path(delta: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path is found from the current folder."""
    monkeypatch.chdir(delta.parent)
    assert DeltaTable("events", uri="events").scan().collect().height == 3


def test_partitioned_tables(tmp_path: Path) -> None:
    """Partition columns come back with values of every kind, and are a fact."""
    frame = pl.DataFrame({"p": ["a b", "c/d", "e%f", "ü", None], "v": [1, 2, 3, 4, 5]})
    frame.write_delta(tmp_path / "t", delta_write_options={"partition_by": ["p"]})
    source = DeltaTable("t", uri=tmp_path / "t")
    assert source.scan().sort("v").collect().equals(frame)
    assert list(source.facts()) == [Fact(label="Partitioned by", value="p"), Fact(label="Read with", value="Polars")]
    check_source(source)


@pytest.mark.finding(7)
@pytest.mark.parametrize(
    ("folder", "logged", "value"),
    [
        ("p=b", "a", "a"),
        ("p=__HIVE_DEFAULT_PARTITION__", "__HIVE_DEFAULT_PARTITION__", "__HIVE_DEFAULT_PARTITION__"),
        ("p=2", "1", 1),
        ("p=2", None, None),
        ("p=2026-01-02", "2026-01-01", date(2026, 1, 1)),
        ("p=2026-01-01 05%3A00%3A00", "2026-01-01T03:00:00.000000Z", datetime(2026, 1, 1, 3, tzinfo=UTC)),
    ],
)
def test_the_log_has_the_values_of_partitions(tmp_path: Path, folder: str, logged: str | None, value: Any) -> None:
    """A file's partition has the value that the log states, whatever the name of its folder says."""
    frame = pl.DataFrame({"a": [1], "p": [value]}, schema_overrides={"p": pl.Int64} if value is None else None)
    frame.write_delta(tmp_path / "t", delta_write_options={"partition_by": ["p"]})
    (tmp_path / "t" / folder).mkdir(exist_ok=True)

    def change(action: dict[str, Any]) -> None:
        if "add" in action:
            (file,) = (tmp_path / "t").glob("*/*.parquet")
            file.rename(tmp_path / "t" / folder / file.name)
            action["add"] |= {"path": quote(f"{folder}/{file.name}"), "partitionValues": {"p": logged}}

    edit_first_commit(tmp_path / "t", change)
    source = DeltaTable("t", uri=tmp_path / "t")
    assert source.scan().collect()["p"].to_list() == [value]
    assert source.scan().filter(pl.col("p").is_null()).collect().height == (value is None)


def test_versions(delta: Path, frame: pl.DataFrame) -> None:
    """`version=` reads the table as it was; without it, the newest commit is read at each use."""
    register_static_table(DeltaTable("events", uri=delta))
    frame.write_delta(delta, mode="append")
    catalog = Catalog()
    assert catalog.table("events").collect().height == 6
    assert catalog.table("events", version=None).collect().height == 6
    assert catalog.table("events", version=0).collect().height == 3
    assert catalog.table("events", version=1).collect().height == 6


@pytest.mark.parametrize(
    ("params", "error", "says"),
    [
        ({"version": 99}, SourceNotFoundError, "table 'events' has no version 99; its newest is 0"),
        ({"version": -1}, TableParameterError, "version of table 'events' is -1; write the number of a commit, from 0"),
        ({"version": True}, TableParameterError, "is True"),
        ({"version": "0"}, TableParameterError, "is '0'"),
        ({"versoin": 1}, TableParameterError, "no parameter 'versoin'; did you mean 'version'?"),
        ({"month": 1}, TableParameterError, "no parameter 'month'; it takes version"),
    ],
)
def test_wrong_parameters(delta: Path, params: dict[str, Any], error: type[Exception], says: str) -> None:
    """A version that is not there or is no number, and other parameters, are errors that say so."""
    register_static_table(DeltaTable("events", uri=delta))
    with pytest.raises(error) as caught:
        Catalog().table("events", **params)
    assert says in str(caught.value)


def test_rows_come_from_the_log(delta: Path, frame: pl.DataFrame) -> None:
    """Figures come from the log; the number of rows is not given for files that are gone."""
    frame.write_delta(delta, mode="append")
    source = DeltaTable("events", uri=delta)
    assert source.statistics().rows == Figure(value=6, provenance="exact", source="Delta log")
    assert source.problems() == ()
    for file in delta.glob("*.parquet"):
        file.unlink()
    found = source.statistics()
    assert found.rows is None
    assert [problem.code for problem in source.problems()] == ["missing_data"]
    assert found.files == Figure(value=2, provenance="exact", source="Delta log")
    assert (found.version, (found.last_change or "")[-6:]) == (1, "+00:00")


def test_rows_are_unknown_where_a_file_does_not_state_them(delta: Path, frame: pl.DataFrame) -> None:
    """As soon as one file has no statistics, the number of rows is unknown, not too small."""
    edit_first_commit(delta, lambda action: action.get("add", {}).pop("stats", None))
    assert DeltaTable("events", uri=delta).statistics().rows is None
    frame.write_delta(delta, mode="append")
    found = DeltaTable("events", uri=delta).statistics()
    assert found.rows is None
    assert found.files == Figure(value=2, provenance="exact", source="Delta log")


def test_an_empty_table(tmp_path: Path) -> None:
    """A table without a file has no rows, and has nullability and comments of its columns."""
    fields = [
        pa.field("id", pa.int64(), nullable=False, metadata={"comment": "The key."}),
        pa.field("name", pa.string()),
    ]
    deltalake.DeltaTable.create(tmp_path / "t", schema=deltalake.Schema.from_arrow(pa.schema(fields)))
    source = DeltaTable("t", uri=tmp_path / "t")
    assert source.columns() == (
        Column("id", "Int64", nullable=False, description="The key."),
        Column("name", "String", nullable=True),
    )
    rows = source.statistics().rows
    assert rows is not None
    assert rows.value == 0
    check_source(source)


def test_nested_columns(tmp_path: Path) -> None:
    """Lists, structs, decimals and times are described as Polars reads them."""
    schema = {
        "l": pl.List(pl.Struct({"a": pl.Int64})),
        "d": pl.Decimal(10, 2),
        "t": pl.Datetime("us", "UTC"),
        "b": pl.Binary,
    }
    pl.DataFrame(schema=schema).write_delta(tmp_path / "t")
    source = DeltaTable("t", uri=tmp_path / "t")
    assert source.schema() == pl.Schema(schema)
    check_source(source)


def test_change_tokens(delta: Path, frame: pl.DataFrame) -> None:
    """The token is the same while nothing changed, and another after an append and after a rewrite."""
    source = DeltaTable("events", uri=delta)
    first = source.change_token()
    assert source.change_token() == DeltaTable("other", uri=delta).change_token() == first
    frame.write_delta(delta, mode="append")
    second = source.change_token()
    shutil.rmtree(delta)
    missing = source.change_token()
    frame.write_delta(delta)
    third = source.change_token()
    assert len({first, second, missing, third}) == 4


def remove(path: Path) -> None:
    """Remove a table."""
    shutil.rmtree(path)


def remove_log(path: Path) -> None:
    """Remove the log of a table."""
    shutil.rmtree(path / "_delta_log")


def empty_log(path: Path) -> None:
    """Remove all commits of a table."""
    (path / "_delta_log" / FIRST).unlink()


def spoil_log(path: Path) -> None:
    """Write nonsense where the first commit was."""
    (path / "_delta_log" / FIRST).write_text("{nonsense")


def blank_log(path: Path) -> None:
    """Empty the first commit."""
    (path / "_delta_log" / FIRST).write_text("")


@pytest.mark.parametrize(
    ("spoil", "error", "says"),
    [
        (remove, SourceNotFoundError, "there is no Delta table 'events': no folder"),
        (remove_log, SourceNotFoundError, "has no folder '_delta_log'"),
        (empty_log, SourceNotFoundError, "there is no Delta table 'events' at its location"),
        (spoil_log, SourceError, "table 'events' cannot be read: "),
        (blank_log, SourceError, "table 'events' cannot be read: "),
    ],
)
def test_broken_tables(delta: Path, spoil: Callable[[Path], None], error: type[SourceError], says: str) -> None:
    """What is no Delta table, or cannot be read, is an error of one line at once, not at `collect()`."""
    spoil(delta)
    register_static_table(DeltaTable("events", uri=delta))
    with pytest.raises(error) as caught:
        Catalog().table("events")
    assert isinstance(caught.value, SourceNotFoundError) == (error is SourceNotFoundError)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    DeltaTable("events", uri=delta).change_token()


@pytest.mark.parametrize(
    "name", ["with space", "hash#", "what?", "100%", "größe", "br{}ce", "'quoted'", '"quoted"', "a=b"]
)
@pytest.mark.parametrize("partitions", [[], ["country"]])
def test_paths_of_every_kind(tmp_path: Path, frame: pl.DataFrame, name: str, partitions: list[str]) -> None:
    """At any path a table is read whole: by Polars, or by deltalake where Polars would look in vain."""
    path = tmp_path / "plain"
    frame.write_delta(path, delta_write_options={"partition_by": partitions} if partitions else None)
    path.rename(tmp_path / name)
    source = DeltaTable("t", uri=tmp_path / name)
    assert source.scan().sort("user_id").collect().equals(frame.sort("user_id"))
    assert source.scan().filter(pl.col("country") == "PT").select("user_id").head(1).collect().rows() == [(2,)]
    assert source.schema() == frame.schema
    rows = source.statistics().rows
    assert rows is not None
    assert rows.value == 3
    assert source.problems() == ()
    assert next(fact.value.partition(",")[0] for fact in source.facts() if fact.label == "Read with") in (
        "Polars",
        "deltalake",
    )


def test_a_partitioned_table_below_something_like_a_partition(tmp_path: Path, frame: pl.DataFrame) -> None:
    """Below a folder named like a partition, tables with and without partitions are read."""
    frame.write_delta(tmp_path / "country=PT" / "plain")
    assert DeltaTable("t", uri=tmp_path / "country=PT" / "plain").scan().collect().equals(frame)
    path = tmp_path / "country=PT" / "parts"
    frame.write_delta(path, delta_write_options={"partition_by": ["country"]})
    assert DeltaTable("t", uri=path).scan().sort("user_id").collect().equals(frame.sort("user_id"))


@pytest.mark.parametrize(
    ("year", "stats", "reason"),
    [
        (9999, "kept", "times before 1677 or after 2262"),
        (1600, "kept", "times before 1677 or after 2262"),
        (9999, "dropped", "times of which the log has no bounds"),
        (2024, "dropped", "times of which the log has no bounds"),
        (2024, "kept", None),
    ],
)
def test_times_that_polars_cannot_hold(tmp_path: Path, year: int, stats: str, reason: str | None) -> None:
    """Times in INT96, which Spark writes, come out as they are; Polars would end them at 2262."""
    times = [datetime(2024, 1, 1, tzinfo=UTC), None, datetime(year, 12, 31, tzinfo=UTC)]
    frame = pl.DataFrame({"id": [1, 2, 3], "at": times}, schema={"id": pl.Int64, "at": pl.Datetime("us", "UTC")})
    frame.write_delta(tmp_path / "t")
    (file,) = (tmp_path / "t").glob("*.parquet")
    pyarrow.parquet.write_table(frame.to_arrow(), file, use_deprecated_int96_timestamps=True)

    def change(action: dict[str, Any]) -> None:
        if "add" in action:
            action["add"]["size"] = file.stat().st_size
            if stats == "dropped":
                del action["add"]["stats"]

    edit_first_commit(tmp_path / "t", change)
    source = DeltaTable("t", uri=tmp_path / "t")
    assert source.scan().collect().equals(frame)
    late = pl.col("at") > datetime(2100, 1, 1, tzinfo=UTC)
    assert source.scan().filter(late).collect().equals(frame.filter(late))
    assert source.problems() == ()
    read_with = next(fact.value for fact in source.facts() if fact.label == "Read with")
    assert read_with == ("Polars" if reason is None else f"deltalake, because of {reason}")


@pytest.mark.parametrize(
    ("values", "reader"),
    [
        ([None, None], "Polars"),
        ([{"t": datetime(2024, 1, 1, tzinfo=UTC)}, None], "Polars"),
        ([[datetime(2024, 1, 1, tzinfo=UTC)], None], "deltalake"),
    ],
    ids=["nulls alone", "in a struct", "in a list"],
)
def test_bounds_of_nested_times(tmp_path: Path, values: list[Any], reader: str) -> None:
    """Times in structs have bounds in the log, those in lists do not; nulls alone need none."""
    frame = pl.DataFrame({"at": values})
    frame = frame.cast(pl.Datetime("us", "UTC")) if values == [None, None] else frame
    frame.write_delta(tmp_path / "t")
    source = DeltaTable("t", uri=tmp_path / "t")
    assert source.scan().collect().equals(frame)
    assert next(fact.value for fact in source.facts() if fact.label == "Read with").startswith(reader)


def test_few_rows_come_early() -> None:
    """Small batches are put together, the first ones less, so that a reader who wants few rows need not wait."""
    batches = [pl.DataFrame({"a": [i]}) for i in range(12)]
    assert [frame["a"].to_list() for frame in _gathered(batches, 8)] == [[0], [1, 2], [3, 4, 5, 6], [7, 8, 9, 10], [11]]
