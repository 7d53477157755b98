"""Files that are made beside a Delta table and become its own by one commit, or leave nothing."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from deltalake.exceptions import CommitFailedError

from lakecat import DeltaTable
from lakecat.sources.delta import scratch as delta_scratch
from lakecat.sources.delta.scratch import live_files, scratch

if TYPE_CHECKING:
    from pathlib import Path

    import deltalake

ROWS = pl.DataFrame({"a": [1, 2], "p": ["x", None]})


@pytest.fixture
def source(tmp_path: Path) -> DeltaTable:
    """Return a table of two commits of two rows, each in two partitions: four files."""
    found = DeltaTable("t", uri=tmp_path / "t")
    for i in range(2):
        rows = ROWS.with_columns(pl.col("a") + 2 * i)
        rows.write_delta(found.uri, mode="append", delta_write_options={"partition_by": ["p"]})
    return found


def nothing(table: deltalake.DeltaTable) -> None:
    """Let every version pass."""


def left(source: DeltaTable, tmp_path: Path) -> list[str]:
    """Return what lies below folders of scratch tables."""
    assert source.scan().collect().height >= 4
    return sorted({path.suffix for path in tmp_path.glob("t/lakecat-*/**/*") if path.is_file()})


def test_rows_written_anew(source: DeltaTable, tmp_path: Path) -> None:
    """New files take the place of others by one commit, which says how many; of the scratch table only they stay."""
    table = source.handle.load()
    files = live_files(table)
    with scratch(source.handle.folder) as made:
        made.like(table, files)
        made.rewrite(target_size=1 << 20)
        done = made.commit(table, removed=files, reload=source.handle.load, check=nothing, told={"said": "so"})
    assert done == (2, {"num_added_files": 2, "num_removed_files": 4})
    assert sorted(source.scan().collect().rows(), key=str) == [(1, "x"), (2, None), (3, "x"), (4, None)]
    assert left(source, tmp_path) == [".parquet"]
    (newest,) = source.handle.load().history(1)
    assert newest["operationMetrics"] == done[1]
    assert (newest["said"], newest["isBlindAppend"]) == ("so", False)
    assert len(list(tmp_path.glob("t/lakecat-*/**/*.parquet"))) == 2


@pytest.mark.parametrize("by", [(), ("a",)])
def test_some_files_alone(source: DeltaTable, tmp_path: Path, by: tuple[str, ...]) -> None:
    """The files that are not named stay what they are, and none is left of what was written on the way."""
    table = source.handle.load()
    files = live_files(table)
    some = files.filter(pl.col("partition.p") == "x")
    with scratch(source.handle.folder) as made:
        made.like(table, some)
        made.rewrite(target_size=1 << 20, by=by)
        _, figures = made.commit(table, removed=some, reload=source.handle.load, check=nothing, told={})
    assert figures == {"num_added_files": 1, "num_removed_files": 2}
    now = live_files(source.handle.load())
    assert set(files["path"]) - set(some["path"]) < set(now["path"])
    assert len(list(tmp_path.glob("t/lakecat-*/**/*.parquet"))) == 1
    assert sorted(source.scan().collect()["a"]) == [1, 2, 3, 4]


def test_all_rows_replaced(source: DeltaTable, tmp_path: Path) -> None:
    """Where no files are named all are replaced, and the new rows are counted."""
    table = source.handle.load()
    with scratch(source.handle.folder) as made:
        made.like(table)
        made.write(pl.concat([ROWS, ROWS, ROWS]))
        done = made.commit(table, removed=None, reload=source.handle.load, check=nothing, told={})
    assert done == (2, {"num_added_files": 2, "num_removed_files": 4, "num_added_rows": 6})
    assert source.scan().collect().height == 6
    assert left(source, tmp_path) == [".parquet"]


def test_rows_that_got_lost(source: DeltaTable, tmp_path: Path) -> None:
    """If not as many rows were written as there were, nothing is committed, and nothing stays."""
    table = source.handle.load()
    files = live_files(table)

    def write() -> None:
        with scratch(source.handle.folder) as made:
            made.like(table, files)
            made.write(ROWS)
            made.commit(table, removed=files, reload=source.handle.load, check=nothing, told={})

    with pytest.raises(RuntimeError, match="4 rows were to be written anew, and 2 were"):
        write()
    assert left(source, tmp_path) == []
    assert not list(tmp_path.glob("t/lakecat-*"))
    assert source.handle.load().version() == 1


@pytest.mark.parametrize("others", [1, 2, 3])
def test_other_writers_are_first(
    source: DeltaTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    """The commit is done again on each newer version, after a look at it; if it never comes first, nothing stays."""
    monkeypatch.setattr(delta_scratch, "_ATTEMPTS", 3)
    table = source.handle.load()
    files = live_files(table)
    looked = []

    def check(version: deltalake.DeltaTable) -> None:
        looked.append(version.version())
        if len(looked) <= others:
            ROWS.write_delta(source.uri, mode="append")

    def write() -> int:
        with scratch(source.handle.folder) as made:
            made.like(table, files)
            made.rewrite(target_size=1 << 20)
            return made.commit(table, removed=files, reload=source.handle.load, check=check, told={})[0]

    if others < 3:
        assert write() == 2 + others
        assert left(source, tmp_path) == [".parquet"]
    else:
        with pytest.raises(CommitFailedError):
            write()
        assert left(source, tmp_path) == []
    assert looked == [1, 2, 3][: others + 1]
    assert source.scan().collect().height == 4 + 2 * others


class Deaf:
    """A version of a table whose store takes a commit, or does not, and says that it was not the first either way."""

    def __init__(self, table: deltalake.DeltaTable, *, takes: bool) -> None:
        self._table, self._takes = table, takes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def create_write_transaction(self, *args: Any, **kwargs: Any) -> None:
        """Commit, or do not; raise."""
        if self._takes:
            self._table.create_write_transaction(*args, **kwargs)
        raise CommitFailedError("there is one already")


@pytest.mark.parametrize("takes", [True, False])
def test_a_store_that_loses_the_answer(source: DeltaTable, tmp_path: Path, takes: bool) -> None:
    """What was committed though the answer got lost is not done again; where nothing came, it is an error."""
    table = Deaf(source.handle.load(), takes=takes)
    files = live_files(table)  # type: ignore[arg-type]

    def write() -> int:
        with scratch(source.handle.folder) as made:
            made.like(source.handle.load(), files)
            made.rewrite(target_size=1 << 20)
            return made.commit(table, removed=files, reload=source.handle.load, check=nothing, told={})[0]  # type: ignore[arg-type]

    if takes:
        assert write() == 2
        assert left(source, tmp_path) == [".parquet"]
    else:
        with pytest.raises(CommitFailedError):
            write()
        assert left(source, tmp_path) == []
    assert source.handle.load().version() == (2 if takes else 1)
    assert source.scan().collect().height == 4


def test_rules_and_settings_hold_for_new_rows(tmp_path: Path) -> None:
    """Rows that break a rule of the table are refused where they are written; settings of files are the table's."""
    source = DeltaTable("t", uri=tmp_path / "t")
    source.create(schema={"a": pl.Int64}, properties={"delta.targetFileSize": "77", "delta.appendOnly": "false"})
    source.handle.load().alter.add_constraint({"positive": "a > 0"})
    with scratch(source.handle.folder) as made:
        made.like(source.handle.load())
        settings = made.table.metadata().configuration
        assert settings == {"delta.targetFileSize": "77", "delta.constraints.positive": "a > 0"}
        with pytest.raises(Exception, match="1 rows failed validation"):
            made.write(pl.DataFrame({"a": [0]}))
        made.write(pl.DataFrame({"a": [1]}))
        assert len(made.added()) == 1


@pytest.mark.parametrize(
    ("value", "path", "text"),
    [
        (None, "p=x/a", None),
        (None, "p=/a", ""),
        (True, "a", "true"),
        (datetime.datetime(2026, 1, 31, 1, tzinfo=datetime.UTC), "a", "2026-01-31 01:00:00.000000"),
        (datetime.date(2026, 1, 31), "a", "2026-01-31"),
        (7, "a", "7"),
        ("x", "a", "x"),
    ],
)
def test_values_of_partitions_as_the_log_has_them(value: Any, path: str, text: str | None) -> None:
    """Values of partitions are written into the log as they were read from it."""
    assert delta_scratch._partition_text(value, "p", path) == text
