"""Where targets lead, what they may mean, and what is said of those that lead nowhere; without a build."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from docutils import nodes

from lakecat.reference import CatalogReference
from sphinx_lakecat.anchors import column_anchor, owner_anchor, table_anchor, tag_anchor
from sphinx_lakecat.domain import LakecatDomain
from sphinx_lakecat.loading.live import TableStore
from sphinx_lakecat.pages.generated import Pages
from sphinx_lakecat.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLES = """
from lakecat import *

catalog = Catalog(CatalogRegistry())
for name, database, owner, tags in (
    ("users", "", "growth", ["core"]), ("orders", "shop", "sales", ["core", "money"]), ("orders", "crm", "", []),
    ("a.b", "", "", []), ("a", "", "", []), ("bare", "", "", []),
):
    catalog.add_table(lambda: 1, name, database=database or None, owner=owner, tags=tags, schema={"x": "Int64"})
"""
PAGES = {
    "catalog/users": "users",
    "catalog/shop.orders": "shop.orders",
    "catalog/crm.orders": "crm.orders",
    "catalog/a.b": "a.b",
    "catalog/a": "a",
    "catalog/bare": "bare",
}


@pytest.fixture
def domain(tmp_path: Path) -> Iterator[LakecatDomain]:
    """Return the domain of a catalog whose pages are all described, but for that of ``bare``."""
    (tmp_path / "tables_without_a_build.py").write_text(TABLES)
    store = TableStore([CatalogReference("tables_without_a_build", "catalog")], folder=tmp_path)
    assert store.failures == []
    env: Any = SimpleNamespace(domaindata={})
    project: Any = SimpleNamespace(generated=frozenset({*PAGES, "catalog/index"}))
    unused: Any = None
    found = LakecatDomain(env)
    found.session = Session(unused, unused, store, Pages(PAGES.values(), folder="catalog"), project, found.notes)
    assert found.session.pages.documents == {table: docname for docname, table in PAGES.items()}
    columns = {"users": ["id", "a.b"], "shop.orders": ["id"], "crm.orders": [], "a.b": ["c"], "a": ["b"]}
    for docname, table in PAGES.items():
        if table in columns:
            found.notes.table(table, columns[table], docname=docname, is_page=True)
    found.notes.listing({"growth", "sales"}, {"core", "money"}, docname="catalog/index")
    yield found
    del sys.modules["tables_without_a_build"]


def column(table: str, name: str) -> tuple[str, str]:
    """Return the place of a column on its table's page."""
    return f"catalog/{table}", column_anchor(table, name)


@pytest.mark.parametrize(
    ("kind", "target", "place"),
    [
        ("table", "users", ("catalog/users", table_anchor("users"))),
        ("table", "shop.orders", ("catalog/shop.orders", table_anchor("shop.orders"))),
        ("table", "orders", None),
        ("table", "bare", ("catalog/bare", "")),
        ("table", "nobody", None),
        ("column", "users.id", column("users", "id")),
        ("column", "users.a.b", column("users", "a.b")),
        ("column", "shop.orders.id", column("shop.orders", "id")),
        ("column", "orders.id", None),
        ("column", "crm.orders.id", ("catalog/crm.orders", table_anchor("crm.orders"))),
        ("column", "a.b.c", column("a.b", "c")),
        ("column", "a.b", column("a", "b")),
        ("column", "bare.x", ("catalog/bare", "")),
        ("column", "users.none", None),
        ("column", "users", None),
        ("owner", "growth", ("catalog/index", owner_anchor("growth"))),
        ("owner", "core", None),
        ("tag", "money", ("catalog/index", tag_anchor("money"))),
        ("tag", "growth", None),
    ],
)
def test_where_a_target_leads(domain: LakecatDomain, kind: str, target: str, place: tuple[str, str] | None) -> None:
    """A target has the place that it can mean alone; a column of which nothing is known leads to its table."""
    assert domain.place(kind, target) == place


@pytest.mark.parametrize(
    ("kind", "target", "says"),
    [
        ("table", "user", "there is no table 'user' in the catalog; did you mean 'users'?"),
        (
            "table",
            "orders",
            "table 'orders' is ambiguous: it may be 'crm.orders' or 'shop.orders'; write the full name",
        ),
        ("table", "users", "no document describes table 'users'"),
        ("column", "orders.id", "table 'orders' is ambiguous: it may be 'crm.orders' or 'shop.orders'; write the full"),
        (
            "column",
            "shop.orders.ids",
            "there is no column 'shop.orders.ids' in the catalog; did you mean 'shop.orders.id'?",
        ),
        ("column", "user.id", "there is no column 'user.id' in the catalog; did you mean 'users.id'?"),
        ("column", "zzz.q", "there is no column 'zzz.q' in the catalog"),
        ("owner", "growht", "there is no owner 'growht' in the catalog; did you mean 'growth'?"),
        ("owner", "growth", "no document lists the tables of owner 'growth'"),
        ("tag", "money", "no document lists the tables of tag 'money'"),
        ("tag", "growth", "there is no tag 'growth' in the catalog"),
    ],
)
def test_why_a_target_leads_nowhere(domain: LakecatDomain, kind: str, target: str, says: str) -> None:
    """What is said names what is near, or what it may mean, or that no document tells of it."""
    found = domain.why_missing(kind, target)
    assert found.startswith(says)
    assert found == says or says.endswith("the full")


def test_a_page_counts_before_prose(domain: LakecatDomain) -> None:
    """A table is described by its page, else by the first document that does, which counts again when others go."""
    for docname in ("zoo", "prose"):
        domain.notes.table("users", ["id"], docname=docname, is_page=False)
    assert domain.notes.described("users") == "catalog/users"
    domain.clear_doc("catalog/users")
    assert domain.notes.described("users") == "prose"
    domain.clear_doc("prose")
    assert domain.notes.described("users") == "zoo"
    domain.clear_doc("zoo")
    assert domain.notes.described("users") is None
    assert domain.place("table", "users") == ("catalog/users", "")


def test_objects_of_the_inventory(domain: LakecatDomain) -> None:
    """Tables rank before columns in a search; owners and tags are not searched."""
    found = list(domain.get_objects())
    assert [entry for entry in found if entry[0].startswith("users")] == [
        ("users", "users", "table", "catalog/users", table_anchor("users"), 0),
        ("users.id", "users.id", "column", *column("users", "id"), 1),
        ("users.a.b", "users.a.b", "column", *column("users", "a.b"), 1),
    ]
    assert sorted((kind, name, rank) for name, _, kind, _, _, rank in found if rank < 0) == [
        ("owner", "growth", -1),
        ("owner", "sales", -1),
        ("tag", "core", -1),
        ("tag", "money", -1),
    ]


class Builder:
    """What a link needs of a builder."""

    def get_relative_uri(self, start: str, to: str, typ: str | None = None) -> str:
        """Return both ends."""
        return f"{start}>{to}"


@pytest.mark.parametrize(
    ("kind", "name", "one_page", "uri"),
    [
        ("table", "users", None, "here>catalog/users"),
        ("table", "orders", None, None),
        ("column", "users.id", None, f"here>catalog/users#{column_anchor('users', 'id')}"),
        ("table", "users", {"here"}, None),
        ("table", "users", {"here", "catalog/users"}, "#document-catalog/users"),
        ("column", "users.id", {"here", "catalog/users"}, f"#{column_anchor('users', 'id')}"),
    ],
)
def test_uris(domain: LakecatDomain, kind: str, name: str, one_page: set[str] | None, uri: str | None) -> None:
    """A table's URI is its page as a whole; in a single page, a place in it, where that has the document."""
    domain.session.in_one_page = one_page
    assert domain.uri(Builder(), "here", kind, name) == uri  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "target", "replaced", "kept"),
    [
        ("owner", "growth", True, True),
        ("tag", "core", True, True),
        ("owner", "core", True, False),
        ("owner", "growth", False, False),
        ("table", "nobody", True, False),
        ("column", "growth", True, False),
    ],
)
def test_owners_without_an_index(domain: LakecatDomain, kind: str, target: str, replaced: bool, kept: bool) -> None:
    """An owner that no page lists, as somebody's document replaced the index, is text; all else leads nowhere."""
    domain.clear_doc("catalog/index")
    if replaced:
        domain.session.project.generated = frozenset(PAGES)
    text: Any = nodes.literal()
    found = domain.resolve_xref(domain.env, "here", Builder(), kind, target, None, text)  # type: ignore[arg-type]
    assert found is (text if kept else None)


def test_a_target_of_any_kind(domain: LakecatDomain) -> None:
    """A name may be a table's and a column's: both are offered, each with its link and title."""
    found = domain.resolve_any_xref(domain.env, "here", Builder(), "a.b", None, nodes.literal())  # type: ignore[arg-type]
    assert [(kind, link["refuri"], link["reftitle"]) for kind, link in found] == [
        ("lakecat:table", f"here>catalog/a.b#{table_anchor('a.b')}", "a.b"),
        ("lakecat:column", f"here>catalog/a#{column_anchor('a', 'b')}", "a.b"),
    ]
    assert domain.resolve_any_xref(domain.env, "here", Builder(), "nobody", None, nodes.literal()) == []  # type: ignore[arg-type]
