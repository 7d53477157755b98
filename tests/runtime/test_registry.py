"""One behaviour suite for every registry."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import (
    Catalog,
    CatalogRegistry,
    DuplicateTableError,
    TableMetadata,
    TableNotFoundError,
    table,
    use_registry,
)
from lakecat.metadata import Place
from lakecat.registry import RegisteredTable, Registry, current_registry
from lakecat.sources.function import FunctionSource

if TYPE_CHECKING:
    from collections.abc import Callable

# A new implementation of the protocol is one more entry here.
REGISTRIES: list[Callable[[], Registry]] = [CatalogRegistry]


@pytest.fixture(params=REGISTRIES, ids=lambda make: make.__name__)
def registry(request: pytest.FixtureRequest) -> Registry:
    """Return an empty registry of each kind."""
    made: Registry = request.param()
    return made


def declared(name: str, line: int = 1, *, file: str = "tables.py", stamp: int = 0, **more: Any) -> RegisteredTable:
    """Return a table that was declared at a place; several on one line would be one place."""
    more.setdefault("qualname", name)
    place = Place(module="tables", qualname=more.pop("qualname"), file=file, line=line, stamp=stamp)
    metadata = TableMetadata(name=name, kind="function", place=place, **more)
    return RegisteredTable(metadata, FunctionSource(pl.LazyFrame, name=metadata.full_name))


def test_every_registry_meets_the_protocol(registry: Registry) -> None:
    """An empty registry has no table, and is a Registry."""
    assert isinstance(registry, Registry)
    assert len(registry) == 0
    assert registry.names() == ()
    assert registry.tables() == ()


def test_what_is_added_is_found(registry: Registry) -> None:
    """Tables come back by name, and in the order of their names."""
    users, orders = declared("users"), declared("orders", 2)
    registry.add(users)
    registry.add(orders)
    assert registry.get("users") == users
    assert registry.names() == ("orders", "users")
    assert registry.tables() == (orders, users)
    assert len(registry) == 2


def test_unknown_names_have_near_ones(registry: Registry) -> None:
    """A name that is not there is an error with the number of tables and the names that look alike."""
    for i, name in enumerate(["users", "user_events", "orders"]):
        registry.add(declared(name, i))
    with pytest.raises(TableNotFoundError) as caught:
        registry.get("user")
    assert (caught.value.name, caught.value.count, caught.value.near) == ("user", 3, ("users",))


def test_a_database_may_be_left_out(registry: Registry) -> None:
    """The name alone finds a table of a database, as long as one database has it."""
    crm = declared("users", 1, database="crm")
    registry.add(crm)
    assert registry.get("users") == registry.get("crm.users") == crm
    registry.add(declared("users", 2, database="shop"))
    with pytest.raises(TableNotFoundError) as caught:
        registry.get("users")
    assert caught.value.near == ("crm.users", "shop.users")
    bare = declared("users", 3)
    registry.add(bare)
    assert registry.get("users") == bare


def test_two_places_are_an_error_that_names_both(registry: Registry) -> None:
    """A name that is taken from another place is refused, and the first table stays."""
    first = declared("users", 3, file="/a/first.py", qualname="users")
    registry.add(first)
    with pytest.raises(DuplicateTableError) as caught:
        registry.add(declared("users", 9, file="/a/second.py", qualname="other"))
    assert "/a/first.py:3" in str(caught.value)
    assert "/a/second.py:9" in str(caught.value)
    assert registry.get("users") == first


def test_unknown_places_are_two_places(registry: Registry) -> None:
    """Tables whose place is unknown are never taken for one another."""
    table = RegisteredTable(TableMetadata(name="users", kind="k"), FunctionSource(pl.LazyFrame, name="users"))
    registry.add(table)
    with pytest.raises(DuplicateTableError, match="an unknown place"):
        registry.add(table)


@pytest.mark.parametrize(
    "again",
    [
        declared("users", 3, stamp=1, owner="new"),
        declared("users", 3, stamp=2, owner="new"),
        declared("users", 8, stamp=2, owner="new"),
        declared("users", 8, file="<cell 2>", stamp=1, owner="new"),
    ],
    ids=["the same line", "the same line, file changed", "moved in a changed file", "a new cell of a notebook"],
)
def test_the_same_place_replaces(registry: Registry, again: RegisteredTable) -> None:
    """A declaration that is met again, as when its module is loaded again, replaces the older one."""
    registry.add(declared("users", 3, stamp=1))
    registry.add(again)
    assert registry.get("users").metadata.owner == "new"
    assert len(registry) == 1


def test_two_functions_of_one_name_are_two_places(registry: Registry) -> None:
    """Two functions of one name in one module that did not change are no reload."""
    registry.add(declared("users", 3, stamp=1))
    with pytest.raises(DuplicateTableError):
        registry.add(declared("users", 8, stamp=1))


def test_threads_lose_no_table(registry: Registry) -> None:
    """Eight threads that add 1,000 tables while others list them lose none and raise nothing."""
    start = threading.Barrier(8)

    def add(thread: int) -> None:
        start.wait()
        for i in range(125):
            registry.add(declared(f"t{thread}_{i:03}", thread * 1000 + i, database=f"db{i % 3}"))
            registry.get(f"t{thread}_{i:03}")
            if i % 25 == 0:
                names = registry.names()
                assert list(names) == sorted(names)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    assert len(registry) == len(registry.names()) == len(registry.tables()) == 1000


def test_one_of_many_threads_wins_a_name(registry: Registry) -> None:
    """Of eight threads that declare one name at eight places, one succeeds and seven are told."""
    start = threading.Barrier(8)
    told: list[str] = []

    def add(line: int) -> None:
        start.wait()
        try:
            registry.add(declared("users", line))
        except DuplicateTableError as error:
            told.append(error.name)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    assert told == ["users"] * 7
    assert len(registry) == 1


def test_declarations_go_to_the_chosen_registry(registry: Registry) -> None:
    """In a `with use_registry` block declarations go there, and afterwards where they went before."""
    outer = current_registry()
    with use_registry(registry) as chosen:
        assert chosen is registry
        assert current_registry() is registry

        @table
        def inside() -> pl.LazyFrame:
            return pl.LazyFrame()

    assert current_registry() is outer
    assert registry.names() == ("inside",)
    assert outer.names() == ()


def test_the_registry_comes_back_after_an_error(registry: Registry) -> None:
    """An exception in the block leaves the registry that was in use before."""
    outer = current_registry()
    with pytest.raises(KeyError), use_registry(registry):
        raise KeyError
    assert current_registry() is outer


def test_other_threads_keep_their_registry(registry: Registry) -> None:
    """The choice of one thread is not seen in another."""
    seen: list[Registry] = []
    with use_registry(registry):
        thread = threading.Thread(target=lambda: seen.append(current_registry()))
        thread.start()
        thread.join()
    assert seen != []
    assert seen[0] is not registry


def test_catalogs_of_their_own_do_not_mix(registry: Registry) -> None:
    """A catalog with a registry of its own sees its tables alone."""
    own, other = Catalog(registry), Catalog(CatalogRegistry())

    def users() -> pl.DataFrame:
        return pl.DataFrame({"a": [1]})

    own.add_table(users)
    assert own.list_tables() == ["users"]
    assert own.table("users").collect().item() == 1
    assert other.list_tables() == Catalog().list_tables() == []
    assert repr(own) == "Catalog(1 tables)"
