"""Laziness: what is opened when, shown by taking the data away or spoiling them.

What is true, and shown here: `Catalog.table()` of a Delta table reads the log and no data file, and so do its schema
and figures. `Catalog.table()` of a Parquet table lists files and reads their footers, those of the first 1,000 files;
of rows none but the first record of columns that hold lists or maps. Of a Parquet file, only the column chunks of the
selected columns are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow.parquet
import pytest

from lakecat import Catalog, DeltaTable, ParquetTable, register_static_table
from lakecat.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = 20_000
FRAME = pl.DataFrame({"intact": range(ROWS), "broken": range(ROWS, 0, -1), "part": ["a", "b"] * (ROWS // 2)})


def delta_table(path: Path) -> DeltaTable:
    """Return a Delta table of one file."""
    FRAME.write_delta(path)
    return DeltaTable("t", uri=path)


def partitioned_delta_table(path: Path) -> DeltaTable:
    """Return a Delta table of a file for each part."""
    FRAME.write_delta(path, delta_write_options={"partition_by": ["part"]})
    return DeltaTable("t", uri=path)


def parquet_file(path: Path) -> ParquetTable:
    """Return a table of one file."""
    path.mkdir()
    FRAME.write_parquet(path / "0.parquet")
    return ParquetTable("t", uri=path / "0.parquet")


def parquet_folder(path: Path) -> ParquetTable:
    """Return a table of a folder of files."""
    for part in ("a", "b"):
        (path / f"part={part}").mkdir(parents=True)
        FRAME.filter(part=part).drop("part").write_parquet(path / f"part={part}" / "0.parquet")
    return ParquetTable("t", uri=path, partitioning=["part"])


def parquet_glob(path: Path) -> ParquetTable:
    """Return a table of the files that match a glob."""
    parquet_folder(path)
    return ParquetTable("t", uri=str(path / "*" / "*.parquet"), partitioning=["part"])


MAKERS = [delta_table, partitioned_delta_table, parquet_file, parquet_folder, parquet_glob]


def data_files(path: Path) -> list[Path]:
    """List the files that hold rows."""
    files = sorted(path.rglob("*.parquet"))
    assert files != []
    return files


@pytest.fixture(params=MAKERS, ids=lambda make: make.__name__)
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Declare table `t` of each kind; return the folder with its files."""
    make: Callable[[Path], Any] = request.param
    register_static_table(make(tmp_path / "t"))
    return tmp_path / "t"


def without_data(file: Path) -> bytes:
    """Return a data file with nonsense for all its pages, and its footer as it is."""
    content = file.read_bytes()
    footer = int.from_bytes(content[-8:-4], "little") + 8
    return content[:4] + b"x" * (len(content) - 4 - footer) + content[-footer:]


@pytest.mark.parametrize("make", [delta_table, partitioned_delta_table])
def test_no_file_of_a_delta_table_is_opened_before_collect(tmp_path: Path, make: Callable[[Path], DeltaTable]) -> None:
    """With nonsense for data files, `table()` and operations on it work; only `collect()` fails."""
    register_static_table(make(tmp_path / "t"))
    for file in data_files(tmp_path / "t"):
        file.write_bytes(b"nonsense" * 1000)
    frame = Catalog().table("t").filter(pl.col("intact") > 3).select("intact").head(5)
    with pytest.raises((pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)):
        frame.collect()


def test_no_data_are_read_before_collect(lake: Path) -> None:
    """With nonsense for all pages, `table()` works, as at most a footer is read; `collect()` fails."""
    for file in data_files(lake):
        file.write_bytes(without_data(file))
    frame = Catalog().table("t").filter(pl.col("intact") > 3).select("intact").head(5)
    with pytest.raises((pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)):
        frame.collect()


def test_files_may_come_after_the_frame(lake: Path) -> None:
    """A frame made while its data are away is collected after they came back: nothing was read before."""
    register_static_table(Catalog().registry.get("t").source, "again")
    contents = {file: file.read_bytes() for file in data_files(lake)}
    for file in contents:
        file.write_bytes(without_data(file))
    frame = Catalog().table("again")
    for file, content in contents.items():
        file.write_bytes(content)
    assert frame.select(pl.len()).collect().item() == ROWS


@pytest.mark.parametrize("make", [delta_table, partitioned_delta_table])
def test_a_delta_table_is_described_from_its_log(tmp_path: Path, make: Callable[[Path], DeltaTable]) -> None:
    """With all data files gone, `table()`, its schema and the whole description work; `collect()` fails."""
    register_static_table(make(tmp_path / "t"))
    for file in data_files(tmp_path / "t"):
        file.unlink()
    frame = Catalog().table("t")
    assert frame.collect_schema() == FRAME.schema
    found = Catalog().describe_table("t")
    assert [problem.code for problem in found.problems] == ["missing_data"]
    assert found.columns is not None
    assert found.statistics is not None
    assert found.statistics.rows is None  # the log names a number, and there is nothing to count
    with pytest.raises(OSError, match="No such file"):
        frame.collect()


@pytest.mark.finding(29)
def test_table_of_parquet_reads_each_footer_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`table()` reads all footers, up to a bound, and again only those of files that were written since."""
    from lakecat.sources.parquet.files import LocalPlace

    source = parquet_folder(tmp_path / "t")
    first, second = data_files(tmp_path / "t")
    opened: list[str] = []
    read = LocalPlace.end
    monkeypatch.setattr(LocalPlace, "end", lambda s, file, n: opened.append(file.location) or read(s, file, n))
    for _ in range(3):
        assert source.schema() == FRAME.schema
        assert source.statistics().rows is not None
    assert sorted(opened) == [str(first), str(second)]
    FRAME.head(7).drop("part").write_parquet(second)
    assert source.scan().select(pl.len()).collect().item() == ROWS // 2 + 7
    assert opened[2:] == [str(second)]
    second.write_bytes(b"nonsense" * 1000)
    with pytest.raises(SourceError, match="is no Parquet file"):
        source.scan()


def spoil_column(file: Path, name: str) -> int:
    """Overwrite the bytes of a column's chunks, found through the footer; return how many."""
    metadata = pyarrow.parquet.read_metadata(file)
    spoiled = 0
    with file.open("r+b") as stream:
        for group in range(metadata.num_row_groups):
            chunk = metadata.row_group(group).column(metadata.schema.names.index(name))
            start = chunk.data_page_offset
            if chunk.dictionary_page_offset is not None:
                start = min(start, chunk.dictionary_page_offset)
            stream.seek(start)
            stream.write(b"\xff" * chunk.total_compressed_size)
            spoiled += chunk.total_compressed_size
    return spoiled


def test_select_of_one_column_reads_one_column(lake: Path) -> None:
    """With the bytes of one column spoiled, every other column is read as it was; the spoiled one is not."""
    assert sum(spoil_column(file, "broken") for file in data_files(lake)) > 1000
    catalog = Catalog()
    assert catalog.table("t").select("intact").sort("intact").collect()["intact"].equals(FRAME["intact"])
    assert catalog.table("t").select(pl.col("part").sort()).collect()["part"].equals(FRAME["part"].sort())
    assert catalog.sql("SELECT sum(intact) FROM t").collect().item() == sum(range(ROWS))
    with pytest.raises((pl.exceptions.PolarsError, pl.exceptions.PanicException)):
        catalog.table("t").select("broken").collect()


@pytest.mark.parametrize("make", [partitioned_delta_table, parquet_folder, parquet_glob])
def test_a_filter_on_a_partition_reads_that_partition(tmp_path: Path, make: Callable[[Path], Any]) -> None:
    """With the files of one partition spoiled, the other one is read."""
    register_static_table(make(tmp_path / "t"))
    for file in data_files(tmp_path / "t"):
        if "part=b" in str(file):
            for name in ("intact", "broken"):
                spoil_column(file, name)
    assert (
        Catalog().table("t").filter(part="a").select(pl.len(), pl.col("broken").sum()).collect().row(0)[0] == ROWS // 2
    )
    with pytest.raises((pl.exceptions.PolarsError, pl.exceptions.PanicException)):
        Catalog().table("t").select("intact").collect()
