"""The themes that many people have, each with MyST and with myst-nb, draw the pages and give no warning."""

from __future__ import annotations

import importlib.util
import json
import os
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bs4 import Tag
    from conftest import Build, Built

REPOSITORY = "https://github.com/shop/shop"
THEMES = {
    "alabaster": {},
    "furo": {"source_repository": REPOSITORY, "source_branch": "main", "source_directory": "docs/"},
    "pydata_sphinx_theme": {"use_edit_page_button": True},
    "sphinx_book_theme": {"repository_url": REPOSITORY, "use_edit_page_button": True, "use_source_button": True},
    "sphinx_rtd_theme": {},
}
"""The themes, with options by which they link to the source of a page."""
CONTEXT = {
    "github_user": "shop",
    "github_repo": "shop",
    "github_version": "main",
    "conf_py_path": "/docs/",
    "doc_path": "docs",
    "display_github": True,
}
PARSERS = ("myst_parser", "myst_nb")

TABLES = '''
from lakecat import Column, table


@table(
    owner="growth team",
    tags=["people"],
    schema=[
        Column("user_id", "Int64", primary_key=True, description="The *number* of a user."),
        Column("country_code", "Utf8", references="countries.code"),
    ],
)
def users():
    """Who has signed up.

    They live in one of the :lakecat:table:`countries`.
    """


@table(schema={"code": "Utf8", "name": "Utf8"})
def countries():
    """Where the shop delivers to."""
'''
MARKDOWN = """
See {lakecat:table}`users`, and {lakecat:column}`there <users.country_code>`.

```{lakecat-table} countries
:no-index:
```
"""
FIRST = """
# Shop

```{toctree}
catalog/index
prose
notebook
```
"""
NOTEBOOK = {
    "cells": [{"id": "a", "cell_type": "markdown", "metadata": {}, "source": f"# Notebook\n{MARKDOWN}"}],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture(scope="module", params=[(theme, parser) for theme in THEMES for parser in PARSERS], ids="-".join)
def built(request: pytest.FixtureRequest, build: Build) -> Built:
    """Return a site in a theme, with prose in Markdown and, where something reads it, a notebook."""
    theme, parser = request.param
    for package in (theme, parser):
        if importlib.util.find_spec(package) is None:
            reason = f"{package} is not installed: it is in the group 'themes'"
            (pytest.fail if os.environ.get("LAKECAT_REQUIRE_ALL") else pytest.skip)(reason)
    conf = (
        f'extensions = ["{parser}", "sphinx_lakecat"]\nlakecat_catalog = "tables"\nproject = copyright = "Shop"\n'
        f'html_theme = "{theme}"\nhtml_theme_options = {THEMES[theme]!r}\nhtml_context = {CONTEXT!r}\n'
    )
    files = {"conf.py": conf, "tables.py": TABLES, "prose.md": f"# Prose\n{MARKDOWN}"}
    if parser == "myst_nb":
        files |= {"notebook.ipynb": json.dumps(NOTEBOOK), "index.md": FIRST}
        files["conf.py"] += 'nb_execution_mode = "off"\n'
    else:
        files["index.md"] = FIRST.replace("notebook\n", "")
    return build(files, "-n", "-W", "--keep-going")


def article(built: Built, docname: str) -> Tag:
    """Return the element of a page that holds its content."""
    found = BeautifulSoup(built.text(f"{docname}.html"), "html.parser").select_one("[role=main]")
    assert found
    return found


def test_build_gives_no_warning(built: Built) -> None:
    """Neither the extension nor anything beside it has something to say."""
    assert (built.status, built.warnings) == (0, [])


def test_pages_show_their_tables(built: Built) -> None:
    """A page holds what is known of its table, with an anchor for the table and each column."""
    page = article(built, "catalog/users")
    text = " ".join(page.get_text(" ").split())
    for said in ("users", "growth team", "people", "Who has signed up.", "user_id", "Int64", "country_code"):
        assert said in text
    assert [code.get_text() for code in page.select("table.lc-columns td.lc-name > code")] == [
        "user_id",
        "country_code",
    ]
    assert page.select_one(".sd-tab-set .highlight")
    for anchor in ("table-users", "column-users.user_id", "column-users.country_code", "columns"):
        assert len(page.find_all(id=anchor)) == 1


def test_prose_shows_a_table(built: Built) -> None:
    """The directive and the roles work in Markdown, and in a notebook."""
    for docname in {"prose", "notebook"} & {path.stem for path in built.outdir.glob("*.html")}:
        page = article(built, docname)
        links = [link["href"] for link in page.select("a.reference.internal[href]")]
        assert "catalog/users.html#table-users" in links
        assert "catalog/users.html#column-users.country_code" in links
        assert [code.get_text() for code in page.select("table.lc-columns td.lc-name > code")] == ["code", "name"]
    assert (built.outdir / "prose.html").exists()


def test_generated_pages_name_no_source(built: Built) -> None:
    """No page offers to edit or to show a file that nobody has; prose keeps what its theme offers."""
    for docname in ("catalog/users", "catalog/index"):
        assert ".lakecat-table" not in built.text(f"{docname}.html")
        assert "docs/catalog" not in built.text(f"{docname}.html")


def test_no_link_is_dead(built: Built, check_links: Callable[[Path], list[str]]) -> None:
    """Every link of every page leads to a place."""
    assert check_links(built.outdir) == []


@pytest.mark.parametrize("docname", ["catalog/users", "catalog/countries", "catalog/index", "prose"])
def test_sidebar_does_not_grow(built: Built, docname: str) -> None:
    """The navigation of each page leads to the list of tables, and to no table but those beside the page's own."""
    soup = BeautifulSoup(built.text(f"{docname}.html"), "html.parser")
    # pydata-sphinx-theme has the highest level in its head, as items of another kind.
    trees = soup.select("li[class*=toctree-l] > a[href], li.nav-item:not([class*=toc-h]) > a[href]")
    trees = [link for link in trees if not link.find_parent("article")]
    names = {str(link["href"]).partition("#")[0].rpartition("/")[2] for link in trees}
    assert trees
    assert names & {"index.html", ""}
    assert not names & ({"users.html", "countries.html"} - {f"{docname.rpartition('/')[2]}.html"})


def test_search_knows_tables_and_columns(built: Built) -> None:
    """The theme's search page loads Sphinx's search, whose index holds the tables, their columns and words."""
    assert "searchtools.js" in built.text("search.html")
    text = built.text("searchindex.js")
    index = json.loads(text.removeprefix("Search.setIndex(").rstrip().removesuffix(")"))
    assert {"catalog/users", "catalog/countries", "prose"} <= set(index["docnames"])
    assert {kind for _, kind, _ in index["objnames"].values()} >= {"table", "column"}
    assert index["docnames"].index("catalog/users") in _files(index["terms"]["countri"])


def _files(found: int | list[int]) -> list[int]:
    return found if isinstance(found, list) else [found]
