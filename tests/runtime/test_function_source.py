"""Tables that functions make: parameters, results and failures."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import Catalog, LakecatError, TableFunctionError, TableParameterError, table
from lakecat.snapshot import Parameter
from lakecat.sources.function import FunctionSource
from lakecat.testing import check_source

if TYPE_CHECKING:
    from collections.abc import Callable


def keyword(month: int, *, carrier: str = "UA") -> pl.DataFrame:
    """Return both arguments."""
    return pl.DataFrame({"month": [month], "carrier": [carrier]})


def positional_only(month: int, carrier: str = "UA", /) -> pl.DataFrame:
    """Return both arguments."""
    return keyword(month, carrier=carrier)


def anything(month: int = 1, **rest: Any) -> pl.DataFrame:
    """Return all arguments."""
    return pl.DataFrame({"month": [month], **{k: [v] for k, v in rest.items()}})


def mixed(month: int, /, **rest: Any) -> pl.DataFrame:
    """Return all arguments."""
    return anything(month, **rest)


@pytest.mark.parametrize(
    ("function", "params", "row"),
    [
        (keyword, {"month": 7}, {"month": 7, "carrier": "UA"}),
        (keyword, {"month": 7, "carrier": "DL"}, {"month": 7, "carrier": "DL"}),
        (positional_only, {"month": 7}, {"month": 7, "carrier": "UA"}),
        (positional_only, {"carrier": "DL", "month": 7}, {"month": 7, "carrier": "DL"}),
        (anything, {}, {"month": 1}),
        (anything, {"other": 2}, {"month": 1, "other": 2}),
        (mixed, {"month": 3, "other": 2}, {"month": 3, "other": 2}),
        (lambda *rest, month=1: pl.DataFrame({"month": [month, *rest]}), {"month": 5}, {"month": 5}),
    ],
)
def test_parameters_arrive(function: Callable[..., Any], params: dict[str, Any], row: dict[str, Any]) -> None:
    """Parameters of every kind are given by name."""
    table(name="t")(function)
    assert Catalog().table("t", **params).collect().to_dicts() == [row]


@pytest.mark.parametrize(
    ("function", "params", "says"),
    [
        (keyword, {}, "table 't' needs a value for 'month': table('t', month=…)"),
        (lambda a, b: None, {}, "needs a value for 'a' and 'b': table('t', a=…, b=…)"),
        (positional_only, {"carrier": "DL"}, "needs a value for 'month'"),
        (keyword, {"month": 1, "carier": "DL"}, "table 't' has no parameter 'carier'; did you mean 'carrier'?"),
        (keyword, {"month": 1, "zzz": 2}, "has no parameter 'zzz'; it takes month, carrier"),
        (pl.LazyFrame.__init__ and (lambda: None), {"x": 1}, "has no parameter 'x'; it takes none"),
        (anything, {"self": 1, "month": 2}, None),
    ],
)
def test_wrong_parameters(function: Callable[..., Any], params: dict[str, Any], says: str | None) -> None:
    """An unknown or missing parameter is an error before the function runs; `**kwargs` takes every one."""
    source = FunctionSource(function, name="t")
    if says is None:
        assert source.scan(**params).collect().width == 2 if "self" not in params else True
        return
    with pytest.raises(TableParameterError) as caught:
        source.scan(**params)
    assert says in str(caught.value)


def raises() -> pl.LazyFrame:
    """Raise."""
    raise ValueError("no disk")


async def coroutine() -> pl.LazyFrame:
    """Return a frame, but not at once."""
    return pl.LazyFrame()


def generator() -> Any:
    """Yield a frame."""
    yield pl.LazyFrame()


def panics() -> pl.LazyFrame:
    """Panic as Polars does, outside Exception."""
    raise pl.exceptions.PanicException("assertion failed")


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (raises, "the function of table 't' raised ValueError (no disk)"),
        (panics, "raised PanicException (assertion failed"),
        (coroutine, "returned coroutine, not a polars LazyFrame or DataFrame"),
        (generator, "returned generator"),
        (lambda: None, "returned NoneType"),
        (lambda: {"a": [1]}, "returned dict"),
        (lambda: pl.Series([1]), "returned Series"),
        (lambda: pl.LazyFrame, "returned type"),
    ],
)
def test_functions_that_fail(function: Callable[..., Any], says: str) -> None:
    """A function that raises or returns something else is an error that names the table; the cause is kept."""
    table(name="t")(function)
    with pytest.raises(TableFunctionError) as caught:
        Catalog().table("t")
    assert says in str(caught.value)
    assert ("raised" in says) == (caught.value.__cause__ is not None)


def test_errors_of_lakecat_are_not_hidden() -> None:
    """What went wrong in a table that a function reads is told in the error of the function's table."""

    @table
    def outer() -> pl.LazyFrame:
        return Catalog().table("inner")

    with pytest.raises(TableFunctionError, match="no table 'inner' in this catalog") as caught:
        Catalog().table("outer")
    assert isinstance(caught.value.__cause__, LakecatError)


def test_described_parameters() -> None:
    """Parameters are described by name, annotation and the text of their default."""
    sentinel = object()

    def function(
        a: int, b: str = "x", *rest: int, c: list[int] | None = None, d: Any = sentinel, **more: Any
    ) -> None: ...

    assert FunctionSource(function, name="t").parameters() == (
        Parameter(name="a", annotation="int"),
        Parameter(name="b", annotation="str", default="'x'"),
        Parameter(name="c", annotation="list[int] | None", default="None"),
        Parameter(name="d", annotation="Any", default="…"),
    )


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "None"),
        ("x" * 90, repr("x" * 90)),
        (1.5, "1.5"),
        (["x" * 56], repr(["x" * 56])),
        (["x" * 57], "…"),
        (object(), "…"),
        ((1, 2), "(1, 2)"),
    ],
)
def test_defaults_as_text(value: Any, told: str) -> None:
    """Defaults are told where their text is short and the same in every process."""

    def users(key=value):  # type: ignore[no-untyped-def]
        return pl.DataFrame({"a": [1]})

    (parameter,) = FunctionSource(users, name="users").parameters()
    assert (parameter.name, parameter.annotation, parameter.default) == ("key", "", told)


def test_the_function_runs_at_each_use() -> None:
    """Neither frame nor failure is kept: each use calls the function anew."""
    calls: list[int] = []

    @table
    def counted() -> pl.DataFrame:
        calls.append(1)
        return pl.DataFrame({"n": [len(calls)]})

    assert [Catalog().table("counted").collect().item() for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("function", "params"),
    [(keyword, {"month": 1}), (positional_only, {"month": 1}), (lambda: pl.LazyFrame({"a": [1]}), {})],
)
def test_functions_keep_the_contract(function: Callable[..., Any], params: dict[str, Any]) -> None:
    """A function's source passes the published contract test."""
    check_source(FunctionSource(function, name="t"), params=params)


def test_a_declared_schema_is_checked_by_the_contract() -> None:
    """The contract test compares a declared schema with the frame."""
    check_source(
        FunctionSource(keyword, name="t", schema=pl.Schema({"month": pl.Int64, "carrier": pl.String})),
        params={"month": 1},
    )
    with pytest.raises(AssertionError, match=r"schema\(\) says"):
        check_source(FunctionSource(keyword, name="t", schema=pl.Schema({"month": pl.Int8})), params={"month": 1})


def test_change_tokens_of_functions() -> None:
    """The token of a function is that of its file; one without a file has none."""
    assert (
        FunctionSource(keyword, name="t").change_token() == FunctionSource(mixed, name="u").change_token() is not None
    )
    namespace: dict[str, Any] = {}
    exec("def typed(): ...", namespace)
    assert FunctionSource(namespace["typed"], name="t").change_token() is None
    assert FunctionSource(len, name="t").change_token() is None


@pytest.mark.parametrize(
    ("schema", "default", "runs"),
    [
        ({"a": pl.Int64}, "UA", False),
        ({"a": pl.Int64}, None, False),
        ({"a": pl.Int64}, inspect.Parameter.empty, False),
        ({"a": pl.Int64}, object(), True),
        (None, "UA", True),
        (None, object(), True),
    ],
)
def test_when_code_runs_to_describe_a_table(schema: Any, default: Any, runs: bool) -> None:
    """A declared schema spares the call, unless showing a default would run code of its class."""

    def function(carrier: Any = default) -> pl.DataFrame:
        return pl.DataFrame({"a": [1]})

    if default is inspect.Parameter.empty:
        function.__defaults__ = ()

    assert FunctionSource(function, name="t", schema=schema).runs_code("describe") is runs


def test_why_a_frame_fails() -> None:
    """Of a frame that fails later, the first line of the text is told, without what may be a secret."""
    found = FunctionSource(raises, name="t").failure(ValueError("no disk password=hunter3\nand a stack"))
    assert str(found.message).endswith("fails: ValueError")
    assert "no disk" in str(found)
    assert "hunter3" not in str(found)
    assert "stack" not in str(found)


@pytest.mark.parametrize(("given", "runs"), [(None, False), ("data.csv", False), (lambda: "1", True)])
def test_when_code_runs_for_a_token(given: Any, runs: bool) -> None:
    """What tells whether a table changed runs code only where it is a function; for columns alone, nothing runs."""
    source = FunctionSource(raises, name="t", schema=pl.Schema({"a": pl.Int64}), change_token=given)
    assert source.runs_code("token") is runs
    assert source.runs_code("columns") is False
