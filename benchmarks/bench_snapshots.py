"""Measures files of snapshots: writing, reading, every section decoded, against the number of tables; prints a table.

``python benchmarks/bench_snapshots.py``; with ``--old CHECKOUT`` the code of an older revision reads and writes the
same tables beside it, as one JSON document. Each figure is the median of processes of their own, in CPU time.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakecat import snapshot
from lakecat.snapshot import (
    ColumnSnapshot,
    ColumnStatistics,
    Commit,
    Fact,
    Figure,
    Origin,
    Snippet,
    Statistics,
    TableSnapshot,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COLUMNS, COMMITS = 30, 10


def tables(number: int) -> Iterator[TableSnapshot]:
    """Yield tables as a Delta table of 30 columns gives them."""
    return (_table(i) for i in range(number))


def _table(i: int) -> TableSnapshot:
    return TableSnapshot(
        name=f"table_{i}",
        kind="delta",
        database="shop",
        summary="One row for each thing that happened.",
        description="One row for each thing that happened.\n\nIt is written once a day.",
        owner=f"team-{i % 20}",
        tags=("core", "daily"),
        columns=tuple(_column(j) for j in range(COLUMNS)),
        columns_from="source",
        facts=(Fact(label="Location", value=f"s3://bucket/table_{i}"),),
        statistics=Statistics(rows=Figure(value=i, provenance="exact", source="Delta log"), version=COMMITS),
        history=tuple(Commit(version=k, time="2026-01-01T00:00:00+00:00", operation="WRITE") for k in range(COMMITS)),
        snippets=tuple(
            Snippet(label=label, language="python", code=f"df = get_table('table_{i}')\n" * 4)
            for label in ("Polars", "SQL", "Command line")
        ),
        origin=Origin(module="shop.tables", qualname=f"table_{i}", file="shop/tables.py", line=i + 1),
    )


def _column(j: int) -> ColumnSnapshot:
    figure = Figure(value=j, provenance="approximate", source="Delta log")
    return ColumnSnapshot(
        name=f"column_{j}",
        dtype="Int64",
        nullable=True,
        description=f"The {j}th value of the thing that is described here.",
        tags=("x",),
        statistics=ColumnStatistics(null_count=figure, minimum="0", maximum="999"),
    )


def write(path: Path, number: int) -> None:
    """Write tables, made one after the other."""
    snapshot.write(path, tables(number))


def read(path: Path, number: int) -> None:
    """Read tables, and ask for every section."""
    count = 0
    for table in snapshot.read(path):
        _ = table.columns, table.statistics, table.history, table.snippets, table.parameters, table.facts
        count += 1
    assert count == number


def read_raw(path: Path, number: int) -> None:
    """Read tables, and ask for no section."""
    assert sum(1 for _ in snapshot.read(path)) == number


def pass_on(path: Path, number: int) -> None:
    """Read tables and write them, as a program does that changes the owner."""
    import dataclasses

    snapshot.write(path.with_suffix(".new"), (dataclasses.replace(t, owner="me") for t in snapshot.read(path)))


def write_document(path: Path, number: int) -> None:
    """Write tables as one JSON document."""
    path.with_suffix(".json").write_text(snapshot.to_json(tables(number)), encoding="utf-8")


def read_document(path: Path, number: int) -> None:
    """Read a JSON document."""
    assert len(snapshot.from_json(path.with_suffix(".json").read_text(encoding="utf-8"))) == number


NEW: dict[str, Callable[[Path, int], None]] = {
    "write": write,
    "read": read,
    "read_raw": read_raw,
    "pass_on": pass_on,
    "write_document": write_document,
    "read_document": read_document,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--old", type=Path, help="a checkout of an older revision")
    parser.add_argument("--probe", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        what, path, number = options.probe
        list(tables(1))
        start = time.process_time()
        NEW[what](Path(path), int(number))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(json.dumps([time.process_time() - start, peak]))
        return
    print(f"{'what':22} {'tables':>7} {'CPU s':>7} {'ms/table':>9} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for number in options.tables:
            for what in NEW:
                _print(what, number, options.runs, Path(folder) / f"{number}.jsonl", Path(__file__).parents[1])
            for what in ("write_document", "read_document") if options.old else ():
                _print(what, number, options.runs, Path(folder) / f"old{number}.jsonl", options.old, "old: ")


def _print(what: str, number: int, runs: int, path: Path, code: Path, prefix: str = "") -> None:
    found: list[list[Any]] = []
    for _ in range(runs):
        command = [sys.executable, __file__, "--probe", what, str(path), str(number)]
        environment = {**os.environ, "PYTHONPATH": f"{code}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout))
    seconds, peak = (statistics.median(values) for values in zip(*found, strict=True))
    print(f"{prefix + what:22} {number:>7} {seconds:7.2f} {seconds / number * 1000:9.3f} {peak:8.0f}", flush=True)


if __name__ == "__main__":
    main()
