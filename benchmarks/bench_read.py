"""Measures reading through lakecat beside the same reading by hand, and what the log costs; prints one table.

``nox -s bench_read``. Each pair is run in turn, lakecat and then by hand, so that both see the same machine. Ratios are
medians of the ratios of the pairs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from deltalake import DeltaTable as ByHand
from deltalake import write_deltalake

from lakecat import Catalog, CatalogRegistry, DeltaTable, ParquetTable
from lakecat.sources.delta.engine import scan_datafusion

if TYPE_CHECKING:
    from collections.abc import Callable


DAYS = 50


def main() -> None:
    """Make the tables, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000, help="rows of the large table")
    parser.add_argument("--commits", type=int, default=1_000, help="commits of the long log")
    parser.add_argument("--files", type=int, default=10_000, help="files of the wide table")
    parser.add_argument("--pairs", type=int, default=9, help="pairs of runs of each measurement")
    parser.add_argument("--probe", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        print(json.dumps(PROBES[options.probe.partition(":")[0]](Path(options.probe.partition(":")[2]))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [
            *_reading(folder, options.rows, options.pairs),
            *_logs(folder, options.commits, options.files, options.pairs),
        ]
    width = max(len(row[0]) for row in rows)
    for label, found, wanted in rows:
        print(f"{label.ljust(width)}  {found.rjust(12)}  {wanted}")


def _reading(folder: Path, rows: int, pairs: int) -> list[tuple[str, str, str]]:
    frame = pl.select(pl.int_range(rows, dtype=pl.Int64).alias("id")).with_columns(
        (pl.col("id") % DAYS).cast(pl.Int32).alias("day"),
        (pl.col("id") * 7919 % 100_003).alias("amount"),
        ("user " + (pl.col("id") % 9973).cast(pl.String)).alias("name"),
    )
    write_deltalake(folder / "delta", frame, partition_by=["day"])
    frame.write_parquet(folder / "table.parquet")
    catalog = Catalog(CatalogRegistry())
    catalog.add_table(DeltaTable("delta", uri=folder / "delta"))
    catalog.add_table(ParquetTable(name="parquet", uri=folder / "table.parquet"))

    def query(frame: pl.LazyFrame) -> pl.DataFrame:
        return frame.filter(pl.col("day") < DAYS // 2).group_by("name").agg(pl.col("amount").sum()).collect()

    opened = ByHand(folder / "delta")
    fallback = scan_datafusion(opened, _as_it_is)
    return [
        (
            f"Delta, {rows:,} rows: lakecat / pl.scan_delta",
            _ratio(lambda: query(catalog.table("delta")), lambda: query(pl.scan_delta(str(folder / "delta"))), pairs),
            "at most 1.05",
        ),
        (
            f"Parquet, {rows:,} rows: lakecat / pl.scan_parquet",
            _ratio(
                lambda: query(catalog.table("parquet")), lambda: query(pl.scan_parquet(folder / "table.parquet")), pairs
            ),
            "at most 1.05",
        ),
        (
            "the same Delta query: fallback reader / native reader",
            _ratio(lambda: query(fallback), lambda: query(pl.scan_delta(opened)), pairs),
            "at most 2",
        ),
        (
            "peak memory, streaming all rows through the fallback, MB",
            f"{_probe('stream', folder / 'delta')['megabytes']:.0f}",
            "constant: see a second run with other --rows",
        ),
    ]


def _logs(folder: Path, commits: int, files: int, pairs: int) -> list[tuple[str, str, str]]:
    schema = pl.DataFrame({"id": [1], "text": ["x"]})
    no_checkpoint = {"delta.checkpointInterval": str(10 * commits)}
    write_deltalake(folder / "long", schema, configuration=no_checkpoint)
    _repeat_commit(folder / "long", commits)
    catalog = Catalog(CatalogRegistry())
    catalog.add_table(DeltaTable("long", uri=folder / "long"))
    catalog.table("long")
    repeated = _ratio(
        lambda: pl.scan_delta(str(folder / "long")).collect_schema(), lambda: catalog.table("long"), pairs
    )
    _wide_table(folder / "wide", files)
    wide = _probe("facts", folder / "wide")
    return [
        (f"log of {commits:,} commits: pl.scan_delta / second table()", repeated, "at least 20"),
        (f"facts of {files:,} files x 30 columns, seconds", f"{wide['seconds']:.2f}", "under 0.5, after opening"),
        ("  opening it, seconds", f"{wide['open']:.2f}", ""),
        ("  peak memory, MB", f"{wide['megabytes']:.0f}", "under 300"),
    ]


def _ratio(first: Callable[[], object], second: Callable[[], object], pairs: int) -> str:
    first(), second()
    return f"{statistics.median(_seconds(first) / _seconds(second) for _ in range(pairs)):.2f}"


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _repeat_commit(path: Path, commits: int) -> None:
    """Write a log of many commits, each of which adds the one data file under another name."""
    log = path / "_delta_log"
    actions = [json.loads(line) for line in (log / f"{0:020d}.json").read_text().splitlines()]
    (add,) = [action for action in actions if "add" in action]
    for version in range(1, commits):
        (log / f"{version:020d}.json").write_text(
            json.dumps({"add": {**add["add"], "path": f"part-{version}.parquet"}})
        )


def _wide_table(path: Path, files: int) -> None:
    """Write a log of one commit that adds many files, with statistics of 30 columns each."""
    frame = pl.DataFrame({f"column_{i:02d}": [i, i + 1] for i in range(30)})
    write_deltalake(path, frame)
    log = path / "_delta_log" / f"{0:020d}.json"
    lines = log.read_text().splitlines()
    (add,) = [json.loads(line) for line in lines if '"add"' in line]
    more = [json.dumps({"add": {**add["add"], "path": f"part-{i:05d}.parquet"}}) for i in range(files - 1)]
    log.write_text("\n".join([*lines, *more]) + "\n")
    data = next(path.glob("*.parquet")).read_bytes()
    for i in range(files - 1):
        (path / f"part-{i:05d}.parquet").write_bytes(data)


def _probe(name: str, path: Path) -> dict[str, float]:
    """Measure in a process of its own, whose peak memory counts."""
    command = [sys.executable, __file__, "--probe", f"{name}:{path}"]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def _stream(path: Path) -> dict[str, float]:
    rows = 0
    for batch in scan_datafusion(ByHand(path), _as_it_is).collect_batches():
        rows += batch.height
    return {"megabytes": _peak(), "rows": rows}


def _facts(path: Path) -> dict[str, float]:
    source = DeltaTable("wide", uri=path)
    opened = _seconds(source.schema)
    seconds = _seconds(lambda: (source.statistics(), source.column_statistics(), list(source.facts())))
    return {"seconds": seconds, "open": opened, "megabytes": _peak()}


def _peak() -> float:
    # Not from getrusage, whose peak a process inherits from the one that started it.
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def _as_it_is(error: BaseException) -> Exception:
    return error if isinstance(error, Exception) else RuntimeError(str(error))


PROBES: dict[str, Callable[[Path], dict[str, float]]] = {"stream": _stream, "facts": _facts}

if __name__ == "__main__":
    main()
