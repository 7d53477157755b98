"""Eight processes append to one table at the same time, and nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import polars as pl

from lakecat import Catalog, CatalogRegistry, DeltaTable

if TYPE_CHECKING:
    from .ceph import Gateway

WRITERS = 8
APPENDS = 20
BOUND = 300.0

# Options come through the pipe: what stands in arguments or the environment, other programs can see.
WRITER = """
import json, sys
import polars as pl
from lakecat import DeltaTable

order = json.loads(sys.stdin.readline())
table = DeltaTable("events", uri=order["uri"], storage_options=order["options"])
print("ready", flush=True)
sys.stdin.readline()
for number in range(order["appends"]):
    table.append(pl.DataFrame({"writer": [order["writer"]], "number": [number]}))
"""


def start_writers(order: dict[str, Any]) -> list[subprocess.Popen[str]]:
    """Start the writers and let them go at the same moment, when all of them are ready."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(WRITERS)
    ]
    for number, process in enumerate(writers):
        assert process.stdin is not None
        process.stdin.write(json.dumps({**order, "writer": number, "appends": APPENDS}) + "\n")
        process.stdin.flush()
    for process in writers:
        assert process.stdout is not None
        # A writer that cannot start closes its end, and its own message is seen when it is waited for.
        process.stdout.readline()
    for process in writers:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return writers


def numbers_by_writer(frame: pl.DataFrame) -> dict[int, list[int]]:
    """Return the sorted numbers that each writer has appended."""
    groups = frame.group_by("writer").agg(pl.col("number").sort())
    return dict(groups.iter_rows())


def test_eight_writers_lose_nothing(s3: Gateway, bucket: str) -> None:
    """Eight processes of 20 appends each give 160 commits and 160 rows; readers beside see whole commits."""
    uri, options = f"s3://{bucket}/events", s3.options()
    empty = pl.DataFrame(schema={"writer": pl.Int64, "number": pl.Int64})
    empty.write_delta(uri, storage_options=options)
    catalog = Catalog(CatalogRegistry())
    catalog.add_table(DeltaTable("events", uri=uri, storage_options=options))
    seen: list[pl.DataFrame] = []
    done = threading.Event()
    failed: list[BaseException] = []

    def read() -> None:
        # A breath between readings leaves the processor to the writers.
        while not done.wait(0.1):
            try:
                seen.append(catalog.table("events").collect())
            except BaseException as error:  # noqa: BLE001 - whatever it is, the test is to fail with it
                failed.append(error)
                return

    reader = threading.Thread(target=read, daemon=True)
    writers = start_writers({"uri": uri, "options": options})
    reader.start()
    deadline = time.monotonic() + BOUND
    try:
        errors = [process.communicate(timeout=max(deadline - time.monotonic(), 1))[1] for process in writers]
    finally:
        for process in writers:
            process.kill()
            process.wait()
        done.set()
        reader.join(60)
    assert [error for error in errors if error] == []
    assert [process.returncode for process in writers] == [0] * WRITERS
    assert failed == []

    every = {writer: list(range(APPENDS)) for writer in range(WRITERS)}
    assert numbers_by_writer(catalog.table("events").collect()) == every
    log = [key for key in s3.client.keys(bucket, "events/_delta_log/") if key.endswith(".json")]
    assert len(log) == WRITERS * APPENDS + 1
    heights = [catalog.table("events", version=version).collect().height for version in (0, 1, 80, 160)]
    assert heights == [0, 1, 80, 160]

    assert len(seen) > 1
    assert [frame.height for frame in seen] == sorted(frame.height for frame in seen)
    for frame in seen:
        # A writer appends in order, so whoever sees a commit sees all that this writer committed before.
        assert all(numbers == list(range(len(numbers))) for numbers in numbers_by_writer(frame).values())
