"""The corpus to run, given by ``--corpus`` or LAKECAT_CORPUS, and the table of verdicts at the end."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PROPERTY = "corpus"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; where the whole suite is run, this file is read too late for them, and defaults hold."""
    group = parser.getgroup("corpus")
    group.addoption("--corpus", metavar="PATH", help="folder with cases/*.json or index.json, and their data")
    group.addoption("--corpus-report", metavar="FILE", help="write the table of verdicts to this file as well")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each case."""
    if "case" not in metafunc.fixturenames:
        return
    folder = corpus_folder(metafunc.config)
    cases = [] if folder is None else read_cases(folder)
    if not cases:
        metafunc.parametrize(("corpus", "case"), [(folder, None)], ids=["no corpus"])
        return
    ids = [f"{case['kind']}-{case['id']}" for case in cases]
    metafunc.parametrize(("corpus", "case"), [(folder, case) for case in cases], ids=ids)


def corpus_folder(config: pytest.Config) -> Path | None:
    """Return the folder of the corpus, which an option or the environment gives."""
    given = config.getoption("--corpus", None) or os.environ.get("LAKECAT_CORPUS")
    if given:
        folder = Path(given).expanduser().resolve()
        if not folder.is_dir():
            raise pytest.UsageError(f"there is no corpus at {given}")
        return folder
    return None


def read_cases(folder: Path) -> list[dict[str, Any]]:
    """Return the cases, from one file each or from the index."""
    files = sorted((folder / "cases").glob("*.json"))
    if files:
        return [json.loads(file.read_text(encoding="utf-8")) for file in files]
    cases: list[dict[str, Any]] = json.loads((folder / "index.json").read_text(encoding="utf-8"))["cases"]
    return cases


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print a line for each case, and how many are as expected."""
    lines = list(table_of_verdicts(terminalreporter.stats))
    if not lines:
        return
    terminalreporter.section("corpus")
    for line in lines:
        terminalreporter.write_line(line)
    if target := config.getoption("--corpus-report", None):
        Path(target).write_text("\n".join(lines) + "\n", encoding="utf-8")


def table_of_verdicts(stats: dict[str, list[Any]]) -> Iterator[str]:
    """Return the lines of the table, made from what the tests recorded."""
    reports = [report for key in ("passed", "failed") for report in stats.get(key, ())]
    found = [
        value
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, value in report.user_properties
        if name == PROPERTY
    ]
    if not found:
        return
    rows = [("case", "expected", "table()", "describe_table()", "verdict")]
    for value in sorted(found, key=lambda v: v["case"]):
        verdict = "FAILED: " + "; ".join(value["wrong"]) if value["wrong"] else "passed"
        rows.append((value["case"], value["expect"], value["table"], value["describe"], verdict))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    for row in rows:
        yield "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]))
    yield f"{sum(not value['wrong'] for value in found)} of {len(found)} cases are as expected"
