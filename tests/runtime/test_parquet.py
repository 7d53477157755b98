"""Parquet tables: files, folders, globs and partitions."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from lakecat import (
    Catalog,
    Column,
    ParquetTable,
    SourceError,
    SourceNotFoundError,
    TableParameterError,
    UnsupportedFeatureError,
    register_static_table,
)
from lakecat.errors import DeclarationError
from lakecat.snapshot import Fact, Figure, Statistics
from lakecat.testing import check_source

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("form", ["Path", "str", "file URL"])
def test_reads_a_file(parquet: Path, frame: pl.DataFrame, form: str) -> None:
    """A file is read from a Path, a text or a file URL, and passes the contract test."""
    source = ParquetTable("users", uri={"Path": parquet, "str": str(parquet), "file URL": parquet.as_uri()}[form])
    assert source.scan().collect().equals(frame)
    check_source(source)


@pytest.mark.parametrize(
    "name", ["a[1].parquet", "a*b.parquet", "q?.parquet", "with space.parquet", "größe#%20.parquet", "no_suffix"]
)
def test_names_of_files(tmp_path: Path, frame: pl.DataFrame, name: str) -> None:
    """A file that is there is never taken for a glob, whatever its name."""
    frame.write_parquet(tmp_path / name)
    frame.write_parquet(tmp_path / "a1.parquet")
    for uri in (tmp_path / name, (tmp_path / name).as_uri()):
        source = ParquetTable("t", uri=uri)
        assert source.scan().collect().equals(frame)
        check_source(source)


def test_a_folder(hive: Path) -> None:
    """Of a folder the Parquet files at any depth are read, not marker files, hidden files or hidden folders."""
    for extra in ("_temporary/0.parquet", ".hidden.parquet", "_delta/x.parquet"):
        (hive / extra).parent.mkdir(exist_ok=True)
        (hive / extra).write_bytes(b"not Parquet")
    (hive / "notes.txt").write_text("not Parquet")
    source = ParquetTable("t", uri=hive)
    assert sorted(source.scan().collect()["user_id"]) == [1, 2, 3]
    check_source(source)


@pytest.mark.parametrize(
    "pattern", ["*/*.parquet", "**/*.parquet", "**/*", "country=NO/*", "country=[NP]*/part-?.parquet"]
)
def test_globs(hive: Path, pattern: str) -> None:
    """A glob reads the files that match; marker files are left out."""
    source = ParquetTable("t", uri=str(hive / pattern))
    assert source.scan().collect().height == (2 if "=NO" in pattern else 3)
    check_source(source)


@pytest.mark.parametrize("uri", ["", "**/*.parquet"])
def test_hive_partitions(hive: Path, frame: pl.DataFrame, uri: str) -> None:
    """Partitioning gives the columns of the folders' names, and is a fact; their nullability is unknown."""
    source = ParquetTable("t", uri=str(hive / uri), partitioning=["country"])
    assert source.scan().sort("user_id").collect().equals(frame)
    assert list(source.facts()) == [Fact(label="Partitioned by", value="country")]
    assert source.columns() == (Column("user_id", "Int64", nullable=True), Column("country", "String"))
    assert source.scan().filter(country="PT").collect()["user_id"].to_list() == [2]
    check_source(source)


def test_folders_above_a_table_are_no_partitions(tmp_path: Path, frame: pl.DataFrame) -> None:
    """Only the declared columns come from folder names: neither those above the table nor others below it."""
    folder = tmp_path / "above=1" / "t" / "year=2024" / "country=NO"
    folder.mkdir(parents=True)
    frame.drop("country").write_parquet(folder / "0.parquet")
    root = folder.parents[1]
    assert ParquetTable("t", uri=root).schema() == {"user_id": pl.Int64}
    assert ParquetTable("t", uri=root, partitioning="country").schema() == {"user_id": pl.Int64, "country": pl.String}
    check_source(ParquetTable("t", uri=root, partitioning=["year", "country"]))


@pytest.mark.parametrize(
    ("partitioning", "below", "says"),
    [
        (["contry"], "", "is declared as partitioned by 'contry', and its folders give 'country'"),
        (["month"], "country=NO/part-0.parquet", "by 'month', and its folders give 'country'"),
    ],
)
def test_partitions_that_are_not_there(hive: Path, partitioning: list[str], below: str, says: str) -> None:
    """A declared partition that no folder gives is an error, not a column that silently is not there."""
    with pytest.raises(SourceError) as caught:
        ParquetTable("t", uri=hive / below, partitioning=partitioning).scan()
    assert says in str(caught.value)


def test_nullability_comes_from_the_footer(tmp_path: Path) -> None:
    """Columns tell whether they may be null, from the footer of the first file."""
    schema = pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("name", pa.string())])
    pyarrow.parquet.write_table(pa.table({"id": [1], "name": ["a"]}, schema=schema), tmp_path / "t.parquet")
    source = ParquetTable("t", uri=tmp_path / "t.parquet")
    assert [c.nullable for c in source.columns()] == [False, True]
    check_source(source)


def test_statistics(hive: Path) -> None:
    """Rows come from all footers, files and bytes from the file system."""
    size = sum(file.stat().st_size for file in hive.rglob("*.parquet"))
    assert ParquetTable("t", uri=hive).statistics() == Statistics(
        rows=Figure(value=3, provenance="exact", source="Parquet footers"),
        bytes=Figure(value=size, provenance="exact", source="file system"),
        files=Figure(value=2, provenance="exact", source="file system"),
    )


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("nothing.parquet", "there is no Parquet table 't': no file or folder"),
        ("nothing*.parquet", "no file matches"),
        ("empty", "no '.parquet' file in the folder"),
    ],
)
def test_nothing_there(tmp_path: Path, uri: str, says: str) -> None:
    """Where no file is, `table()` says so at once, and so does each question about the table."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "_SUCCESS").touch()
    source = ParquetTable("t", uri=tmp_path / uri)
    register_static_table(source)
    for ask in (lambda: Catalog().table("t"), source.schema, source.columns, source.statistics):
        with pytest.raises(SourceNotFoundError) as caught:
            ask()
        assert says in str(caught.value)
    assert source.change_token() == "nothing there"


@pytest.mark.parametrize("keep", [0, 7, 50, 200], ids="{} bytes".format)
def test_truncated_files(parquet: Path, keep: int) -> None:
    """A file that was cut short is an error of one line to each question that needs its footer."""
    parquet.write_bytes(parquet.read_bytes()[:keep])
    source = ParquetTable("t", uri=parquet)
    for ask in (source.scan, source.schema, source.columns, source.statistics):
        with pytest.raises(SourceError) as caught:
            ask()
        assert "'t' cannot be read: " in str(caught.value)
        assert "\n" not in str(caught.value)


def test_parameters_are_refused(parquet: Path) -> None:
    """A Parquet table takes no parameter."""
    with pytest.raises(TableParameterError, match="table 't' has no parameter 'version'; it takes none"):
        ParquetTable("t", uri=parquet).scan(version=1)


def test_change_tokens(hive: Path, frame: pl.DataFrame) -> None:
    """The token is the same while nothing changed, and another after a file was added, replaced, renamed or removed."""
    source = ParquetTable("t", uri=hive)
    tokens = [source.change_token()]
    assert source.change_token() == tokens[0]
    (hive / "_SUCCESS").unlink()
    assert source.change_token() == tokens[0]
    added = hive / "new.parquet"
    frame.write_parquet(added)
    tokens.append(source.change_token())
    frame.head(1).write_parquet(added)
    tokens.append(source.change_token())
    added.rename(hive / "other.parquet")
    tokens.append(source.change_token())
    for file in hive.rglob("*.parquet"):
        file.unlink()
    tokens.append(source.change_token())
    assert len(set(tokens)) == 5


def test_options_that_cannot_be() -> None:
    """An option that cannot be is an error where the table is declared."""
    with pytest.raises(DeclarationError, match="storage option 'max_retries' of table 't' must be a whole number"):
        ParquetTable("t", uri="s3://bucket/t", storage_options={"max_retries": "many"})


@pytest.mark.parametrize("nested", [False, True], ids=["plain", "in a list"])
def test_times_too_far_away_for_int96_are_a_problem(tmp_path: Path, nested: bool) -> None:
    """Polars returns another time for 9999-12-31 in INT96, as Spark writes it for "never": that is said."""
    times = [datetime(2024, 1, 1), None, datetime(9999, 12, 31)]  # noqa: DTZ001 (INT96 has no zone)
    kind = pa.list_(pa.timestamp("us")) if nested else pa.timestamp("us")
    column = pa.array([time and [time] for time in times] if nested else times, kind)
    write_int96(tmp_path / "t.parquet", pa.table({"ok": pa.array([times[0]] * 3, pa.timestamp("us")), "until": column}))
    source = ParquetTable("t", uri=tmp_path)
    read = source.scan().select(pl.col("until").explode() if nested else "until").collect()["until"].drop_nulls()
    assert read.cast(pl.Datetime("us")).dt.year().max() == 2262
    (problem,) = source.problems()
    assert problem.code == "value_out_of_range"
    assert "'until" in problem.detail
    assert "'ok'" not in problem.detail
    assert list(source.facts()) == []


@pytest.mark.parametrize("nested", [False, True], ids=["plain", "in a list"])
def test_times_in_int96_with_a_unit(tmp_path: Path, nested: bool) -> None:
    """Where the writer left its Arrow schema, Polars reads microseconds: 9999 comes out right, and is no problem."""
    far = datetime(9999, 12, 31)  # noqa: DTZ001
    column = pa.array([[far]], pa.list_(pa.timestamp("us"))) if nested else pa.array([far], pa.timestamp("us"))
    pyarrow.parquet.write_table(pa.table({"at": column}), tmp_path / "t.parquet", use_deprecated_int96_timestamps=True)
    source = ParquetTable("t", uri=tmp_path)
    read = source.scan().select(pl.col("at").explode() if nested else "at").collect()["at"].to_list()
    assert read == [far]
    assert source.problems() == ()


def test_times_in_int96_that_fit(tmp_path: Path) -> None:
    """Where all rows were looked at, there is nothing to say of the type."""
    write_int96(tmp_path / "t.parquet", pa.table({"at": pa.array([datetime(2024, 1, 1)], pa.timestamp("us"))}))  # noqa: DTZ001
    source = ParquetTable("t", uri=tmp_path)
    assert source.problems() == ()
    assert list(source.facts()) == []


def test_a_long_table_with_int96(tmp_path: Path) -> None:
    """Of more than a million rows only the first are looked at, so what is not known is said as a fact."""
    ordinary = pa.table({"at": pa.array([0] * 1_000_000, pa.timestamp("us"))})
    for name in ("a", "b"):
        write_int96(tmp_path / f"{name}.parquet", ordinary)
    write_int96(tmp_path / "c.parquet", pa.table({"at": pa.array([datetime(9999, 1, 1)], pa.timestamp("us"))}))  # noqa: DTZ001
    source = ParquetTable("t", uri=tmp_path)
    assert source.problems() == ()
    assert [fact.label for fact in source.facts()] == ["Times"]
    (tmp_path / "b.parquet").unlink()  # what is known is of the files that are there
    (tmp_path / "a.parquet").unlink()
    assert [problem.code for problem in source.problems()] == ["value_out_of_range"]


def write_int96(path: Path, table: pa.Table) -> None:
    """Write times as Spark does, without the Arrow schema that pyarrow leaves."""
    pyarrow.parquet.write_table(table, path, use_deprecated_int96_timestamps=True, store_schema=False)


@pytest.mark.finding(18)
@pytest.mark.parametrize("dtype", [pl.Int128, pl.List(pl.Int128)], ids=str)
def test_types_that_cannot_be_read_are_no_damage(tmp_path: Path, dtype: Any) -> None:
    """A file with a type that pyarrow does not have is said to have one, not to be damaged."""
    pl.DataFrame({"a": pl.Series([None], dtype=dtype)}).write_parquet(tmp_path / "t.parquet")
    with pytest.raises(UnsupportedFeatureError, match="has a type that cannot be read here"):
        ParquetTable("t", uri=tmp_path / "t.parquet").scan()
