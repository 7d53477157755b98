"""Names of every kind: each has its page, its anchor and its link, and is shown as characters."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

if TYPE_CHECKING:
    from conftest import Build, Built

NAMES = [
    "index",
    "Users",
    "users",
    "USERS",
    "with space",
    "a/b/c",
    "../../up",
    "..",
    ".hidden",
    "dotted.name.of.table",
    "quote'single",
    'quote"double',
    "<script>alert(1)</script>",
    "a&b",
    "`tick`",
    "|substitution|",
    "*star*",
    "trailing_",
    ":role:`x`",
    "größe",
    "表",
    "🦆",
    "back\\slash",
    "per%20cent",
    "hash#tag?query=1",
    "tilde~20",
    "-dash",
    "--option",
    "con",
    "{brace}",
    "$HOME",
    "rtl\u202etxt",
    "zero\u200bwidth",
    "ansi\x1b[31mred",
    "tab\there",
    "surrogate\ud800",
    "n" * 300,
    "n" * 301,
]
TABLES = f"""
from lakecat import Catalog, CatalogRegistry, Column
import polars as pl

NAMES = {[ascii(name) for name in NAMES]!r}
NAMES = [eval(name) for name in NAMES]
catalog = Catalog(CatalogRegistry())
for name in NAMES:
    catalog.add_table(
        lambda: pl.LazyFrame(),
        name,
        description="Holds data.",
        owner=name,
        tags=[name],
        schema=[Column(other, "Int64") for other in (name, "plain")],
    )
"""
CONF = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables:catalog"\nproject = "Names"\n'
SHOWN = {
    "rtl\u202etxt": "rtl[U+202E]txt",
    "zero\u200bwidth": "zero[U+200B]width",
    "ansi\x1b[31mred": "ansi\u241b[31mred",
    "tab\there": "tab\u2409here",
    "surrogate\ud800": "surrogate\ufffd",
}


@pytest.fixture(scope="module")
def built(build: Build) -> Built:
    """Return a site of tables with such names."""
    found = build({"conf.py": CONF, "tables.py": TABLES}, "-W", "-n", builder="autocatalog")
    assert (found.status, found.warnings) == (0, [])
    return found


@pytest.fixture(scope="module")
def links(built: Built) -> dict[str, str]:
    """Return where the index's links by owner lead, by the name that they show."""
    owners = built.page("catalog/index").select("#owners a.lc-table")
    return {a.get_text(): unquote(a["href"]) for a in owners}


def test_every_name_has_a_page_of_its_own(built: Built, links: dict[str, str]) -> None:
    """Each name is listed as it is, and leads to a file of its own, also where file systems ignore case."""
    assert set(links) == {SHOWN.get(name, name) for name in NAMES}
    assert len({link.casefold() for link in links.values()}) == len(NAMES)
    for link in links.values():
        assert (built.outdir / "catalog" / link).is_file(), link
        assert link != "index.html"


def test_page_stays_in_its_folder(built: Built) -> None:
    """No name writes outside the folder of the tables."""
    pages = {name for name in built.files() if name.endswith(".html") and not name.startswith("_static/")}
    others = {"index.html", "search.html", "genindex.html", "catalog/index.html"}
    assert len(pages - others) == len(NAMES)
    assert all(name.startswith("catalog/") and name.count("/") == 1 for name in pages - others)


@pytest.mark.parametrize("name", NAMES, ids=[ascii(name)[:30] for name in NAMES])
def test_name_is_shown_as_characters(built: Built, links: dict[str, str], name: str) -> None:
    """The page's heading, column, owner and tag are the name, character by character, with working anchors."""
    shown = SHOWN.get(name, name)
    page = built.page(f"catalog/{links[shown].removesuffix('.html')}")
    assert page.h1.code.get_text() == shown
    assert page.select_one("td.lc-name code").get_text() == shown
    for kind in ("owner", "tag"):
        link = page.select_one(f"a.lc-{kind}")
        assert link.get_text() == shown
        assert built.page("catalog/index").find(id=unquote(link["href"]).partition("#")[2])
    headings = [h.get_text().removesuffix("¶") for h in built.page("catalog/index").select("h3")]
    assert headings.count(shown) == 2, "a heading of the index differs from the name"
    for permalink in page.select("tr .headerlink"):
        assert page.find(id=unquote(permalink["href"]).removeprefix("#"))
    assert not page.select("script")


def test_columns_that_share_a_spelling_have_two_anchors(build: Build) -> None:
    """Names that differ in one odd character, or where the dot stands, share no anchor on a page."""
    names = ["a b", "a~20b", "a-b", "a_b", "A b", "", " "]
    tables = f'from lakecat import *\n@table(schema={{n: "Int64" for n in {names}}})\n'
    built = build({"tables.py": f"{tables}def users(): ...\n", "index.rst": "T\n=\n\nx\n"}, "-W")
    assert built.status == 0, built.errors
    ids = [tr["id"] for tr in built.page("catalog/users").select("tbody tr")]
    assert len(set(ids)) == 7


@pytest.mark.parametrize("builder", ["latex", "epub", "man"])
def test_other_builders_survive(build: Build, builder: str) -> None:
    """No builder fails over a name."""
    index = "T\n=\n\n.. toctree::\n\n   catalog/index\n"
    conf = f"{CONF}copyright = 'N'\nversion = '1'\n"
    built = build({"conf.py": conf, "tables.py": TABLES, "index.rst": index}, "-W", builder=builder)
    assert (built.status, built.warnings) == (0, [])
