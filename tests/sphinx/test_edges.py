"""What a section of a package says of other tables stands on their pages, which are made anew with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Built, Install, NewProject

MADE_FROM = """
import os
from dataclasses import dataclass

from lakecat.blocks import Part, Prose, Ref, Text
from lakecat.sections.index import Edge


@dataclass(frozen=True)
class Sources:
    names: tuple[str, ...]


class MadeFrom:
    name, version, record = "made_from", 1, Sources

    def collect(self, table):
        with open(os.environ["ASKED"], "a") as file:
            file.write(table.metadata.full_name + " ")
        names = tuple(tag.removeprefix("from ") for tag in table.metadata.tags if tag.startswith("from "))
        return Sources(names) if names else None

    def edges(self, table):
        known = table.decoded(self.name, Sources)
        return [Edge("made_from", table.full_name, name) for name in (known.names if known else ())]

    def draw(self, table, index):
        if users := index.into("made_from", table.full_name):
            spans = [span for user in users for span in (Text(" "), Ref("table", user))]
            yield Part("made-from", "Made of it", (Prose((Text("Used by"), *spans)),), 45)

    def words(self, table):
        return ()
"""
TABLES = """
from lakecat import table

@table(schema={"a": "Int64"})
def raw():
    "Raw rows."

@table(schema={"a": "Int64"})
def other():
    "Other rows."

@table(schema={"a": "Int64"}, tags=["from raw", "core"])
def report():
    "A report."
"""
INDEX = "T\n=\n\n.. toctree::\n\n   catalog/index\n\n.. toctree::\n\n   prose\n"
PROSE = "Prose\n=====\n\n.. lakecat-table:: raw\n   :no-index:\n"


@pytest.fixture
def build(project: NewProject, install: Install, tmp_path: Path) -> Callable[..., Built]:
    """Return a function that writes a text of the module of tables, and builds with a package installed."""
    site = project({"index.rst": INDEX, "prose.rst": PROSE})
    path = install(tmp_path / "site", MADE_FROM, "made_from", "MadeFrom")

    def run(tables: str, *options: str, package: str = MADE_FROM, outdir: Path | None = None) -> Built:
        site.write({"tables.py": tables})
        (tmp_path / "site/lakecat_made_from.py").write_text(package, encoding="utf-8")
        return site.build(*options, outdir=outdir, PYTHONPATH=path, ASKED=str(tmp_path / "asked"))

    return run


@pytest.fixture
def asked(tmp_path: Path) -> Callable[[], list[str]]:
    """Return a function that returns the tables that were asked since it was called last."""

    def take() -> list[str]:
        file = tmp_path / "asked"
        names = file.read_text().split() if file.exists() else []
        file.unlink(missing_ok=True)
        return sorted(names)

    return take


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_pages_follow_what_others_say(
    build: Callable[..., Built], asked: Callable[[], list[str]], jobs: str, tmp_path: Path
) -> None:
    """A table's page changes with what another says of it; each table is asked once, and only when it changed."""
    first = build(TABLES, "-W", jobs)
    assert (first.status, first.warnings) == (0, []), first.errors
    assert asked() == ["other", "raw", "report"]
    assert "Used by report" in first.said("catalog/raw")
    assert first.page("catalog/raw").select_one('#made-from a[href^="report.html"]')
    assert "Used by" not in first.said("catalog/other")

    nothing = build(TABLES, "-W", jobs)
    assert (nothing.read, nothing.wrote, asked()) == (set(), set(), [])

    changed = TABLES.replace("from raw", "from other")
    moved = build(changed, "-W", jobs)
    assert asked() == ["other", "raw", "report"]  # all stand in the module that changed
    assert "Used by" not in moved.said("catalog/raw")
    assert "Used by report" in moved.said("catalog/other")

    clean = build(changed, "-W", jobs, "-E", outdir=tmp_path / "clean/html")
    for name in ("raw", "other", "report"):
        assert clean.text(f"catalog/{name}.html") == moved.text(f"catalog/{name}.html")


FAILING = {
    "raises": ("raise RuntimeError('hunter2')", "it raised RuntimeError"),
    "kind": ("return [('made_from', 'report', 'raw')]", "it gave tuple, not an Edge of three texts"),
    "role": ("return [Edge('references', table.full_name, 'raw')]", "the role 'references' stands for what columns"),
    "source": ("return [Edge('made_from', 'raw', 'raw')]", "an edge comes from 'raw', which is neither 'report' nor"),
}


@pytest.mark.parametrize("fault", FAILING)
def test_what_fails_costs_what_it_would_say(build: Callable[..., Built], fault: str) -> None:
    """A warning at each build says which section and why, and the pages are there without it."""
    statement, why = FAILING[fault]
    body = f"        if table.name == 'report':\n            {statement}\n"
    package = MADE_FROM.replace("def edges(self, table):\n", f"def edges(self, table):\n{body}")
    for _ in range(2):
        built = build(TABLES, package=package)
        assert built.status == 0
        (warning,) = built.warnings
        assert "table 'report': The section 'made_from' cannot say anything of other tables" in warning
        assert why in warning
        assert "[lakecat.section_failed]" in warning
        assert "Used by" not in built.said("catalog/raw")
        assert "A report." in built.said("catalog/report")
    assert not [name for name, data in built.files().items() if b"hunter2" in data]
