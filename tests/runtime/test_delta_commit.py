"""What every change of a Delta table goes through, without a table."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

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
from lakecat.sources.delta.commit import Operation, TableChange, change, check_choice, commit_properties, own_metrics
from lakecat.sources.delta.upkeep import small_files


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
    changing = Operation(DeltaTable("t", uri="x"), "be changed")
    found = changing.refusal(error)
    assert type(found) is kind
    assert found.message.startswith(f"table 't' cannot be changed: {says}")
    assert found.reason == str(error)
    assert getattr(found, "columns", ()) == ()
    assert changing.refusal(found) is found


@pytest.mark.parametrize("predicate", [pl.col("a") == 1, None, 5, "", "  "], ids=str)
def test_predicates_that_are_no_sql(predicate: Any) -> None:
    """A predicate is SQL text; what else it is is told."""
    changing = Operation(DeltaTable("t", uri="x"), "be changed")
    assert changing.sql("a = 1") == "a = 1"
    with pytest.raises(TableParameterError, match=r"^a predicate on table 't' is .*; write SQL text"):
        changing.sql(predicate)


def test_a_store_that_fails_while_it_is_asked_for_the_newest_version() -> None:
    """What a store raises then is an error of lakecat; what ends the program passes."""
    table = DeltaTable("t", uri="s3://bucket/t")

    def failing(error: BaseException) -> Any:
        def ask() -> int:
            raise error

        return SimpleNamespace(_table=SimpleNamespace(get_latest_version=ask), version=lambda: 0)

    with pytest.raises(UnreachableError):
        table.handle._is_newest(failing(OSError("connection refused")))
    with pytest.raises(KeyboardInterrupt):
        table.handle._is_newest(failing(KeyboardInterrupt()))


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
