"""Measures a catalog of many tables: finding one, listing some, and the names that are near one; prints one table.

``python benchmarks/bench_registry.py``. Medians of CPU time; a ``PYTHONPATH`` with older code measures that. All tables
share one source, so that the registry alone is measured.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import time
from typing import TYPE_CHECKING

import polars as pl

from lakecat import Catalog, CatalogRegistry, TableMetadata
from lakecat.names import near_names
from lakecat.registry import RegisteredTable
from lakecat.sources.function import FunctionSource

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = (
    "user event order item sale flight airport plane weather price stock ledger invoice customer address session click "
    "page view visit team report daily weekly raw clean mart dim fact country region payment refund shipment carrier"
)


def main() -> None:
    """Make the tables, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    count, runs = options.tables, options.runs
    rows = [(f"near names, {kind}", _median(_near(names), runs)) for kind, names in _names(count).items()]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    catalog = _catalog(count)
    rows.append(("adding a table", (time.process_time() - start) * 1000 / count))
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / count
    ways: dict[str, Callable[[], object]] = {
        "table(full name)": lambda: catalog.table("db7.t307"),
        "table(unknown name)": lambda: _refused(catalog),
        "db(name).table(name)": lambda: catalog.db("db7").table("t307"),
        "list_tables(owner=…), 100 found": lambda: catalog.list_tables(owner="owner 7"),
        "list_tables(owner=…, tag=…), 100 found": lambda: catalog.list_tables(owner="owner 7", tag="all"),
        "list_tables(tag=…), all found": lambda: catalog.list_tables(tag="all"),
    }
    rows += [(label, _median(way, runs)) for label, way in ways.items()]
    width = max(len(label) for label, _ in rows)
    for label, milliseconds in rows:
        print(f"{label.ljust(width)}  {milliseconds:10.3f} ms")
    print(f"{'memory of a declared table'.ljust(width)}  {peak:10.0f} bytes")


def _catalog(count: int) -> Catalog:
    registry = CatalogRegistry()
    source = FunctionSource(pl.LazyFrame, name="t")
    for i in range(count):
        owner, tags = f"owner {i % (count // 100)}", ("all", f"tag {i % 50}")
        metadata = TableMetadata(name=f"t{i}", kind="function", database=f"db{i % 50}", owner=owner, tags=tags)
        registry.add(RegisteredTable(metadata, source))
    return Catalog(registry)


def _names(count: int) -> dict[str, list[str]]:
    """Return lists of names of several kinds."""
    drawn, words = random.Random(8), WORDS.split()
    made: set[str] = set()
    while len(made) < count:
        made.add(f"{drawn.choice(words)}{drawn.randrange(60)}.{'_'.join(drawn.sample(words, drawn.choice([2, 3, 4])))}")
    return {
        "numbered": [f"team{i % 50}.table_{i:05}" for i in range(count)],
        "words": sorted(made),
    }


def _near(names: list[str]) -> Callable[[], object]:
    """Return what looks for the names near one in which two letters changed places."""
    name = names[len(names) // 3]
    asked = name[:-4] + name[-3] + name[-4] + name[-2:]
    return lambda: near_names(asked, names)


def _refused(catalog: Catalog) -> None:
    try:
        catalog.table("db7.t30x")
    except LookupError:
        return
    raise AssertionError


def _median(act: Callable[[], object], runs: int) -> float:
    """Return the median CPU time of an action in milliseconds, after a first run."""
    act()
    took = []
    for _ in range(runs):
        start = time.process_time()
        act()
        took.append((time.process_time() - start) * 1000)
    return statistics.median(took)


if __name__ == "__main__":
    main()
