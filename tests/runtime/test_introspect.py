"""Introspection: what is known of a table, and what went wrong as data."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import Catalog, Column, DeltaTable, ParquetTable, SourceError, register_static_table, table
from lakecat.introspect import change_token, introspect
from lakecat.registry import current_registry
from lakecat.snapshot import ColumnSnapshot, Fact, Parameter, from_json, to_json
from lakecat.snippets import CatalogImport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_columns_of_the_data_with_notes_of_the_author(delta: Path) -> None:
    """Columns come from the data, in their order; what the author says is added to them."""
    notes = [Column("country", description="ISO code.", tags=["geo"], nullable=False, references="countries.code")]
    register_static_table(
        DeltaTable("events", uri=delta), schema=[*notes, Column("user_id", "Int64", primary_key=True)]
    )
    table(name="countries", schema={"code": "String"})(lambda: pl.LazyFrame({"code": ["NO"]}))
    found = Catalog().describe_table("events")
    assert found.columns_from == "source"
    assert found.columns is not None
    assert tuple(dataclasses.replace(column, statistics=None) for column in found.columns) == (
        ColumnSnapshot(name="user_id", dtype="Int64", nullable=True, primary_key=True),
        ColumnSnapshot(
            name="country",
            dtype="String",
            nullable=False,
            description="ISO code.",
            tags=("geo",),
            references="countries.code",
        ),
    )
    assert found.problems == ()


def test_declared_columns_alone(tmp_path: Path) -> None:
    """Where the data cannot be asked, the declared columns stand, and the problem says why."""
    register_static_table(ParquetTable("gone", uri=tmp_path / "gone.parquet"), schema={"a": "Int64", "b": None})
    found = Catalog().describe_table("gone")
    assert found.columns == (ColumnSnapshot(name="a", dtype="Int64"), ColumnSnapshot(name="b"))
    assert found.columns_from == "declared"
    assert [p.code for p in found.problems] == ["not_found"]


def test_columns_that_differ(parquet: Path) -> None:
    """A declared column that the data lack, or have with another dtype, is a problem; the data win."""
    register_static_table(ParquetTable("users", uri=parquet), schema={"user_id": "Int8", "contry": "String"})
    found = Catalog().describe_table("users")
    assert [(c.name, c.dtype) for c in found.columns or ()] == [("user_id", "Int64"), ("country", "String")]
    assert [p.code for p in found.problems] == ["schema_mismatch", "schema_mismatch"]
    assert "column 'user_id' is declared as Int8, and the data have Int64" in found.problems[0].detail
    assert (
        "'contry' is declared, and the data have none of that name; did you mean 'country'?" in found.problems[1].detail
    )


def test_a_function_is_called_only_if_it_must_be() -> None:
    """A function with a declared schema, or with a parameter that has no value, is not called; others are, once."""
    calls: list[str] = []

    def make(name: str) -> Callable[..., pl.LazyFrame]:
        def function(month: int = 1) -> pl.LazyFrame:
            calls.append(f"{name} {month}")
            return pl.LazyFrame({"month": [month]})

        return function

    def required(month: int) -> pl.LazyFrame:
        calls.append(f"required {month}")
        return pl.LazyFrame({"month": [month]})

    table(name="declared", schema={"month": "Int64"})(make("declared"))
    table(name="noted", schema=[Column("month", description="Of 2013.")])(make("noted"))
    table(name="called")(make("called"))
    table(name="required")(required)
    table(name="example", examples={"month": 7})(required)
    found = {s.name: s for s in Catalog().snapshots()}
    assert sorted(calls) == ["called 1", "noted 1", "required 7"]
    assert {n: s.columns_from for n, s in found.items()} == {
        "declared": "declared",
        "noted": "source",
        "called": "source",
        "required": "",
        "example": "source",
    }
    assert found["required"].columns is None
    assert found["required"].parameters == (Parameter(name="month", annotation="int"),)
    assert [s.problems for s in found.values()] == [()] * 5


def raises(error: BaseException) -> Callable[[], pl.LazyFrame]:
    """Return a function that raises."""

    def function() -> pl.LazyFrame:
        raise error

    return function


class OwnEndError(BaseException):
    """An exception beside Exception, as some libraries have them."""


@pytest.mark.parametrize(
    ("function", "code", "detail"),
    [
        (raises(ValueError("no disk")), "function_failed", "the function of table 'bad' raised ValueError"),
        (raises(SourceError("inner")), "function_failed", "the function of table 'bad' raised SourceError"),
        (raises(SystemExit(3)), "unreadable", "asking for its columns raised SystemExit"),
        (raises(GeneratorExit()), "unreadable", "asking for its columns raised GeneratorExit"),
        (raises(asyncio.CancelledError()), "unreadable", "asking for its columns raised CancelledError"),
        (raises(OwnEndError("over")), "unreadable", "asking for its columns raised OwnEndError"),
        (raises(pl.exceptions.PanicException("assertion")), "function_failed", "raised PanicException"),
        (raises(OSError(2, "No such file", "/home/someone/lake/x y.csv")), "function_failed", "FileNotFoundError"),
        (lambda: None, "function_failed", "returned NoneType"),
        (
            lambda: pl.LazyFrame({"a": [1]}).select("b"),
            "function_failed",
            "the frame that the function of table 'bad' returned fails: ColumnNotFoundError",
        ),
    ],
)
def test_failures_are_problems(function: Callable[[], Any], code: str, detail: str) -> None:
    """What a function raises is one problem: a sentence for readers, and for engineers the type alone of it."""
    table(name="bad")(function)
    table(name="good")(lambda: pl.LazyFrame({"a": [1]}))
    bad, good = Catalog().snapshots()
    (problem,) = bad.problems
    assert (problem.code, bad.columns) == (code, None)
    assert "when this page was made" in problem.message
    assert problem.detail.endswith(detail) or detail in problem.detail.partition(",")[0]
    assert good.problems == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no disk", "(no disk)"),
        ("\x1b[31mred\x1b[0m", "(red)"),
        ("cannot open '/home/someone/lake/x y.csv'", "(cannot open '…/lake/x y.csv')"),
        ("password=hunter3 for user me", "(password=*** for user me)"),
    ],
)
def test_the_text_of_a_failure_goes_to_the_log(text: str, told: str, caplog: pytest.LogCaptureFixture) -> None:
    """What an exception says is in no record, and in the log without secrets, colours and paths of this machine."""
    table(name="bad")(raises(ValueError(text)))
    found = Catalog().describe_table("bad")
    assert text not in repr(found)
    (message,) = [record.getMessage() for record in caplog.records if record.name == "lakecat"]
    assert message == f"table 'bad': the function of table 'bad' raised ValueError {told}"


def test_keyboard_interrupts_pass() -> None:
    """Somebody who stops the program is not a problem of a table."""
    table(name="slow")(raises(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        Catalog().describe_table("slow")


class Broken:
    """A third-party source that fails at one method."""

    kind = "broken"

    def __init__(self, fails: str) -> None:
        self.fails = fails

    def _answer(self, method: str, answer: Any) -> Any:
        if method == self.fails:
            raise RuntimeError(f"{method} failed")
        return answer

    def scan(self, **params: Any) -> pl.LazyFrame:
        return self._answer("scan", pl.LazyFrame({"a": [1]}))  # type: ignore[no-any-return]

    def schema(self) -> Any:
        return self._answer("schema", None)

    def facts(self) -> Any:
        yield self._answer("facts", Fact(label="x", value="y"))

    def change_token(self) -> Any:
        return self._answer("change_token", "token")

    def columns(self) -> Any:
        return self._answer("columns", (Column("a", "Int64"),))

    def parameters(self) -> Any:
        return self._answer("parameters", ())

    def statistics(self) -> Any:
        return self._answer("statistics", None)


@pytest.mark.parametrize("fails", ["columns", "facts", "parameters", "statistics"])
def test_a_source_may_fail_anywhere(fails: str) -> None:
    """Whichever method of a third party's source fails, the rest of what is known stays, and the cause is told once."""
    register_static_table(Broken(fails), "t", description="Known.")
    found = Catalog().describe_table("t")
    assert [p.detail for p in found.problems] == [f"asking for its {fails} raised RuntimeError"]
    assert found.description == "Known."


def test_change_tokens(delta: Path, frame: pl.DataFrame) -> None:
    """A token changes with the data and with what is declared; where the source cannot tell there is none."""

    def token(**declared: Any) -> str | None:
        catalog = Catalog(type(current_registry())())
        catalog.add_table(DeltaTable("events", uri=delta), **declared)
        return change_token(catalog.registry.get("events"))

    tokens = [token(owner=owner) for owner in ("a", "a", "b")]
    frame.write_delta(delta, mode="append")
    tokens.append(token(owner="a"))
    assert tokens[0] == tokens[1]
    assert len(set(tokens)) == 3
    for source in (Broken("change_token"), ParquetTable("x", uri="s3://bucket/x")):
        catalog = Catalog(type(current_registry())())
        catalog.add_table(source, "t")
        assert change_token(catalog.registry.get("t")) is None


def test_origin_and_location_hold_no_machine_path(make_module: Callable[..., Path], delta: Path) -> None:
    """Where a table is declared and lies is told relative to the folder of its package."""
    import importlib

    path = make_module(
        "pack.inner.tables",
        "from pathlib import Path\nfrom lakecat import DeltaTable, register_static_table\n"
        "register_static_table(DeltaTable('near', uri=Path(__file__).parent / 'events'))\n"
        f"register_static_table(DeltaTable('far', uri={str(delta)!r}))\n",
    )
    importlib.import_module("pack.inner.tables")
    far, near = Catalog().snapshots()
    assert near.origin is not None
    assert (near.origin.module, near.origin.file, near.origin.line) == ("pack.inner.tables", "pack/inner/tables.py", 3)
    assert near.facts[0] == Fact(label="Location", value="pack/inner/events")
    assert far.facts[0] == Fact(label="Location", value=f"…/{delta.parent.name}/events")
    assert [p.detail for p in near.problems] == ["there is no Delta table 'near': no folder 'pack/inner/events'"]
    assert str(path.parents[2]) not in to_json([far, near])


def test_the_same_twice(delta: Path, parquet: Path) -> None:
    """The same code and data give the same bytes."""
    register_static_table(DeltaTable("events", uri=delta), tags=["a"])
    register_static_table(ParquetTable("users", uri=parquet))
    table(name="f")(lambda n=3: pl.LazyFrame({"n": [n]}))
    first = to_json(Catalog().snapshots())
    assert first == to_json(Catalog().snapshots())
    assert from_json(first) == Catalog().snapshots()


def test_snippets_use_the_given_import(parquet: Path) -> None:
    """Snippets import the catalog as the caller says."""
    register_static_table(ParquetTable("users", uri=parquet))
    imported = CatalogImport(lines=("from shop import lake",), expression="lake")
    found = introspect(current_registry().get("users"), imported=imported, reference="shop:lake")
    assert [s.label for s in found.snippets] == ["Polars", "SQL", "Command line"]
    assert found.snippets[0].code.startswith('from shop import lake\n\ndf = lake.table("users")\n')
    assert found.snippets[2].code == "lakecat show users --catalog shop:lake\n"
