"""Twice the same build gives the same bytes: in another process, in another order of hashing, with two processes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import NewProject, Project


@pytest.fixture(scope="module")
def first(shop: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the files of one build."""
    outdir: Path = tmp_path_factory.mktemp("first") / "html"
    return shop.build("-W", "-j1", outdir=outdir, PYTHONHASHSEED="1").files()


@pytest.mark.parametrize("arguments", [("-j1",), ("-j2",)], ids=" ".join)
def test_same_bytes(shop: Project, first: dict[str, bytes], arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Each file has the same bytes, also those of a parallel build, which does not hang."""
    built = shop.build("-W", *arguments, outdir=tmp_path / "html", PYTHONHASHSEED="2")
    assert (built.status, built.warnings) == (0, [])
    second = built.files()
    assert second.keys() == first.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_parallel_build_reads_in_other_processes(many: Project, tmp_path: Path) -> None:
    """With enough pages for Sphinx to fork, anchors, links and prose that shows a table are as in a serial build."""
    serial = many.build("-W", "-j1", outdir=tmp_path / "serial/html")
    parallel = many.build("-W", "-j2", outdir=tmp_path / "parallel/html")
    assert (parallel.status, parallel.warnings) == (0, [])
    one, two = serial.files(), parallel.files()
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
    again = many.build("-W", "-j2", outdir=tmp_path / "parallel/html")
    assert (again.counts, again.wrote) == ((0, 0, 0), set())


@pytest.fixture(scope="module")
def many(new_shop: NewProject) -> Project:
    """Return a project of many tables and pages."""
    tables = "".join(
        f"@table(owner='o{i % 3}', tags=['t{i % 5}'], schema=[Column('a', 'Int64', references='t{i - 1}.a')])\n"
        f"def t{i}():\n    'Table number {i}, with *markup*.'\n"
        if i
        else "@table(schema={'a': 'Int64'})\ndef t0(): ...\n"
        for i in range(20)
    )
    pages = {f"p{i}.rst": f":orphan:\n\nP{i}\n==\n\n.. lakecat-table:: t{i}\n   :no-index:\n" for i in range(8)}
    files = {"more.py": f"from lakecat import *\n{tables}", "index.rst": "T\n=\n\nx\n", **pages}
    found = new_shop(files)
    found.write({"conf.py": (found.srcdir / "conf.py").read_text().replace('"tables"', '["tables", "more"]')})
    return found


def test_parallel_build_of_prose_alone(project: NewProject, tmp_path: Path) -> None:
    """Tables that only prose shows are asked for before Sphinx forks, as Polars hangs in a process forked after use."""
    tables = """
import polars as pl
from lakecat import table

def count():
    return pl.DataFrame({"a": [1, 2, 2]}).lazy().group_by("a").len().collect()

count()
for i in range(12):
    table(name=f"t{i}")(count)
"""
    pages = {f"p{i}.rst": f":orphan:\n\nP{i}\n===\n\n.. lakecat-table:: t{i}\n" for i in range(9)}
    pages |= {f"p{i}.md": f"---\norphan: true\n---\n# P{i}\n\n```{{lakecat:table}} t{i}\n```\n" for i in range(9, 12)}
    conf = 'extensions = ["sphinx_lakecat", "myst_parser"]\nlakecat_catalog = "tables"\nlakecat_autocatalog = ""\n'
    found = project({"conf.py": conf, "tables.py": tables, "index.rst": "T\n=\n\nx\n", **pages})
    built = found.build("-W", "-j2", outdir=tmp_path / "html")
    assert (built.status, built.warnings) == (0, [])
    assert re.search(r"reading sources\.\.\. .* \.\. ", built.output), "Sphinx did not fork"
    for i in range(12):
        assert built.page(f"p{i}").find(id=f"column-t{i}.len")
