"""A source that a third party writes, of a kind that nobody here has heard of, queries, renders and is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx.search.en import SearchEnglish

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from conftest import Project

SOURCE = """
class Martians:
    kind, name = "martian", "martians"
    def scan(self, **params):
        refuse_parameters(params, (), self.name)
        return pl.LazyFrame({"eye_count": [3, 5]})
    def schema(self):
        return pl.Schema({"eye_count": pl.Int64})
    def facts(self):
        return [Fact(label="Planet", value="Mars")]
    change_token = str
"""
TABLES = f"""
import polars as pl

from lakecat import Catalog, Fact, register_static_table
from lakecat.sources.base import refuse_parameters

{SOURCE}

register_static_table(Martians(), description="Neighbours.", owner="crew")
"""
CODE = """
import tables
from lakecat import Catalog
from lakecat.testing import check_source

check_source(tables.Martians())
print(Catalog().table("martians").select("eye_count").sum().collect().item())
print(Catalog().sql("SELECT count(*) AS n FROM martians").collect().item())
print(Catalog().list_tables(kind="martian"))
"""


def test_martians(project: Callable[..., Project], run_python: Callable[..., CompletedProcess[str]]) -> None:
    """A class of ten lines is a table: it reads, answers SQL, has a page, and is in the search index."""
    assert len(SOURCE.strip().splitlines()) == 10
    found = project({"tables.py": TABLES, "index.rst": "T\n=\n\nx\n"})
    done = run_python(["-B", "-c", CODE], cwd=found.srcdir)
    assert done.stdout.split("\n")[:3] == ["8", "2", "['martians']"], done.stderr
    built = found.build("-W", "-n")
    assert (built.status, built.warnings) == (0, [])
    said = built.said("catalog/martians")
    assert "martian owner crew" in said.replace("  ", " ")
    assert "Planet Mars" in said
    assert "eye_count" in said
    assert built.inventory["lakecat:table"]["martians"] == "catalog/martians.html#table-martians"
    search = built.text("searchindex.js")
    for term in ("martian", "eye", "neighbour", "crew"):
        # Releases of Sphinx have different stemmers.
        assert f'"{SearchEnglish({}).stem(term)}":' in search, term


def test_a_catalog_that_a_package_brings(project: Callable[..., Project]) -> None:
    """`lakecat_catalog` may be the name that an installed package gives its catalog: its tables have pages."""
    conf = """
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "installed"))
extensions = ["sphinx_lakecat"]
lakecat_catalog = "neighbours"
"""
    found = project({"conf.py": conf, "index.rst": "T\n=\n\nx\n"})
    info = found.srcdir / "installed" / "mars-1.0.dist-info"
    info.mkdir(parents=True)
    info.joinpath("entry_points.txt").write_text("[lakecat.catalogs]\nneighbours = martian_tables\n")
    found.srcdir.joinpath("installed", "martian_tables.py").write_text(TABLES)
    built = found.build("-W", "-n")
    assert (built.status, built.warnings) == (0, [])
    assert "lakecat show martians --catalog martian_tables" in built.said("catalog/martians")
