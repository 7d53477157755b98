"""What compaction, z_order and overwrite leave as it is, what they refuse, and what stays where they fail."""

from __future__ import annotations

import base64
import json
import os
import shutil
import string
import struct
import subprocess
import sys
import threading
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import deltalake
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lakecat import Column, DeltaTable, SchemaMismatchError, SourceError, TableParameterError
from lakecat.errors import UnsupportedFeatureError

if TYPE_CHECKING:
    from collections.abc import Callable

REWRITES: dict[str, Callable[[DeltaTable], Any]] = {
    "compact": lambda table: table.compact(),
    "z_order": lambda table: table.z_order("id"),
}
CHANGES: dict[str, Callable[[DeltaTable], Any]] = {
    **REWRITES,
    "delete": lambda table: table.delete("id = 1"),
    "overwrite part": lambda table: table.overwrite(table.scan().collect().filter(pl.col("id") == 1), predicate="id=1"),
    "merge": lambda table: table.merge(table.scan().collect().head(1), on="id"),
}
REMOVALS: dict[str, Callable[[DeltaTable], Any]] = {
    **CHANGES,
    "overwrite": lambda table: table.overwrite(table.scan().collect().head(1)),
    "delete all": lambda table: table.delete("true"),
    "restore": lambda table: table.restore(version=0),
}
LOCAL = datetime(2026, 1, 1)  # noqa: DTZ001 (a time of no zone is what is tried)
COLUMNS: dict[str, pl.Series] = {
    "text": pl.Series(["x y", "a/b=%c", "", None, "é:'\"#?*{}"]),
    "number": pl.Series([1, -5, 0, None, 2**62]),
    "small": pl.Series([1, -5, 0, None, 127], dtype=pl.Int8),
    "float": pl.Series([0.1, float("nan"), float("inf"), None, -0.0]),
    "float32": pl.Series([0.1, float("-inf"), 1e10, None, 3.4e38], dtype=pl.Float32),
    "flag": pl.Series([True, False, True, None, False]),
    "day": pl.Series([date(1, 1, 1), date(9999, 12, 31), date(1582, 10, 15), None, date(2026, 1, 31)]),
    "time": pl.Series(
        [LOCAL, LOCAL.replace(year=1), LOCAL.replace(year=9999), None, LOCAL.replace(microsecond=7)]
    ).dt.replace_time_zone("UTC"),
    "local": pl.Series([LOCAL, LOCAL.replace(year=1), LOCAL.replace(year=9999), None, LOCAL.replace(microsecond=7)]),
    "money": pl.Series([Decimal("1.50"), Decimal("100.00"), Decimal("7.25"), None, Decimal("0.05")]),
}
NESTED: dict[str, pl.Series] = {
    "bytes": pl.Series([b"\xff\x00", b"", None, b"\\u0061", b"abc"]),
    "list": pl.Series([["a", None], [], None, [""], ["é"]]),
    "struct": pl.Series([{"x": 1, "y": None}, {"x": None, "y": "b"}, None, {"x": 3, "y": ""}, {"x": 4, "y": "z"}]),
}


def rows_of(source: DeltaTable, **params: Any) -> pl.DataFrame:
    """Return the rows of a table in the order of their ids."""
    return source.scan(**params).collect().sort("id", maintain_order=True)


def first_row_deleted() -> dict[str, Any]:
    """Return a deletion vector of row 0 that stands in the log itself, as the protocol encodes it."""
    bitmap = struct.pack("<IIHHIH", 12346, 1, 0, 0, 16, 0)
    data = struct.pack("<IqI", 1681511377, 1, 0) + bitmap
    rfc = string.digits + string.ascii_uppercase + string.ascii_lowercase + "!#$%&()*+-;<=>?@^_`{|}~"
    z85 = string.digits + string.ascii_lowercase + string.ascii_uppercase + ".-:+=^!/*?&<>()[]{}@%$#"
    text = base64.b85encode(data + bytes(-len(data) % 4)).decode().translate(str.maketrans(rfc, z85))
    return {"storageType": "i", "pathOrInlineDv": text, "sizeInBytes": len(data), "cardinality": 1}


def edit(source: DeltaTable, version: int, change: Callable[[dict[str, Any]], None]) -> None:
    """Change each action of a commit."""
    file = Path(source.uri) / "_delta_log" / f"{version:020}.json"
    actions = [json.loads(line) for line in file.read_text().splitlines()]
    for action in actions:
        change(action)
    file.write_text("\n".join(json.dumps(action, ensure_ascii=False) for action in actions))


def scratch_files(source: DeltaTable) -> list[str]:
    """Return what lies beside a table that no commit of it names."""
    folder = Path(source.uri)
    log = "".join(path.read_text() for path in (folder / "_delta_log").glob("*.json"))
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and path.name not in log and "_delta_log" not in path.relative_to(folder).parts[:1]
    ]


@pytest.fixture
def numbers(tmp_path: Path) -> DeltaTable:
    """Return a table of three files."""
    source = DeltaTable("numbers", uri=tmp_path / "numbers")
    source.create(schema={"id": pl.Int64, "text": pl.String})
    for i in range(3):
        source.append(pl.DataFrame({"id": [i, i + 10], "text": ["a", None]}))
    return source


@pytest.mark.finding(2)
@pytest.mark.parametrize("by", [None, *COLUMNS])
@pytest.mark.parametrize("rewrite", REWRITES.values(), ids=REWRITES)
def test_values_of_all_types(tmp_path: Path, by: str | None, rewrite: Callable[[DeltaTable], Any]) -> None:
    """Rows of all types stay what they were, partitioned by any of them, by NULL, an empty text and odd signs."""
    frame = pl.DataFrame({"id": range(5), **COLUMNS, **NESTED})
    source = DeltaTable("t", uri=tmp_path / "a table")
    source.create(schema=dict(frame.schema), partition_by=by or ())
    for number in range(2):
        source.append(frame.with_columns(pl.col("id") + 10 * number))
    before = rows_of(source)
    version = source.history(limit=1)[0].version
    if by == "text" and rewrite is REWRITES["z_order"]:
        # An empty text among the partitions: see below.
        with pytest.raises(UnsupportedFeatureError):
            rewrite(source)
        return
    done = rewrite(source)
    assert done.version == version + 1
    assert done.files_added == (1 if by is None else frame.get_column(by).n_unique())
    assert_frame_equal(rows_of(source), before, check_exact=True)
    assert_frame_equal(rows_of(source), pl.concat([frame, frame.with_columns(pl.col("id") + 10)]), check_exact=True)
    assert scratch_files(source) == []
    # Other readers of the format see the same.
    other = pl.DataFrame(deltalake.DeltaTable(source.uri).scan()).sort("id").select("id", "text")
    assert_frame_equal(other, before.select("id", "text"))


@pytest.mark.finding(2)
@pytest.mark.parametrize("rewrite", REWRITES.values(), ids=REWRITES)
def test_what_a_table_says_of_itself_stays(tmp_path: Path, rewrite: Callable[[DeltaTable], Any]) -> None:
    """Nullability, comments, properties, constraints, statistics and what applications noted are there afterwards."""
    source = DeltaTable("t", uri=tmp_path / "t", description="Numbers")
    columns = [Column("id", pl.Int64, nullable=False, description="Key."), Column("v", pl.Float64)]
    source.create(schema=columns, properties={"delta.dataSkippingNumIndexedCols": "1"})
    noted = deltalake.CommitProperties(app_transactions=[deltalake.Transaction("loader", 7)])
    for i in range(3):
        rows = pl.DataFrame({"id": [i], "v": [i / 2]})
        deltalake.write_deltalake(source.uri, rows, mode="append", commit_properties=noted)
    deltalake.DeltaTable(source.uri).alter.add_constraint({"positive": "id >= 0"})
    before = source.columns(), source.stored_description(), source.column_statistics(), source.statistics().rows
    rewrite(source)
    assert (source.columns(), source.stored_description(), source.column_statistics(), source.statistics().rows) == (
        before
    )
    assert list(source.column_statistics()) == ["id"]
    table = deltalake.DeltaTable(source.uri)
    table.create_checkpoint()
    assert deltalake.DeltaTable(source.uri).transaction_version("loader") == 7
    for bad in ({"id": [None], "v": [1.0]}, {"id": [-1], "v": [1.0]}):
        for write in (source.append, source.overwrite):
            with pytest.raises(SchemaMismatchError, match="do not allow"):
                write(pl.DataFrame(bad, schema={"id": pl.Int64, "v": pl.Float64}))
    assert source.scan().collect().height == 3
    assert scratch_files(source) == [] or all(name.endswith(".parquet") for name in scratch_files(source))


@pytest.mark.finding(2)
def test_the_history_tells_what_a_rewrite_was(numbers: DeltaTable) -> None:
    """Compaction is told as what it is, an overwrite with its rows, and earlier versions are as they were."""
    versions = [rows_of(numbers, version=version) for version in range(4)]
    assert (numbers.compact().files_removed, numbers.compact().files_removed) == (3, None)
    change = numbers.overwrite(pl.DataFrame({"id": [7], "text": ["b"]}))
    assert (change.rows_added, change.files_added, change.files_removed) == (1, 1, 1)
    told = [(commit.version, commit.operation, commit.rows_added) for commit in numbers.history(limit=2)]
    assert told == [(5, "WRITE", 1), (4, "OPTIMIZE", None)]
    for version, wanted in enumerate(versions):
        assert_frame_equal(rows_of(numbers, version=version), wanted)
    log = (Path(numbers.uri) / "_delta_log" / f"{4:020}.json").read_text()
    actions = [json.loads(line) for line in log.splitlines()]
    changes = [action.get("add", action.get("remove", {})).get("dataChange") for action in actions]
    assert set(changes) - {None} == {False}


@pytest.mark.finding(2)
def test_files_that_are_large_enough_stay(tmp_path: Path) -> None:
    """Files of the wanted size are left alone, also by the table's own setting; twice is once."""
    source = DeltaTable("t", uri=tmp_path / "t")
    source.create(schema={"id": pl.Int64})
    source.append(pl.DataFrame({"id": [i * 7_368_787 % 1_000_003 + 10 for i in range(10_000)]}))
    deltalake.DeltaTable(source.uri).alter.set_table_properties({"delta.targetFileSize": "20000"})
    large = set(deltalake.DeltaTable(source.uri).file_uris())
    for i in range(4):
        source.append(pl.DataFrame({"id": [i]}))
    before = rows_of(source)
    assert source.compact(target_size=100).files_removed is None
    done = source.compact()
    assert (done.files_added, done.files_removed) == (1, 4)
    assert large <= set(deltalake.DeltaTable(source.uri).file_uris())
    assert source.compact().version == done.version
    assert source.compact(target_size=10_000_000).files_removed == 2
    assert_frame_equal(rows_of(source), before)


def test_z_order_lays_like_values_together(tmp_path: Path) -> None:
    """Rows are in the order of the columns that were named; a column that is none is told."""
    source = DeltaTable("t", uri=tmp_path / "t")
    source.create(schema={"id": pl.Int64, "p": pl.String}, partition_by="p")
    for i in range(3):
        source.append(pl.DataFrame({"id": range(i, 300, 3), "p": ["x"] * 100}))
    assert not source.scan().collect().get_column("id").is_sorted()
    source.z_order("id")
    assert source.scan().collect().get_column("id").is_sorted()
    for name, sentence in (("town", "has no column 'town'"), ("p", "is partitioned by 'p'")):
        with pytest.raises(TableParameterError, match=sentence):
            source.z_order(["id", name])


@pytest.mark.finding(2)
@pytest.mark.parametrize("rewrite", REWRITES.values(), ids=REWRITES)
def test_deletion_vectors_are_not_taken_over(numbers: DeltaTable, rewrite: Callable[[DeltaTable], Any]) -> None:
    """A table that marks rows as deleted is refused; one that only could is not."""
    names = ["deletionVectors"]
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": names, "writerFeatures": names}
    edit(numbers, 0, lambda action: action.update({"protocol": protocol} if "protocol" in action else {}))
    file = Path(numbers.uri) / "_delta_log" / f"{1:020}.json"
    plain = file.read_text()
    vector = first_row_deleted()
    edit(numbers, 1, lambda action: action["add"].update(deletionVector=vector) if "add" in action else None)
    assert rows_of(numbers).height == 5
    with pytest.raises(UnsupportedFeatureError, match="deletion vectors"):
        rewrite(numbers)
    assert rows_of(numbers).height == 5
    file.write_text(plain)
    again = DeltaTable("numbers", uri=numbers.uri)
    assert (rewrite(again).version, rows_of(again).height) == (4, 6)


@pytest.mark.finding(2)
def test_an_overwrite_of_a_table_with_deletion_vectors(numbers: DeltaTable) -> None:
    """All files are taken away, those with marked rows too."""
    names = ["deletionVectors"]
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": names, "writerFeatures": names}
    edit(numbers, 0, lambda action: action.update({"protocol": protocol} if "protocol" in action else {}))
    vector = first_row_deleted()
    edit(numbers, 1, lambda action: action["add"].update(deletionVector=vector) if "add" in action else None)
    frame = pl.DataFrame({"id": [1], "text": ["b"]})
    assert numbers.overwrite(frame.lazy()).files_removed == 3
    assert_frame_equal(rows_of(numbers), frame)
    assert_frame_equal(rows_of(numbers, version=3).head(1), pl.DataFrame({"id": [1], "text": ["a"]}))


@pytest.mark.finding(2)
@pytest.mark.parametrize("rewrite", REWRITES.values(), ids=REWRITES)
def test_column_mapping_is_refused(numbers: DeltaTable, rewrite: Callable[[DeltaTable], Any]) -> None:
    """Files made outside of a table would have other names of columns in them."""

    def map_columns(action: dict[str, Any]) -> None:
        if "protocol" in action:
            action["protocol"] = {"minReaderVersion": 2, "minWriterVersion": 5}
        if "metaData" in action:
            action["metaData"]["configuration"] = {
                "delta.columnMapping.mode": "name",
                "delta.columnMapping.maxColumnId": "2",
            }
            schema = json.loads(action["metaData"]["schemaString"])
            for number, field in enumerate(schema["fields"], 1):
                field["metadata"]["delta.columnMapping.id"] = number
                field["metadata"]["delta.columnMapping.physicalName"] = field["name"]
            action["metaData"]["schemaString"] = json.dumps(schema)

    edit(numbers, 0, map_columns)
    before = rows_of(numbers)
    assert before.height == 6
    with pytest.raises(UnsupportedFeatureError, match="column mapping"):
        rewrite(numbers)
    assert_frame_equal(rows_of(numbers), before)
    # What needs no files of others goes on.
    numbers.overwrite(before.head(2).lazy())
    assert_frame_equal(rows_of(numbers), before.head(2))


@pytest.mark.finding(2)
def test_z_order_does_not_take_an_empty_text_for_null(tmp_path: Path) -> None:
    """Where a partition is an empty text, the files of NULL would be mixed with its own: that is refused."""
    source = DeltaTable("t", uri=tmp_path / "t")
    source.create(schema={"id": pl.Int64, "p": pl.String}, partition_by="p")
    frame = pl.DataFrame({"id": [1, 2], "p": ["", None]})
    source.append(frame)
    with pytest.raises(UnsupportedFeatureError, match="empty text"):
        source.z_order("id")
    assert_frame_equal(rows_of(source), frame)


@pytest.mark.finding(2)
@pytest.mark.parametrize("change", REMOVALS.values(), ids=REMOVALS)
@pytest.mark.parametrize("path", ["é.parquet", "a%20b%c3%a9.parquet", "a*b.parquet", "a%2Bb.parquet"])
def test_paths_that_deltalake_would_not_remove(numbers: DeltaTable, change: Any, path: str) -> None:
    """Where the log escapes paths in another way, no file can be removed: that is refused, before rows come twice."""

    def rename(action: dict[str, Any]) -> None:
        if "add" in action:
            shutil.move(Path(numbers.uri) / action["add"]["path"], Path(numbers.uri) / unquote(path))
            action["add"]["path"] = path

    edit(numbers, 1, rename)
    before = rows_of(numbers)
    with pytest.raises(UnsupportedFeatureError, match="escapes paths"):
        change(numbers)
    assert_frame_equal(rows_of(DeltaTable("again", uri=numbers.uri)), before)
    numbers.append(pl.DataFrame({"id": [99], "text": ["z"]}))
    assert rows_of(numbers).height == before.height + 1


@pytest.mark.finding(7)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_partitions_of_bytes_are_not_written_anew(tmp_path: Path, change: Callable[[DeltaTable], Any]) -> None:
    """They would be escaped a second time: it is refused; appends and whole overwrites are right."""
    source = DeltaTable("t", uri=tmp_path / "t")
    source.create(schema={"id": pl.Int64, "b": pl.Binary}, partition_by="b")
    frame = pl.DataFrame({"id": [1, 2, 3], "b": [b"abc", b"abc", None]})
    for _ in range(2):
        source.append(frame)
    with pytest.raises(UnsupportedFeatureError, match="partitioned by bytes"):
        change(source)
    assert_frame_equal(rows_of(source), pl.concat([frame, frame]).sort("id"))
    source.overwrite(frame)
    assert_frame_equal(rows_of(source), frame)


@pytest.mark.finding(2)
def test_an_overwrite_may_ask_for_a_feature(numbers: DeltaTable) -> None:
    """New columns of a type that the table's protocol does not know yet are written, and the protocol says so."""
    frame = pl.DataFrame({"id": [1], "at": [LOCAL]})
    numbers.overwrite(frame.lazy(), schema_mode="overwrite")
    assert_frame_equal(rows_of(numbers), frame)
    assert "timestampNtz" in (deltalake.DeltaTable(numbers.uri).protocol().reader_features or ())


@pytest.mark.finding(2)
@pytest.mark.parametrize("write", ["overwrite", "merge"])
def test_nothing_stays_of_a_frame_that_fails(numbers: DeltaTable, write: str) -> None:
    """A frame that fails in the middle leaves the table as it is, no file beside it, and no thread."""

    def fail(frame: pl.DataFrame) -> pl.DataFrame:
        raise ValueError("broken in the middle")

    before = rows_of(numbers)
    files = sorted(path.name for path in Path(numbers.uri).iterdir())
    lazy = pl.concat([numbers.scan(), numbers.scan().map_batches(fail)])
    with pytest.raises(SourceError, match="the frame failed"):
        numbers.overwrite(lazy) if write == "overwrite" else numbers.merge(lazy, on="id")
    assert_frame_equal(rows_of(numbers), before)
    assert sorted(path.name for path in Path(numbers.uri).iterdir()) == files
    assert "lakecat-frame" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.finding(2)
@pytest.mark.parametrize("write", ["overwrite", "compact", "z_order"])
@pytest.mark.parametrize("raised", ["CommitFailedError", "DeltaError", "KeyboardInterrupt"])
@pytest.mark.parametrize("landed", [True, False])
def test_a_commit_of_which_the_answer_is_lost(
    numbers: DeltaTable, monkeypatch: pytest.MonkeyPatch, write: str, raised: str, landed: bool
) -> None:
    """A store takes a commit and loses the answer, or does not take it: the files stay in the one case alone."""
    import deltalake.exceptions

    kinds = {"KeyboardInterrupt": KeyboardInterrupt} | vars(deltalake.exceptions)
    real = deltalake.DeltaTable.create_write_transaction
    tried = []

    def lose(table: Any, *args: Any, **options: Any) -> None:
        tried.append(table.version())
        if landed or len(tried) > 1:
            real(table, *args, **options)
        if len(tried) == 1:
            raise kinds[raised]("the answer is lost")

    monkeypatch.setattr(deltalake.DeltaTable, "create_write_transaction", lose)
    frame = pl.DataFrame({"id": [7], "text": ["b"]})
    before = rows_of(numbers)
    changed = frame if write == "overwrite" else before
    act = {
        "overwrite": lambda: numbers.overwrite(frame.lazy()),
        **{n: (lambda f=f: f(numbers)) for n, f in REWRITES.items()},
    }[write]
    # What rests on rows of the table begins again after a conflict.
    again = not landed and raised == "CommitFailedError" and write != "overwrite"
    if (landed and raised == "CommitFailedError") or again:
        assert act().version == 4
    else:
        with pytest.raises(KeyboardInterrupt if raised == "KeyboardInterrupt" else SourceError):
            act()
    assert tried == [3, 3] if again else [3]
    assert_frame_equal(rows_of(DeltaTable("again", uri=numbers.uri)), changed if landed else before)
    assert scratch_files(numbers) == []
    assert numbers.history(limit=1)[0].version == (4 if landed or again else 3)


@pytest.mark.finding(2)
@pytest.mark.parametrize("count", ["0", "-1", "1"])
def test_tables_with_few_statistics(tmp_path: Path, count: str) -> None:
    """Where a table wants no statistics of columns, its new files have none."""
    source = DeltaTable("t", uri=tmp_path / "t")
    source.create(schema={"id": pl.Int64, "v": pl.Int64}, properties={"delta.dataSkippingNumIndexedCols": count})
    for i in range(3):
        source.append(pl.DataFrame({"id": [i], "v": [i]}))
    known = source.column_statistics()
    source.compact()
    assert source.column_statistics() == known
    assert (source.overwrite(source.scan().collect()).rows_added, source.statistics().rows.value) == (3, 3)  # type: ignore[union-attr]
    assert source.column_statistics() == known


INTERRUPTED = """
import os, signal, sys, threading
import polars as pl
from lakecat import DeltaTable

source = DeltaTable("numbers", uri=sys.argv[1])
frame = pl.LazyFrame({"id": range(2_000), "text": ["x"] * 2_000})

def interrupt(batch):
    os.kill(os.getpid(), signal.SIGINT)
    return batch

lazy = frame.map_batches(interrupt)
try:
    source.overwrite(lazy) if sys.argv[2] == "overwrite" else source.append(lazy) if sys.argv[2] == "append" else (
        source.merge(lazy, on="id"))
except KeyboardInterrupt:
    pass
# Where it comes too late to stop anything, there is nothing to be seen of it.
print([thread.name for thread in threading.enumerate() if thread.name.startswith("lakecat")])
"""


@pytest.mark.parametrize("write", ["overwrite", "append", "merge"])
def test_an_interrupt_leaves_all_or_nothing(numbers: DeltaTable, write: str) -> None:
    """Ctrl-C while a frame is computed: all of it or nothing, no file beside the table, no thread."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, numbers.uri, write],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ},
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
    assert done.stderr == ""
    heights = {"overwrite": {6, 2000}, "append": {6, 2006}, "merge": {6, 2000, 2003}}[write]
    assert rows_of(numbers).height in heights
    assert not list(Path(numbers.uri).glob("lakecat-*/_delta_log"))


@pytest.mark.parametrize("by", COLUMNS)
@pytest.mark.parametrize("change", ["delete", "merge", "overwrite part"])
def test_rows_beside_those_that_change_stay(tmp_path: Path, by: str, change: str) -> None:
    """Rows that lie in one file with changed ones are written anew, and stay what they were, in any partition."""
    frame = pl.DataFrame({"id": range(5), **COLUMNS, **NESTED})
    source = DeltaTable("t", uri=tmp_path / "t")
    source.create(schema=dict(frame.schema), partition_by=by)
    source.append(pl.concat([frame, frame.with_columns(pl.col("id") + 10)]))
    mine = frame.with_columns(pl.col("id") + 10)
    if change == "delete":
        source.delete("id < 10")
    elif change == "merge":
        source.merge(frame, on="id", when_matched="delete")
    else:
        source.overwrite(frame.head(0), predicate="id < 10")
    assert_frame_equal(rows_of(source), mine)
