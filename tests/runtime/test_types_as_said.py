"""Types as people say them."""

from __future__ import annotations

import polars as pl
import pytest

from lakecat.dtypes import dtype_text, said_dtype

SAID = {
    "Int16": pl.Int16(),
    "String": pl.String(),
    "Date": pl.Date(),
    "datetime in µs": pl.Datetime("us"),
    "datetime in ms, Europe/Zurich": pl.Datetime("ms", "Europe/Zurich"),
    "duration in ns": pl.Duration("ns"),
    "decimal(20, 2)": pl.Decimal(20, 2),
    "enum of 2": pl.Enum(["a", "b"]),
    "list of Int64": pl.List(pl.Int64),
    "list of struct": pl.List(pl.Struct({"a": pl.Int64})),
    "list of decimal(10, 2)": pl.List(pl.Decimal(10, 2)),
    "list of list of duration in µs": pl.List(pl.List(pl.Duration("us"))),
    "array of 3 Float32": pl.Array(pl.Float32, 3),
    "struct, 1 field": pl.Struct({"a": pl.Int64}),
    "struct, 2 fields": pl.Struct({"a": pl.Int64, "b, c": pl.String}),
}


@pytest.mark.parametrize("said", SAID)
def test_as_people_say_it(said: str) -> None:
    """Kind, unit and zone, and how much is inside; not how Polars writes it."""
    assert said_dtype(dtype_text(SAID[said])) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Enum(…)", "enum"),
        ("List(Enum(…))", "list"),
        ("Struct({'a': …})", "struct"),
        ("Martian", "Martian"),
        ("varchar(10)", "varchar(10)"),
        ("varchar(" + "1" * 99 + ")", "varchar"),
        ("Array(Int64, shape=())", "array"),
        ("", ""),
        ("(", "("),
        ("List(" * 200, "list"),
    ],
)
def test_texts_that_are_no_dtype(text: str, said: str) -> None:
    """What a source or a deep dtype gives is cut to its kind; the whole text is a click away."""
    assert said_dtype(text) == said
