"""What it costs to call the functions of tables in a process of their own: ``python benchmarks/bench_functions.py``.

Prints medians of CPU time, of both processes where there are two, for 1,000 tables of 30 columns that nobody declared.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lakecat.documented import Asker, DocumentedTables, IsolatedAsker
from lakecat.reference import CatalogReference
from lakecat.worker import Worker
from lakecat.worker.process import resident

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT, TURNS = 1000, 5
MODULE = f"""
import os
import polars as pl
from lakecat import table

SCHEMA = {{f"column_{{i}}": pl.Int64 if i % 2 else pl.String for i in range(30)}}


def declare(number):
    @table(name=f"t{{number}}", description=f"One row for each thing {{number}}.", owner="growth", tags=["core"])
    def function():
        return pl.LazyFrame(schema=SCHEMA)


for number in range({COUNT}):
    declare(number)


def answering():
    return lambda: os.getpid()
"""


def seconds_of(pid: int) -> float:
    """Return the CPU time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(what: Callable[[], object], other: int | None = None) -> float:
    """Return the median CPU time of doing something, here and in another process."""
    found = []
    for _ in range(TURNS):
        start, begun = time.process_time(), seconds_of(other) if other else 0.0
        what()
        found.append(time.process_time() - start + (seconds_of(other) - begun if other else 0.0))
    return statistics.median(found)


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "many_tables.py").write_text(MODULE, encoding="utf-8")
        sys.path.insert(0, folder)
        tables, reference = DocumentedTables(), CatalogReference.parse("many_tables")
        asker = Asker(tables, folder=None, imported=None)
        tables.load(reference, None)
        names = tables.names()
        limits = {"seconds": 60.0, "memory": 2**32, "to_start": 120.0}
        isolated = IsolatedAsker(tables, [reference], folder=None, imported=None, **limits)  # type: ignore[arg-type]
        empty = Worker("many_tables:answering")
        start = time.perf_counter()
        pid = empty.ask().found
        wall = time.perf_counter() - start
        print(f"start: {wall:.2f} s, of CPU {seconds_of(pid):.2f} s, {resident(pid) / 2**20:.0f} MB")
        per = 1000 / COUNT
        empty_question = measured(lambda: [empty.ask() for _ in names], pid)
        here = measured(lambda: [asker.describe(name) for name in names])
        isolated.describe(names[0])
        there = measured(lambda: [isolated.describe(name) for name in names], isolated.process)
        token = measured(lambda: [tables.get(name).source.change_token() for name in names])
        print(f"ms a table: here {here * per:.2f}, isolated {there * per:.2f}")
        print(f"ms an empty question: {empty_question * per:.2f}; ms a token: {token * per:.3f}")
        isolated.close()
        empty.close()


if __name__ == "__main__":
    main()
