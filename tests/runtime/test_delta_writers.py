"""Many processes that write one Delta table at once, and readers beside them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import polars as pl

from lakecat import DeltaTable

if TYPE_CHECKING:
    from pathlib import Path

WRITERS, APPENDS, READERS, BATCH = 8, 20, 2, 5
LIMIT = 120  # seconds, for processes that take ten or so

# All begin when the parent closes their input. Each reports what it saw as one line of JSON.
WRITER = """
import json, sys
import polars as pl
from lakecat import DeltaTable

uri, writer, appends, batch = sys.argv[1], *map(int, sys.argv[2:])
source = DeltaTable("events", uri=uri)
print("ready", flush=True)
sys.stdin.read()
versions = []
for i in range(appends):
    frame = pl.DataFrame({"batch": [f"{writer}-{i}"] * batch, "row": range(batch)})
    versions.append(source.append(frame if i % 2 else frame.lazy()).version)
print(json.dumps(versions))
"""
READER = """
import json, sys
import polars as pl
from lakecat import Catalog, DeltaTable, register_static_table

uri, whole, size = sys.argv[1], *map(int, sys.argv[2:])
register_static_table(DeltaTable("events", uri=uri))
print("ready", flush=True)
sys.stdin.read()
seen, torn = [], []
while not seen or seen[-1] < whole:
    counts = Catalog().table("events").group_by("batch").len().collect()
    torn += counts.filter(pl.col("len") != size).rows()
    seen.append(counts.height)
print(json.dumps([seen, torn]))
"""


def answer(process: subprocess.Popen[str]) -> Any:
    """Return what a process reports at its end, which must be a good one."""
    output, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, errors
    return json.loads(output)


def test_writers_lose_nothing_and_readers_see_whole_commits(tmp_path: Path) -> None:
    """Of 8 processes that append 20 batches each, none is lost; readers see each batch as a whole or not at all."""
    source = DeltaTable("events", uri=tmp_path / "events")
    source.create(schema={"batch": pl.String, "row": pl.Int64})
    commits = WRITERS * APPENDS
    commands = [[WRITER, source.uri, str(writer), str(APPENDS), str(BATCH)] for writer in range(WRITERS)]
    commands += [[READER, source.uri, str(commits), str(BATCH)]] * READERS
    started = [
        subprocess.Popen(
            [sys.executable, "-c", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # One thread each: the machine has enough to do.
            env={**os.environ, "POLARS_MAX_THREADS": "1"},
        )
        for command in commands
    ]
    try:
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()
        for process in started:
            assert process.stdin is not None
            process.stdin.close()
            process.stdin = None
        # The writers first: if one failed, the readers would wait for ever.
        told = [answer(process) for process in started]
    finally:
        for process in started:
            process.kill()
            process.wait()
    versions = [version for of_one in told[:WRITERS] for version in of_one]
    assert sorted(versions) == list(range(1, commits + 1))

    rows = source.scan().collect()
    expected = {(f"{w}-{i}", row) for w in range(WRITERS) for i in range(APPENDS) for row in range(BATCH)}
    assert (rows.height, set(rows.rows())) == (commits * BATCH, expected)
    assert len(source.history(limit=commits + 1)) == commits + 1

    for seen, torn in told[WRITERS:]:
        assert torn == []
        assert seen == sorted(seen)
        assert seen[-1] == commits
