"""Parameters of tables: their names, examples of them, and functions that do not tell them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import (
    Catalog,
    DeclarationError,
    DeltaTable,
    ParquetTable,
    TableParameterError,
    get_table,
    register_static_table,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.finding(18)
@pytest.mark.parametrize("name", ["name", "self", "table", "params", "source", "registry", "cls", "kind"])
def test_a_parameter_may_have_any_name(name: str) -> None:
    """Whatever a function calls its parameter, each way to a table passes it on."""
    namespace: dict[str, Any] = {"pl": pl}
    exec(f"def users({name}): return pl.LazyFrame({{'x': [{name}]}})", namespace)
    table(database="crm", examples={name: 1})(namespace["users"])
    catalog = Catalog()
    ways: list[Callable[..., pl.LazyFrame]] = [catalog.table, get_table]
    assert [way("users", **{name: 3}).collect().item() for way in ways] == [3, 3]
    assert catalog.db("crm").table("users", **{name: 3}).collect().item() == 3
    code = catalog.describe_table("users").snippets[0].code
    exec(code, {})


@pytest.mark.finding(18)
@pytest.mark.parametrize("name", ["self", "name", "table"])
def test_a_parameter_that_is_unknown_may_have_any_name(delta: Path, parquet: Path, name: str) -> None:
    """A source that has no such parameter says so, whatever the name."""
    register_static_table(DeltaTable("events", uri=delta))
    register_static_table(ParquetTable("users", uri=parquet))
    for one in ("events", "users"):
        with pytest.raises(TableParameterError, match=f"has no parameter '{name}'"):
            Catalog().table(one, **{name: 1})


@pytest.mark.finding(18)
@pytest.mark.parametrize(
    ("examples", "says"),
    [
        ({"mont": 1}, "examples of table 'sales' name 'mont', which is no parameter of it; did you mean 'month'?"),
        ({"zzz": 1}, "it takes month, limit"),
        ({"args": 1}, "name 'args', which is no parameter of it"),
        ({1: 1}, "name 1, which is no parameter of it"),
    ],
)
def test_examples_name_parameters(examples: dict[Any, Any], says: str) -> None:
    """An example of a parameter that the function does not take is refused where it is declared."""

    def sales(month: int, *args: int, limit: int = 1) -> pl.LazyFrame:
        return pl.LazyFrame()

    with pytest.raises(DeclarationError, match=re.escape(says)):
        table(examples=examples)(sales)
    with pytest.raises(DeclarationError, match=re.escape(says)):
        Catalog().add_table(sales, examples=examples)
    assert Catalog().list_tables() == []
    table(examples={"month": 1, "limit": 2})(sales)


@pytest.mark.finding(18)
def test_examples_of_a_source_name_its_parameters(delta: Path) -> None:
    """A Delta table takes examples for its version, and for no parameter that it does not have."""
    with pytest.raises(
        DeclarationError, match=re.escape("name 'verson', which is no parameter of it; did you mean 'version'?")
    ):
        register_static_table(DeltaTable("events", uri=delta), examples={"verson": 0})
    register_static_table(DeltaTable("events", uri=delta), examples={"version": 0})


def test_a_function_that_takes_anything_has_any_example() -> None:
    """Where a function takes keywords of every name, examples may have every name too."""
    table(name="open", examples={"anything": 1})(lambda **more: pl.LazyFrame({"n": [more["anything"]]}))
    assert get_table("open", anything=2).collect().item() == 2


@pytest.mark.finding(18)
@pytest.mark.parametrize("builtin", [max, min, type("C", (), {"__call__": max})()])
def test_a_function_whose_parameters_nobody_knows(builtin: Any) -> None:
    """A function of C that does not tell its parameters is refused where it is declared, with what to write."""
    with pytest.raises(DeclarationError, match="table 't' does not tell its parameters; write a function that"):
        table(name="t")(builtin)
    assert Catalog().list_tables() == []
