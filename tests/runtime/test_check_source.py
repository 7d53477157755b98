"""The published contract test catches each breach with one sentence that names it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl
import pytest

from lakecat import Column, DeltaTable, LakecatError, ParquetTable, SourceError, TableParameterError
from lakecat.snapshot import ColumnStatistics, Commit, Fact, Figure, Parameter, Problem, Statistics
from lakecat.sources import base
from lakecat.sources.base import refuse_parameters
from lakecat.testing import check_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRAME = pl.DataFrame({"a": [1, 2], "b": ["x", "y"]})


class Whole:
    """A source with every optional part; each test breaks one promise of it."""

    kind = "whole"

    def __init__(self) -> None:
        self.storage_options = {"secret_key": "CANARY"}

    def scan(self, **params: Any) -> pl.LazyFrame:
        refuse_parameters(params, ("month",), "whole")
        return FRAME.lazy()

    def schema(self) -> pl.Schema | None:
        return FRAME.schema

    def facts(self) -> Any:
        yield Fact(label="Moons", value="2")

    def change_token(self) -> str | None:
        return "1"

    def columns(self) -> tuple[Column, ...]:
        return (Column("a", "Int64"), Column("b"))

    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(name="month", default="None"),)

    def statistics(self) -> Statistics:
        return Statistics(rows=exact(2), last_change="2026-01-02T03:04:05+00:00")

    uri: Any = "s3://key:CANARY@lake/whole"

    def column_statistics(self) -> Any:
        return {"a": ColumnStatistics(null_count=exact(0), minimum="1", maximum="2", bounds="exact")}

    def stored_description(self) -> str:
        return "Two rows."

    def history(self, *, limit: int = 10) -> tuple[Commit, ...]:
        return (Commit(version=1, time="2026-01-02T03:04:05+00:00", operation="WRITE"), Commit(version=0))[:limit]

    def failure(self, error: BaseException) -> LakecatError:
        return SourceError("the whole failed", str(error).replace("CANARY", "***"))

    def problems(self) -> tuple[Problem, ...]:
        return (Problem(code="unreadable", message="It is heavy."),)


def exact(value: Any, source: str = "counted") -> Figure:
    """Return an exact figure."""
    return Figure(value=value, provenance="exact", source=source)


def fails(**_: Any) -> Any:
    """Raise."""
    raise KeyError("k")


TOKENS = itertools.count()


def test_a_whole_source_passes() -> None:
    """A source that keeps every promise passes, and one that knows little as well."""
    check_source(Whole())
    modest = Whole()
    modest.schema = lambda: None  # type: ignore[method-assign]
    modest.change_token = lambda: None  # type: ignore[method-assign]
    modest.facts = list  # type: ignore[method-assign,assignment]
    modest.statistics = Statistics  # type: ignore[method-assign,assignment]
    modest.column_statistics = dict  # type: ignore[method-assign]
    modest.history = lambda **_: ()  # type: ignore[method-assign]
    modest.problems = tuple  # type: ignore[method-assign]
    modest.stored_description = str  # type: ignore[method-assign]
    modest.uri = modest.storage_options = None  # type: ignore[assignment]
    check_source(modest)


@pytest.mark.parametrize(
    ("part", "broken", "says"),
    [
        ("kind", 5, "this is Whole without kind"),
        ("kind", " ", "Whole: kind is empty"),
        ("scan", None, "this is Whole without scan"),
        ("scan", fails, "Whole: scan() raised KeyError: 'k'"),
        ("scan", lambda **_: FRAME, "scan() returned DataFrame, not a polars LazyFrame"),
        ("scan", lambda **_: FRAME.lazy(), "scan() dropped an unknown parameter without a word"),
        ("scan", FRAME.lazy, "scan() raised TypeError for an unknown parameter; raise TableParameterError"),
        ("scan", lambda: FRAME.lazy().collect().lazy(), "scan() reads rows: it calls collect of Polars"),
        ("schema", lambda: dict(FRAME.schema), "schema() returned dict, not a pl.Schema or None"),
        ("schema", lambda: pl.Schema({"a": pl.Int8, "b": pl.String}), "schema() says"),
        ("schema", lambda: pl.Schema({"b": pl.String, "a": pl.Int64}), "schema() says"),
        ("schema", lambda: FRAME.lazy().collect().schema, "schema() reads rows: it calls collect of Polars"),
        ("schema", fails, "schema() raised KeyError"),
        ("facts", lambda: None, "facts() returned NoneType, not an iterable of Fact"),
        ("facts", lambda: [("Moons", "2")], "facts() gave ('Moons', '2'), not a Fact"),
        ("facts", lambda: [Fact(label="Moons", value=2)], "whose label and value are not both text"),  # type: ignore[arg-type]
        ("facts", lambda: [Fact(label=" ", value="2")], "which has no label"),
        ("facts", lambda: [Fact(label="Key", value="it is CANARY")], "facts() shows a secret"),
        ("facts", lambda: [Fact(label="At", value="s3://me:pw@host/x")], "facts() shows a secret or the user part"),
        ("facts", fails, "facts() raised KeyError"),
        ("change_token", lambda: 5, "change_token() returned int, not text or None"),
        ("change_token", lambda: str(next(TOKENS)), "though nothing changed"),
        ("change_token", fails, "change_token() raised KeyError"),
        ("columns", lambda: [Column("a"), Column("b")], "columns() returned [Column("),
        ("columns", lambda: ("a", "b"), "not a tuple of Column"),
        ("columns", lambda: (Column("a"),), "columns() names ['a'], and scan() gives ['a', 'b']"),
        ("columns", lambda: (Column("a", "Int8"), Column("b")), "columns() says 'a' is Int8, and scan() gives Int64"),
        ("columns", ["a", "b"], "columns() raised TypeError"),
        ("parameters", lambda: ["month"], "not a tuple of Parameter"),
        ("parameters", lambda: (Parameter(name="a b", default="1"),), "no identifier, or comes twice: ['a b']"),
        ("parameters", lambda: (Parameter(name="m", default="1"),) * 2, "no identifier, or comes twice: ['m']"),
        ("parameters", lambda: (Parameter(name="month"),), "scan() needs a value for ['month']"),
        ("statistics", dict, "statistics() returned dict, not Statistics"),
        ("statistics", lambda: Statistics(rows=2), "statistics() has 2 for rows, not a Figure"),  # type: ignore[arg-type]
        ("statistics", lambda: Statistics(bytes=exact(-1)), "for bytes, not a Figure of a whole number"),
        ("statistics", lambda: Statistics(files=exact(1.5)), "for files, not a Figure of a whole number"),
        ("statistics", lambda: Statistics(rows=exact(2, "")), "does not say how exact rows is"),
        ("statistics", lambda: Statistics(rows=exact(3)), "statistics() calls 3 rows exact, and scan() gives 2"),
        ("statistics", lambda: Statistics(last_change="yesterday"), "not ISO 8601 in UTC"),
        ("statistics", lambda: Statistics(last_change="2026-01-02T03:04:05"), "not ISO 8601 in UTC"),
        ("__repr__", lambda self: "Whole('CANARY')", "its repr shows the value of a storage option"),
    ],
)
def test_each_breach_is_caught(part: str, broken: Any, says: str) -> None:
    """A broken promise is an AssertionError of one line that says which, without the secret."""
    if part == "__repr__":
        source: Any = type("Whole", (Whole,), {"__repr__": broken})()
    else:
        source = Whole()
        setattr(source, part, broken)
    with pytest.raises(AssertionError) as caught:
        check_source(source)
    assert says in str(caught.value)
    if part not in ("schema",):
        assert "\n" not in str(caught.value)
    assert "CANARY" not in str(caught.value)


def commits(*versions: Any, **more: Any) -> Any:
    """Return a history whose commits have these versions."""
    return lambda limit=10: tuple(Commit(version=version, **more) for version in versions)[:limit]


def figures(**known: Any) -> Any:
    """Return what knows these figures of column `a`."""
    return lambda: {"a": ColumnStatistics(**known)}


def problem(*texts: Any) -> Any:
    """Return what has one problem."""
    return lambda: (Problem(code=texts[0], message=texts[1], detail=texts[2]),)


def raising(_: object) -> Any:
    """Be a property that fails."""
    raise KeyError("CANARY")


TOLD = itertools.count()
# For each capability what breaks it, and what is said then.
BREACHES: dict[type, list[tuple[str, Any, str]]] = {
    base.TableSource: [
        ("change_token", lambda: 5, "change_token() returned int"),
        (
            "repr",
            lambda self: f"Whole({self.uri!r})",
            "its repr shows the value of a storage option or a secret of its uri",
        ),
    ],
    base.HasLocation: [
        ("uri", 5, "its uri is int, not text"),
        ("uri", property(raising), "its uri or storage_options raised KeyError"),
        ("uri", property(lambda self: f"s3://lake/{next(TOLD)}"), "its uri or storage_options are not twice the same"),
        ("facts", lambda: [Fact(label="At", value="key:CANARY")], "facts() shows a secret"),
    ],
    base.HasStorageOptions: [
        ("storage_options", 5, "its storage_options is int, not a mapping"),
        ("storage_options", property(raising), "its uri or storage_options raised KeyError"),
        ("repr", lambda self: f"Whole({self.storage_options!r})", "its repr shows the value of a storage option"),
    ],
    base.HasColumns: [("columns", lambda: (Column("a"),), "columns() names ['a'], and scan() gives ['a', 'b']")],
    base.HasParameters: [("parameters", lambda: ["month"], "not a tuple of Parameter")],
    base.HasStatistics: [("statistics", lambda: Statistics(rows=exact(3)), "calls 3 rows exact, and scan() gives 2")],
    base.HasColumnStatistics: [
        ("column_statistics", fails, "column_statistics() raised KeyError"),
        ("column_statistics", tuple, "column_statistics() returned tuple, not a mapping"),
        ("column_statistics", lambda: {"c": ColumnStatistics()}, "names 'c', and scan() gives ['a', 'b']"),
        ("column_statistics", lambda: {3: ColumnStatistics()}, "column_statistics() names 3"),
        ("column_statistics", lambda: {"a": 5}, "has int for 'a', not ColumnStatistics"),
        ("column_statistics", figures(null_count=2), "has 2 for the nulls of 'a', not a Figure"),
        ("column_statistics", figures(null_count=exact(-1)), "for the nulls of 'a', not a Figure of a whole number"),
        ("column_statistics", figures(null_count=exact(0, "")), "does not say how exact the nulls of 'a' is"),
        ("column_statistics", figures(null_count=exact(1)), "calls 1 nulls of 'a' exact, and scan() gives 0"),
        ("column_statistics", figures(minimum=1), "has bounds of 'a' that are not text or None"),
        ("column_statistics", figures(bounds="about"), "calls the bounds of 'a' 'about', not exact or approximate"),
    ],
    base.HasDescription: [
        ("stored_description", fails, "stored_description() raised KeyError"),
        ("stored_description", lambda: None, "stored_description() returned NoneType, not text"),
        ("stored_description", lambda: "by CANARY", "stored_description() shows a secret"),
    ],
    base.HasHistory: [
        ("history", fails, "history() raised KeyError"),
        ("history", lambda: (), "history() raised TypeError"),
        ("history", lambda limit=10: [Commit(version=1)], "history() returned [Commit("),
        ("history", lambda limit=10: (1, 2), "not a tuple of Commit"),
        ("history", commits(0, 1), "history() has [0, 1], not the newest first"),
        ("history", commits("1"), "history() has '1' for a version, not a whole number"),
        ("history", commits(1, time="yesterday"), "history() has 'yesterday' for a time, not ISO 8601 in UTC"),
        ("history", commits(1, rows_added="3"), "history() has '3' for rows_added"),
        ("history", commits(1, operation=None), "history() has an operation that is not text"),
        ("history", commits(1, operation="by CANARY"), "history() shows a secret"),
        ("history", lambda limit=10: (Commit(version=1), Commit(version=0)), "history(limit=1) gave 2 commits"),
    ],
    base.HasFailures: [
        ("failure", lambda error: None, "failure() returned NoneType, not a LakecatError with a message"),
        ("failure", ValueError, "failure() returned ValueError, not a LakecatError"),
        ("failure", lambda error: SourceError(""), "failure() returned SourceError, not a LakecatError with a message"),
        ("failure", lambda error: SourceError(f"it failed: {error}"), "failure() shows a secret"),
        ("failure", lambda error: SourceError("it failed", str(error)), "failure() shows a secret"),
        ("failure", raising, "failure() raised KeyError"),
    ],
    base.HasProblems: [
        ("problems", fails, "problems() raised KeyError"),
        ("problems", lambda: ["heavy"], "problems() returned ['heavy'], not a tuple of Problem"),
        ("problems", problem("", "heavy", ""), "whose code and message are not both text"),
        ("problems", problem("heavy", 5, ""), "whose code and message are not both text"),
        ("problems", problem("heavy", "It is.", "a\nb"), "problems() gave a detail of more than one line"),
        ("problems", problem("heavy", "It is.", "CANARY"), "problems() shows a secret"),
    ],
}


def test_every_capability_has_breaches() -> None:
    """Each protocol of `lakecat.sources.base` is checked, so a new one needs a check and a line above."""
    protocols = {found for found in vars(base).values() if getattr(found, "_is_protocol", False)}
    assert set(BREACHES) == protocols - {Protocol}
    assert all(isinstance(Whole(), protocol) for protocol in BREACHES)


@pytest.mark.parametrize(
    ("part", "broken", "says"),
    [breach for breaches in BREACHES.values() for breach in breaches],
    ids=[f"{kind.__name__}-{i}" for kind, breaches in BREACHES.items() for i in range(len(breaches))],
)
def test_a_breach_of_each_capability_is_found(part: str, broken: Any, says: str) -> None:
    """A source that breaks what a capability promises is one sentence that says how, without its secret."""
    name = {"repr": "__repr__"}.get(part, part)
    of_class = part == "repr" or isinstance(broken, property)
    kind = type("Whole", (Whole,), {name: broken} if of_class else {})
    if isinstance(broken, property) and part == "storage_options":
        kind.__init__ = lambda self: None  # type: ignore[misc]
    source = kind()
    if not of_class:
        setattr(source, name, broken)
    with pytest.raises(AssertionError) as caught:
        check_source(source)
    assert says in str(caught.value)
    assert "CANARY" not in str(caught.value)


def test_a_source_without_any_capability_is_asked_for_none() -> None:
    """What a source does not have is not missed."""

    class Bare:
        kind = "bare"
        scan, schema, facts, change_token = Whole.scan, Whole.schema, Whole.facts, Whole.change_token

    check_source(Bare())


@pytest.mark.parametrize("kind", ["delta", "parquet", "hive"])
def test_ours_keep_what_they_promise(kind: str, delta: Path, parquet: Path, hive: Path) -> None:
    """The tables of lakecat pass, with all that they can."""
    sources = {
        "delta": DeltaTable("t", uri=delta),
        "parquet": ParquetTable("t", uri=parquet),
        "hive": ParquetTable("t", uri=hive, partitioning=["country"]),
    }
    check_source(sources[kind])


@pytest.mark.parametrize("reader", [pl.read_parquet, pl.read_delta], ids=["read_parquet", "read_delta"])
def test_eager_readers_are_caught(reader: Callable[..., pl.DataFrame], parquet: Path, delta: Path) -> None:
    """A source that reads its whole file in `scan()` is caught."""
    source = Whole()
    path = parquet if reader is pl.read_parquet else delta
    source.scan = lambda **_: getattr(pl, reader.__name__)(path).lazy()  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match=rf"scan\(\) reads rows: it calls {reader.__name__}"):
        check_source(source)


def test_polars_is_left_as_it_was() -> None:
    """After a check, Polars reads as before."""
    before = (pl.read_parquet, pl.LazyFrame.collect)
    check_source(Whole())
    assert (pl.read_parquet, pl.LazyFrame.collect) == before


@pytest.mark.parametrize("source", [None, 5, Whole, "users"], ids=["None", "int", "a class", "text"])
def test_what_is_no_source(source: object) -> None:
    """What is no source at all is an AssertionError as well."""
    with pytest.raises(AssertionError, match="a table is an object with kind, scan"):
        check_source(source)


@pytest.mark.parametrize(
    ("name", "known", "says"),
    [
        ("mont", ("year", "month"), "did you mean 'month'?"),
        ("xyz", ("year", "month"), "it takes year, month"),
        ("xyz", (), "it takes none"),
    ],
)
def test_parameters_that_a_source_does_not_take(name: str, known: tuple[str, ...], says: str) -> None:
    """The first unknown parameter is named, with the one that is near, or all that there are."""
    refuse_parameters(dict.fromkeys(known), known, "t")
    with pytest.raises(TableParameterError) as caught:
        refuse_parameters({**dict.fromkeys(known), name: 1, "other": 2}, known, "t")
    assert str(caught.value) == f"table 't' has no parameter {name!r}; {says}"


def test_parameters_are_passed() -> None:
    """Values for parameters reach `scan()`."""
    source = Whole()

    def scan(**params: Any) -> pl.LazyFrame:
        refuse_parameters(params, ("month",), "whole")
        return FRAME.lazy().with_columns(month=params["month"])

    source.scan = scan  # type: ignore[method-assign]
    source.schema = lambda: pl.Schema({**FRAME.schema, "month": pl.Int32})  # type: ignore[method-assign]
    source.columns = lambda: (Column("a"), Column("b"), Column("month"))  # type: ignore[method-assign]
    check_source(source, params={"month": 3})
