"""Links: roles, `:any:`, the inventory and other projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Build, Built, NewProject

TABLES = """
from lakecat import Column, table


@table(owner="growth team", tags=["core"], schema=[Column("email", "Utf8"), Column("a.b", "Utf8")])
def users(): ...


@table(name="events", database="web", tags=["core", "C++ & more"], schema={"user_id": "Int64"})
def events(): ...
"""
LINKS = {
    ":lakecat:table:`users`": ("catalog/users.html#table-users", "users"),
    ":lakecat:table:`all users <users>`": ("catalog/users.html#table-users", "all users"),
    ":lakecat:table:`web.events`": ("catalog/web.events.html#table-web.events", "web.events"),
    ":lakecat:column:`users.email`": ("catalog/users.html#column-users.email", "users.email"),
    ":lakecat:column:`users.a.b`": ("catalog/users.html#column-users.a.b", "users.a.b"),
    ":lakecat:column:`web.events.user_id`": ("catalog/web.events.html#column-web.events.user_id", "web.events.user_id"),
    ":lakecat:owner:`growth team`": ("catalog/index.html#owner-growth~20team", "growth team"),
    ":lakecat:tag:`C++ & more`": ("catalog/index.html#tag-C~2b~2b~20~26~20more", "C++ & more"),
    ":any:`users`": ("catalog/users.html#table-users", "users"),
    ":any:`users.email`": ("catalog/users.html#column-users.email", "users.email"),
    ":doc:`catalog/users`": ("catalog/users.html", "users"),
}
PAGE = "Links\n=====\n\n" + "\n".join(f"{i}. {role}" for i, role in enumerate(LINKS, 1)) + "\n"


@pytest.fixture(scope="module")
def built(build: Build) -> Built:
    """Return a site with a page of links."""
    found = build({"tables.py": TABLES, "index.rst": PAGE}, "-W", "-n")
    assert (found.status, found.warnings) == (0, [])
    return found


@pytest.mark.parametrize(("number", "role"), list(enumerate(LINKS)))
def test_role_leads_to_an_anchor_that_is_there(built: Built, number: int, role: str) -> None:
    """Each role gives its link and text, and the page it leads to has the anchor."""
    link = built.page("index").select("ol li a")[number]
    assert (link["href"], link.get_text()) == LINKS[role]
    file, _, anchor = link["href"].partition("#")
    if anchor:
        assert built.page(file.removesuffix(".html")).find(id=anchor), anchor


def test_inventory_names_tables_and_columns(built: Built) -> None:
    """`objects.inv` has every table, column, owner and tag with the anchor under which it is documented."""
    found = built.inventory
    assert found["lakecat:table"] == {
        "users": "catalog/users.html#table-users",
        "web.events": "catalog/web.events.html#table-web.events",
    }
    assert found["lakecat:column"] == {
        "users.email": "catalog/users.html#column-users.email",
        "users.a.b": "catalog/users.html#column-users.a.b",
        "web.events.user_id": "catalog/web.events.html#column-web.events.user_id",
    }
    assert found["lakecat:owner"] == {"growth team": "catalog/index.html#owner-growth~20team"}
    assert set(found["lakecat:tag"]) == {"core", "C++ & more"}


def test_every_anchor_of_the_inventory_exists(built: Built) -> None:
    """Whatever the inventory promises, the pages have."""
    uris = [uri for kind, objects in built.inventory.items() if kind.startswith("lakecat:") for uri in objects.values()]
    assert len(uris) == 8
    for uri in uris:
        file, _, anchor = uri.partition("#")
        assert built.page(file.removesuffix(".html")).find(id=anchor), uri


def test_another_project_links_here(built: Built, project: NewProject) -> None:
    """Another project that loads the extension links here by intersphinx; a wrong name is a warning."""
    conf = (
        'extensions = ["sphinx_lakecat", "sphinx.ext.intersphinx"]\n'
        f'intersphinx_mapping = {{"shop": ("https://shop.example/docs", {str(built.outdir / "objects.inv")!r})}}\n'
    )
    page = (
        "T\n=\n\n1. :lakecat:table:`users`\n2. :external+shop:lakecat:column:`web.events.user_id`\n"
        "3. :any:`users.email`\n4. :lakecat:table:`userz`\n"
    )
    other = project({"conf.py": conf, "index.rst": page}).build()
    assert other.status == 0
    assert [a["href"] for a in other.page("index").select("ol li a")] == [
        "https://shop.example/docs/catalog/users.html#table-users",
        "https://shop.example/docs/catalog/web.events.html#column-web.events.user_id",
        "https://shop.example/docs/catalog/users.html#column-users.email",
    ]
    (warning,) = other.warnings
    assert warning.startswith("index.rst:7: WARNING: there is no table 'userz'")


def test_column_references_are_links(build: Build) -> None:
    """`references=` is a link where the column is documented, and a warning at the declaration where it is not."""
    tables = (
        "from lakecat import Column, table\n\n"
        '@table(schema=[Column("id", "Int64"), Column("boss", "Int64", references="users.id"),\n'
        '    Column("city", "Utf8", references="cities.id")])\n'
        "def users(): ...\n"
    )
    built = build({"tables.py": tables, "index.rst": "T\n=\n\nx\n"})
    links = [a["href"] for a in built.page("catalog/users").select(".lc-text a")]
    assert links == ["#column-users.boss", "#column-users.id"]  # the first one says who references it
    (warning,) = built.warnings
    assert "there is no column 'cities.id' in the catalog" in warning
    assert warning.endswith("[lakecat.unknown_table]")
    assert warning.startswith("tables.py:3: "), warning
