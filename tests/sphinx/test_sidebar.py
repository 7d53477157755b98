"""furo's sidebar does not grow with the number of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from conftest import Build, Built, NewProject

CONF = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables:catalog"\nhtml_theme = "furo"\nproject = "S"\n'
INDEX = "S\n=\n\n.. toctree::\n\n   catalog/index\n   guide\n"


def tables(number: int) -> str:
    """Return a catalog of so many tables."""
    return (
        "from lakecat import *\ncatalog = Catalog(CatalogRegistry())\n"
        f"for i in range({number}):\n"
        "    catalog.add_table(lambda: 1, f't{i:03}', owner='o', schema={'a': 'Int64'})\n"
    )


def sidebar(built: Built, docname: str) -> str:
    """Return the tree of the sidebar."""
    soup = BeautifulSoup(built.text(f"{docname}.html"), "html.parser")
    (tree,) = soup.select(".sidebar-tree")
    return str(tree)


@pytest.fixture(scope="module")
def few(build: Build) -> Built:
    """Return a site of ten tables."""
    return build({"conf.py": CONF, "tables.py": tables(10), "index.rst": INDEX, "guide.rst": "G\n=\n\nx\n"}, "-W")


@pytest.fixture(scope="module")
def many(build: Build) -> Built:
    """Return a site of three hundred."""
    return build({"conf.py": CONF, "tables.py": tables(300), "index.rst": INDEX, "guide.rst": "G\n=\n\nx\n"}, "-W")


@pytest.mark.parametrize("docname", ["index", "guide", "catalog/index", "catalog/t001"])
def test_same_sidebar(few: Built, many: Built, docname: str) -> None:
    """With 10 and with 300 tables every page has the same sidebar, with the index in it."""
    assert sidebar(few, docname) == sidebar(many, docname)
    assert "Catalog" in sidebar(many, docname)


def test_same_page_size(few: Built, many: Built) -> None:
    """A table's page is as large among 300 as among 10."""
    assert len(few.text("catalog/t001.html")) == len(many.text("catalog/t001.html"))


def test_place_of_a_table_is_marked(few: Built) -> None:
    """On a table's page the sidebar leads to the index, and other pages keep their own mark."""
    links = {a.get_text(): a["href"] for a in BeautifulSoup(sidebar(few, "catalog/t001"), "html.parser").select("a")}
    assert links == {"Catalog": "index.html", "G": "../guide.html"}
    assert "current-page" in sidebar(few, "guide")
    assert "current-page" in sidebar(few, "catalog/index")


def test_sidebar_can_have_all_tables(project: NewProject) -> None:
    """`lakecat_compact_sidebar = False` leaves the sidebar to the theme; a new table comes into that of every page."""
    files = {"conf.py": f"{CONF}lakecat_compact_sidebar = False\n", "tables.py": tables(10)}
    # Before the catalog: a page behind it would be written for the link to the last table.
    files["index.rst"] = "S\n=\n\n.. toctree::\n\n   guide\n   catalog/index\n"
    site = project({**files, "guide.rst": "G\n=\n\nx\n"})
    built = site.build("-W")
    for docname in ("guide", "catalog/t001"):
        for i in range(10):
            assert f"t{i:03}" in sidebar(built, docname)
    assert "current-page" in sidebar(built, "catalog/t001")
    site.write({"tables.py": tables(11)})
    built = site.build("-W")
    assert "guide" not in built.read
    for docname in ("guide", "catalog/t001", "catalog/t010"):
        assert "t010" in sidebar(built, docname)


def test_printed_formats_keep_all_tables(build: Build) -> None:
    """The tree that printed formats follow still has every table."""
    built = build({"conf.py": CONF, "tables.py": tables(10), "index.rst": INDEX, "guide.rst": "G\n=\n\nx\n"}, "-W",
                  builder="singlehtml")  # fmt: skip
    assert "t009" in built.said("index", "h1, h2, h3, h4")
