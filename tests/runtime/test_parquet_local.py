"""What only a disk has: links, working directories, times of files; and what is kept of footers."""

from __future__ import annotations

import dataclasses
import os
import shutil
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from lakecat import Catalog, CatalogRegistry, ParquetTable
from lakecat.errors import MissingDataError, SourceError
from lakecat.sources.parquet import table as parquet
from lakecat.sources.parquet.files import DataFile
from lakecat.sources.parquet.scan import polars_knows_folders

from .places import parquet_bytes

if TYPE_CHECKING:
    from pathlib import Path

ROWS = pl.DataFrame({"a": [1, 2, 3]})


@pytest.mark.finding(6)
@pytest.mark.parametrize("pattern", ["", "/**/*.parquet", "/*/*.parquet", "/p=*/*.parquet"])
def test_links_are_followed(tmp_path: Path, pattern: str) -> None:
    """A folder reached by a link, and a file that is one, are read by a folder as by a glob."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "t" / "p=1").mkdir(parents=True)
    ROWS.write_parquet(tmp_path / "elsewhere" / "0.parquet")
    ROWS.write_parquet(tmp_path / "elsewhere" / "data")
    (tmp_path / "t" / "p=2").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "t" / "p=1" / "link.parquet").symlink_to(tmp_path / "elsewhere" / "data")
    found = ParquetTable("t", uri=f"{tmp_path}/t{pattern}", partitioning=["p"]).scan().collect()
    assert sorted(found.rows()) == [(a, p) for a in (1, 2, 3) for p in (1, 2)]


@pytest.mark.parametrize("pattern", ["", "/**/*.parquet"])
def test_links_in_a_circle(tmp_path: Path, pattern: str) -> None:
    """A link to a folder in which it lies is not followed: each file is read once."""
    folder = tmp_path / "t" / "deep" / "er"
    folder.mkdir(parents=True)
    ROWS.write_parquet(folder / "0.parquet")
    (tmp_path / "t" / "beside").mkdir()
    ROWS.write_parquet(tmp_path / "t" / "beside" / "1.parquet")
    for each in (folder, tmp_path / "t" / "beside"):
        (each / "up").symlink_to(tmp_path / "t")
    (folder / "self").symlink_to(folder)
    (folder / "nothing").symlink_to(folder / "nothing")
    assert ParquetTable("t", uri=f"{tmp_path}/t{pattern}").scan().collect().height == 6


@pytest.mark.finding(6)
def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    """A link named as a data file whose file is gone is an error: its rows are not left out without a word."""
    ROWS.write_parquet(tmp_path / "0.parquet")
    (tmp_path / "1.parquet").symlink_to(tmp_path / "gone")
    for uri in (f"{tmp_path}", f"{tmp_path}/*.parquet"):
        with pytest.raises(MissingDataError, match="a link leads nowhere"):
            ParquetTable("t", uri=uri).scan()


@pytest.mark.finding(15)
def test_tokens_and_the_file_system(tmp_path: Path) -> None:
    """Times, inodes and places of files change no token; a footer is read again only if its file was written."""
    folder = tmp_path / "t"
    folder.mkdir()
    for number in range(3):
        (ROWS + number).write_parquet(folder / f"{number}.parquet")
    source = ParquetTable("t", uri=folder)
    token = source.change_token()
    os.utime(folder / "0.parquet", (1, 1))
    assert source.change_token() == token
    shutil.copytree(folder, tmp_path / "copy")
    folder.rename(tmp_path / "moved")
    for place in ("copy", "moved", "moved/", "moved/*.parquet"):
        assert ParquetTable("t", uri=f"{tmp_path}/{place}").change_token() == token
    one = [ParquetTable("t", uri=tmp_path / place / "1.parquet").change_token() for place in ("copy", "moved")]
    assert one[0] == one[1] != token
    (ROWS + 9).write_parquet(tmp_path / "copy" / "1.parquet")
    assert ParquetTable("t", uri=tmp_path / "copy").change_token() != token


@pytest.mark.finding(15)
def test_a_token_reads_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing changed, no file is opened for a token."""
    from lakecat.sources.parquet.files import LocalPlace

    for number in range(3):
        ROWS.write_parquet(tmp_path / f"{number}.parquet")
    source = ParquetTable("t", uri=tmp_path)
    token = source.change_token()
    opened: list[str] = []
    read = LocalPlace.open
    monkeypatch.setattr(LocalPlace, "open", lambda self, file: opened.append(file.name) or read(self, file))
    assert source.change_token() == token
    assert opened == []
    (ROWS + 1).write_parquet(tmp_path / "1.parquet")
    assert source.change_token() != token
    assert opened == ["1.parquet"]


def test_tokens_of_what_cannot_be_read(tmp_path: Path) -> None:
    """A file that is no Parquet file has a token too, which changes when it is mended."""
    file = tmp_path / "t.parquet"
    tokens = []
    for data in (b"", b"a,b", b"a,c", parquet_bytes(ROWS)[:-3], parquet_bytes(ROWS)):
        file.write_bytes(data)
        tokens.append(ParquetTable("t", uri=file).change_token())
    assert None not in tokens
    assert len(set(tokens)) == 5


def test_more_files_than_footers_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound, files that differ fail when they are read, with either reader; nothing is converted."""
    monkeypatch.setattr("lakecat.sources.parquet.table.MOST_FOOTERS", 2)
    for number in range(3):
        ROWS.write_parquet(tmp_path / f"{number}.parquet")
    ROWS.cast(pl.Float64).write_parquet(tmp_path / "3.parquet")
    source = ParquetTable("t", uri=tmp_path)
    frame = source.scan()
    assert frame.head(5).collect().height == 5
    with pytest.raises(pl.exceptions.SchemaError):
        frame.collect()
    monkeypatch.setattr("lakecat.sources.parquet.table.polars_knows_folders", lambda *_: False)
    frame = source.scan()
    assert frame.head(5).collect().height == 5
    with pytest.raises((SourceError, pl.exceptions.ComputeError), match="'a' as Float64, not Int64"):
        frame.collect()


@pytest.mark.parametrize("writer", ["parquet-mr version 1.8.1", "parquet-mr version 1.12.0"])
def test_bounds_of_old_decimals(tmp_path: Path, writer: str) -> None:
    """parquet-mr before 1.10 compared decimals in bytes without a sign: such bounds are not shown."""
    made = pa.BufferOutputStream()
    column = pa.array([-1, 1], pa.decimal128(30, 0))
    pyarrow.parquet.write_table(pa.table({"d": column, "i": [1, 2]}), made)
    data: bytes = made.getvalue().to_pybytes()
    named = pyarrow.parquet.read_metadata(pa.BufferReader(data)).created_by.encode()
    (tmp_path / "t.parquet").write_bytes(data.replace(named, writer.encode().ljust(len(named))))
    bounds = ParquetTable("t", uri=tmp_path).column_statistics()
    assert (bounds["i"].minimum, bounds["i"].maximum) == ("1", "2")
    assert ("d" in bounds) == ("1.12" in writer)


def test_bounds_with_nan_and_zeros(tmp_path: Path) -> None:
    """A bound that is NaN says nothing, so none is shown; zeros of both signs are bounds."""
    for number, values in enumerate([[1.0, float("nan")], [-0.0, 0.0], [2.5, None]]):
        pl.DataFrame({"x": values}).write_parquet(tmp_path / f"{number}.parquet")
    found = ParquetTable("t", uri=tmp_path).column_statistics()["x"]
    assert found.null_count is not None
    assert found.null_count.value == 1
    assert (found.minimum, found.maximum) in ((None, None), ("-0.0", "2.5"), ("0.0", "2.5"))
    assert ParquetTable("t", uri=tmp_path).scan().select(pl.col("x").is_nan().sum()).collect().item() == 1


@pytest.mark.finding(15)
def test_the_same_data_elsewhere_are_another_page(tmp_path: Path) -> None:
    """A page names the place of its table: what decides whether it is made anew depends on the place too."""
    from lakecat.introspect import change_token

    tokens = []
    for name in ("here", "there", "here"):
        (tmp_path / name).mkdir(exist_ok=True)
        ROWS.write_parquet(tmp_path / name / "0.parquet")
        catalog = Catalog(CatalogRegistry())
        catalog.add_table(ParquetTable("t", uri=tmp_path / name), "t")
        (table,) = catalog.registry.tables()
        tokens.append(
            change_token(dataclasses.replace(table, metadata=dataclasses.replace(table.metadata, place=None)))
        )
    assert tokens[0] is not None
    assert tokens[0] == tokens[2] != tokens[1]


def test_what_was_found_out_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process is asked once about the first record and the times of a file, and again when it changed."""
    asked: list[str] = []
    for name in ("far_times", "first_record_fault"):
        real: Any = getattr(parquet, name)
        monkeypatch.setattr(parquet, name, lambda files, name=name, real=real: asked.append(name) or real(files))
    rows = pa.table({"at": pa.array([0], pa.timestamp("us")), "l": [[1]]})
    source = ParquetTable("t", uri=tmp_path)
    for count in (1, 2):
        pyarrow.parquet.write_table(rows, tmp_path / "0.parquet", use_deprecated_int96_timestamps=True)
        for _ in range(3):
            assert source.problems() == ()
            assert list(source.facts()) == []
            assert source.scan().collect().height == rows.num_rows
        assert sorted(asked) == ["far_times"] * count + ["first_record_fault"] * count
        rows = pa.concat_tables([rows, rows])


NO_PARTITIONS, BY_P = pl.Schema(), pl.Schema({"p": pl.String})


@pytest.mark.parametrize(
    ("files", "columns", "partitions", "known"),
    [
        (["/t/p=1/a", "/t/p=2/a"], ["v"], BY_P, True),
        (["/t/p=1/a", "/t/p=2/a"], ["p"], BY_P, False),
        (["/t/p=1/a", "/t/p=2/a"], ["p"], NO_PARTITIONS, True),
        (["/x=1/t/p=1/a", "/x=1/t/p=2/a"], ["v"], BY_P, True),
        (["/x=1/t/p=1/a"], ["x", "v"], BY_P, False),
        (["/p=1/t/p=1/a"], ["v"], BY_P, False),
        (["/t/p=1/a", "/t/p=2/q=3/a"], ["v"], BY_P, False),
        (["/t/p=1/q=1/a", "/t/q=2/p=3/a"], ["v"], BY_P, True),
        (["/t/p=1/a", "/t/a"], ["v"], BY_P, False),
        (["/t/p=1/a", "/t/p=a%20b/a"], ["v"], BY_P, True),
        (["/t/p=1/a", "/t/p=100%/a"], ["v"], BY_P, False),
        (["/t/p=/a"], ["v"], BY_P, True),
        (["/t/p=/a"], ["v"], pl.Schema({"p": pl.Categorical()}), False),
        (["/t/p=x/a"], ["v"], pl.Schema({"p": pl.Categorical()}), True),
        (["/t/p=x/a", "/t/p=/a"], ["v"], pl.Schema({"p": pl.Enum(["x", ""])}), False),
    ],
)
def test_folders_that_polars_takes_for_what_they_are(
    files: list[str], columns: list[str], partitions: pl.Schema, known: bool
) -> None:
    """Polars is trusted with folders where all files have the same ones, of which none is a column of the files."""
    assert polars_knows_folders([DataFile(file, file, 1, "") for file in files], columns, partitions) is known


def test_what_was_found_out_is_not_pickled(tmp_path: Path) -> None:
    """What is kept of footers and connections stays behind when a source goes to another process."""
    ROWS.write_parquet(tmp_path / "0.parquet")
    source = ParquetTable("t", uri=tmp_path)
    source.scan()
    source.change_token()
    kept = source._footers.__getstate__()
    assert (kept["_known"], kept["_digests"], kept["_shapes"]) == ({}, {}, [])
    assert source.__getstate__()["_store"] is None


@pytest.mark.parametrize(
    ("dtype", "item"),
    [(pl.Int32(), 1), (pl.Array(pl.String, 1), ["x"]), (pl.Struct({"a": pl.Int32}), {"a": 1})],
    ids=["numbers", "arrays", "structs"],
)
@pytest.mark.parametrize("beside", [pl.Categorical(), pl.String()], ids=repr)
def test_arrays_in_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: pl.DataType, item: object, beside: pl.DataType
) -> None:
    """Lists of a fixed size, NULLs among them, are read by pyarrow as they are, wherever a batch ends."""
    monkeypatch.setattr("lakecat.sources.parquet.table.polars_knows_folders", lambda *_: False)
    values = [None, [item, None], None, [None, item], [item, item], None, None, [item, None], [None, None]]
    for shift in range(len(values)):
        array = pl.Series("a", values[shift:] + values[:shift], pl.Array(dtype, 2))
        rows = pl.DataFrame([array, pl.Series("b", ["x", "y", None] * 3, beside)])
        rows.write_parquet(tmp_path / "t.parquet", row_group_size=1 + shift)
        found = ParquetTable("t", uri=tmp_path).scan().collect()
        assert (found.schema, found.rows()) == (rows.schema, rows.rows())


def test_footers_of_a_store_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All footers of a local table are asked for nullability; of one in a store, where each is a request, some."""
    monkeypatch.setattr("lakecat.sources.parquet.table.MOST_FOOTERS", 2)
    source = ParquetTable("t", uri=tmp_path)
    source._footers = SimpleNamespace(read=lambda _, files: list(files))  # type: ignore[assignment]
    for is_local, read in ((True, 5), (False, 2)):
        place: Any = SimpleNamespace(is_local=is_local)
        files: Any = range(5)
        assert source._all_footers(place, files) == list(range(read))


@pytest.mark.parametrize(
    ("known", "nullable"),
    [
        ([{"a": False, "b": True}, {"a": False, "b": False}], [False, True]),
        ([{"a": False, "b": False}, {"a": False}], [False, True]),
        ([{"a": False, "b": True}], [None, True]),
    ],
)
def test_what_some_footers_say_of_nulls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: list[dict[str, bool]], nullable: list[bool | None]
) -> None:
    """A column may be null if it may in one file, also in one that lacks it; with unknown files, nobody knows."""
    for number in range(2):
        pl.DataFrame({"a": [1], "b": [2]}).write_parquet(tmp_path / f"{number}.parquet")
    found = [SimpleNamespace(shape=SimpleNamespace(nullable=each)) for each in known]
    monkeypatch.setattr(ParquetTable, "_all_footers", lambda *_: found)
    assert [column.nullable for column in ParquetTable("t", uri=tmp_path).columns()] == nullable


def test_polars_is_given_its_own_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the options that each library calls otherwise, Polars gets its own."""
    ROWS.write_parquet(tmp_path / "0.parquet")
    given: list[Any] = []
    scan = parquet.scan_polars
    monkeypatch.setattr(parquet, "scan_polars", lambda *args: given.append(args[2]) or scan(*args[:2], {}))
    monkeypatch.setattr(ParquetTable, "options", ({"of": "deltalake"}, {"of": "polars"}))
    assert ParquetTable("t", uri=tmp_path).scan().collect().equals(ROWS)
    assert given == [{"of": "polars"}]
