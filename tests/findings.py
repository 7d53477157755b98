"""The tests of numbered findings, against older code and against this: ``python tests/findings.py REVISION``.

The packages of the revision lie in a folder of their own, with the tests of today. Each file of tests runs by itself
and for a bounded time; a test that cannot be imported or does not end there has failed there.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 600
_REPORT = "FINDINGS_REPORT"
_OVERLAID = ("tests", "pyproject.toml")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of findings, and note their numbers; pytest calls this where it has the module as a plugin."""
    kept = [item for item in items if item.get_closest_marker("finding")]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept
    for item in items:
        numbers = sorted({n for mark in item.iter_markers("finding") for n in mark.args})
        item.user_properties.append(("findings", numbers))
        _note({"test": item.nodeid, "numbers": numbers, "outcome": "unfinished"})


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note how a test came out."""
    if report.when == "call" or report.outcome != "passed":
        _note({"test": report.nodeid, "outcome": report.outcome})


def _note(line: dict[str, Any]) -> None:
    # A test may have put something else in the place of ``Path.open``, which is mended after its report.
    with open(os.environ[_REPORT], "a", encoding="utf-8") as file:  # noqa: PTH123
        file.write(json.dumps(line) + "\n")


def main(revision: str) -> int:
    """Print the table; return 1 if a test fails here, or a finding has no test that fails there."""
    with tempfile.TemporaryDirectory(prefix="findings-") as name:
        there, here = Path(name) / "there", Path(name) / "here"
        export(revision, there)
        for tree in (there, here):
            overlay(tree, _OVERLAID)
        overlay(here, ("lakecat", "sphinx_lakecat"))
        for extra in ("docs", "README.md", "CHANGELOG.md", "noxfile.py", "benchmarks"):
            overlay(here, (extra,))
        files = sorted(
            str(path.relative_to(ROOT))
            for path in (ROOT / "tests").rglob("test_*.py")
            if "mark.finding(" in path.read_text(encoding="utf-8")
        )
        with ThreadPoolExecutor(2) as pool:
            old, new = pool.map(lambda tree: outcomes(tree, files), (there, here))
    return table(old, new)


def export(revision: str, target: Path) -> None:
    """Write the files of a revision into a folder."""
    command = ["git", "archive", "--format=tar", revision]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"there is no revision {revision!r} here: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(target, filter="data")


def overlay(target: Path, names: tuple[str, ...]) -> None:
    """Put what is here into the folder, in place of what it has."""
    target.mkdir(exist_ok=True)
    for name in names:
        if (target / name).is_dir():
            shutil.rmtree(target / name)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, target / name)


def outcomes(tree: Path, files: list[str]) -> dict[str, tuple[list[int], str]]:
    """Return the numbers and the outcome of each test of a finding that could be collected in a tree."""
    found: dict[str, tuple[list[int], str]] = {}
    for file in files:
        report = tree / "report.jsonl"
        report.unlink(missing_ok=True)
        environment = {**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{ROOT / 'tests'}", _REPORT: str(report)}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "findings", "-p", "no:cacheprovider", file]
        try:
            subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            say(f"{file} did not end in {SECONDS} s")
        for line in report.read_text(encoding="utf-8").splitlines() if report.exists() else ():
            noted = json.loads(line)
            numbers, before = found.get(noted["test"], (noted.get("numbers", []), "unfinished"))
            # A test that passes and whose fixture then fails has failed.
            found[noted["test"]] = numbers, before if before in ("failed", "skipped") else noted["outcome"]
    return found


def table(old: dict[str, tuple[list[int], str]], new: dict[str, tuple[list[int], str]]) -> int:
    """Print a line for each finding; return 1 where they do not show what they should."""
    by_number = defaultdict(list)
    for test, (numbers, outcome) in new.items():
        for number in numbers:
            by_number[number].append((test, old.get(test, ([], "failed"))[1], outcome))
    bad = []
    say("finding  tests  there: failed  passed   here: failed  passed  skipped")
    for number, tests in sorted(by_number.items()):
        failed_there = sum(there not in ("passed", "skipped") for _, there, _ in tests)
        failed_here = [test for test, _, here in tests if here not in ("passed", "skipped")]
        passed, skipped = (sum(here == what for _, _, here in tests) for what in ("passed", "skipped"))
        passed_there = sum(there == "passed" for _, there, _ in tests)
        say(
            f"{number:>7}  {len(tests):>5}  {failed_there:>13}  {passed_there:>6}  "
            f"{len(failed_here):>12}  {passed:>6}  {skipped:>7}"
        )
        bad += [f"finding {number}: {test} fails here" for test in failed_here]
        bad += [] if failed_there else [f"finding {number}: no test of it fails there"]
    say(*bad, f"{len(by_number)} findings, {len(new)} tests")
    return 1 if bad else 0


def say(*lines: str) -> None:
    """Print lines."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python tests/findings.py REVISION")
    sys.exit(main(sys.argv[1]))
