"""Dtypes: everything that authors write for one, and nothing that would run code."""

from __future__ import annotations

import builtins
import contextlib
import datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakecat.dtypes import parse_dtype
from lakecat.errors import DeclarationError

WHERE = "column 'email' of table 'users'"

SIMPLE = [
    pl.Int8(), pl.Int16(), pl.Int32(), pl.Int64(), pl.Int128(), pl.UInt8(), pl.UInt16(), pl.UInt32(), pl.UInt64(),
    pl.Float32(), pl.Float64(), pl.Boolean(), pl.String(), pl.Binary(), pl.Date(), pl.Time(), pl.Null(), pl.Object(),
    pl.Categorical(),
]  # fmt: skip
WITH_ARGUMENTS = [
    pl.Datetime(),
    pl.Datetime("ns", "Europe/Berlin"),
    pl.Duration("ms"),
    pl.Decimal(10, 2),
    pl.Enum(["low", "it's", 'say "high"']),
    pl.List(pl.Int64),
    pl.Array(pl.Float32, 3),
    pl.Array(pl.Int8, (2, 3)),
    pl.Struct({"a": pl.Int64, "b c": pl.List(pl.Struct({"d": pl.Datetime("us", "UTC")}))}),
    pl.Struct({}),
]


@pytest.mark.parametrize("dtype", [*SIMPLE, *WITH_ARGUMENTS], ids=str)
def test_text_of_a_dtype_reads_back(dtype: pl.DataType) -> None:
    """`str()` of every dtype is one of the texts that name it."""
    assert parse_dtype(str(dtype), WHERE) == dtype
    assert parse_dtype(dtype, WHERE) is dtype


_dtypes = st.recursive(
    st.sampled_from([*SIMPLE, *WITH_ARGUMENTS]),
    lambda inner: st.one_of(
        inner.map(pl.List),
        st.builds(pl.Array, inner, st.integers(0, 9)),
        st.dictionaries(st.text(max_size=5), inner, max_size=3).map(pl.Struct),
    ),
    max_leaves=6,
)


@given(_dtypes)
def test_text_of_a_nested_dtype_reads_back(dtype: pl.DataType) -> None:
    """Nested dtypes read back too, whatever the names of their fields."""
    assert parse_dtype(str(dtype), WHERE) == dtype


@pytest.mark.parametrize(
    ("written", "dtype"),
    [
        ("Utf8", pl.String()),
        ("utf8", pl.String()),
        ("str", pl.String()),
        ("int", pl.Int64()),
        ("int64", pl.Int64()),
        ("FLOAT", pl.Float64()),
        ("bool", pl.Boolean()),
        (" Int8 ", pl.Int8()),
        ("Int64()", pl.Int64()),
        ("pl.List(pl.String)", pl.List(pl.String)),
        ("polars.Datetime('us', 'UTC')", pl.Datetime("us", "UTC")),
        ("Datetime(time_zone='UTC')", pl.Datetime(time_zone="UTC")),
        (pl.Utf8, pl.String()),
        (pl.Datetime, pl.Datetime()),
        (int, pl.Int64()),
        (str, pl.String()),
        (bytes, pl.Binary()),
        (datetime.date, pl.Date()),
    ],
    ids=repr,
)
def test_what_names_a_dtype(written: Any, dtype: pl.DataType) -> None:
    """Dtypes, their classes, Python types and names of each kind are understood, old names among them."""
    assert parse_dtype(written, WHERE) == dtype


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("Sting", "did you mean 'String'?"),
        ("Int46", "did you mean 'Int64'?"),
        ("List(Flot64)", "did you mean 'Float64'?"),
        ("VARCHAR", "use a Polars dtype such as 'Int64' or 'String'"),
        ("List", "List(Int64)"),
        ("Array", "Array(Int64, 3)"),
        (pl.Struct, "Struct({'a': Int64})"),
        ("Int64(3)", "takes no arguments"),
        ("", "cannot be read"),
        ("Int64; Int8", "cannot be read"),
        ("\0", "cannot be read"),
        pytest.param("-" * 20_000 + "1", "cannot be read", id="nested too deep"),
        ("[]", "is no dtype"),
        (5, "has 5 for a dtype"),
        (None, "has None for a dtype"),
        (dict, "cannot be read"),
    ],
)
def test_bad_dtypes(written: Any, hint: str) -> None:
    """What names no dtype is an error that says where it stands and what to write."""
    with pytest.raises(DeclarationError) as caught:
        parse_dtype(written, WHERE)
    assert str(caught.value).startswith(f"{WHERE} has ")
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    "written",
    [
        "__import__('os')",
        "__import__('os').system('true')",
        "eval('1')",
        "List(open('x', 'w'))",
        "pl.read_csv('x')",
        "pl.DataFrame",
        "Int64.__class__",
        "[x for x in ().__class__.__mro__]",
        "(lambda: Int64)()",
        "Struct({**{}})",
        "List(*[Int64])",
        "f'{Int64}'",
    ],
)
def test_text_is_never_executed(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text that would be code is refused without running any of it."""
    called: list[object] = []
    for name in ("eval", "exec", "open"):
        monkeypatch.setattr(builtins, name, lambda *a, **_: called.append(a))
    try:
        with pytest.raises(DeclarationError):
            parse_dtype(written, WHERE)
    finally:
        monkeypatch.undo()
    assert called == []


@given(st.text(max_size=40))
def test_any_text_is_a_dtype_or_an_error_of_ours(text: str) -> None:
    """Whatever the text, the outcome is a dtype or a DeclarationError."""
    with contextlib.suppress(DeclarationError):
        assert isinstance(parse_dtype(text, WHERE), pl.DataType)
