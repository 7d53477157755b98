"""What the log of a Delta table tells, written here line by line: figures, flaws, times, and who may read the table."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from deltalake.exceptions import CommitFailedError as Deltas

from lakecat import DeltaTable
from lakecat.errors import (
    AccessDeniedError,
    CommitConflictError,
    SchemaMismatchError,
    SourceError,
    SourceTimeoutError,
    TableParameterError,
    UnreachableError,
    UnsupportedFeatureError,
)
from lakecat.sources import delta_times
from lakecat.sources.delta_commit import TableChange, change, check_choice, commit_properties, own_metrics
from lakecat.sources.delta_folder import LOG, TableFolder, commit_name, commit_versions, is_empty_text, token_of
from lakecat.sources.delta_native import local_files
from lakecat.sources.delta_scratch import (
    empty_partitions,
    features,
    live_files,
    same_shape,
    why_not_carried,
    why_not_removed,
    why_not_replaced,
)
from lakecat.sources.delta_upkeep import small_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def add(path: str = "a.parquet", rows: int | None = 10, partition: Any = None, **bounds: Any) -> dict[str, Any]:
    """Return the entry of a file; bounds are (nulls, smallest, largest), where ``None`` is not told."""
    found: dict[str, Any] = {}
    for key, i in (("nullCount", 0), ("minValues", 1), ("maxValues", 2)):
        found[key] = {name.replace("__", "."): known[i] for name, known in bounds.items() if known[i] is not None}
    stats = json.dumps({**({} if rows is None else {"numRecords": rows}), **found})
    values = {} if partition is None else {"p": partition[0]}
    return {
        "path": path, "size": 100, "partitionValues": values, "modificationTime": 0, "dataChange": True,
        **({} if rows is None and not bounds else {"stats": stats}),
    }  # fmt: skip


def write_log(
    folder: Path,
    columns: Mapping[str, str],
    *adds: dict[str, Any],
    by: tuple[str, ...] = (),
    settings: Mapping[str, str] | None = None,
    protocol: Mapping[str, Any] | None = None,
) -> DeltaTable:
    """Write the log of a table with these columns and files, none of which is there, and return the table."""
    fields = [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in columns.items()]
    metadata = {
        "id": "0", "format": {"provider": "parquet", "options": {}}, "partitionColumns": list(by),
        "schemaString": json.dumps({"type": "struct", "fields": fields}), "configuration": settings or {},
    }  # fmt: skip
    actions = [{"protocol": protocol or {"minReaderVersion": 1, "minWriterVersion": 2}}, {"metaData": metadata}]
    (folder / LOG).mkdir(parents=True)
    lines = [*actions, *({"add": file} for file in adds)]
    (folder / LOG / commit_name(0)).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return DeltaTable("t", uri=folder)


def modern(*readers: str, writers: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a protocol with features."""
    return {
        "minReaderVersion": 3, "minWriterVersion": 7,
        "readerFeatures": list(readers), "writerFeatures": [*readers, *writers],
    }  # fmt: skip


def figures(table: DeltaTable) -> dict[str, tuple[Any, ...]]:
    """Return null count, smallest and largest value of each column, and what the bounds are."""
    return {
        name: (found.null_count and found.null_count.value, found.minimum, found.maximum, found.bounds)
        for name, found in table.column_statistics().items()
    }


@pytest.mark.parametrize(
    ("adds", "found"),
    [
        ([], (0, None, None)),
        ([add(a=(1, 3, 5))], (1, "3", "5")),
        ([add(a=(1, 3, 5)), add("b", a=(2, 1, 4))], (3, "1", "5")),
        ([add(a=(1, 3, 5)), add("b", a=(10, None, None))], (11, "3", "5")),
        ([add(a=(1, 3, 5)), add("b", a=(9, None, None))], (10, None, None)),
        ([add(a=(1, 3, 5)), add("b", rows=None)], None),
        ([add(a=(None, 3, 5)), add("b", a=(1, 1, 4))], (None, "1", "5")),
        ([add(a=(1, 3, None)), add("b", a=(1, 1, 4))], (2, "1", None)),
        ([add(a=(0, None, None))], (0, None, None)),
    ],
)
def test_figures_of_a_column(tmp_path: Path, adds: list[dict[str, Any]], found: tuple[Any, ...] | None) -> None:
    """Counts and bounds are those of all files; where one file that has values does not tell, nothing is told."""
    known = figures(write_log(tmp_path, {"a": "long"}, *adds))
    assert known == ({} if found is None else {"a": (*found, "approximate")})


@pytest.mark.parametrize(
    ("adds", "found"),
    [
        ([add("p=x/a", partition=["x"]), add("p=y/a", partition=["y"])], (0, "x", "y", "exact")),
        ([add("p=x/a", partition=["x"]), add("a", 7, partition=[None])], (7, "x", "x", "exact")),
        ([add("p=x/a", 3, partition=["x"]), add("p=/a", 7, partition=[""])], (0, "", "x", "exact")),
        ([add("p=x/a", partition=["x"]), add("a", None, partition=[None])], (None, "x", "x", "exact")),
        ([add("p=x/a", None, partition=["x"])], (None, "x", "x", "exact")),
    ],
)
def test_figures_of_a_partition_column(tmp_path: Path, adds: list[dict[str, Any]], found: tuple[Any, ...]) -> None:
    """Bounds of a partition column are exact; its NULLs are counted where each file tells its rows."""
    table = write_log(tmp_path, {"a": "long", "p": "string"}, *adds, by=("p",))
    assert figures(table) == {"p": found}


def test_figures_where_rows_may_be_deleted(tmp_path: Path) -> None:
    """Rows that are marked as deleted still count in files: no number is told, and bounds are approximate."""
    files = [add("p=x/a", partition=["x"], a=(1, 3, 5))]
    table = write_log(tmp_path, {"a": "long", "p": "string"}, *files, by=("p",), protocol=modern("deletionVectors"))
    assert figures(table) == {"p": (None, "x", "x", "approximate"), "a": (None, "3", "5", "approximate")}
    assert table.statistics().rows is None


def test_bounds_of_a_partition_of_bytes(tmp_path: Path) -> None:
    """Bytes are told as such, from the escapes in which the log has them; an empty text is no NULL."""
    files = [add("p=%5Cu00FF/a", 3, partition=["\\u00ff"]), add("p=/b", 4, partition=[""])]
    table = write_log(tmp_path, {"a": "long", "p": "binary"}, *files, by=("p",))
    assert figures(table)["p"] == (0, "0x", "0xff", "exact")


def test_files_that_are_missing(tmp_path: Path) -> None:
    """How many files are missing is said, and the first one's name; the others do not make up for them."""
    table = write_log(tmp_path, {"a": "long"}, *(add(f"{name}.parquet") for name in "abc"))
    paths = local_files(table._open())
    assert paths is not None
    assert [path.parent for path in paths] == [tmp_path] * 3
    paths[1].touch()
    (problem,) = table.problems()
    detail = f"2 of 3 data files are missing, {paths[0].name!r} among them"
    assert (problem.code, problem.detail) == ("missing_data", detail)
    assert table.statistics().rows is None
    for path in paths:
        path.touch()
    assert table.problems() == ()
    rows = table.statistics().rows
    assert rows is not None
    assert rows.value == 30


def test_files_elsewhere(tmp_path: Path) -> None:
    """A file may lie outside of the table's folder, and its path is escaped either way."""
    files = [add("a%20b.parquet"), add((tmp_path / "c d.parquet").as_uri())]
    table = write_log(tmp_path / "t", {"a": "long"}, *files)._open()
    assert set(local_files(table) or ()) == {tmp_path / "t" / "a b.parquet", tmp_path / "c d.parquet"}
    assert why_not_replaced(table) == "some of its data files lie outside of its folder"


TIME = {"t": "timestamp"}
NEAR = "2026-01-31T00:00:00Z"


@pytest.mark.parametrize(
    ("columns", "adds", "by", "reason"),
    [
        ({"a": "long"}, [add()], (), None),
        ({"p": "string"}, [add("p=x/a", partition=["x"])], ("p",), None),
        ({"p": "boolean"}, [add("p=true/a", partition=["true"])], ("p",), None),
        ({"p": "integer"}, [add("p=01/a", partition=["1"])], ("p",), None),
        ({"p": "integer"}, [add("p=2/a", partition=["1"])], ("p",), "data files outside"),
        ({"p": "integer"}, [add("p=__HIVE_DEFAULT_PARTITION__/a", partition=[None])], ("p",), None),
        ({"p": "string"}, [add("p=/a", partition=[""])], ("p",), None),
        ({"p": "string"}, [add("p=x/a", partition=[None])], ("p",), "data files outside"),
        ({"p": "string"}, [add("p=x/a", partition=["x"]), add("a", partition=["x"])], ("p",), "data files outside"),
        ({"p": "string"}, [add("q=x/a", partition=["x"])], ("p",), "data files outside"),
        ({"p": "string"}, [add("p=x/q=y/a", partition=["x"])], ("p",), "data files outside"),
        ({"p": "binary"}, [add("p=x/a", partition=["x"])], ("p",), "a partition column of bytes"),
        (TIME, [], (), None),
        (TIME, [add(t=(0, NEAR, NEAR))], (), None),
        (TIME, [add(t=(10, None, None))], (), None),
        (TIME, [add(t=(10, None, None)), add("b", t=(0, NEAR, NEAR))], (), None),
        (TIME, [add(t=(9, None, None)), add("b", t=(0, NEAR, NEAR))], (), "times of which the log has no bounds"),
        (TIME, [add(rows=None)], (), "times of which the log has no bounds"),
        (TIME, [add(t=(0, "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"))], (), "times before 1677 or after 2262"),
        (TIME, [add(rows=None), add("b", t=(0, NEAR, NEAR))], (), "times of which the log has no bounds"),
        (TIME, [add(t=(0, "1677-09-22T00:00:00Z", "2262-04-11T00:00:00Z"))], (), None),
        (TIME, [add(t=(0, "1677-09-21T00:00:00Z", NEAR))], (), "times before 1677 or after 2262"),
        (TIME, [add(t=(0, NEAR, "2262-04-12T00:00:00Z"))], (), "times before 1677 or after 2262"),
        (TIME, [add(t=(0, NEAR, NEAR)), add("b", t=(0, NEAR, "9999-12-31T00:00:00Z"))], (), "times before 1677"),
        ({"a": "long", **TIME}, [add("t=2026-01-31 00%3A00%3A00/a", partition=[NEAR])], (), "times of which"),
    ],
)
def test_who_reads_a_table(
    tmp_path: Path, columns: dict[str, str], adds: list[dict[str, Any]], by: tuple[str, ...], reason: str | None
) -> None:
    """Polars reads a table where folders have the values of the log, and times are known to be near."""
    table = write_log(tmp_path / "t", columns, *adds, by=by)
    (told,) = [fact.value for fact in table.facts() if fact.label == "Read with"]
    assert told.startswith("Polars" if reason is None else f"deltalake, because of {reason}")


@pytest.mark.parametrize("kind", ["store", "disk"])
def test_what_lies_in_a_folder(tmp_path: Path, kind: str) -> None:
    """Files are read, listed and removed in the same way on disk and through deltalake's store."""
    folder = TableFolder(tmp_path if kind == "disk" else tmp_path.as_uri())
    below = folder.below("x y")
    (tmp_path / "x y" / LOG / "folder").mkdir(parents=True)
    (tmp_path / "x y" / LOG / "folder" / "inner").touch()
    for name in ("b", "a"):
        (tmp_path / "x y" / LOG / name).write_text(name)
    os.utime(tmp_path / "x y" / LOG / "a", (5, 5))
    assert below.read(f"{LOG}/a") == b"a"
    assert below.log() == ["a", "b"]
    assert below.changed(f"{LOG}/a") == datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)
    for ask in (below.read, below.changed):
        with pytest.raises(FileNotFoundError):
            ask(f"{LOG}/c")
    below.remove_file(f"{LOG}/a")
    assert below.log() == ["b"]
    assert below.uri == (f"{tmp_path.as_uri()}/x y" if kind == "store" else str(tmp_path / "x y"))
    folder.remove("x y")
    assert list((tmp_path / "x y").rglob("*") if kind == "disk" else (tmp_path / "x y" / LOG).glob("[a-z]")) == []


def test_options_of_a_folder() -> None:
    """Options go to the folders below, as a copy; a slash at the end is not doubled."""
    options = {"a": "b"}
    folder = TableFolder("s3://bucket/t/", options)
    options["a"] = "c"
    assert (folder.below("x").location, folder.below("x").options) == ("s3://bucket/t/x", {"a": "b"})
    assert TableFolder("s3://bucket/t").options is None


def test_names_of_commits() -> None:
    """Commits are the files with twenty digits; a token is made of a name and of what is in the file."""
    names = [commit_name(12), f"{commit_name(3)}.tmp", "3.json", commit_name(3), f"{3:020d}.checkpoint.parquet"]
    assert commit_name(12) == "00000000000000000012.json"
    assert commit_versions(names) == [3, 12]
    assert token_of("x", b"") == "x e3b0c44298fc1c14"
    assert token_of("x", b"") != token_of("x", b"1")


@pytest.mark.parametrize(
    ("path", "empty"),
    [("p=/a", True), ("q=1/p=/a", True), ("p=x/a", False), ("xp=/a", False), ("p%3D/a", True), ("a", False)],
)
def test_folders_of_empty_texts(path: str, empty: bool) -> None:
    """Only the folder itself tells an empty text from NULL."""
    assert is_empty_text("p", path) == empty


def commit(folder: Path, version: int, *lines: Any) -> None:
    """Write a commit; texts as they are."""
    (folder / LOG).mkdir(exist_ok=True)
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    (folder / LOG / commit_name(version)).write_text(text)


def test_a_history_of_many_writers(tmp_path: Path) -> None:
    """Each writer notes something else; what is no entry is left out, and the history ends at what is not there."""
    noted = [
        {"timestamp": 1000, "operation": "WRITE", "operationMetrics": {"numOutputRows": "7"}},
        {"inCommitTimestamp": 3000, "timestamp": 1000, "operationMetrics": {"num_added_rows": 0}},
        {"timestamp": True, "operation": "A", "operationMetrics": "odd", "lakecat": {"operation": "B"}},
        {"timestamp": 10**30, "operation": "C", "operationMetrics": {"numOutputRows": "?", "numTargetRowsInserted": 5}},
        {"timestamp": "x", "lakecat": "odd", "operation": "D", "operationMetrics": {}},
    ]
    for version, entry in enumerate(noted, start=1):
        commit(tmp_path, version, {"add": {"path": "commitInfo"}}, {"commitInfo": entry})
    commit(tmp_path, 6, {"add": {}})
    commit(tmp_path, 7, {"add": {}}, {"commitInfo": "odd"})
    folder = TableFolder(tmp_path)
    assert [(c.version, c.time, c.operation, c.rows_added) for c in delta_times.history(folder, 7, limit=99)] == [
        (5, None, "D", None),
        (4, None, "C", 5),
        (3, None, "B", None),
        (2, "1970-01-01T00:00:03.000+00:00", "", 0),
        (1, "1970-01-01T00:00:01.000+00:00", "WRITE", 7),
    ]
    for limit, versions in [(0, []), (1, []), (3, [5]), (5, [5, 4, 3])]:
        assert [entry.version for entry in delta_times.history(folder, 7, limit=limit)] == versions
    commit(tmp_path, 3, '{"commitInfo": ')
    assert [entry.version for entry in delta_times.history(folder, 7, limit=99)] == [5, 4]
    commit(tmp_path, 0, {"commitInfo": {"operation": "CREATE"}})
    assert [entry.version for entry in delta_times.history(folder, 1, limit=99)] == [1, 0]


def test_ten_entries_of_a_history(tmp_path: Path) -> None:
    """Ten entries are told where no number is asked for."""
    table = write_log(tmp_path, {"a": "long"})
    for version in range(1, 13):
        commit(tmp_path, version, {"commitInfo": {"operation": "WRITE"}})
    assert [entry.version for entry in table.history()] == list(range(12, 2, -1))
    assert [entry.version for entry in table.history(limit=2)] == [12, 11]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 40])
def test_a_moment_and_its_version(tmp_path: Path, count: int) -> None:
    """Of however many commits, the last one by a moment is found, and the first one that can be read is named."""
    start = datetime(2026, 1, 31, tzinfo=UTC)
    step = timedelta(milliseconds=10)
    for version in range(count):
        commit(tmp_path, version, {"commitInfo": {"timestamp": int((start + version * step).timestamp() * 1000)}})
    commit(tmp_path, count, {"commitInfo": {"timestamp": 0}})  # it came after the version that was opened
    folder = TableFolder(tmp_path)
    for version in range(count):
        for later in (timedelta(0), step - timedelta(milliseconds=1)):
            found = delta_times.version_at(folder, count - 1, start + version * step + later)
            assert found == (version, 0, start)
    assert delta_times.version_at(folder, count - 1, start - step) == (None, 0, start)


@pytest.mark.parametrize("behind", [1, 15, 16])
def test_clocks_that_differ_a_little(tmp_path: Path, behind: int) -> None:
    """A commit with an earlier time than those before it counts, as far as sixteen commits back."""
    for version in range(behind):
        commit(tmp_path, version, {"commitInfo": {"timestamp": 5000 + version}})
    commit(tmp_path, behind, {"commitInfo": {"timestamp": 1000}})
    found, _, _ = delta_times.version_at(TableFolder(tmp_path), behind, datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC))
    assert found == (behind if behind < 16 else None)


@pytest.mark.parametrize(
    ("names", "first"),
    [
        ([commit_name(0), commit_name(1)], 0),
        ([commit_name(0), f"{5:020d}.checkpoint.parquet"], 0),
        ([commit_name(7), f"{7:020d}.checkpoint.parquet", f"{5:020d}.checkpoint.0001.parquet"], 5),
        ([commit_name(7), "_last_checkpoint"], 9),
        ([], 9),
    ],
)
def test_the_first_version_that_can_be_read(names: list[str], first: int) -> None:
    """That is 0, or the oldest checkpoint, or the newest version where there is neither."""
    assert delta_times.first_readable(names, 9) == first


@pytest.mark.parametrize(
    "moment", [5, None, "yesterday", "2026-01-31", "2026-01-31T00:00:00", "0001-01-01T00:00+14:00"]
)
def test_moments_that_are_none(moment: Any) -> None:
    """A moment has a zone and is a year of the calendar; where it is asked for is said."""
    with pytest.raises(TableParameterError, match=r"^timestamp of table 't' (is|has no zone)"):
        delta_times.moment_of(moment, "timestamp of table 't'")


@pytest.mark.parametrize(
    ("metrics", "found"),
    [
        (None, {}),
        ({}, {}),
        ({"num_added_rows": 3, "num_added_files": "2"}, {"rows_added": 3, "files_added": 2}),
        ({"num_added_rows": "?", "num_target_rows_inserted": 4}, {"rows_added": 4}),
        ({"num_added_rows": 0}, {"rows_added": 0}),
        ({"num_target_rows_updated": 5, "numFilesRemoved": 6}, {"rows_updated": 5, "files_removed": 6}),
        ({"num_deleted_rows": 1, "num_target_rows_deleted": 2}, {"rows_deleted": 1}),
        ({"numRestoredFile": 1, "numRemovedFile": 2}, {"files_added": 1, "files_removed": 2}),
    ],
)
def test_figures_of_a_change(metrics: dict[str, Any] | None, found: dict[str, int]) -> None:
    """What deltalake tells of a change is taken where it is a number; what it does not tell is unknown."""
    table: Any = SimpleNamespace(version=lambda: 8)
    assert change(table, metrics) == TableChange(version=8, **found)


@pytest.mark.parametrize(
    ("newest", "found"),
    [
        ({"version": 8, "operationMetrics": {"a": 1}}, {"a": 1}),
        ({"version": 7, "operationMetrics": {"a": 1}}, None),
        ({"version": 8, "operationMetrics": "odd"}, None),
        ({"version": 8}, None),
        (None, None),
    ],
)
def test_figures_of_the_newest_commit(newest: dict[str, Any] | None, found: Any) -> None:
    """Figures of the log are taken where they are of the version that was just committed, and can be read."""
    table: Any = SimpleNamespace(version=lambda: 8, history=lambda limit: [newest][: limit if newest else 0])
    assert own_metrics(table) == found


def test_commits_are_not_repeated_by_deltalake() -> None:
    """Deltalake is told how often it may commit again; not at all unless that is asked for."""
    assert commit_properties().max_commit_retries == 0
    assert commit_properties(7).max_commit_retries == 7


def test_choices() -> None:
    """A value that is no choice is told with those that are; ``None`` is one that need not be said."""
    check_choice(None, "mode", ("merge", None), "t")
    check_choice("merge", "mode", ("merge", None), "t")
    with pytest.raises(TableParameterError) as caught:
        check_choice("odd", "mode", ("merge", "overwrite", None), "t")
    assert str(caught.value) == "mode for table 't' is 'odd'; it can be 'merge', 'overwrite'"


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (
            Exception("A Delta Lake table already exists at that location"),
            CommitConflictError,
            "there is a table already",
        ),
        (Exception("Invalid data found: 1 rows"), SchemaMismatchError, "the table's rules, or the predicate, do not"),
        (Exception("Partition column p not found in write schema"), SchemaMismatchError, "the frame lacks a column by"),
        (Exception("multiple source rows matched"), TableParameterError, "several rows of the frame match one row"),
        (Exception("The table is APPEND-ONLY"), UnsupportedFeatureError, "it takes appends alone"),
        (Exception("writer feature x is not supported"), UnsupportedFeatureError, "it uses a feature with which it"),
        (Exception("sql parser error"), TableParameterError, "the predicate, or another argument, cannot be"),
        (
            Exception("Schema error: No field named y"),
            TableParameterError,
            "the predicate, or another argument, cannot",
        ),
        (Deltas("conflict"), CommitConflictError, "another writer was first; do it again on the newest version"),
        (Deltas("operation timed out"), SourceTimeoutError, "the store did not answer in time"),
        (Deltas("connection refused"), UnreachableError, "the store cannot be reached"),
        (Deltas("403 forbidden"), AccessDeniedError, "access is denied"),
        (Exception("operation timed out"), SourceTimeoutError, "the store did not answer in time"),
        (Exception("whatever"), SourceError, "Exception"),
    ],
)
def test_why_a_change_is_refused(error: Exception, kind: type[SourceError], says: str) -> None:
    """What deltalake raises is an error that says which table cannot be what, and why; its text is the reason."""
    found = DeltaTable("t", uri="x")._refusal(error, "be changed")
    assert type(found) is kind
    assert found.message.startswith(f"table 't' cannot be changed: {says}")
    assert found.reason == str(error)
    assert getattr(found, "columns", ()) == ()
    assert DeltaTable("t", uri="x")._refusal(found, "be changed") is found


@pytest.mark.parametrize("predicate", [pl.col("a") == 1, None, 5, "", "  "], ids=str)
def test_predicates_that_are_no_sql(predicate: Any) -> None:
    """A predicate is SQL text; what else it is is told."""
    table = DeltaTable("t", uri="x")
    assert table._sql("a = 1") == "a = 1"
    with pytest.raises(TableParameterError, match=r"^a predicate on table 't' is .*; write SQL text"):
        table._sql(predicate)


def test_a_store_that_fails_while_it_is_asked_for_the_newest_version() -> None:
    """What a store raises then is an error of lakecat; what ends the program passes."""
    table = DeltaTable("t", uri="s3://bucket/t")

    def failing(error: BaseException) -> Any:
        def ask() -> int:
            raise error

        return SimpleNamespace(_table=SimpleNamespace(get_latest_version=ask), version=lambda: 0)

    with pytest.raises(UnreachableError):
        table._is_newest(failing(OSError("connection refused")))
    with pytest.raises(KeyboardInterrupt):
        table._is_newest(failing(KeyboardInterrupt()))


@pytest.mark.parametrize(
    ("sizes", "chosen"),
    [
        ([], []),
        ([10], []),
        ([10, 20], [0, 1]),
        ([50, 50], [0, 1]),
        ([50, 51], []),
        ([99, 10, 20, 100, 101], [1, 2]),
        ([60, 40, 30, 30], [1, 2, 3]),
        ([70, 60, 50, 40], [2, 3]),
        ([40, 30, 30, 60, 55], [0, 1, 2]),
        ([20, 20, 20, 45, 45], [0, 1, 2, 3, 4]),
    ],
)
def test_files_worth_putting_together(sizes: list[int], chosen: list[int]) -> None:
    """Several files that make one of a size at most are put together, the smallest first; large ones are left."""
    names = [f"{i}" for i in range(len(sizes))]
    files = pl.DataFrame({"path": names, "size_bytes": sizes}, schema={"path": pl.String, "size_bytes": pl.Int64})
    assert [int(path) for path in small_files(files, 100)["path"]] == chosen
    twice = pl.concat(files.with_columns(pl.lit(p).alias("partition.p")) for p in ("x", "y"))
    assert [int(path) for path in small_files(twice, 100)["path"]] == [*chosen, *chosen]


@pytest.mark.parametrize(
    ("path", "kind", "reason"),
    [
        ("p=x/a b.parquet", "string", "its log escapes paths of data files as deltalake does not"),
        ("p=x/a%20b.parquet", "string", None),
        ("p=x/a%41.parquet", "string", "its log escapes paths of data files as deltalake does not"),
        ("p=x/!$&'()+,:;=@~.parquet", "string", None),
        ("p=x/a.parquet", "binary", "it is partitioned by bytes ('p'), which deltalake writes anew wrongly"),
    ],
)
def test_files_that_deltalake_would_not_remove(tmp_path: Path, path: str, kind: str, reason: str | None) -> None:
    """Paths that deltalake would write otherwise, and partitions of bytes, are told before anything is changed."""
    table = write_log(tmp_path, {"a": "long", "p": kind}, add(path, partition=["x"]), by=("p",))._open()
    found = why_not_removed(table, rewrites=True)
    assert found is None if reason is None else (found or "").startswith(reason)
    assert (why_not_removed(table, rewrites=False) is None) == (reason is None or kind == "binary")
    assert empty_partitions(table) == []


def test_partitions_of_empty_texts(tmp_path: Path) -> None:
    """The columns are named of which a file has an empty text; of files without statistics no rows are known."""
    files = [add("p=/q=1/a", None, partition=[""]), add("p=x/q=1/a", None, partition=["x"])]
    table = write_log(tmp_path, {"p": "string", "q": "string"}, *files, by=("p", "q"))._open()
    assert empty_partitions(table) == ["p"]
    assert live_files(table)["num_records"].to_list() == [None, None]


@pytest.mark.parametrize(
    ("protocol", "settings", "reason"),
    [
        (None, {}, None),
        (modern("timestampNtz", "deletionVectors", writers=("appendOnly", "domainMetadata")), {}, None),
        (modern("vacuumProtocolCheck", writers=("rowTracking",)), {}, "rowTracking, vacuumProtocolCheck"),
        (None, {"delta.columnMapping.mode": "none"}, None),
        (None, {"delta.columnMapping.mode": "name"}, "column mapping"),
    ],
)
def test_features_that_new_files_would_lack(
    tmp_path: Path, protocol: dict[str, Any] | None, settings: dict[str, str], reason: str | None
) -> None:
    """Files are not made outside of a table that asks of them what they would not have."""
    table = write_log(tmp_path, {"a": "long"}, add(), settings=settings, protocol=protocol)._open()
    assert why_not_carried(table) == reason
    assert why_not_replaced(table) == (None if reason is None else f"it uses {reason}, which its new files would lack")
    assert features(table) == frozenset((protocol or {}).get("writerFeatures", ()))


@pytest.mark.parametrize(
    "other",
    [
        lambda folder: write_log(folder, {"a": "long", "b": "long"}),
        lambda folder: write_log(folder, {"a": "integer"}),
        lambda folder: write_log(folder, {"b": "long"}),
        lambda folder: write_log(folder, {"a": "long"}, settings={"delta.appendOnly": "true"}),
        lambda folder: write_log(folder, {"a": "long"}, protocol=modern("timestampNtz")),
        lambda folder: write_log(folder, {"a": "long"}, protocol={"minReaderVersion": 1, "minWriterVersion": 1}),
        lambda folder: write_log(folder, {"a": "long"}, by=("a",)),
    ],
)
def test_versions_of_another_shape(tmp_path: Path, other: Callable[[Path], DeltaTable]) -> None:
    """Columns, partitions, settings and features make the shape of a version, its files do not."""
    one = write_log(tmp_path / "one", {"a": "long"})._open()
    assert same_shape(one, write_log(tmp_path / "same", {"a": "long"}, add())._open())
    assert not same_shape(one, other(tmp_path / "other")._open())
