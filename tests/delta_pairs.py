"""Two writers of one Delta table: B opens it, A opens it and commits, then B commits; and what may come of that."""

from __future__ import annotations

import functools
import tempfile
from typing import TYPE_CHECKING, Any

import polars as pl

from lakecat import DeltaTable
from lakecat.errors import CommitConflictError, LakecatError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

SCHEMA = {"id": pl.Int64, "place": pl.String, "price": pl.Int64}


def frame(*rows: tuple[int | None, str | None, int | None]) -> pl.DataFrame:
    """Return rows of the table."""
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


NEW, KNOWN = (9, "x y", 90), (1, "x y", 100)
OPERATIONS: Mapping[str, Callable[[DeltaTable], Any]] = {
    "append": lambda table: table.append(frame(NEW, (10, None, 1))),
    "append-column": lambda table: table.append(
        frame((11, "x y", 11)).with_columns(note=pl.lit("n")), schema_mode="merge"
    ),
    "overwrite": lambda table: table.overwrite(frame(KNOWN, (20, "a/b=%c", 2)).lazy()),
    "overwrite-columns": lambda table: table.overwrite(
        pl.DataFrame({"other": [1.5, 2.5], "place": ["x y", None]}), schema_mode="overwrite"
    ),
    "overwrite-part": lambda table: table.overwrite(frame((1, "x y", 7), (2, "é:", 8)).lazy(), predicate="id < 3"),
    "overwrite-partition": lambda table: table.overwrite(frame((30, "x y", 1)), predicate="place = 'x y'"),
    "merge": lambda table: table.merge(frame(KNOWN, NEW).lazy(), on="id"),
    "merge-away": lambda table: table.merge(frame(KNOWN), on="id", when_matched="delete", when_not_matched="skip"),
    "delete": lambda table: table.delete("id = 1 OR id = 9"),
    "delete-partition": lambda table: table.delete("place = 'x y'"),
    "restore": lambda table: table.restore(version=0),
    "describe": lambda table: table.describe(description="Sales", columns={"place": "Where"}),
    "compact": lambda table: table.compact(),
    "z-order": lambda table: table.z_order("price"),
    "vacuum": lambda table: table.vacuum(dry_run=False),
}
PAIRS = [(first, second) for first in OPERATIONS for second in OPERATIONS]
# One of each kind, for where each takes its time.
KINDS = ("append", "overwrite", "overwrite-part", "merge", "delete", "restore", "describe", "compact", "z-order")
PAIRS_OF_KINDS = [(first, second) for first, second in PAIRS if first in KINDS and second in KINDS]
# Whatever of these comes second must have the rows that the order of the log gives.
ROWS_STAY = ("describe", "compact", "z-order", "vacuum")
AS_THE_LOG = ("overwrite", "delete")


class Late(DeltaTable):
    """A table that another writer changes once this one has opened it: at one of the times that it does."""

    opened = 0
    at = 0
    meanwhile: Callable[[], Any] | None = None

    def __init__(self, name: str, **where: Any) -> None:
        super().__init__(name, **where)
        load = self.handle.load

        def load_and_wait(version: int | None = None) -> Any:
            table = load(version)
            self.opened += 1
            if self.opened == self.at and self.meanwhile is not None:
                self.meanwhile()
            return table

        self.handle.load = load_and_wait  # type: ignore[method-assign]


def make_table(uri: str | Path, **how: Any) -> None:
    """Make a table of three versions, with several files in its partitions."""
    table = DeltaTable("sales", uri=uri, **how)
    table.create(schema=SCHEMA, partition_by="place")
    table.append(frame((1, "x y", 1), (2, "é:", 2), (3, None, 3)))
    table.append(frame((4, "x y", 4), (5, "a/b=%c", 5), (6, None, 6)))
    table.append(frame((7, "x y", 7), (1, None, 8)))


def rows(table: DeltaTable, **params: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a table in an order of their own, each with the names of its columns."""
    return sorted((tuple(sorted(row.items())) for row in table.scan(**params).collect().to_dicts()), key=repr)


def outcome(table: DeltaTable, operation: str) -> type[BaseException] | None:
    """Do an operation; return the type of the error that it raised, if any."""
    try:
        OPERATIONS[operation](table)
    except LakecatError as error:
        return type(error)
    return None


@functools.cache
def calm(*operations: str) -> tuple[type[BaseException] | None, list[tuple[Any, ...]], int]:
    """Return how the last of some operations comes out, one after the other, the rows then, and how often it opens."""
    with tempfile.TemporaryDirectory() as folder:
        make_table(folder)
        table, error = Late("sales", uri=folder), None
        for operation in operations:
            table = Late("sales", uri=folder)
            error = outcome(table, operation)
        return error, rows(DeltaTable("sales", uri=folder)), table.opened


def check_pair(first: str, second: str, make: Callable[[], Mapping[str, Any]]) -> None:
    """Check that both writers together give the rows of one after the other, or that the second has changed nothing.

    Args:
        first: What A does.
        second: What B does, which has opened the table before A.
        make: Returns the arguments of another fresh table each time.
    """
    start, after_first = calm()[1], calm(first)[1]
    assert (after_first == start) is (first in ROWS_STAY)
    allowed = {"the log's": calm(first, second)[:2]}
    if not second.startswith(AS_THE_LOG):
        allowed["the other"] = (calm(second)[0] or calm(second, first)[0], calm(second, first)[1])
    times = calm(second)[2]
    assert times > 0
    for at in range(1, times + 1):
        where = make()
        late = Late("sales", **where)
        late.at = at
        late.meanwhile = lambda where=where: outcome(DeltaTable("sales", **where), first)  # type: ignore[misc]
        error = outcome(late, second)
        table = DeltaTable("sales", **where)
        found = rows(table)
        if error is CommitConflictError:
            assert found == after_first
        else:
            assert (error, found) in allowed.values(), f"{second} after {first}, opened {at} times"
        # Nor is any version in between another: first what there was, then what the first made of it, then this.
        newest = table.history(limit=1)[0].version
        seen = [rows(table, version=version) for version in range(3, newest + 1)]
        steps = [state for i, state in enumerate(seen) if i == 0 or state != seen[i - 1]]
        wanted = [start, after_first, found]
        assert steps == [state for i, state in enumerate(wanted) if i == 0 or state != wanted[i - 1]]
