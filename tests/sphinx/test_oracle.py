"""After any edits, a build on top of older ones is the build from nothing: the same files, the same warnings."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("oracle.py")
TIMEOUT = 900


@pytest.mark.finding(17)
@pytest.mark.parametrize(("seed", "jobs", "steps"), [(1, 1, 33), (2, 2, 33), (3, 1, 12)])
def test_builds_on_top_are_builds_from_nothing(tmp_path: Path, seed: int, jobs: int, steps: int) -> None:
    """Each kind of edit is made; what differs is told with the edits before it."""
    arguments = [sys.executable, str(PROGRAM), str(tmp_path / "site"), str(seed), str(jobs), str(steps)]
    with (tmp_path / "told").open("w+", encoding="utf-8") as told:
        # In a session of its own, as what it forked must not outlive it.
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=told, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            status = process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            status = -1
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        told.seek(0)
        assert status == 0, told.read()
