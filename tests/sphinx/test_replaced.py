"""A document of the source folder may take the place of a generated page: one warning, and no link dies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Built, NewProject, Project

    CheckLinks = Callable[[Path], list[str]]

pytestmark = pytest.mark.finding(14)

INDEX = """
First
=====

.. toctree::

   catalog/index
   catalog/users
   catalog/contacts
   prose

:lakecat:table:`users` :lakecat:column:`users.email` :lakecat:column:`contacts.month` :lakecat:table:`user_events`
"""
TABLES = '''
from lakecat import table


@table(owner="growth team", tags=["core"], schema={"email": "String"})
def users():
    """One row a user."""


@table(owner="sales", tags=["core"], schema={"month": "Int64", "user": "String"})
def contacts():
    """Who wrote, see :lakecat:column:`users.email`."""


@table(owner="growth team", schema={"what": "String"})
def user_events():
    """What a user did, see :lakecat:table:`contacts`."""
'''
OWN_INDEX = "My index\n========\n\nBy hand.\n\n.. toctree::\n   :glob:\n\n   *\n"
OWN_TABLE = "My users\n========\n\nBy hand.\n"
DIRECTIVE = "\n.. lakecat-table:: users\n"
DOCUMENTS = {
    "index": {"catalog/index.rst": OWN_INDEX},
    "table": {"catalog/users.rst": OWN_TABLE},
    "table with directive": {"catalog/users.rst": OWN_TABLE + DIRECTIVE},
    "table, described elsewhere": {"catalog/users.rst": OWN_TABLE, "prose.rst": f"Prose\n=====\n{DIRECTIVE}"},
    "index and table": {"catalog/index.rst": "My index\n========\n", "catalog/users.rst": OWN_TABLE},
}
BUILDERS = ("html", "dirhtml", "singlehtml")


@pytest.fixture(scope="module")
def site(project: NewProject) -> Callable[[dict[str, str]], Project]:
    """Return a function that makes a site with documents of its own."""
    return lambda files: project({"index.rst": INDEX, "prose.rst": "Prose\n=====\n", "tables.py": TABLES, **files})


def replaced(built: Built) -> list[str]:
    """Return the warnings of replaced pages; there are no others of lakecat."""
    assert [w for w in built.warnings if "[lakecat." in w and "[lakecat.replaced_page]" not in w] == []
    return [w for w in built.warnings if "lakecat" in w]


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("which", DOCUMENTS)
def test_links_lead_to_where_things_are(
    site: Callable[[dict[str, str]], Project], which: str, builder: str, check_links: CheckLinks
) -> None:
    """Whatever is replaced, no link of any page is dead, and each replaced page is one warning at its document."""
    built = site(DOCUMENTS[which]).build(builder=builder)
    assert built.status == 0, built.errors
    assert check_links(built.outdir) == []
    warned = [w.partition(":")[0] for w in replaced(built)]
    assert warned == sorted(name for name in DOCUMENTS[which] if name.startswith("catalog/"))
    html = built.text("index.html")
    assert "email" in html
    assert "By hand." in "".join(p.read_text(encoding="utf-8") for p in built.outdir.rglob("*.html")) or "and" in which


def test_where_links_lead(site: Callable[[dict[str, str]], Project]) -> None:
    """Links to a table lead to the directive that describes it, else to the document in the place of its page."""
    built = site(DOCUMENTS["table, described elsewhere"]).build()
    assert built.page("index").select_one('a[href="prose.html#table-users"]')
    assert built.page("index").select_one('a[href="prose.html#column-users.email"]')
    assert built.page("catalog/index").select_one('a.lc-table[href="../prose.html#table-users"]')
    built = site(DOCUMENTS["table"]).build()
    assert len(built.page("index").select('p a[href="catalog/users.html"]')) == 2
    assert built.page("catalog/index").select_one('a.lc-table[href="users.html"]')
    assert built.page("catalog/contacts").select_one('p a[href="users.html"]')


def test_owners_and_tags_without_an_index(site: Callable[[dict[str, str]], Project]) -> None:
    """Where no page lists owners and tags they are text; a role that names one too, without a second warning."""
    files = {**DOCUMENTS["index"], "prose.rst": "Prose\n=====\n\n:lakecat:owner:`sales` :lakecat:tag:`core`\n"}
    built = site(files).build()
    assert built.page("catalog/contacts").select_one("span.lc-owner").get_text() == "sales"
    assert not built.page("catalog/contacts").select("a.lc-owner, a.lc-tag")
    assert "sales core" in built.said("prose")
    assert len(replaced(built)) == 1
    files["prose.rst"] += "\n:lakecat:owner:`nobody`\n"
    (missing, _) = sorted(w for w in site(files).build().warnings if "lakecat" in w)[::-1]
    assert "there is no owner 'nobody'" in missing


def test_without_pages_roles_say_what_is_missing(site: Callable[[dict[str, str]], Project]) -> None:
    """Where pages are off, a link to a table that nothing describes is a warning that does not deny the table."""
    conf = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\nlakecat_autocatalog = ""\n'
    text = "T\n=\n\n:lakecat:table:`users` :lakecat:owner:`sales`\n"
    built = site({"conf.py": conf, "index.rst": text, "prose.rst": ":orphan:\n\nP\n=\n"}).build()
    assert [w.partition("WARNING: ")[2] for w in built.warnings] == [
        "no document describes table 'users' [lakecat.unknown_table]",
        "no document lists the tables of owner 'sales' [lakecat.unknown_table]",
    ]


def test_the_replacing_document_is_an_ordinary_one(site: Callable[[dict[str, str]], Project]) -> None:
    """Its source can be shown, and toctrees of somebody's own index stay in the sidebar."""
    index = "My index\n========\n\n.. toctree::\n\n   more\n"
    built = site({"catalog/index.rst": index, "catalog/more.rst": "More\n====\n"}).build()
    assert "_sources/catalog/index.rst.txt" in built.text("catalog/index.html")
    sidebar = BeautifulSoup(built.text("catalog/index.html"), "html.parser").select_one("div.sphinxsidebar")
    assert sidebar
    assert sidebar.select_one('a[href="more.html"]')


@pytest.mark.parametrize(
    ("which", "jobs"), [*((which, "-j1") for which in DOCUMENTS if which != "index"), ("index and table", "-j2")]
)
def test_document_comes_and_goes(
    site: Callable[[dict[str, str]], Project], which: str, jobs: str, check_links: CheckLinks
) -> None:
    """A document that comes, or goes again, leaves the files that a build from nothing makes, and no dead link."""
    found = site({})
    before = found.build(jobs)
    found.write(DOCUMENTS[which])
    built = found.build(jobs)
    assert check_links(built.outdir) == []
    assert len(replaced(built)) == sum(name.startswith("catalog/") for name in DOCUMENTS[which])
    assert replaced(found.build(jobs)) == replaced(built)
    clean = found.build(jobs, "-E", "-a", outdir=found.outdir.parent / f"clean{jobs}" / "html")
    assert differing(built, clean) == []
    for name in DOCUMENTS[which]:
        (found.srcdir / name).unlink()
    found.write({"prose.rst": "Prose\n=====\n"})
    built = found.build(jobs)
    assert check_links(built.outdir) == []
    assert replaced(built) == []
    assert differing(built, before) == []


def differing(one: Built, two: Built) -> list[str]:
    """Return the pages that differ, the index of search aside, and those that only one build has."""
    first, second = one.files(), two.files()
    names = (name for name in first.keys() | second.keys() if not name.startswith(("searchindex.js", "_sources")))
    return sorted(name for name in names if first.get(name) != second.get(name))
