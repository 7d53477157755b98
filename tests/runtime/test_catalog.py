"""The catalog: listing, describing, databases and the exported file."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING

import polars as pl
import pytest

import lakecat
from lakecat import (
    Catalog,
    CatalogRegistry,
    DeltaTable,
    ModuleDatabase,
    ParquetTable,
    TableNotFoundError,
    default_catalog,
    get_table,
    register_static_table,
    table,
)
from lakecat.snapshot import from_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import RunPython


@pytest.fixture
def catalog(delta: Path, parquet: Path) -> Catalog:
    """Declare three tables of three kinds."""

    @table(tags=["pii", "core"], owner="growth")
    def users() -> pl.LazyFrame:
        """One row a user. And more."""
        return pl.LazyFrame({"user_id": [1, 2]})

    register_static_table(DeltaTable("events", uri=delta), tags=["core"], owner="growth", database="web")
    register_static_table(ParquetTable("countries", uri=parquet), owner="geo")
    return Catalog()


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({}, ["countries", "users", "web.events"]),
        ({"kind": "delta"}, ["web.events"]),
        ({"kind": lakecat.TableType.FUNCTION}, ["users"]),
        ({"tag": "core"}, ["users", "web.events"]),
        ({"owner": "growth"}, ["users", "web.events"]),
        ({"owner": "growth", "tag": "pii", "kind": "function"}, ["users"]),
        ({"tag": "cor"}, []),
    ],
)
def test_lists(catalog: Catalog, chosen: dict[str, str], names: list[str]) -> None:
    """Tables are listed by full name, sorted, all or those of a kind, tag and owner."""
    assert catalog.list_tables(**chosen) == names


def test_describes(catalog: Catalog) -> None:
    """A description has columns from the data, figures and the place of the declaration."""
    found = catalog.describe_table("web.events")
    assert found == catalog.describe_table("events")
    assert [(c.name, c.dtype) for c in found.columns or ()] == [("user_id", "Int64"), ("country", "String")]
    assert found.statistics is not None
    assert found.statistics.rows is not None
    assert found.statistics.rows.value == 3
    assert catalog.describe_table("users").summary == "One row a user."
    with pytest.raises(TableNotFoundError, match="did you mean 'users'"):
        catalog.describe_table("user")


def test_the_default_catalog(catalog: Catalog) -> None:
    """`default_catalog` and `get_table` see the same tables as `Catalog()`."""
    assert default_catalog.list_tables() == catalog.list_tables()
    assert get_table("users").collect().height == 2
    with pytest.raises(TableNotFoundError):
        get_table("nothing")


@pytest.mark.parametrize("name", [None, 5, "", "users; drop", ("users",)])
def test_names_that_are_none(catalog: Catalog, name: object) -> None:
    """Whatever is asked for, a table that is not there is a TableNotFoundError."""
    with pytest.raises(TableNotFoundError):
        catalog.table(name)  # type: ignore[arg-type]


def test_add_table_takes_everything(delta: Path) -> None:
    """Sources and functions are added to a catalog with all that can be declared, and to no other."""
    own = Catalog(CatalogRegistry())
    own.add_table(
        DeltaTable("events", uri=delta), "clicks", description="Clicks.", tags=["a"], owner="b", database="web"
    )
    own.add_table(
        lambda n: pl.LazyFrame({"n": [n]}), "numbers", examples={"n": 1}, schema={"n": int}, deprecated="Old."
    )
    assert own.list_tables() == ["numbers", "web.clicks"]
    found = own.describe_table("clicks")
    assert (found.description, found.tags, found.owner, found.kind) == ("Clicks.", ("a",), "b", "delta")
    assert found.origin is not None
    assert found.origin.file.endswith("test_catalog.py")
    assert own.describe_table("numbers").deprecated == "Old."
    assert Catalog().list_tables() == []


def test_databases(catalog: Catalog) -> None:
    """A database has its tables by their names alone; one that is not there is an error with near names."""
    web = catalog.db("web")
    assert web.list_tables() == ["events"]
    assert web.table("events", version=0).collect().height == 3
    assert repr(web) == "Database('web')"
    with pytest.raises(TableNotFoundError, match=r"no table 'web.users'"):
        web.table("users")
    with pytest.raises(
        TableNotFoundError, match=r"no table 'wep.\*' in this catalog \(3 tables\); did you mean 'web.\*'"
    ):
        catalog.db("wep")


def test_module_databases(make_module: Callable[..., Path]) -> None:
    """A module is a database of what it declared; a package one of what all its modules declared."""
    source = (
        "import polars as pl\nfrom lakecat import table\n@table\ndef {0}():\n    return pl.LazyFrame({{'x': [1]}})\n"
    )
    make_module("shop.__init__", source.format("top"))
    make_module("shop.orders", source.format("orders"))
    make_module("shopping", source.format("other"))
    modules = {name: importlib.import_module(name) for name in ("shop", "shop.orders", "shopping")}
    package, module = ModuleDatabase(modules["shop"]), ModuleDatabase(modules["shop.orders"])
    assert package.list_tables() == ["orders", "top"]
    assert module.list_tables() == ["orders"]
    assert module.table("orders").collect().item() == 1
    with pytest.raises(TableNotFoundError, match=r"no table 'other' in this catalog \(2 tables\)"):
        package.table("other")
    catalog = Catalog(databases={"demo": package})
    assert catalog.db("demo") is package
    assert repr(package) == "ModuleDatabase(shop)"


def test_export(catalog: Catalog, tmp_path: Path) -> None:
    """The export is plain data and, with a path, the same as JSON; twice the same bytes."""
    path = tmp_path / "out.json"
    data = catalog.export_catalog_metadata(path)
    first = path.read_bytes()
    assert data == json.loads(first) == catalog.export_catalog_metadata()
    assert from_json(first.decode()) == catalog.snapshots()
    catalog.export_catalog_metadata(str(path))
    assert path.read_bytes() == first
    assert str(tmp_path) not in first.decode()
    assert [p.name for p in tmp_path.glob("*out*") if p != path] + [p.name for p in tmp_path.glob(".out*")] == []


def test_export_is_whole_or_not_at_all(catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails half-way, the file that was there stays, and nothing is left beside it."""
    path = tmp_path / "out.json"
    path.write_text("before")

    def fail(self: object, target: object) -> None:
        raise OSError(28, "No space left on device", str(target))

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", fail)
        with pytest.raises(OSError, match="No space left"):
            catalog.export_catalog_metadata(path)
    assert path.read_text() == "before"
    assert list(tmp_path.glob(".out*")) == []
    with pytest.raises(FileNotFoundError):
        catalog.export_catalog_metadata(tmp_path / "nowhere" / "out.json")


README = """
import polars as pl
from lakecat import Catalog, DeltaTable, ParquetTable, register_static_table, table

@table(description="One row a user.", tags=["pii"], owner="growth")
def users():
    return pl.LazyFrame({"user_id": [1, 2, 3], "country": ["NO", "PT", "NO"]})

register_static_table(DeltaTable("user_events", uri="user_events"), owner="growth")
register_static_table(ParquetTable(name="countries", uri="countries.parquet"), owner="geo")

catalog = Catalog()
result = (
    catalog.table("users")
    .join(catalog.table("user_events"), on="user_id")
    .join(catalog.table("countries"), left_on="country", right_on="code")
    .filter(pl.col("clicks") > 1)
    .group_by("name")
    .agg(pl.col("clicks").sum())
    .sort("name")
)
print(type(result).__name__, result.collect().rows())
"""


def test_three_kinds_join_in_a_clean_interpreter(tmp_path: Path, run_python: RunPython) -> None:
    """A function, a Delta and a Parquet table are declared, joined, filtered and grouped, and collected once."""
    pl.DataFrame({"user_id": [1, 1, 2, 3], "clicks": [5, 1, 7, 2]}).write_delta(tmp_path / "user_events")
    pl.DataFrame({"code": ["NO", "PT"], "name": ["Norway", "Portugal"]}).write_parquet(tmp_path / "countries.parquet")
    done = run_python(README, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "LazyFrame [('Norway', 7), ('Portugal', 7)]\n"
