"""What may be declared stands once: the three ways to declare take the same, explain it alike and check it alike."""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import Catalog, CatalogRegistry, Column, DeclarationError, TableMetadata, register_static_table, table
from lakecat.declaration import Declaration
from lakecat.registry import use_registry
from lakecat.snapshot import Parameter
from lakecat.sources.base import refuse_parameters

if TYPE_CHECKING:
    from collections.abc import Callable

FIELDS = {field.name: field for field in dataclasses.fields(Declaration)}
WAYS: dict[str, Callable[..., Any]] = {
    "table": table,
    "register_static_table": register_static_table,
    "add_table": Catalog.add_table,
}
# A function has no tags and no owner of its own that None could leave it to.
OTHER_DEFAULTS: dict[str, dict[str, Any]] = {"table": {"tags": (), "owner": ""}}
OTHER_TYPES = {"table": {"tags": "Iterable[str]", "owner": "str"}}


def documented(docstring: str | None) -> dict[str, str]:
    """Return the text of each argument that a docstring explains."""
    section = re.search(r"^Args:\n(.*?)(?:^\S|\Z)", inspect.cleandoc(docstring or ""), re.DOTALL | re.MULTILINE)
    assert section is not None
    entries = re.findall(r"^    (\w+): (.*?)(?=^    \w|\Z)", section[1], re.DOTALL | re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


def taken(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the parameters of a function that are not its table."""
    parameters = inspect.signature(function).parameters
    return {name: found for name, found in parameters.items() if name not in ("self", "obj", "function")}


SIGNATURES = [*WAYS.items(), ("table", typing.get_overloads(table)[1])]


@pytest.mark.parametrize(("way", "function"), SIGNATURES, ids=[*WAYS, "overload of table"])
def test_each_way_takes_what_may_be_declared(way: str, function: Callable[..., Any]) -> None:
    """Names, types and defaults of parameters are those of the declaration, whole in `help()`, and given by name."""
    parameters = taken(function)
    defaults = {name: field.default for name, field in FIELDS.items()} | OTHER_DEFAULTS.get(way, {})
    types = {name: field.type for name, field in FIELDS.items()} | OTHER_TYPES.get(way, {})
    assert {name: found.default for name, found in parameters.items()} == defaults
    assert {name: found.annotation for name, found in parameters.items()} == types
    positional = {name for name, found in parameters.items() if found.kind is not found.KEYWORD_ONLY}
    assert positional == (set() if way == "table" else {"name"})


@pytest.mark.parametrize("way", WAYS)
def test_each_way_explains_it_alike(way: str) -> None:
    """The docstrings say of each argument what the declaration says."""
    texts = documented(WAYS[way].__doc__)
    assert {name: texts.get(name) for name in FIELDS} == documented(Declaration.__doc__)
    assert len(texts) == len(FIELDS) + 1


@pytest.mark.parametrize("way", WAYS)
def test_the_reference_has_the_signature(way: str) -> None:
    """The documentation has each signature as it is."""
    page = Path(__file__).parents[2].joinpath("docs/reference/python.rst").read_text(encoding="utf-8")
    (listed,) = re.findall(rf":: {way}\(((?:\*|obj).*)\)$", page, re.MULTILINE)
    parameters = inspect.signature(WAYS[way]).parameters.values()
    bare = [p.replace(annotation=p.empty) for p in parameters if p.name not in ("self", "function")]
    assert listed.replace('"', "'") == str(inspect.Signature(bare))[1:-1]


def test_what_is_declared_is_what_is_known() -> None:
    """Every field is one of the metadata; kind and place are not declared.

    But the schema, which becomes columns, and the change token, which the source has.
    """
    known = {field.name for field in dataclasses.fields(TableMetadata)}
    assert {*FIELDS, "columns"} - {"schema", "change_token"} == known - {"kind", "place"}


class Source:
    """A table of its own, with nothing to say of itself."""

    kind = "function"

    def scan(self, /, **params: Any) -> pl.LazyFrame:
        refuse_parameters(params, ("n",), "t")
        return pl.LazyFrame({"a": [1]})

    def schema(self) -> None: ...
    def change_token(self) -> None: ...
    def facts(self) -> tuple[()]:
        return ()

    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(name="n", default="1"),)


def function(n: int = 1) -> pl.LazyFrame:  # noqa: D103 - it has no description of its own
    return pl.LazyFrame({"a": [n]})


def by_decorator(**given: Any) -> None:
    """Declare a function with @table."""
    table(**given)(function)


def by_object(**given: Any) -> None:
    """Declare an object."""
    register_static_table(Source(), **given)


def by_catalog(**given: Any) -> None:
    """Add an object to a catalog."""
    Catalog().add_table(Source(), **given)


def by_catalog_of_functions(**given: Any) -> None:
    """Add a function to a catalog."""
    Catalog().add_table(function, **given)


DECLARE = [by_decorator, by_object, by_catalog, by_catalog_of_functions]
WHOLE: dict[str, Any] = {
    "description": "  One row.\n\n    More.",
    "tags": ["x", "y", "x"],
    "owner": "growth",
    "schema": [Column("a", "Int64")],
    "name": "t",
    "database": "d",
    "examples": {"n": 2},
    "deprecated": "take u",
}


@pytest.mark.parametrize("declare", DECLARE, ids=lambda declare: declare.__name__)
def test_each_way_declares_the_same(declare: Callable[..., None]) -> None:
    """One declaration is one metadata, whichever way; what the author's mapping holds later is not."""
    examples = {"n": 2}
    declare(**WHOLE | {"examples": examples})
    examples["n"] = 3
    (found,) = Catalog().registry.tables()
    assert {*WHOLE, "change_token"} == set(FIELDS)
    assert dataclasses.replace(found.metadata, place=None) == TableMetadata(
        name="t",
        kind="function",
        description="One row.\n\nMore.",
        tags=("x", "y"),
        owner="growth",
        columns=(Column("a", pl.Int64),),
        database="d",
        examples={"n": 2},
        deprecated="take u",
    )


WRONG: dict[str, tuple[Any, str]] = {
    "description": (5, "description of table 'd.t' is int, not text"),
    "tags": (5, "tags of table 'd.t' is int; write a list of texts"),
    "owner": (5, "owner of table 'd.t' is int, not text"),
    "schema": (5, "schema of table 'd.t' is int; write a mapping of names to dtypes, or a list of Column"),
    "name": (" t", "' t' cannot be the name of a table: give it text without line breaks or outer spaces"),
    "database": ("", "'' cannot be the name of a database: give it text without line breaks or outer spaces"),
    "examples": ({"m": 1}, "examples of table 'd.t' name 'm', which is no parameter of it; it takes n"),
    "deprecated": (None, "deprecated of table 'd.t' is NoneType, not text"),
}


@pytest.mark.parametrize("field", WRONG)
def test_each_way_checks_it_alike(field: str) -> None:
    """A value that cannot be is the same sentence whichever way it is declared, and declares nothing."""
    value, sentence = WRONG[field]
    assert {*WRONG, "change_token"} == set(FIELDS)
    for declare in DECLARE:
        with use_registry(CatalogRegistry()) as registry:
            with pytest.raises(DeclarationError) as caught:
                declare(**WHOLE | {field: value})
            assert (str(caught.value), len(registry)) == (sentence, 0)


def test_examples_are_a_mapping() -> None:
    """Examples of another form are one sentence too."""
    for declare in DECLARE:
        with pytest.raises(DeclarationError, match="examples of table 't' is list; write a mapping of parameters"):
            declare(name="t", examples=["n"])


def test_change_tokens_are_for_functions() -> None:
    """An object has a method of that name, which is asked: to declare another is one sentence."""
    for declare in (by_object, by_catalog):
        with use_registry(CatalogRegistry()) as registry:
            with pytest.raises(DeclarationError, match="change_token is for functions"):
                declare(name="t", change_token=lambda: "1")
            assert len(registry) == 0
    for declare in (by_decorator, by_catalog_of_functions):
        with use_registry(CatalogRegistry()) as registry, pytest.raises(DeclarationError, match="change_token"):
            declare(name="t", change_token=5)
        assert len(registry) == 0
