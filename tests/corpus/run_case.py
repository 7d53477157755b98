"""Read one case of a corpus and judge it, in a process of its own: ``run_case.py CASE.json CORPUS``.

One line of JSON goes to standard output for each of ``describe`` and ``table``, as soon as its verdict is known, so
that a file that ends the process does not take what was known before with it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

MEMORY = 4 << 30
# Before Polars starts its threads, which would otherwise ask for what they cannot get.
resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

import polars as pl  # noqa: E402
from facts import described_differences, frame_differences, schema_differences  # noqa: E402

from lakecat import Catalog, CatalogRegistry, DeltaTable, LakecatError, ParquetTable  # noqa: E402
from lakecat.sources.failures import typed_error  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakecat.snapshot import TableSnapshot

CODES = {
    "log_corrupt": "corrupt_log",
    "unsupported_protocol": "unsupported_feature",
    "unsupported_feature": "unsupported_feature",
    "unsupported": "unsupported_feature",
    "not_a_delta_table": "not_a_delta_table",
    "missing_data": "missing_data",
    "value_out_of_range": "value_out_of_range",
    "corrupt": "corrupt_data",
    "encrypted": "encrypted",
    "too_large": "too_large",
}
"""The ``code`` of lakecat for each kind of error that a corpus may name."""
BOUND_SECONDS = 10
BOUND_MEMORY = 1 << 30


class Reading:
    """What ``Catalog().table()`` gave: a frame, an error at once, or an error when collected."""

    def __init__(self, catalog: Catalog, *, rows: bool) -> None:
        self.schema: dict[str, pl.DataType] | None = None
        self.frame: pl.DataFrame | None = None
        self.error: LakecatError | None = None
        self.raised = ""
        try:
            lazy = catalog.table("case")
        except LakecatError as error:
            self.error, self.raised = error, type(error).__name__
            return
        try:
            self.schema = dict(lazy.collect_schema())
            self.count = lazy.select(pl.len()).collect().item()
            self.frame = lazy.collect() if rows else None
        # What Polars raises when it collects is its own.
        except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001
            self.error = typed_error(error, table="case", clean=lambda e: str(e).partition("\n")[0])
            self.raised = f"collect: {type(error).__name__}"
            self.panic = isinstance(error, pl.exceptions.PanicException)

    panic = False

    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.raised} ({self.error.code})"
        return f"{self.count} rows"


def judge_table(catalog: Catalog, case: dict[str, Any], snapshot: TableSnapshot) -> tuple[str, list[str]]:
    """Return what ``table()`` gave, and what of it is not as expected."""
    facts, expect = case["facts"], case["expect"]
    codes = {CODES[kind] for kind in case["error_kinds"]}
    reading = Reading(catalog, rows=expect != "bounded")
    gave = str(reading)
    refused = reading.error is not None and reading.error.code in codes and not reading.panic
    at_once = refused and reading.schema is None
    wrong_error = [] if reading.error is None else [f"{gave}: {str(reading.error)[:300]}"]
    if expect == "error":
        return gave, [] if at_once else wrong_error or ["it opens"]
    if expect in ("data_missing", "data_unreadable"):
        if reading.frame is not None:
            return gave, ["rows were read"]
        schema = [] if reading.schema is None else schema_differences(reading.schema, facts)
        if expect == "data_missing" and reading.schema is None:
            schema = ["its schema is not known"]
        return gave, schema if refused else wrong_error
    if reading.error is not None:
        if expect not in ("ok_or_unsupported", "ok_or_flagged") or not refused:
            return gave, wrong_error
        # A feature is known from metadata; what is wrong in the data shows when they are read.
        if reading.error.code == "unsupported_feature" and not (
            at_once and _names_a_feature(str(reading.error), facts)
        ):
            return gave, [f"no feature is named at once: {reading.error}"]
        return gave, []
    differ = schema_differences(reading.schema or {}, facts)
    if reading.count != facts["rows"]:
        differ.append(f"{reading.count} rows counted, not {facts['rows']}")
    if not differ and reading.frame is not None:
        differ = frame_differences(reading.frame, facts)
    flags = [problem.code for problem in snapshot.problems if problem.code in codes]
    if expect == "ok_or_flagged" and differ and flags:
        return f"{gave}, {flags[0]}", []
    return gave, differ + _version_differences(catalog, facts)


def judge_description(describe: Callable[[], TableSnapshot], case: dict[str, Any]) -> tuple[str, list[str]]:
    """Return what ``describe_table()`` gave, and what of it is not as expected."""
    facts, expect = case["facts"], case["expect"]
    codes = {CODES[kind] for kind in case["error_kinds"]}
    snapshot = describe()
    found = [problem.code for problem in snapshot.problems]
    rows = snapshot.statistics and snapshot.statistics.rows
    size = f"{rows.value} rows, {rows.provenance}" if rows else "rows unknown"
    gave = ", ".join(found) if snapshot.columns is None else ", ".join((size, *found))
    others = [f"{problem.code}: {problem.detail[:300]}" for problem in snapshot.problems if problem.code not in codes]
    named = bool(codes & set(found))
    if expect == "error":
        return gave, others + ([] if named else ["no problem of the kind"])
    if snapshot.columns is None and expect in ("ok_or_unsupported", "ok_or_flagged", "data_unreadable") and named:
        return gave, others
    differ = described_differences(snapshot, facts)
    if expect == "data_missing":
        if rows is not None and rows.provenance == "exact":
            differ.append("the number of rows is said to be exact")
        if not named:
            differ.append("nothing says that data are missing")
    elif expect == "ok_or_flagged" and named:
        differ = []
    return gave, others + differ


def _names_a_feature(text: str, facts: dict[str, Any]) -> bool:
    """Tell whether an error names one of the features of a Delta table; of a Parquet file it is not known which."""
    features = facts.get("reader_features") or ()
    return not features or any(feature.casefold() in text.casefold() for feature in features)


def _version_differences(catalog: Catalog, facts: dict[str, Any]) -> list[str]:
    found = []
    for version, rows in facts.get("rows_by_version", {}).items():
        count = catalog.table("case", version=int(version)).select(pl.len()).collect().item()
        if count != rows:
            found.append(f"version {version} has {count} rows, not {rows}")
    return found


def main(case_file: Path, corpus: Path) -> None:
    """Judge one case."""
    case = json.loads(case_file.read_text(encoding="utf-8"))
    uri, facts = corpus / case["data"], case["facts"]
    catalog = Catalog(CatalogRegistry())
    catalog.add_table(
        DeltaTable("case", uri=uri)
        if case["kind"] == "delta"
        else ParquetTable("case", uri=uri, partitioning=facts.get("partition_columns", ()))
    )
    start = time.monotonic()
    snapshot = catalog.describe_table("case")
    report("describe", *judge_description(lambda: snapshot, case))
    gave, wrong = judge_table(catalog, case, snapshot)
    if case["expect"] == "bounded":
        seconds, memory = time.monotonic() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        gave += f" in {seconds:.1f} s and {memory >> 20} MiB"
        if seconds > BOUND_SECONDS or memory > BOUND_MEMORY:
            wrong.append(f"metadata took {seconds:.1f} s and {memory >> 20} MiB")
    report("table", gave, wrong)


def report(what: str, gave: str, wrong: list[str]) -> None:
    """Write one verdict."""
    sys.stdout.write(json.dumps({"what": what, "gave": gave, "wrong": wrong}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
