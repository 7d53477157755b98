"""Tables that others have written: each case of a corpus gets the verdict that the corpus demands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

RUN_CASE = Path(__file__).with_name("run_case.py")
SECONDS = 60


def test_case(
    corpus: Path | None, case: dict[str, Any] | None, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """`table()` and `describe_table()` give what the case demands, in a process that it cannot take down with it."""
    if corpus is None or case is None:
        reason = "there is no corpus: give --corpus PATH or LAKECAT_CORPUS"
        if os.environ.get("LAKECAT_REQUIRE_ALL"):
            pytest.fail(f"{reason}, as LAKECAT_REQUIRE_ALL is set")
        pytest.skip(reason)
    file = tmp_path / "case.json"
    file.write_text(json.dumps(case), encoding="utf-8")
    found, ended = judge(file, corpus)
    wrong = [f"{what}: {each}" for what in ("table", "describe") for each in found.get(what, {}).get("wrong", ())]
    wrong += [] if ended is None else [ended]
    gave = {what: found.get(what, {"gave": "nothing"})["gave"] for what in ("table", "describe")}
    name = f"{case['kind']}-{case['id']}"
    record_property("corpus", {"case": name, "expect": case["expect"], "wrong": wrong, **gave})
    assert not wrong, "\n".join(wrong)


def judge(file: Path, corpus: Path) -> tuple[dict[str, dict[str, Any]], str | None]:
    """Return the verdicts, and how the process ended if not by itself."""
    command = [sys.executable, str(RUN_CASE), str(file), str(corpus)]
    environment = {**os.environ, "PYTHONUTF8": "1", "POLARS_MAX_THREADS": "2"}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            cwd=file.parent,
            env=environment,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        written = error.stdout.decode() if isinstance(error.stdout, bytes) else error.stdout or ""
        return _verdicts(written), f"it did not end in {SECONDS} s"
    ended = None
    if done.returncode < 0:
        ended = f"the process was ended by {signal.Signals(-done.returncode).name}"
    elif done.returncode:
        ended = "the process failed: " + (done.stderr.strip().splitlines() or ["without a word"])[-1]
    return _verdicts(done.stdout), ended


def _verdicts(written: str) -> dict[str, dict[str, Any]]:
    lines = (json.loads(line) for line in written.splitlines() if line.startswith("{"))
    return {line["what"]: line for line in lines}
