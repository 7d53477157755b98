"""Names without their database: one rule for Python, SQL, databases and the command line."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from click.testing import CliRunner

from lakecat import Catalog, ModuleDatabase, TableNotFoundError, table
from lakecat.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DATABASES = ("a", "b", "c", "d", "e")
SOURCE = "import polars as pl\nfrom lakecat import Catalog, CatalogRegistry, table\n"
SOURCE += "def declare(name, database=None):\n"
SOURCE += "    x = f'{database}.{name}' if database else name\n"
SOURCE += "    table(name=name, database=database)(lambda: pl.LazyFrame({'x': [x]}))\n"
SOURCE += "".join(f"declare('users', {database!r})\n" for database in DATABASES)
SOURCE += "declare('orders', 'a')\ndeclare('sales')\ndeclare('sales', 'a')\ndeclare('b.users.old')\n"
SOURCE += "declare('y.z', 'x')\n"


def by_table(name: str) -> object:
    """Read a table by its name."""
    return Catalog().table(name).collect().item()


def by_sql(name: str) -> object:
    """Read a table in a query, its name quoted as a whole."""
    return Catalog().sql(f'SELECT x FROM "{name}"').collect().item()


def by_sql_with_dots(name: str) -> object:
    """Read a table in a query that has the name in parts."""
    return Catalog().sql("SELECT x FROM " + ".".join(f'"{part}"' for part in name.split("."))).collect().item()


def by_module(name: str) -> object:
    """Read a table of the module that declared it."""
    return ModuleDatabase(importlib.import_module("lookup_tables")).table(name).collect().item()


def by_description(name: str) -> object:
    """Describe a table."""
    return Catalog().describe_table(name).full_name


def by_command(name: str) -> object:
    """Show a table on the command line."""
    done = CliRunner().invoke(main, ["show", "--catalog", "lookup_tables", "--", name])
    if done.exit_code:
        raise TableNotFoundError(done.stderr)
    return done.stdout.partition("  (")[0]


WAYS = (by_table, by_sql, by_sql_with_dots, by_module, by_description, by_command)


@pytest.fixture(autouse=True)
def declared(make_module: Callable[..., Path]) -> None:
    """Declare tables whose names need their database, and others."""
    make_module("lookup_tables", SOURCE)
    importlib.import_module("lookup_tables")


@pytest.mark.finding(22)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("orders", "a.orders"),
        ("a.orders", "a.orders"),
        ("c.users", "c.users"),
        ("sales", "sales"),
        ("a.sales", "a.sales"),
        ("b.users.old", "b.users.old"),
        ("y.z", "x.y.z"),
    ],
)
def test_a_name_finds_its_table(way: Any, name: str, full: str) -> None:
    """An exact full name wins; a name without its database will do where one table has it."""
    assert way(name) == full


@pytest.mark.finding(22)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_an_ambiguous_name_lists_all_candidates(way: Any) -> None:
    """A name that five databases have is an error with all five full names."""
    with pytest.raises(TableNotFoundError) as caught:
        way("users")
    assert [name for name in DATABASES if f"'{name}.users'" not in str(caught.value)] == []
    assert "5 tables are named 'users'" in str(caught.value)


@pytest.mark.finding(22)
def test_an_ambiguous_name_has_an_error_of_its_own() -> None:
    """Programs can tell an ambiguous name from one that nobody has."""
    from lakecat import AmbiguousTableError

    with pytest.raises(AmbiguousTableError) as caught:
        Catalog().table("users")
    assert caught.value.near == tuple(f"{database}.users" for database in DATABASES)
    with pytest.raises(TableNotFoundError) as unknown:
        Catalog().table("userz")
    assert type(unknown.value) is TableNotFoundError


@pytest.mark.finding(22)
@pytest.mark.parametrize(("name", "full"), [("users", "b.users"), ("b.users", "b.users")])
def test_a_database_knows_its_tables_by_both_names(name: str, full: str) -> None:
    """In a database, a table is found by its name and by its full name."""
    assert Catalog().db("b").table(name).collect().item() == full


@pytest.mark.finding(22)
@pytest.mark.parametrize("name", ["orders", "a.orders", "y.z", "x.y.z", "users.old", "sales", "b.users.old"])
def test_a_database_has_no_other_tables(name: str) -> None:
    """Whatever else the catalog would find by that name, a database has its own tables alone."""
    with pytest.raises(TableNotFoundError):
        Catalog().db("b").table(name)


@pytest.mark.finding(22)
def test_what_looks_like_a_database_is_none() -> None:
    """A table whose own name has a dot belongs to no database of the first part, and does not make one."""
    table(name="events", database="web.raw")(lambda: pl.LazyFrame({"x": [1]}))
    table(name="raw.clicks", database="web")(lambda: pl.LazyFrame({"x": [2]}))
    assert Catalog().db("web").list_tables() == ["raw.clicks"]
    assert Catalog().db("web").table("raw.clicks").collect().item() == 2
    with pytest.raises(TableNotFoundError):
        Catalog().db("web").table("raw.events")
    with pytest.raises(TableNotFoundError, match=r"no table 'y\.\*'"):
        Catalog().db("y")
