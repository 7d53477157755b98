"""Times of commits, tokens that tell of changes, and what else lies in a log."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import DeltaTable, SourceError, SourceNotFoundError, TableParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

START = datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC)


def log_file(source: DeltaTable, version: int) -> Path:
    """Return the file of a commit."""
    return Path(source.uri) / "_delta_log" / f"{version:020}.json"


def write_at(tmp_path: Path, times: Sequence[datetime | None], *, entry: str = "timestamp") -> DeltaTable:
    """Return a table of one row more at each commit, made at the given times; ``None`` notes none."""
    source = DeltaTable("t", uri=tmp_path / "t")
    for version, time in enumerate(times):
        pl.DataFrame({"a": [version]}).write_delta(source.uri, mode="append")
        file = log_file(source, version)
        actions = [json.loads(line) for line in file.read_text().splitlines()]
        for action in actions:
            if "commitInfo" in action:
                # Another writer's clock, in the one case; none, in the other.
                action["commitInfo"]["timestamp"] = 0 if entry != "timestamp" else None
                action["commitInfo"][entry] = None if time is None else round(time.timestamp() * 1000)
        file.write_text("".join(json.dumps(action) + "\n" for action in actions))
    return source


def heights(source: DeltaTable, times: Sequence[Any]) -> list[int]:
    """Return how many rows the table had at some times."""
    return [source.scan(timestamp=time).collect().height for time in times]


@pytest.mark.finding(24)
def test_the_time_of_a_commit_gives_its_version(tmp_path: Path) -> None:
    """Commits a few milliseconds apart: the time that the history gives for each is that of its version."""
    source = DeltaTable("t", uri=tmp_path / "t")
    source.create(schema={"a": pl.Int64})
    for i in range(6):
        source.append(pl.DataFrame({"a": [i]}))
    history = source.history()
    assert [commit.version for commit in history] == [6, 5, 4, 3, 2, 1, 0]
    assert len({commit.time for commit in history}) == 7
    for commit in history:
        assert source.scan(timestamp=commit.time).collect().height == commit.version
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", commit.time or "")
    assert source.statistics().last_change == history[0].time


@pytest.mark.finding(24)
@pytest.mark.parametrize("entry", ["timestamp", "inCommitTimestamp"])
@pytest.mark.parametrize("hours", [0, 14, -11.5])
def test_moments_between_commits(tmp_path: Path, entry: str, hours: float) -> None:
    """A moment gives the last commit by then, to the millisecond, in whatever zone, and whatever clock the log has."""
    step = timedelta(milliseconds=1)
    times = [START, START + step, START + 5 * step, START + timedelta(days=1)]
    source = write_at(tmp_path, times, entry=entry)
    zone = timezone(timedelta(hours=hours))
    asked = [START, START + step, START + 2 * step, times[2] - step / 1000, times[2], times[3] - step, times[3]]
    assert heights(source, [moment.astimezone(zone) for moment in asked]) == [1, 2, 2, 2, 3, 3, 4]
    assert heights(source, [moment.astimezone(zone).isoformat() for moment in asked]) == [1, 2, 2, 2, 3, 3, 4]
    assert heights(source, [datetime(9999, 12, 31, tzinfo=UTC)]) == [4]
    with pytest.raises(SourceNotFoundError, match=r"nothing as old .* version 0, was made at 2026-01-31T12:00:00\.2"):
        source.scan(timestamp=START - step / 1000)
    assert source.restore(timestamp=times[1]).version == 4
    assert source.scan().collect().height == 2


@pytest.mark.finding(24)
def test_times_of_files_are_not_those_of_commits(tmp_path: Path) -> None:
    """A fresh checkout has files of another time, in whatever order, and the versions stay where they were."""
    source = write_at(tmp_path, [START + timedelta(hours=i) for i in range(5)])
    for version in range(5):
        moment = datetime(2030, 1, 1, tzinfo=UTC).timestamp() - version
        os.utime(log_file(source, version), (moment, moment))
    assert heights(source, [START + timedelta(hours=i, minutes=1) for i in range(5)]) == [1, 2, 3, 4, 5]
    assert [commit.time for commit in source.history(limit=1)] == ["2026-01-31T16:00:00.250+00:00"]


@pytest.mark.finding(24)
def test_clocks_that_differ(tmp_path: Path) -> None:
    """Where a later commit has an earlier time, it counts from its own time on, and so do those before it."""
    milli = timedelta(milliseconds=1)
    source = write_at(tmp_path, [START, START + 100 * milli, START + 40 * milli, START + 200 * milli])
    assert heights(source, [START + 39 * milli, START + 40 * milli, START + 150 * milli]) == [1, 3, 3]
    for commit in source.history():
        expected = 3 if commit.version == 1 else commit.version + 1
        assert heights(source, [commit.time]) == [expected]


@pytest.mark.finding(24)
def test_commits_that_note_no_time(tmp_path: Path) -> None:
    """The time of its file stands for a commit that notes none; the history leaves it open."""
    source = write_at(tmp_path, [None, None])
    for version in range(2):
        moment = (START + timedelta(hours=version)).timestamp()
        os.utime(log_file(source, version), (moment, moment))
    assert heights(source, [START, START + timedelta(minutes=59), START + timedelta(hours=1)]) == [1, 1, 2]
    assert [commit.time for commit in source.history()] == [None, None]


@pytest.mark.finding(24)
def test_the_oldest_version_that_can_be_read(tmp_path: Path) -> None:
    """Where the log was cleaned up to a checkpoint, no moment gives a version that cannot be read."""
    import deltalake

    times = [START + timedelta(hours=i) for i in range(6)]
    source = write_at(tmp_path, times)
    for version in (3, 5):
        deltalake.DeltaTable(source.uri, version=version).create_checkpoint()
    for version in (0, 1):
        log_file(source, version).unlink()
    assert heights(source, times[3:]) == [4, 5, 6]
    with pytest.raises(SourceNotFoundError, match="its oldest readable commit, version 3"):
        source.scan(timestamp=times[2])


@pytest.mark.finding(18)
@pytest.mark.parametrize("removed", [2, 3])
def test_a_version_that_was_cleaned_up(tmp_path: Path, removed: int) -> None:
    """A version of which the log was cleaned up is said to be one: neither is the table gone, nor its log damaged."""
    import deltalake

    source = write_at(tmp_path, [START + timedelta(hours=i) for i in range(6)])
    deltalake.DeltaTable(source.uri, version=4).create_checkpoint()
    for version in range(removed):
        log_file(source, version).unlink()
    for version in (removed - 1, 3):
        with pytest.raises(SourceNotFoundError, match="oldest version that can be read is 4"):
            source.scan(version=version)
    assert source.scan(version=4).collect().height == 5
    log_file(source, 5).write_text("{")
    with pytest.raises(SourceError, match="log is damaged"):
        source.scan(version=5)


@pytest.mark.finding(24)
def test_the_history_of_a_version_is_not_that_of_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit that comes in while the history is read does not shift the versions in it."""
    source = write_at(tmp_path, [START, START + timedelta(hours=1)])
    opened = source.handle.newest()
    pl.DataFrame({"a": [2]}).write_delta(source.uri, mode="append")
    monkeypatch.setattr(source.handle, "newest", lambda: opened)
    assert [(commit.version, (commit.time or "")[11:19]) for commit in source.history()] == [
        (1, "13:00:00"),
        (0, "12:00:00"),
    ]


@pytest.mark.finding(18)
@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00", datetime(1, 1, 1, tzinfo=timezone.max)]
)
def test_moments_that_cannot_be(tmp_path: Path, moment: Any) -> None:
    """A moment that is in no year from 1 to 9999 in UTC is told as such."""
    source = write_at(tmp_path, [START])
    for ask in (source.scan, source.restore):
        with pytest.raises(TableParameterError, match="no year from 1 to 9999"):
            ask(timestamp=moment)


@pytest.mark.finding(5)
@pytest.mark.parametrize(
    "name",
    [
        "x.json",
        "zzz.json",
        "99999999999999999999.json.tmp",
        "_commit_99.json",
        "00000000000000000009.00000000000000000011.compacted.json",
        "00000000000000000000.crc",
        "999999999999999999999.json",
        "9999999999999999999.json",
        "٩٩٩٩٩٩٩٩٩٩٩٩٩٩٩٩٩٩٩٩.json",
        "99999999999999999999.json/",
        "zz.json/",
    ],
)
def test_what_is_no_commit_does_not_freeze_a_table(delta: Path, name: str) -> None:
    """Other files and folders in a log are none of its business: commits are seen, also those of the table's own."""
    source = DeltaTable("events", uri=delta)
    before = source.change_token()
    stray = delta / "_delta_log" / name.rstrip("/")
    stray.mkdir() if name.endswith("/") else stray.write_text("{}")
    assert source.scan().collect().height == 3
    assert source.change_token() == before
    row = pl.DataFrame({"user_id": [4], "country": ["SE"]})
    source.append(row)
    assert source.scan().collect().height == 4
    middle = source.change_token()
    row.write_delta(delta, mode="append")
    assert source.scan().collect().height == 5
    assert len({before, middle, source.change_token()}) == 3
    assert source.scan(timestamp=datetime.now(UTC) + timedelta(days=1)).collect().height == 5


@pytest.mark.finding(15)
def test_a_token_stays_where_nothing_changed(delta: Path, tmp_path: Path) -> None:
    """Times, inodes and places of files are no change: `touch`, a copy, a moved folder, another process."""
    source = DeltaTable("events", uri=delta)
    before = source.change_token()
    for path in delta.rglob("*"):
        os.utime(path, (1e9, 1e9))
    assert source.change_token() == before
    copy = tmp_path / "copy"
    shutil.copytree(delta, copy, copy_function=shutil.copyfile)
    assert DeltaTable("other", uri=copy).change_token() == before
    shutil.rmtree(delta)
    shutil.move(copy, delta)
    assert source.change_token() == before
    assert source.scan().collect().height == 3


@pytest.mark.finding(15)
def test_a_token_changes_where_something_did(delta: Path, frame: pl.DataFrame) -> None:
    """A commit, a table made anew at the same version, and another entry in the log of the same size and time."""
    source = DeltaTable("events", uri=delta)
    tokens = [source.change_token()]
    file = log_file(source, 0)
    status = file.stat()
    text = file.read_text()
    file.write_text(text.replace('"user_id"', '"user_no"').replace('\\"user_id\\"', '\\"user_no\\"'))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    tokens.append(DeltaTable("events", uri=delta).change_token())
    shutil.rmtree(delta)
    frame.write_delta(delta)
    tokens.append(source.change_token())
    frame.write_delta(delta, mode="append")
    tokens.append(source.change_token())
    assert len(set(tokens)) == 4
    assert source.scan().collect().height == 6


@pytest.mark.finding(18)
def test_a_table_without_options_can_be_pickled(delta: Path) -> None:
    """Before and after it is opened; one with options is refused, as these may be secrets."""
    source = DeltaTable("events", uri=delta, description="Events")
    for _ in range(2):
        other = pickle.loads(pickle.dumps(source))
        assert (other.name, other.description, other.change_token()) == ("events", "Events", source.change_token())
        assert other.scan().collect().equals(source.scan().collect())
        other.append(pl.DataFrame({"user_id": [4], "country": ["SE"]}))
    secret = DeltaTable("events", uri="s3://lake/events", storage_options={"secret_access_key": "hunter2"})
    with pytest.raises(TypeError, match="may hold secrets"):
        pickle.dumps(secret)
