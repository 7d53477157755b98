"""Which tables a function reads is recorded, by whichever way it reads them, here and in a process of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from lakecat.documented import Asker, DocumentedTables, IsolatedAsker
from lakecat.reference import CatalogReference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLES = """
import functools, sys, threading
from concurrent.futures import ThreadPoolExecutor

import polars as pl

import reads_own, reads_shared
from lakecat import Catalog, CatalogRegistry, ModuleDatabase, get_table, table

catalog = Catalog(databases={"module": ModuleDatabase(sys.modules[__name__])})


def frame(): return pl.LazyFrame({"a": [1]})

for name, database in (("one", None), ("two", None), ("three", "crm"), ("kept", None)):
    table(name=name, database=database, schema={"a": "Int64"})(frame)

@table
def nothing(): return frame()

@table
def direct(): return catalog.table("one")

@table
def by_name(): return get_table("one")

@table
def short_name(): return catalog.table("three")

@table
def by_sql(): return catalog.sql("SELECT * FROM one JOIN two USING (a)")

@table
def by_database(): return catalog.db("crm").table("three")

@table
def by_module(): return catalog.db("module").table("two")

@table
def nested(): return catalog.table("by_sql")

@table
def in_a_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(catalog.table("one")))
    thread.start()
    thread.join()
    return found[0]

@table
def in_a_pool():
    with ThreadPoolExecutor(4) as pool:
        return pl.concat(pool.map(catalog.table, ["one", "two"]))

@table
def of_another(): return reads_own.own.table("raw")

@table
def of_nobody():
    made = Catalog(CatalogRegistry())
    made.add_table(frame, "local")
    return made.table("local")

@table
def in_vain():
    try:
        return catalog.table("gone")
    except LookupError:
        return frame()

@table
def describes(): return pl.LazyFrame(schema=[c.name for c in catalog.describe_table("two").columns])

@table
def by_registry(): return catalog.registry.get("one").source.scan()

@table
def lists(): return pl.LazyFrame(schema=dict.fromkeys(catalog.list_tables(), pl.Int64))

@table
def later():
    from polars.io.plugins import register_io_source
    def rows(columns, predicate, limit, size):
        yield frame().collect()
    return register_io_source(rows, schema=lambda: catalog.table("two").collect_schema())

@table
def shares(): return reads_shared.kept()

@table
def shares_too(): return reads_shared.kept()

@table
def fails(): catalog.table("one"); 1 / 0
"""
SHARED = """
import functools
from lakecat import Catalog

@functools.cache
def kept(): return Catalog().table("kept")
"""
OWN = """
import polars as pl
from lakecat import Catalog, CatalogRegistry

own = Catalog(CatalogRegistry())
own.add_table(lambda: pl.LazyFrame({"a": [1]}), "raw")
"""
READ = {
    "nothing": [],
    "direct": ["table one"],
    "by_name": ["table one"],
    "short_name": ["name three", "table crm.three"],
    "by_sql": ["table one", "table two"],
    "by_database": ["list ", "table crm.three"],
    "by_module": ["table two"],
    "nested": ["table by_sql", "table one", "table two"],
    "in_a_thread": ["table one"],
    "in_a_pool": ["table one", "table two"],
    "of_another": ["table raw of reads_own:own"],
    "of_nobody": ["table local of None"],
    "in_vain": ["name gone"],
    "describes": ["table two"],
    "by_registry": ["table one"],
    "lists": ["list "],
    "later": ["table two"],
    "fails": ["table one"],
    "shares": ["table kept"],
    "shares_too": ["table kept"],
}
THREADED = ("in_a_thread", "in_a_pool")
MODULES = {"reads_tables": TABLES, "reads_shared": SHARED, "reads_own": OWN}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder with the modules."""
    folder = tmp_path_factory.mktemp("reads")
    for name, text in MODULES.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    yield folder
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.fixture(scope="module", params=["here", "isolated"])
def read(folder: Path, request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """Return what each function read, asked one after another."""
    import lakecat

    tables, reference = DocumentedTables(), CatalogReference.parse("reads_tables")
    for name in MODULES:
        sys.modules.pop(name, None)
    with lakecat.use_registry(lakecat.CatalogRegistry()):
        asker = Asker(tables, folder=folder, imported=None)
        tables.load(reference, folder)
        limits = {"seconds": 60, "memory": 2**32, "to_start": 120}
        isolated = IsolatedAsker(tables, [reference], folder=folder, imported=None, **limits)  # type: ignore[arg-type]
        describe = asker.describe if request.param == "here" else isolated.describe
        found = {}
        # The registry of this test is that of its thread alone.
        for name in READ if request.param == "isolated" else READ.keys() - THREADED - {"shares", "shares_too"}:
            answer = describe(name)
            assert answer is not None, isolated.unavailable
            assert (name == "fails") == bool(answer.snapshot.problems)
            found[name] = [f"{r.kind} {r.name}" + (f" of {r.catalog}" if r.catalog != "" else "") for r in answer.reads]
    isolated.close()
    asker.close()
    return found


@pytest.mark.parametrize("name", READ)
def test_what_is_read(read: dict[str, list[str]], name: str) -> None:
    """Each table, name in vain and list that a function asks for is known, also if a helper had it already."""
    if name in read:
        assert sorted(read[name]) == sorted(READ[name])


def test_a_module_that_reads_when_it_is_imported(tmp_path: Path) -> None:
    """What a module reads at import is read by all functions that stand on the module, and by no others."""
    modules = {
        "at_import": "from reads_base import catalog\nBASE = catalog.table('base')\n",
        "reads_base": "import polars as pl\nfrom lakecat import Catalog, table\ncatalog = Catalog()\n"
        "@table\ndef base():\n    return pl.LazyFrame({'a': [1]})\n",
        "reads_later": "from at_import import BASE\nfrom lakecat import table\n@table\ndef above():\n    return BASE\n",
        "reads_all": "import reads_later, reads_base\n",
    }
    for name, text in modules.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    tables, reference = DocumentedTables(), CatalogReference.parse("reads_all")
    tables.load(reference, tmp_path)
    isolated = IsolatedAsker(
        tables, [reference], folder=tmp_path, imported=None, seconds=60, memory=2**32, to_start=120
    )
    try:
        above, base = isolated.describe("above"), isolated.describe("base")
        assert above is not None, isolated.unavailable
        assert base is not None
        assert [(read.kind, read.name) for read in above.reads] == [("table", "base")]
        assert base.reads == ()
    finally:
        isolated.close()
        for name in modules:
            sys.modules.pop(name, None)
