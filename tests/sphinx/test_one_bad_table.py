"""One table that misbehaves in any way costs its own page; the build goes on, in one process and in two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Built, NewProject

pytestmark = pytest.mark.finding(13)

TABLES = r'''
import asyncio

import polars as pl

from lakecat import Column, register_static_table, table
from lakecat.snapshot import Fact


class Ends(BaseException): ...


def deep(levels):
    found = pl.Int64()
    for _ in range(levels):
        found = pl.List(found)
    return found


class Source:
    kind = "odd"

    def __init__(self, **raises):
        self.raises = raises

    def answer(self, name, value):
        if name in self.raises:
            found = self.raises[name]
            if isinstance(found, BaseException):
                raise found
            return found
        return value

    def scan(self, **params):
        return pl.LazyFrame({"a": [1]})

    def schema(self):
        return self.answer("schema", pl.Schema({"a": pl.Int64}))

    def facts(self):
        return self.answer("facts", ())

    def change_token(self):
        return self.answer("token", "1")


@table(schema={"a": "Int64"})
def good():
    """It is as it was."""


@table
def function_ends():
    raise Ends("no")


@table
def function_cancelled():
    raise asyncio.CancelledError


@table
def function_exits():
    raise SystemExit(3)


for error in (Ends("no"), asyncio.CancelledError(), SystemExit(3), RecursionError(), MemoryError(), OSError()):
    for method in ("schema", "facts", "token"):
        name = f"{method}_{type(error).__name__}"
        register_static_table(Source(**{method: error}), name=name, description="Odd.")
register_static_table(Source(facts=[Fact(label="a", value=lambda: 0)]), name="not_kept", description="Odd.")

BAD = "\ud800"
register_static_table(
    Source(), name=f"bad{BAD}", database=f"d{BAD}", owner=f"o{BAD}", tags=[f"t{BAD}"], description=f"x{BAD}",
    deprecated=f"y{BAD}",
    schema=[Column(f"a{BAD}", "Int64", description=f"*z*{BAD}", classification=f"c{BAD}", references=f"bad{BAD}.a")],
)
try:
    register_static_table(Source(), name="deep", schema={"a": deep(400)}, description="Deep.")
    table(name="deep_function", schema={"a": deep(400)})(lambda: pl.LazyFrame())
    register_static_table(Source(schema=pl.Schema({"a": deep(400)})), name="deep_source", description="Deep.")
except RecursionError:
    pass
'''
TOKENLESS = ("token_", "function_")


@pytest.fixture(scope="module", params=["-j1", "-j2"])
def built(request: pytest.FixtureRequest, project: NewProject) -> tuple[Built, Built]:
    """Return two builds of a site with every kind of bad table, the second on top of the first."""
    site = project({"tables.py": TABLES, "index.rst": "T\n=\n\n.. lakecat-table:: good\n   :no-index:\n"})
    return site.build(request.param), site.build(request.param)


def test_every_table_has_its_page(built: tuple[Built, Built]) -> None:
    """Each table has a page with its name, the good one is whole, and the index lists all."""
    for site in built:
        assert site.status == 0, site.errors
        assert "It is as it was." in site.said("catalog/good")
        listed = {str(link["href"]) for link in site.page("catalog/index").select("a.lc-table")}
        assert {f"schema_{e}.html" for e in ("Ends", "CancelledError", "SystemExit", "RecursionError")} <= listed
        for page in listed:
            assert site.page(f"catalog/{page.removesuffix('.html')}").h1


def test_each_is_said(built: tuple[Built, Built]) -> None:
    """What failed is a warning that names the table, in both builds: a token too, without which no page is kept."""
    for site in built:
        warned = "\n".join(site.warnings)
        for name in ("function_ends", "function_cancelled", "function_exits", "schema_Ends", "facts_CancelledError"):
            assert warned.count(f"table {name!r}") + warned.count(f"table '{name}'") >= 1, name
        assert "table 'good'" not in warned
        assert warned.count("table 'token_Ends'") == 1


def test_second_build(built: tuple[Built, Built]) -> None:
    """The second build reads again only tables with problems, and those that cannot tell, and says the same."""
    _, second = built
    assert "catalog/good" not in second.read
    assert sorted(built[0].warnings) == sorted(second.warnings)


def test_catalog_that_ends(project: NewProject) -> None:
    """A module that raises what is no Exception costs its tables, not the site."""
    conf = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = ["ends", "cancelled", "tables"]\n'
    one = "from lakecat import table\n\n\n@table(schema={'a': 'Int64'})\ndef good():\n    'It is as it was.'\n"
    files = {"ends.py": "class E(BaseException): ...\n\n\nraise E\n", "tables.py": one, "conf.py": conf}
    files["cancelled.py"] = "import asyncio\n\nraise asyncio.CancelledError\n"
    built = project({**files, "index.rst": "T\n=\n"}).build()
    assert built.status == 0, built.errors
    assert "It is as it was." in built.said("catalog/good")
    assert [w.rpartition("[")[2] for w in built.warnings if "lakecat" in w] == ["lakecat.import_failed]"] * 2
