"""Care of Delta tables, and conflicts of two writers, on disk."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import (
    Column,
    DeltaTable,
    SchemaMismatchError,
    SourceNotFoundError,
    TableParameterError,
)
from lakecat.errors import CommitConflictError, UnsupportedFeatureError

if TYPE_CHECKING:
    from collections.abc import Callable

MORE = pl.DataFrame({"user_id": [4], "country": ["SE"]})


def rows(source: DeltaTable, **params: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a table, sorted."""
    return sorted(source.scan(**params).collect().rows())


def log_of(source: DeltaTable) -> list[str]:
    """Return the names of a table's commits."""
    return sorted(path.name for path in (Path(source.uri) / "_delta_log").glob("*.json"))


def test_restore(events: DeltaTable) -> None:
    """A table is what it was, by a new commit, from a version or a time; what never was is told."""
    events.append(MORE)
    done = events.restore(version=0)
    assert (done.version, len(rows(events)), len(rows(events, version=1))) == (2, 3, 4)
    times = [commit.time for commit in events.history()]
    assert len(times) == 3
    events.restore(timestamp="2200-01-01T00:00:00Z")
    assert len(rows(events)) == 3
    for arguments in ({"version": 99}, {"timestamp": "2001-01-01T00:00:00Z"}):
        with pytest.raises(SourceNotFoundError):
            events.restore(**arguments)  # type: ignore[arg-type]
    with pytest.raises(TableParameterError, match="one of the two"):
        events.restore()


def test_vacuum(events: DeltaTable) -> None:
    """A dry run, the default, deletes nothing; otherwise the files named are gone, and the table stays as it is."""
    events.overwrite(MORE)
    files = lambda: {path.name for path in Path(events.uri).glob("*.parquet")}  # noqa: E731
    before = files()
    assert events.vacuum() == ()
    with pytest.raises(TableParameterError, match="Invalid retention period"):
        events.vacuum(retention_hours=0)
    named = events.vacuum(retention_hours=0, allow_short_retention=True)
    assert (len(named), files(), len(log_of(events))) == (1, before, 2)
    assert events.vacuum(retention_hours=0, allow_short_retention=True, dry_run=False) == named
    assert files() == before - set(named)
    assert rows(events) == MORE.rows()


def test_a_dry_run_is_told_as_one(events: DeltaTable, tmp_path: Path) -> None:
    """The audit log says whether files were deleted, and how many."""
    from lakecat.config import LakecatConfig, use_config

    events.overwrite(MORE)
    with use_config(LakecatConfig(root=str(tmp_path), audit_log=tmp_path / "audit.jsonl")):
        for dry_run in (True, False):
            events.vacuum(retention_hours=0, allow_short_retention=True, dry_run=dry_run)
    told = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [record["params"]["dry_run"] for record in told] == [True, False]
    assert [record.get("files_deleted") for record in told] == [None, 1]


def test_compact_and_z_order(events: DeltaTable) -> None:
    """Files are put together and laid in order; the rows stay the same."""
    for i in range(4):
        events.append(MORE.with_columns(pl.col("user_id") + i))
    before = rows(events)
    done = events.compact()
    assert (done.files_added, done.files_removed, rows(events)) == (1, 5, before)
    assert events.compact().version == done.version
    events.append(MORE)
    assert events.z_order("country").files_added == 1
    assert rows(events) == sorted([*before, *MORE.rows()])
    with pytest.raises(TableParameterError, match="town"):
        events.z_order(["town"])
    with pytest.raises(TableParameterError, match="no column is named"):
        events.z_order([])


def test_descriptions(events: DeltaTable) -> None:
    """Descriptions go into the log and are read back; what is there already is no commit."""
    assert events.stored_description() == ""
    done = events.describe(description="Events <b> 'é'", columns={"country": "ISO 3166", "user_id": "Who"})
    assert (done.version, events.stored_description()) == (3, "Events <b> 'é'")
    assert [column.description for column in events.columns()] == ["Who", "ISO 3166"]
    assert events.describe(description="Events <b> 'é'", columns={"country": "ISO 3166"}).version == 3
    events.append(MORE)
    assert [column.description for column in events.columns()] == ["Who", "ISO 3166"]
    with pytest.raises(TableParameterError, match="'town'"):
        events.describe(columns={"town": "?"})
    assert len(rows(events)) == 4


def test_history_tells_what_was_done(events: DeltaTable) -> None:
    """Each operation is an entry of the history."""
    events.append(MORE)
    events.delete("user_id = 4")
    assert [(commit.version, commit.operation) for commit in events.history(limit=2)] == [(2, "DELETE"), (1, "WRITE")]
    assert [commit.rows_added for commit in events.history(limit=2)] == [None, 1]


def other_writer(
    source: DeltaTable, act: Callable[[DeltaTable], Any], computed: list[bool] | None = None
) -> pl.LazyFrame:
    """Return one row that is only computed once another handle has changed the table; note each computation."""

    def first(frame: pl.DataFrame) -> pl.DataFrame:
        if not happened:
            act(DeltaTable("other", uri=source.uri))
        happened.append(True)
        return frame

    happened: list[bool] = [] if computed is None else computed
    return MORE.lazy().map_batches(first)


@pytest.mark.finding(2)
@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda table: table.overwrite(MORE), id="overwrite"),
        pytest.param(lambda table: table.append(MORE), id="append"),
        pytest.param(lambda table: table.delete("user_id = 1"), id="delete"),
        pytest.param(lambda table: table.merge(MORE.with_columns(pl.col("user_id") - 2), on="user_id"), id="merge"),
        pytest.param(lambda table: table.compact(), id="compact"),
    ],
)
@pytest.mark.parametrize(
    "mine",
    [
        pytest.param(lambda table, frame: table.overwrite(frame), id="overwrite"),
        pytest.param(lambda table, frame: table.overwrite(frame, schema_mode="overwrite"), id="new columns"),
        pytest.param(lambda table, frame: table.overwrite(frame, predicate="user_id > 1"), id="part"),
        pytest.param(lambda table, frame: table.merge(frame, on="user_id"), id="merge"),
    ],
)
def test_what_is_written_meanwhile_is_changed_too(
    events: DeltaTable,
    tmp_path: Path,
    mine: Callable[[DeltaTable, pl.LazyFrame], Any],
    other: Callable[[DeltaTable], Any],
) -> None:
    """Another handle commits while a frame is computed: the rows are those of the log's order, the frame is asked once.

    Two files, so that there is something to put together.
    """
    events.append(MORE.with_columns(user_id=pl.lit(5, pl.Int64)))
    calm = DeltaTable("calm", uri=shutil.copytree(events.uri, tmp_path / "calm"))
    other(calm)
    mine(calm, MORE.lazy())
    computed: list[bool] = []
    mine(events, other_writer(events, other, computed))
    assert (rows(events), computed) == (rows(calm), [True])
    # Nothing stays of what was only needed meanwhile.
    assert not list(Path(events.uri).glob("*/_delta_log"))


@pytest.mark.finding(2)
@pytest.mark.parametrize("mode", [None, "merge", "overwrite"])
def test_an_overwrite_is_not_repeated_onto_other_columns(events: DeltaTable, mode: Any) -> None:
    """If the columns changed meanwhile, an overwrite that fitted before is a conflict, and has changed nothing."""
    wider = MORE.with_columns(town=pl.lit("Umeå"))
    with pytest.raises(CommitConflictError, match="changed its columns"):
        events.overwrite(other_writer(events, lambda table: table.append(wider, schema_mode="merge")), schema_mode=mode)
    assert (events.scan().collect().height, len(log_of(events))) == (4, 2)
    assert [path.name for path in Path(events.uri).iterdir() if path.name.startswith("lakecat-")] == []


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (lambda table: table.append(MORE), [1, 2, 3, 4, 4]),
        (lambda table: table.overwrite(MORE), [4, 4]),
        (lambda table: table.delete("true"), [4]),
        (lambda table: table.describe(description="New"), [1, 2, 3, 4]),
        (lambda table: table.compact(), [1, 2, 3, 4]),
    ],
)
def test_appends_are_repeated(events: DeltaTable, other: Callable[[DeltaTable], Any], expected: list[int]) -> None:
    """An append comes through whatever another handle does meanwhile, even to the table's metadata."""
    events.append(other_writer(events, other))
    assert [row[0] for row in rows(events)] == expected


def test_an_append_is_not_repeated_onto_other_columns(events: DeltaTable) -> None:
    """If the columns changed meanwhile, an append that fitted before is told that it does not."""
    wider = MORE.with_columns(town=pl.lit("Umeå"))
    with pytest.raises(SchemaMismatchError, match="it lacks column 'town'"):
        events.append(other_writer(events, lambda table: table.append(wider, schema_mode="merge")))
    assert events.scan().collect().height == 4


def test_rules_of_the_table(tmp_path: Path) -> None:
    """NULL where there must be none, and changes to a table that only grows, are refused."""
    source = DeltaTable("t", uri=tmp_path / "t")
    source.create(
        schema=[Column("a", pl.Int64, nullable=False), Column("b", pl.Int64)], properties={"delta.appendOnly": "true"}
    )
    source.append(pl.DataFrame({"a": [1], "b": [1]}))
    for frame in (pl.DataFrame({"a": [None], "b": [1]}), pl.DataFrame({"b": [1]})):
        with pytest.raises(SchemaMismatchError, match="do not allow"):
            source.append(frame, schema_mode="merge")
    with pytest.raises(UnsupportedFeatureError, match="appends alone"):
        source.delete("a = 1")
    assert rows(source) == [(1, 1)]


def test_features_that_cannot_be_written(events: DeltaTable) -> None:
    """A table with a writer's feature that nobody here knows is refused, not damaged."""
    first = Path(events.uri) / "_delta_log" / "00000000000000000000.json"
    actions = [json.loads(line) for line in first.read_text().splitlines()]
    for action in actions:
        if "protocol" in action:
            action["protocol"] = {
                "minReaderVersion": 1,
                "minWriterVersion": 7,
                "writerFeatures": ["rowTracking", "domainMetadata", "appendOnly", "invariants"],
            }
    first.write_text("\n".join(map(json.dumps, actions)))
    with pytest.raises(UnsupportedFeatureError, match="cannot be appended to"):
        events.append(MORE)
