"""Writing Delta tables, on disk."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import (
    Catalog,
    Column,
    DeclarationError,
    DeltaTable,
    SchemaMismatchError,
    SourceError,
    SourceNotFoundError,
    TableParameterError,
    register_static_table,
)
from lakecat.errors import CommitConflictError, UnsupportedFeatureError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FRAMES = [pytest.param(lambda frame: frame, id="DataFrame"), pytest.param(lambda frame: frame.lazy(), id="LazyFrame")]
MORE = pl.DataFrame({"user_id": [4], "country": ["SE"]})


def rows(source: DeltaTable, **params: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a table, sorted."""
    return sorted(source.scan(**params).collect().rows())


def log_of(source: DeltaTable) -> list[str]:
    """Return the names of a table's commits."""
    return sorted(path.name for path in (Path(source.uri) / "_delta_log").glob("*.json"))


def test_create_keeps_what_was_declared(tmp_path: Path) -> None:
    """A created table has the columns, comments, partitions and descriptions that were asked for, in one commit."""
    source = DeltaTable("sales", uri=tmp_path / "new" / "sales", description="One row for each sale.")
    columns = [Column("day", pl.Date, nullable=False), Column("amount", "Decimal(10, 2)", description="In euros.")]
    assert source.create(schema=columns, partition_by="day").version == 0
    assert source.columns() == tuple(
        Column(c.name, c.dtype, description=c.description, nullable=c.nullable is not False) for c in columns
    )
    assert source.stored_description() == "One row for each sale."
    assert [fact.value for fact in source.facts() if fact.label == "Partitioned by"] == ["day"]
    assert len(log_of(source)) == 1
    assert rows(source) == []


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"schema": {"a": None}}, DeclarationError, "no dtype"),
        ({"schema": {"a": pl.Int64}, "partition_by": ["b"]}, DeclarationError, "'b'"),
        ({"schema": {"a": pl.UInt32}}, SchemaMismatchError, "column 'a' is UInt32, which Delta would store as Int32"),
        ({"schema": {"a": pl.Datetime("ns")}}, SchemaMismatchError, "few readers"),
        ({"schema": {"a": pl.Time}}, SchemaMismatchError, "does not have"),
        ({"schema": {"a": pl.Categorical()}}, SchemaMismatchError, "would store as String"),
        ({"schema": {"a": pl.Int64}, "properties": {"delta.nonsense": "1"}}, TableParameterError, "argument"),
    ],
)
def test_create_refuses_what_delta_would_change(
    tmp_path: Path, arguments: dict[str, Any], error: type[Exception], says: str
) -> None:
    """A schema that Delta cannot hold as it is, and other mistakes, are refused before anything is there."""
    with pytest.raises(error, match=says):
        DeltaTable("t", uri=tmp_path / "t").create(**arguments)
    assert not (tmp_path / "t" / "_delta_log").exists()


def test_create_does_not_replace(events: DeltaTable) -> None:
    """Where there is a table, creating one is a conflict, unless it may exist and has the same columns."""
    schema = {"user_id": pl.Int64, "country": pl.String}
    with pytest.raises(CommitConflictError, match="there is a table already"):
        events.create(schema=schema)
    assert events.create(schema=schema, exist_ok=True).version == 0
    with pytest.raises(SchemaMismatchError) as caught:
        events.create(schema={"user_id": pl.String, "town": pl.String}, exist_ok=True)
    assert sorted(caught.value.columns) == ["country", "town", "user_id"]
    assert len(rows(events)) == 3


@pytest.mark.parametrize("form", FRAMES)
def test_append(events: DeltaTable, form: Callable[[pl.DataFrame], Any]) -> None:
    """Appended rows are seen at the next use, whatever the order of the frame's columns; a frame seen before stays."""
    register_static_table(events)
    before = Catalog().table("events")
    done = events.append(form(MORE.select("country", "user_id")))
    assert (done.version, done.rows_added, done.files_added, done.files_removed) == (1, 1, 1, 0)
    assert before.collect().height == 3
    assert Catalog().table("events").filter(user_id=4).collect().equals(MORE)


@pytest.mark.parametrize("form", FRAMES)
def test_overwrite(events: DeltaTable, form: Callable[[pl.DataFrame], Any]) -> None:
    """An overwrite replaces all rows, or those of its predicate; rows outside of that are refused."""
    done = events.overwrite(form(MORE.with_columns(country=pl.lit("NO"))), predicate="country = 'NO'")
    assert (done.version, rows(events)) == (1, [(2, "PT"), (4, "NO")])
    with pytest.raises(SchemaMismatchError, match="do not allow"):
        events.overwrite(form(MORE), predicate="country = 'NO'")
    assert rows(events) == [(2, "PT"), (4, "NO")]
    assert events.overwrite(form(MORE)).rows_added == 1
    assert rows(events) == MORE.rows()


@pytest.mark.parametrize(
    ("unfit", "columns", "says"),
    [
        (MORE.cast({"user_id": pl.Float64}), ("user_id",), "'user_id' is Float64, and that of the table is Int64"),
        (MORE.cast({"user_id": pl.Int32}), ("user_id",), "Int32"),
        (MORE.with_columns(town=pl.lit("Umeå")), ("town",), "the table has no column 'town'"),
        (MORE.drop("country"), ("country",), "it lacks column 'country'"),
        (MORE.rename({"country": "Country"}), ("country", "Country"), "'Country'"),
    ],
)
@pytest.mark.parametrize("form", FRAMES)
@pytest.mark.parametrize("operation", ["append", "overwrite", "merge"])
def test_frames_that_do_not_fit(
    events: DeltaTable,
    unfit: pl.DataFrame,
    columns: tuple[str, ...],
    says: str,
    form: Callable[[pl.DataFrame], Any],
    operation: str,
) -> None:
    """A frame with other columns or dtypes is refused by one error that names them, and survives pickling."""
    keys = {"on": "user_id"} if operation == "merge" else {}
    with pytest.raises(SchemaMismatchError, match=says) as caught:
        getattr(events, operation)(form(unfit), **keys)
    assert caught.value.columns == columns
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.columns) == (str(caught.value), columns)
    assert (len(rows(events)), len(log_of(events))) == (3, 1)


def test_dtypes_that_hold_the_same(events: DeltaTable) -> None:
    """Columns of NULL alone, categories and enums are written to columns of another dtype, as nothing is lost."""
    events.append(pl.DataFrame({"user_id": [None], "country": pl.Series("country", ["SE"], dtype=pl.Categorical())}))
    events.append(pl.LazyFrame({"user_id": [5], "country": pl.Series(["DK"], dtype=pl.Enum(["DK"]))}))
    assert set(events.scan().collect().rows()) >= {(None, "SE"), (5, "DK")}
    assert events.schema() == pl.Schema({"user_id": pl.Int64(), "country": pl.String()})


@pytest.mark.parametrize("form", FRAMES)
def test_new_columns_are_asked_for(events: DeltaTable, form: Callable[[pl.DataFrame], Any]) -> None:
    """`schema_mode="merge"` adds columns and fills what a frame lacks; no dtype is changed."""
    frame = pl.DataFrame({"user_id": [4], "town": ["Umeå"]})
    events.append(form(frame), schema_mode="merge")
    assert events.scan().filter(user_id=4).collect().rows() == [(4, None, "Umeå")]
    events.merge(form(frame.with_columns(age=7)), on="user_id", schema_mode="merge")
    assert events.scan().filter(user_id=4).collect().rows() == [(4, None, "Umeå", 7)]
    for wrong in (pl.col("user_id").cast(pl.Float64), pl.lit(1, dtype=pl.UInt8).alias("new")):
        with pytest.raises(SchemaMismatchError):
            events.append(form(frame.with_columns(wrong)), schema_mode="merge")


def test_a_schema_is_replaced_when_asked(events: DeltaTable) -> None:
    """An overwrite with `schema_mode="overwrite"` gives the table the frame's columns."""
    events.overwrite(pl.DataFrame({"v": [1.5]}), schema_mode="overwrite")
    assert events.scan().collect().equals(pl.DataFrame({"v": [1.5]}))
    with pytest.raises(SchemaMismatchError, match="UInt8"):
        events.overwrite(pl.DataFrame({"v": [1]}, schema={"v": pl.UInt8}), schema_mode="overwrite")


@pytest.mark.finding(18)
def test_a_new_schema_without_a_partition_column(tmp_path: Path) -> None:
    """A frame that lacks a column by which the table is partitioned does not fit; nothing is damaged, or changed."""
    source = DeltaTable("t", uri=tmp_path / "t")
    source.create(schema={"a": pl.Int64, "p": pl.String}, partition_by="p")
    frame = pl.DataFrame({"a": [1], "p": ["x"]})
    source.append(frame)
    with pytest.raises(SchemaMismatchError, match="lacks a column by which it is partitioned"):
        source.overwrite(frame.select("a"), schema_mode="overwrite")
    assert source.scan().collect().equals(frame)


def damaged(folder: Path) -> pl.LazyFrame:
    """Return a frame of two files, the second of which makes Polars panic in the middle."""
    for i in range(2):
        keys = range(100_000 * (i + 1), 100_000 * (i + 1) + 60_000)
        frame = pl.DataFrame({"user_id": keys, "country": [str(key) for key in keys]})
        frame.write_parquet(folder / f"{i}.parquet", row_group_size=5_000)
    raw = (folder / "1.parquet").read_bytes()
    footer = int.from_bytes(raw[-8:-4], "little") + 8
    (folder / "1.parquet").write_bytes(raw[:1000] + raw[-footer:])
    return pl.scan_parquet([folder / "0.parquet", folder / "1.parquet"])


@pytest.mark.parametrize("operation", ["append", "overwrite", "merge"])
@pytest.mark.parametrize("how", ["an exception", "a panic"])
def test_a_frame_that_fails_in_the_middle(events: DeltaTable, tmp_path: Path, operation: str, how: str) -> None:
    """A frame that fails while it is streamed, be it by a panic of Polars, leaves the table as it was."""
    good = pl.LazyFrame({"user_id": range(100_000), "country": ["XX"] * 100_000})
    bad = MORE.lazy().map_batches(lambda _: 1 / 0) if how == "an exception" else damaged(tmp_path)
    keys = {"on": "user_id"} if operation == "merge" else {}
    with pytest.raises(SourceError, match="nothing was written to table 'events': the frame failed") as caught:
        getattr(events, operation)(pl.concat([good, bad]), **keys)
    assert "\n" not in str(caught.value)
    assert (len(rows(events)), len(log_of(events))) == (3, 1)


def test_a_frame_that_cannot_be_resolved(events: DeltaTable) -> None:
    """A LazyFrame whose schema is an error already is the frame's failure."""
    with pytest.raises(SourceError, match="the frame failed"):
        events.append(MORE.lazy().select("nothing"))


def test_a_stream_that_nobody_reads_on(events: DeltaTable) -> None:
    """Where a write ends before its frame, the frame's query ends too."""
    with pytest.raises(SchemaMismatchError, match="do not allow"):
        events.overwrite(
            pl.LazyFrame({"user_id": range(2_000_000)}).with_columns(country=pl.lit("NO")), predicate="1 = 2"
        )
    assert len(rows(events)) == 3


def test_a_table_written_from_itself(events: DeltaTable) -> None:
    """A table can be replaced by what is computed from it."""
    events.overwrite(events.scan().with_columns(pl.col("user_id") * 10))
    assert rows(events) == [(10, "NO"), (20, "PT"), (30, "NO")]


@pytest.mark.parametrize("name", ["a b", "a#b", "a?b", "{a}", "it's", "Größe", "k=v", "a%b"])
def test_paths(tmp_path: Path, name: str) -> None:
    """Tables are written where paths hold odd characters."""
    source = DeltaTable("t", uri=tmp_path / name)
    source.create(schema=MORE.schema)
    source.append(MORE)
    source.merge(MORE, on="user_id")
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert rows(source) == MORE.rows()


@pytest.mark.parametrize("name", ["a[1]", "a%20b", "a|b", "a^b"])
def test_paths_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    """Where deltalake would go astray in a path, nothing is tried."""
    source = DeltaTable("t", uri=tmp_path / name)
    for operation in (lambda: source.create(schema=MORE.schema), lambda: source.append(MORE)):
        with pytest.raises(UnsupportedFeatureError, match="deltalake cannot write where a path has"):
            operation()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", [MORE.to_dicts(), None, "a"])
def test_only_frames_are_written(events: DeltaTable, what: Any) -> None:
    """What is no frame of Polars is refused."""
    with pytest.raises(TableParameterError, match="write a DataFrame or a LazyFrame"):
        events.append(what)


@pytest.fixture
def nowhere(tmp_path: Path) -> Iterator[DeltaTable]:
    """Return a table at which there is none."""
    yield DeltaTable("nowhere", uri=tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_tables_are_not_made_by_accident(nowhere: DeltaTable) -> None:
    """Only `create` makes a table; the other operations tell that there is none."""
    for operation in (
        lambda: nowhere.append(MORE),
        lambda: nowhere.overwrite(MORE),
        lambda: nowhere.merge(MORE, on="user_id"),
        lambda: nowhere.delete("true"),
        lambda: nowhere.restore(version=0),
        nowhere.vacuum,
        nowhere.compact,
        lambda: nowhere.describe(description="x"),
    ):
        with pytest.raises(SourceNotFoundError, match="'nowhere'"):
            operation()


def test_an_empty_frame(events: DeltaTable) -> None:
    """A frame without rows is written as what it is."""
    events.append(MORE.clear())
    events.append(MORE.clear().lazy())
    assert len(rows(events)) == 3


def test_no_secret_is_told(delta: Path) -> None:
    """An error that quotes its frame's or predicate's text shows no storage option's secret."""
    secret = "canary-3f9a"
    source = DeltaTable("events", uri=delta, storage_options={"aws_secret_access_key": secret})
    with pytest.raises(TableParameterError) as wrong:
        source.delete(f'"{secret}" = 1')

    def spill(_: pl.DataFrame) -> pl.DataFrame:
        raise ValueError(f"key {secret}")

    with pytest.raises(SourceError) as spilled:
        source.append(MORE.lazy().map_batches(spill))
    for caught in (wrong, spilled):
        assert secret not in str(caught.value)
        assert caught.value.__cause__ is None
    shutil.rmtree(delta)
