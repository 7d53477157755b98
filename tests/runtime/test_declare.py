"""Declaring tables: the decorator, objects, reloads and mistakes."""

from __future__ import annotations

import functools
import importlib
import os
import pathlib
import re
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pytest

from lakecat import (
    Catalog,
    Column,
    DeclarationError,
    DeltaTable,
    DuplicateTableError,
    ParquetTable,
    get_table,
    register_static_table,
    table,
)
from lakecat.registry import current_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def metadata(name: str) -> Any:
    """Return what was declared about a table."""
    return current_registry().get(name).metadata


def test_without_parentheses() -> None:
    """`@table` takes name and description from the function, which is returned as it was."""

    def users() -> pl.DataFrame:
        """One row a user.

        Indented text loses its indentation.
        """
        return pl.DataFrame({"user_id": [1, 2]})

    assert table(users) is users
    found = metadata("users")
    assert (found.name, found.kind, found.owner, found.tags, found.columns) == ("users", "function", "", (), None)
    assert found.description == "One row a user.\n\nIndented text loses its indentation."
    assert get_table("users").collect().equals(users())


def test_with_parentheses() -> None:
    """All that can be declared arrives, and the function is still the same object."""

    def users(month: int) -> pl.LazyFrame:
        """Not used, as a description is given."""
        return pl.LazyFrame({"month": [month]})

    decorate = table(
        description="One row.",
        tags=["pii", "core"],
        owner="growth",
        schema={"month": "Int64"},
        name="people",
        database="crm",
        examples={"month": 7},
        deprecated="Use other.",
    )
    assert decorate(users) is users
    found = metadata("crm.people")
    assert (found.description, found.tags, found.owner, found.database) == (
        "One row.",
        ("pii", "core"),
        "growth",
        "crm",
    )
    assert found.columns == (Column("month", "Int64"),)
    assert (found.examples, found.deprecated) == ({"month": 7}, "Use other.")
    assert (found.place.module, found.place.qualname) == (__name__, "test_with_parentheses.<locals>.users")
    assert Catalog().table("people", month=3).collect().item() == 3


def test_empty_parentheses_and_empty_description() -> None:
    """`@table()` is `@table`; an empty description wins over the docstring."""

    @table()
    def first() -> pl.LazyFrame:
        """First."""
        return pl.LazyFrame()

    @table(description="")
    def second() -> pl.LazyFrame:
        """Not shown."""
        return pl.LazyFrame()

    assert metadata("first").description == "First."
    assert metadata("second").description == ""


def test_a_wrapped_function_is_placed_where_it_stands() -> None:
    """Decorators below `@table` do not hide the function's name, place or parameters."""

    def logged(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return wrapper

    @table
    @logged
    def users(n: int = 1) -> pl.LazyFrame:
        return pl.LazyFrame({"n": [n]})

    found = current_registry().get("users")
    assert found.metadata.place is not None
    assert found.metadata.place.qualname.endswith("users")
    assert [p.name for p in found.source.parameters()] == ["n"]  # type: ignore[attr-defined]
    assert Catalog().table("users", n=4).collect().item() == 4


def test_a_partial_needs_a_name() -> None:
    """A partial has no name of its own; with one it is a table like any other, and has a repr."""

    def scaled(factor: int) -> pl.LazyFrame:
        return pl.LazyFrame({"x": [factor]})

    with pytest.raises(DeclarationError, match="cannot be the name of a table"):
        table(functools.partial(scaled, 3))
    table(name="triple")(functools.partial(scaled, 3))
    assert get_table("triple").collect().item() == 3
    assert repr(current_registry().get("triple").source) == "FunctionSource('triple')"
    assert metadata("triple").place.file == __file__


@pytest.mark.parametrize(
    ("declare", "says"),
    [
        (lambda: table("users"), "write @table(name='users'), not @table('users')"),  # type: ignore[call-overload]
        (lambda: table(5), "@table goes on a function, not on 5; use"),  # type: ignore[type-var]
        (lambda: table(dict), "@table goes on a function"),
        (lambda: table(staticmethod(len)), "@table goes on a function"),
        (lambda: table(examples=[1])(lambda: None), "examples of table"),  # type: ignore[arg-type]
        (lambda: table(owner=None)(lambda: None), "owner of table"),  # type: ignore[arg-type]
        (lambda: table(schema={"a": "Sting"}, name="t")(lambda: None), "column 'a' of table 't' has the unknown dtype"),
        (lambda: register_static_table("users"), "this is str; write DeltaTable('users', uri='users')"),  # type: ignore[arg-type]
        (lambda: register_static_table(DeltaTable), "the class DeltaTable, not an object of it"),  # type: ignore[arg-type]
        (lambda: Catalog().add_table(ParquetTable), "the class ParquetTable"),  # type: ignore[arg-type]
        (lambda: Catalog().add_table(5), "this is int without kind, scan"),  # type: ignore[arg-type]
        (
            lambda: register_static_table(ParquetTable("p", uri="p"), examples={"month": 1}),
            "examples of table 'p' name 'month', which is no parameter of it; it takes none",
        ),
        (lambda: DeltaTable("", uri="x"), "cannot be the name of a table"),
        (lambda: DeltaTable("d", uri=""), "uri of table 'd' is ''"),
        (lambda: DeltaTable("d", uri=5), "uri of table 'd' is 5"),  # type: ignore[arg-type]
        (lambda: DeltaTable("d", uri="x", storage_options=[1]), "storage_options of table 'd' is list"),  # type: ignore[arg-type]
        (lambda: ParquetTable("p", uri="x", partitioning=5), "partitioning of table 'p' is int"),  # type: ignore[arg-type]
        (lambda: ParquetTable("p", uri="x", description=None), "description of table 'p' is NoneType"),  # type: ignore[arg-type]
    ],
)
def test_mistakes(declare: Callable[[], Any], says: str) -> None:
    """What cannot be declared is an error that says what was found and what to write, and declares nothing."""
    with pytest.raises(DeclarationError) as caught:
        declare()
    assert says in str(caught.value)
    assert len(current_registry()) == 0


CANARY = "ann@example.com"


@pytest.mark.finding(22)
@pytest.mark.parametrize(
    ("obj", "says"),
    [
        ("lake/users.parquet", "write ParquetTable('users', uri='lake/users.parquet')"),
        ("lake/users", "write DeltaTable('users', uri='lake/users') or ParquetTable('users', uri='lake/users')"),
        (pathlib.Path("lake/users.parquet"), "write ParquetTable('users', uri='lake/users.parquet')"),
        (f"s3://key:{CANARY}@lake/users/", "or ParquetTable('users', uri='s3://"),
        (pl.DataFrame({"a": [CANARY]}), "write a function that returns it, with @table above it"),
        (pl.LazyFrame({"a": [CANARY]}), "write a function that returns it, with @table above it"),
        (pl.Series([CANARY]), "write a function that returns it, with @table above it"),
        (pa.table({"a": [CANARY]}), "write a function that returns pl.from_arrow(it), with @table above it"),
        (
            lambda: None,
            "scan, schema, facts, change_token; write @table above a function",
        ),
        (functools.partial(print, CANARY), "write @table above a function"),
        (ParquetTable, "this is the class ParquetTable, not an object of it; make one, as ParquetTable(…)"),
        (int, "this is the class int, not an object of it"),
    ],
)
def test_what_is_taken_for_a_table(obj: Any, says: str) -> None:
    """What people take for a table is refused with the sentence that declares it, and none of its values is shown."""
    with pytest.raises(DeclarationError, match=re.escape(says)) as caught:
        register_static_table(obj)
    assert CANARY not in str(caught.value)


@pytest.mark.finding(22)
@pytest.mark.parametrize(
    ("module", "says"),
    [("pandas.core.frame", "pl.from_pandas(it)"), ("deltalake.table", "lakecat.DeltaTable(name, uri=…)")],
)
def test_frames_of_other_libraries(module: str, says: str) -> None:
    """A frame of pandas, which need not be installed, and an open Delta table are told apart by their library."""
    for module, says in (
        ("pandas.core.frame", "pl.from_pandas(it)"),
        ("deltalake.table", "lakecat.DeltaTable(name, uri=…)"),
    ):
        frame = type("DataFrame", (), {"__module__": module})()
        with pytest.raises(DeclarationError, match=re.escape(says)):
            register_static_table(frame)
        with pytest.raises(DeclarationError, match=re.escape(says)):
            Catalog().add_table(frame)


@pytest.mark.finding(10)
@pytest.mark.parametrize(
    "declare",
    [
        table,
        lambda frame: table(description=frame)(lambda: None),
        lambda frame: table(name=frame)(lambda: None),
        lambda frame: table(database=frame)(lambda: None),
        lambda frame: table(tags=[frame])(lambda: None),
        lambda frame: table(schema=[frame])(lambda: None),
        lambda frame: table(schema={"a": frame})(lambda: None),
        lambda frame: Column("a", nullable=frame),
        Column,
        lambda frame: DeltaTable("d", uri=frame),
    ],
)
def test_no_value_of_a_frame_is_shown(declare: Callable[[Any], Any]) -> None:
    """A frame that stands where text belongs is told by its type: its text would be its rows."""
    with pytest.raises(DeclarationError) as caught:
        declare(pl.DataFrame({"email": [CANARY]}))
    assert CANARY not in str(caught.value)


def test_an_object_brings_its_own_name_and_description(parquet: Path) -> None:
    """A registered object's own name, description, tags and owner serve where none are given."""
    source = ParquetTable(name="countries", uri=parquet, description="  One row a country.\n  More.")
    source.tags = ["geo"]  # type: ignore[attr-defined]
    source.owner = "data"  # type: ignore[attr-defined]
    register_static_table(source)
    found = metadata("countries")
    assert (found.kind, found.description, found.tags, found.owner) == (
        "parquet",
        "One row a country.\nMore.",
        ("geo",),
        "data",
    )
    assert found.place.file == __file__


def test_another_name(delta: Path) -> None:
    """One object can be registered under other names, with its own declaration for each."""
    source = DeltaTable("events", uri=delta)
    register_static_table(source)
    register_static_table(source, "clicks", description="Clicks.", tags="web", owner="growth", database="shop")
    assert Catalog().list_tables() == ["events", "shop.clicks"]
    assert get_table("shop.clicks").collect().height == 3
    assert (metadata("clicks").tags, metadata("clicks").owner) == (("web",), "growth")


def test_an_object_without_a_name() -> None:
    """A source without a name must be given one."""

    class Nameless:
        kind = "martian"

        def scan(self, **params: Any) -> pl.LazyFrame:
            return pl.LazyFrame()

        def schema(self) -> None: ...

        def facts(self) -> tuple[()]:
            return ()

        def change_token(self) -> None: ...

    with pytest.raises(DeclarationError, match="Nameless has no name of its own"):
        register_static_table(Nameless())
    register_static_table(Nameless(), "named")
    assert metadata("named").kind == "martian"


def test_two_places_are_named(make_module: Callable[..., Path]) -> None:
    """One name in two modules raises, and the message has both files and lines."""
    source = "import polars as pl\nfrom lakecat import table\n\n@table\ndef users():\n    return pl.LazyFrame()\n"
    first, second = make_module("two_first", source), make_module("two_second", "\n" + source)
    importlib.import_module("two_first")
    with pytest.raises(DuplicateTableError) as caught:
        importlib.import_module("two_second")
    assert f"{first}:4" in str(caught.value)
    assert f"{second}:5" in str(caught.value)


STATIC = "from lakecat import ParquetTable, register_static_table\n"
STATIC += "register_static_table(ParquetTable('users', uri='u'), owner='{owner}')\n"
FUNCTION = (
    "import polars as pl\nfrom lakecat import table\n@table(owner='{owner}')\ndef users():\n    return pl.LazyFrame()\n"
)


@pytest.mark.parametrize("source", [STATIC, FUNCTION], ids=["object", "function"])
@pytest.mark.parametrize("moved", ["", "\n\n# moved down\n"], ids=["same line", "moved"])
def test_reload_replaces(make_module: Callable[..., Path], source: str, moved: str) -> None:
    """After a module was edited and loaded again, its new declarations stand, even if they moved."""
    make_module("reloaded", source.format(owner="old"))
    module = importlib.import_module("reloaded")
    path = make_module("reloaded", moved + source.format(owner="new"))
    os.utime(path, ns=(1, 1))  # another time than before, however fast this test runs
    importlib.reload(module)
    assert metadata("users").owner == "new"
    importlib.reload(module)
    assert Catalog().list_tables() == ["users"]


def test_a_reload_does_not_hide_a_second_declaration(make_module: Callable[..., Path]) -> None:
    """A second table of one name, added in an edit, is refused at the reload."""
    make_module("doubled", FUNCTION.format(owner="old"))
    module = importlib.import_module("doubled")
    path = make_module("doubled", FUNCTION.format(owner="new") + "\n" + FUNCTION.format(owner="other"))
    os.utime(path, ns=(1, 1))
    with pytest.raises(DuplicateTableError):
        importlib.reload(module)


class Odd:
    """A source that says odd things of itself."""

    kind = "odd"
    name = "odd"

    def scan(self) -> pl.LazyFrame:
        return pl.LazyFrame()

    def schema(self) -> None:
        return None

    def facts(self) -> tuple[()]:
        return ()

    def change_token(self) -> None:
        return None


@pytest.mark.finding(22)
@pytest.mark.parametrize("field", ["tags", "owner", "description"])
@pytest.mark.parametrize("own", [True, False], ids=["of the object", "as an argument"])
def test_what_is_no_text(field: str, own: bool) -> None:
    """An object that describes itself by something that is no text is refused like an argument that does."""
    source: Any = Odd()
    if own:
        setattr(source, field, 5)
    with pytest.raises(DeclarationError, match=f"{field} of table 'odd' is int"):
        register_static_table(source, **({} if own else {field: 5}))
