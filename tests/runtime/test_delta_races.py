"""Processes that append to one Delta table, replace its rows and put its files together, all at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import DeltaTable

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 240  # seconds, for processes that take twenty or so
KINDS = ("append", "append", "overwrite", "compact", "compact", "z_order")
ROUNDS = {"append": 12, "overwrite": 4, "compact": 6, "z_order": 6}

# All begin when the parent closes their input. Each reports the versions that it made as one line of JSON.
WRITER = """
import json, sys
import polars as pl
from lakecat import DeltaTable, CommitConflictError

uri, kind, name, rounds = sys.argv[1:]
source = DeltaTable("events", uri=uri)
print("ready", flush=True)
sys.stdin.read()
made = {}
for i in range(int(rounds)):
    batch = f"{name}-{i}"
    frame = pl.DataFrame({"batch": [batch] * 3, "row": range(3), "part": ["x y", None, "z"]})
    try:
        if kind in ("append", "overwrite"):
            made[batch] = getattr(source, kind)(frame.lazy()).version
        else:
            source.compact() if kind == "compact" else source.z_order("row")
    except CommitConflictError:
        assert kind not in ("append", "overwrite")
print(json.dumps(made))
"""


@pytest.mark.finding(2)
def test_no_version_of_a_race_is_wrong(tmp_path: Path) -> None:
    """Each version has the rows of the one before and those of its commit, or the latter alone; none comes twice."""
    source = DeltaTable("events", uri=tmp_path / "events")
    source.create(schema={"batch": pl.String, "row": pl.Int64, "part": pl.String}, partition_by="part")
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, source.uri, kind, f"{kind}{number}", str(ROUNDS[kind])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # One thread each: the machine has enough to do.
            env={**os.environ, "POLARS_MAX_THREADS": "1"},
        )
        for number, kind in enumerate(KINDS)
    ]
    try:
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()
        for process in started:
            assert process.stdin is not None
            process.stdin.close()
            process.stdin = None
        made: dict[str, int] = {}
        for process in started:
            output, errors = process.communicate(timeout=LIMIT)
            assert process.returncode == 0, errors
            made |= json.loads(output)
    finally:
        for process in started:
            process.kill()
            process.wait()

    assert len(made) == sum(ROUNDS[kind] for kind in KINDS if kind in ("append", "overwrite"))
    batches = {version: batch for batch, version in made.items()}
    assert len(batches) == len(made)
    wanted: list[str] = []
    for version in range(1, source.history(limit=1)[0].version + 1):
        batch = batches.get(version)
        if batch is not None:
            wanted = sorted([*(wanted if batch.startswith("append") else []), batch])
        assert _batches(source.scan(version=version).collect()) == wanted, f"version {version}, {batch}"
    assert not list((tmp_path / "events").glob("*/_delta_log"))


def _batches(rows: pl.DataFrame) -> list[Any]:
    """Return the batches in a frame, each of which must be there as a whole, once."""
    assert rows.group_by("batch").agg(pl.col("row").sort(), pl.len()).filter(pl.col("len") != 3).rows() == []
    assert not rows.is_duplicated().any()
    return sorted(rows.get_column("batch").unique())
