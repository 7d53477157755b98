"""A table's own name is enough in roles and directives where it is in one database only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Build, NewProject

pytestmark = pytest.mark.finding(22)

TABLES = '''
from lakecat import Column, table


@table(database="crm", schema={"email": "String"})
def users():
    """One row a user."""


@table(database="shop", name="orders", schema=[Column("user", "String", references="users.email")])
def shop_orders(): ...


@table(database="crm", schema={"id": "Int64"})
def orders(): ...


@table(schema={"a": "Int64"})
def days():
    """The days of all."""


@table(database="crm", name="days", schema={"b": "Int64"})
def crm_days(): ...
'''
TEXT = """
T
=

:lakecat:table:`users` :lakecat:column:`users.email` :lakecat:table:`days` :lakecat:column:`days.a` :any:`users`

.. lakecat-table:: users
   :no-index:

.. lakecat-table:: days
   :no-index:
"""


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_bare_name(build: Build, jobs: str) -> None:
    """Roles, directives and references find it; of two names that fit, the exact full one is meant."""
    built = build({"tables.py": TABLES, "index.rst": TEXT}, "-W", "-n", "--keep-going", jobs)
    assert (built.status, built.warnings) == (0, [])
    links = [str(link["href"]) for link in built.page("index").select("p:not(.lc-title) a.reference")]
    assert links == [
        "catalog/crm.users.html#table-crm.users",
        "catalog/crm.users.html#column-crm.users.email",
        "catalog/days.html#table-days",
        "catalog/days.html#column-days.a",
        "catalog/crm.users.html#table-crm.users",
    ]
    assert "One row a user." in built.said("index")
    assert "The days of all." in built.said("index")
    assert built.page("catalog/shop.orders").select_one('a[href="crm.users.html#column-crm.users.email"]')
    assert "← shop.orders.user" in built.said("catalog/crm.users")
    chips = [chip.get_text(" ", strip=True) for chip in built.page("catalog/crm.users").select("ul.lc-chips > li")]
    assert chips == ["Referenced by shop.orders"]


def test_ambiguous_name(build: Build) -> None:
    """A name in two databases is a warning at its line, for each role and directive, with all that it may mean."""
    text = "T\n=\n\n:lakecat:table:`orders` :lakecat:column:`orders.id`\n\n.. lakecat-table:: orders\n"
    built = build({"tables.py": TABLES, "index.rst": text})
    sentence = "table 'orders' is ambiguous: it may be 'crm.orders' or 'shop.orders'; write the full name"
    assert sorted(built.warnings) == sorted(
        f"index.rst:{line}: WARNING: {sentence} [lakecat.unknown_table]" for line in (4, 4, 6)
    )
    assert "more than one table" in built.said("index")


def test_name_becomes_ambiguous(project: NewProject) -> None:
    """When another database gets a table of the name, prose is read again; and when it loses it."""
    text = "T\n=\n\n:lakecat:table:`users`\n\n.. lakecat-table:: users\n   :no-index:\n"
    shop = project({"tables.py": TABLES, "index.rst": text})
    assert shop.build("-W").status == 0
    shop.write(
        {"tables.py": TABLES + '\n\n@table(database="erp", name="users", schema={"a": "Int64"})\ndef u(): ...\n'}
    )
    warned = [w.partition(":")[0] for w in shop.build().warnings]
    assert sorted(warned) == ["index.rst", "index.rst", "tables.py"]  # a reference in tables.py too
    shop.write({"tables.py": TABLES})
    built = shop.build("-W")
    assert (built.status, built.warnings) == (0, [])
    assert "One row a user." in built.said("index")


@pytest.mark.finding(26)
def test_references_that_are_ambiguous_or_lead_nowhere(build: Build) -> None:
    """A reference to one of two tables is told with both, and one to no table with the names near it."""
    columns = '[Column("a", "Int8", references="orders.id"), Column("b", "Int8", references="dayz.a")]'
    built = build({"index.rst": "T\n=\n", "tables.py": TABLES + f"\n\n@table(schema={columns})\ndef t(): ...\n"})
    ambiguous, unknown = (warning for warning in built.warnings if "references" in warning)
    assert "in the catalog, as 2 tables are named 'orders'; write 'crm.orders' or 'shop.orders'" in ambiguous
    assert "as there is no table 'dayz' in this catalog (6 tables); did you mean 'days'" in unknown
