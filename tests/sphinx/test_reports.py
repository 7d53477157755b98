"""What is wrong is said at every build while it lasts, once, without reading again what did not change."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import NewProject, Project

pytestmark = pytest.mark.finding(16)

TABLES = '''
import polars as pl

from lakecat import Catalog, CatalogRegistry, ParquetTable, register_static_table, table


@table
def failing():
    """It fails."""
    raise ValueError("no")


@table(schema={"a": "Int64"})
def marked():
    """A description with a ``literal that does not end."""


@table(schema={"a": "Int64"})
def good():
    """See :lakecat:table:`nowhere`."""


@table(schema={"a": "Int64"})
def elsewhere():
    """Described by hand."""


@table(database="crm", schema={"a": "Int64"})
def people(): ...


@table(database="erp", name="people", schema={"a": "Int64"})
def others(): ...


register_static_table(ParquetTable("missing", uri="/nowhere/at/all.parquet"), schema={"a": "Int64"})
second = Catalog(CatalogRegistry())
second.add_table(lambda: pl.LazyFrame({"a": [1]}), "good")
'''
CONF = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = ["tables", "tables:second", "broken"]\n'
PROSE = """
Prose
=====

.. lakecat-table:: marked
   :exclude: b
   :no-index:

.. lakecat-table:: god

.. lakecat-table:: people

:lakecat:table:`no` :lakecat:column:`good.b` :lakecat:owner:`nobody` :lakecat:table:`people`
"""
DIRECTIVE = "{0}\n{1}\n\n.. lakecat-table:: elsewhere\n"
FILES = {
    "conf.py": CONF,
    "tables.py": TABLES,
    "broken.py": "raise ValueError\n",
    "index.rst": "T\n=\n\n.. toctree::\n\n   prose\n   first\n   second\n   catalog/elsewhere\n   catalog/index\n",
    "prose.rst": PROSE,
    "catalog/elsewhere.rst": "By hand\n=======\n",
    "first.rst": DIRECTIVE.format("F", "="),
    "second.rst": DIRECTIVE.format("S", "="),
}
EXPECTED = {
    "broken.py:1 import_failed": 1,
    "tables.py:* duplicate_table": 1,
    "tables.py:* function_failed": 1,
    "tables.py:* not_found": 1,
    "tables.py:* markup": 1,
    "tables.py:* unknown_table": 1,
    "prose.rst:5 option": 1,
    "prose.rst:5 markup": 1,
    "prose.rst:9 unknown_table": 1,
    "prose.rst:11 unknown_table": 1,
    "prose.rst:13 unknown_table": 4,
    "second.rst:4 duplicate_table": 1,
    "catalog/elsewhere.rst replaced_page": 1,
}


@pytest.fixture(scope="module", params=["-j1", "-j2"])
def jobs(request: pytest.FixtureRequest) -> str:
    """Return how many processes read and write."""
    return str(request.param)


@pytest.fixture(scope="module")
def wrong(project: NewProject, jobs: str) -> tuple[Project, list[str]]:
    """Return a project in which all is wrong that can be, built, and its warnings."""
    found = project(FILES)
    return found, found.build(jobs).warnings


def counted(warnings: list[str]) -> dict[str, int]:
    """Return how many warnings there are of each subtype at each place; lines of tables are left out."""
    found: dict[str, int] = {}
    for warning in warnings:
        place, _, rest = re.sub(r"^tables\.py:\d+", "tables.py:*", warning).partition(": WARNING: ")
        key = f"{place} {rest.rpartition('[lakecat.')[2].rstrip(']')}"
        found[key] = found.get(key, 0) + 1
    return found


def test_everything_is_said_once(wrong: tuple[Project, list[str]]) -> None:
    """Each problem is one warning at its place, also where two documents show the table."""
    assert counted(wrong[1]) == EXPECTED


def test_everything_is_said_again(wrong: tuple[Project, list[str]], jobs: str) -> None:
    """With cached doctrees the same warnings come again, and only tables that nobody can tell of are read."""
    shop, first = wrong
    for _ in range(2):
        built = shop.build(jobs)
        assert sorted(built.warnings) == sorted(first)
        # Where links lead nowhere, pages are written, since Sphinx looks for targets then.
        assert built.read <= {"catalog/failing", "catalog/missing"}


def test_build_that_fails_fails_again(wrong: tuple[Project, list[str]], jobs: str) -> None:
    """With -W the second build fails as the first one did, over problems of any kind alone."""
    shop, _ = wrong
    for kept in ("markup", "option", "replaced_page", "duplicate_table", "not_found", "unknown_table"):
        others = {name.split()[1] for name in EXPECTED} - {kept}
        silent = ",".join(f"lakecat.{name}" for name in sorted(others))
        built = shop.build(jobs, "-W", "--keep-going", "-D", f"suppress_warnings={silent}")
        assert (built.status, {w.rpartition("[")[2] for w in built.warnings}) == (1, {f"lakecat.{kept}]"})


def test_what_is_mended_is_said_no_more(project: NewProject, jobs: str) -> None:
    """Each warning ends with its cause, while the others go on."""
    shop = project(FILES)
    shop.build(jobs)
    shop.write({"tables.py": TABLES.replace("``literal that", "literal that"), "second.rst": "S\n=\n"})
    gone = {"tables.py:* markup", "prose.rst:5 markup", "second.rst:4 duplicate_table"}
    assert counted(shop.build(jobs).warnings) == {key: n for key, n in EXPECTED.items() if key not in gone}
    (shop.srcdir / "catalog/elsewhere.rst").unlink()
    (shop.srcdir / "prose.rst").unlink()
    shop.write({"index.rst": "T\n=\n", "broken.py": ""})
    expected = {key: n for key, n in EXPECTED.items() if key.startswith("tables.py")}
    del expected["tables.py:* markup"]
    assert counted([w for w in shop.build(jobs).warnings if "[lakecat." in w]) == expected
