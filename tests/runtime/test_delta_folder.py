"""The folder of a Delta table: files, names and times of commits."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lakecat.errors import (
    TableParameterError,
)
from lakecat.sources.delta import times as delta_times
from lakecat.sources.delta.folder import LOG, TableFolder, commit_name, commit_versions, is_empty_text, token_of

if TYPE_CHECKING:
    from pathlib import Path


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
