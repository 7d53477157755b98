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


def declared(name: str, line: int = 1, *, file: str = "tables.py", **more: Any) -> RegisteredTable:
    """Return a table that was declared at a place."""
    more.setdefault("qualname", name)
    place = Place(module="tables", qualname=more.pop("qualname"), file=file, line=line)
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
    with pytest.raises(TableNotFoundError, match=r"2 tables are named 'users'; write 'crm\.users' or"):
        registry.get("users")
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


CELL = """
from lakecat import Catalog
def users():
    return pl.LazyFrame({{"x": [{0}]}})
Catalog(registry).add_table(users, owner="{0}")
"""


def test_code_that_runs_again_replaces(registry: Registry) -> None:
    """What a notebook's cell declares is replaced when it runs again, as it was or edited."""
    notebook = {"pl": pl, "registry": registry}
    for text in (CELL.format(1), CELL.format(1), "\n\n" + CELL.format(2)):
        exec(text, notebook)
    assert len(registry) == 1
    assert registry.get("users").metadata.owner == "2"


@pytest.mark.finding(4)
@pytest.mark.parametrize("line", [3, 8], ids=["one place", "two places"])
def test_two_declarations_in_one_run_are_an_error(registry: Registry, line: int) -> None:
    """Two tables of one name are no reload, wherever they stand, and the first stays."""
    first = declared("users", 3)
    registry.add(first)
    with pytest.raises(DuplicateTableError):
        registry.add(declared("users", line))
    assert registry.get("users") == first


def test_a_name_that_is_cut_otherwise_is_the_same_name(registry: Registry) -> None:
    """Table `b` of database `a` and a table `a.b` have one full name; a reload may change the one into the other."""
    registry.add(declared("b", database="a"))
    with pytest.raises(DuplicateTableError):
        registry.add(declared("a.b"))
    notebook = {"registry": registry, "function": pl.LazyFrame({}).lazy}
    cell = "from lakecat import Catalog\nCatalog(registry).add_table(function, {})"
    exec(cell.format("'d', database='c'"), notebook)
    assert registry.get("d").metadata.full_name == "c.d"
    exec(cell.format("'c.d'"), notebook)
    assert registry.get("c.d").metadata.database is None
    with pytest.raises(TableNotFoundError):
        registry.get("d")


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


class Telling:
    """A lock that tells when somebody asks for it in vain."""

    def __init__(self, asked: threading.Event) -> None:
        self._lock = REAL_LOCK()
        self._asked = asked

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            self._asked.set()
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


REAL_LOCK = threading.RLock


class Halting:
    """What was declared about a table; at the chosen one of its attributes that are read, something else happens."""

    def __init__(self, metadata: TableMetadata, at: int, happen: Callable[[], None]) -> None:
        self._metadata, self._left, self._happen = metadata, at, happen

    def __getattr__(self, name: str) -> Any:
        self._left -= 1
        if self._left == 0:
            self._happen()
        return getattr(self._metadata, name)


@pytest.mark.parametrize("halt", range(1, 9))
@pytest.mark.parametrize("other", ["adds the same name", "looks for it"])
def test_nothing_comes_between_the_steps_of_adding(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, halt: int, other: str
) -> None:
    """Whatever another thread does while a table is being added, it sees all of that or nothing.

    The thread that adds stops at each of its steps until the other is done, or waits for the lock.
    """
    go = threading.Event()
    monkeypatch.setattr(threading, "RLock", lambda: Telling(go))
    registry = type(registry)()
    seen: list[object] = []

    def interfere() -> None:
        try:
            if other == "looks for it":
                seen.append([registry.get(name.partition(".")[2]) for name in registry.names()])
            else:
                registry.add(declared("users", 2, database="crm"))
                seen.append("added")
        except (DuplicateTableError, TableNotFoundError) as error:
            seen.append(error)
        finally:
            go.set()

    thread = threading.Thread(target=interfere)

    def happen() -> None:
        thread.start()
        assert go.wait(30)

    whole = declared("users", 1, database="crm")
    table = RegisteredTable(Halting(whole.metadata, halt, happen), whole.source)  # type: ignore[arg-type]
    try:
        registry.add(table)
    except DuplicateTableError as error:
        seen.append(error)
    thread.join(30)
    if other == "looks for it":
        assert seen in ([[]], [[table]])
    else:
        won = ["added"] if registry.get("users") is table else []
        assert sorted(type(one).__name__ for one in [*seen, *won]) == ["DuplicateTableError", "str"]


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


class Counted:
    """What was declared about a table; each attribute that is read counts."""

    def __init__(self, metadata: TableMetadata, read: list[str]) -> None:
        self._metadata, self._read = metadata, read

    def __getattr__(self, name: str) -> Any:
        self._read.append(name)
        return getattr(self._metadata, name)


FOUND: dict[str, tuple[Callable[[Catalog], Any], Any]] = {
    "by name": (lambda catalog: catalog.registry.get("db7.t307").metadata.line, None),
    "of a database": (lambda catalog: catalog.db("db7").table("t307").collect().height, 0),
    "of a database, by its full name": (lambda catalog: catalog.db("db7").table("db7.t307").collect().height, 0),
    "by owner": (lambda catalog: catalog.list_tables(owner="o3"), ["db3.t3"]),
    "by tag": (lambda catalog: catalog.list_tables(tag="g3"), ["db3.t3"]),
    "by kind": (lambda catalog: catalog.list_tables(kind="k3"), ["db3.t3"]),
    "by tag and database": (lambda catalog: catalog.list_tables(tag="g3", database="db3"), ["db3.t3"]),
    "by a rare and by a common thing": (lambda catalog: catalog.list_tables(owner="o3", tag="all"), ["db3.t3"]),
    "by what no table has": (lambda catalog: catalog.list_tables(owner="nobody", tag="all"), []),
    "by two that no table has at once": (lambda catalog: catalog.list_tables(owner="o3", tag="g4"), []),
}


@pytest.mark.parametrize("way", FOUND)
def test_what_is_looked_for_is_all_that_is_touched(registry: Registry, way: str) -> None:
    """Among 1,000 tables, finding one by its name, owner, tag, kind or database looks at no other."""
    read: list[str] = []
    for i in range(1000):
        names = {"database": f"db{i % 10}", "owner": f"o{i}", "tags": ("all", f"g{i}")}
        table = declared(f"t{i}", i, **names)
        metadata = TableMetadata(name=f"t{i}", kind=f"k{i}", place=table.metadata.place, **names)  # type: ignore[arg-type]
        registry.add(RegisteredTable(Counted(metadata, read), table.source))  # type: ignore[arg-type]
    read.clear()
    act, wanted = FOUND[way]
    if wanted is None:
        assert registry.get("db7.t307").metadata.owner == "o307"
    else:
        assert act(Catalog(registry)) == wanted
    assert len(read) < 12


class Plain:
    """A registry with what every registry has, and no more."""

    def __init__(self) -> None:
        self._kept = CatalogRegistry()

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, table: RegisteredTable) -> None:
        self._kept.add(table)

    def get(self, name: str) -> RegisteredTable:
        return self._kept.get(name)

    def names(self) -> tuple[str, ...]:
        return self._kept.names()

    def tables(self) -> tuple[RegisteredTable, ...]:
        return self._kept.tables()


@pytest.mark.parametrize("make", [*REGISTRIES, Plain], ids=lambda make: make.__name__)
@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"kind": "function"},
        {"tag": "a"},
        {"tag": "a", "owner": "x"},
        {"owner": ""},
        {"database": "d"},
        {"database": "d", "kind": "function", "tag": "b", "owner": "x"},
        {"database": ""},
        {"kind": "delta"},
        {"tag": ["a"]},
        {"owner": 5},
    ],
    ids=str,
)
def test_finding_is_looking_at_all(make: Callable[[], Registry], wanted: dict[str, Any]) -> None:
    """What is found is what a look at every table finds, sorted, in each registry, also after tables were replaced."""
    registry = make()
    notebook = {"pl": pl, "registry": registry}
    cell = "from lakecat import Catalog\nfor i in range(12):\n    Catalog(registry).add_table(pl.LazyFrame({{}}).lazy, "
    cell += "f't{{i:02}}', owner='x' if i % 3 else '', tags=['a', 'b'][: i % {0}], database=['d', None][i % 2])"
    for n in (3, 2):
        exec(cell.format(n), notebook)
    has = {
        "kind": lambda m, value: m.kind == value,
        "tag": lambda m, value: value in m.tags,
        "owner": lambda m, value: m.owner == value,
        "database": lambda m, value: m.database == value,
    }
    all_of_them = [table.metadata for table in registry.tables()]
    assert len(all_of_them) == 12
    found = [m.full_name for m in all_of_them if all(has[field](m, value) for field, value in wanted.items())]
    assert Catalog(registry).list_tables(**wanted) == found
    assert Catalog(registry).db("d").list_tables() == [m.name for m in all_of_them if m.database == "d"]
    with pytest.raises(TableNotFoundError, match=r"no table 'e\.\*' in this catalog \(12 tables\)"):
        Catalog(registry).db("e")
    with pytest.raises(TableNotFoundError):
        Catalog(registry).db("")
