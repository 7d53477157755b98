"""Filters of Polars as SQL: what is said of each, and of which nothing is said."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from lakecat.sources.predicate import quoted, sql_filter

at = datetime.fromisoformat
EPOCH = at("1970-01-01")
UTC = pl.Datetime("us", "UTC")
SCHEMA = pl.Schema(
    {
        "i": pl.Int64(),
        "u": pl.UInt8(),
        "s": pl.String(),
        "b": pl.Boolean(),
        "d": pl.Date(),
        "f": pl.Float64(),
        "t": pl.Datetime("us"),
        "m": pl.Datetime("ms"),
        "z": UTC,
        "c": pl.Categorical(),
        'q"': pl.Int32(),
    }
)
# The texts of times are read as nanoseconds: a day within what these can hold, as time zones move them.
LARGEST = EPOCH + timedelta(microseconds=2**63 // 1000) - timedelta(days=1)
SMALLEST = EPOCH - (LARGEST - EPOCH)
LATER = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("predicate", "sql"),
    [
        (pl.col("i") == 1, '"i" = 1'),
        (pl.col("i") != -1, '"i" <> -1'),
        (pl.col("i") < 1, '"i" < 1'),
        (pl.col("i") <= 1, '"i" <= 1'),
        (pl.col("i") > 1, '"i" > 1'),
        (pl.col("i") >= 1, '"i" >= 1'),
        (pl.lit(1) == pl.col("i"), '"i" = 1'),
        (pl.lit(1) != pl.col("i"), '"i" <> 1'),
        (pl.lit(1) < pl.col("i"), '"i" > 1'),
        (pl.lit(1) <= pl.col("i"), '"i" >= 1'),
        (pl.lit(1) > pl.col("i"), '"i" < 1'),
        (pl.lit(1) >= pl.col("i"), '"i" <= 1'),
        (pl.col("u") == pl.lit(7, pl.UInt8()), '"u" = 7'),
        (pl.col("i") == pl.lit(7, pl.Int64()), '"i" = 7'),
        (pl.col('q"') == 1, '"q""" = 1'),
        (pl.col("s") == "it's", "\"s\" = 'it''s'"),
        (pl.col("s") == pl.lit("", pl.String()), "\"s\" = ''"),
        (pl.col("b") == pl.lit(value=True), '"b" = true'),
        (pl.col("b") == pl.lit(value=False), '"b" = false'),
        (pl.col("b"), '"b" = true'),
        (pl.col("d") > date(2026, 1, 31), "\"d\" > DATE '2026-01-31'"),
        (pl.col("d") >= date.min, "\"d\" >= DATE '0001-01-01'"),
        (pl.col("d") <= date.max, "\"d\" <= DATE '9999-12-31'"),
        (pl.col("t") == at("2026-01-31T01:02:03.000004"), "\"t\" = TIMESTAMP '2026-01-31T01:02:03.000004'"),
        (pl.col("m") == pl.lit(at("2026-01-31"), pl.Datetime("ms")), "\"m\" = TIMESTAMP '2026-01-31T00:00:00'"),
        (pl.col("z") == pl.lit(at("2026-01-31"), UTC), "\"z\" = TIMESTAMP '2026-01-31T00:00:00Z'"),
        (pl.col("t") <= LARGEST, f"\"t\" <= TIMESTAMP '{LARGEST.isoformat()}'"),
        (pl.col("t") <= LARGEST + LATER, None),
        (pl.col("t") >= SMALLEST, f"\"t\" >= TIMESTAMP '{SMALLEST.isoformat()}'"),
        (pl.col("t") >= SMALLEST - LATER, None),
        (pl.col("i").is_null(), '"i" IS NULL'),
        (pl.col("i").is_not_null(), '"i" IS NOT NULL'),
        (pl.col("s").is_null(), '"s" IS NULL'),
        ((pl.col("i") == 1) & (pl.col("s") == "x"), '("i" = 1) AND ("s" = \'x\')'),
        ((pl.col("i") == 1) & (pl.col("f") == 1.5), '("i" = 1)'),
        ((pl.col("f") == 1.5) & (pl.col("i") == 1), '("i" = 1)'),
        ((pl.col("f") == 1.5) & (pl.col("f") > 0), None),
        ((pl.col("i") == 1) | (pl.col("i") == 2), '("i" = 1) OR ("i" = 2)'),
        ((pl.col("i") == 1) | (pl.col("f") == 1.5), None),
        ((pl.col("f") == 1.5) | (pl.col("i") == 1), None),
    ],
    ids=str,
)
def test_filters_as_sql(predicate: pl.Expr, sql: str | None) -> None:
    """A filter is said as a condition that is true wherever it is; half of an "and" will do, half of an "or" not."""
    assert sql_filter(predicate, SCHEMA) == sql


@pytest.mark.parametrize(
    "predicate",
    [
        pl.col("f") == 1.5,
        pl.col("f") > 1,
        pl.col("f").is_null(),
        pl.col("f").is_not_null(),
        pl.col("i"),
        pl.col("i") == 1.5,
        pl.col("i") == "1",
        pl.col("i") == pl.col("u"),
        pl.col("i") + 1 == 2,
        pl.col("s") == 1,
        pl.col("c") == "x",
        pl.col("b") == 1,
        pl.col("i") == pl.lit(value=True),
        pl.col("i") == pl.lit(date(2026, 1, 31)),
        pl.col("s") == pl.lit(date(2026, 1, 31)),
        pl.col("d") == at("2026-01-31"),
        pl.col("d") == 1,
        pl.col("d") == pl.lit(None),
        pl.col("t") == date(2026, 1, 31),
        pl.col("t") == pl.lit(at("2026-01-31"), UTC),
        pl.col("t") == pl.lit(at("2026-01-31"), pl.Datetime("ns")),
        pl.col("z") == at("2026-01-31"),
        pl.col("i") == pl.lit(at("2026-01-31")),
        pl.col("s") == pl.lit(at("2026-01-31")),
        pl.col("missing") == 1,
        pl.col("missing").is_null(),
        pl.col("missing"),
        ~pl.col("b"),
        pl.col("i").is_in([1, 2]),
        pl.col("i").map_batches(lambda s: s == 1, return_dtype=pl.Boolean),
    ],
    ids=str,
)
def test_filters_of_which_nothing_is_certain(predicate: pl.Expr) -> None:
    """Floats, other dtypes than the column's, columns that are not there, and what is no comparison are not said."""
    assert sql_filter(predicate, SCHEMA) is None


@pytest.mark.parametrize("value", [True, False, None])
def test_null_of_a_date_and_a_boolean(value: Any) -> None:
    """A literal without a value is never compared with."""
    found = sql_filter(pl.col("b") == pl.lit(value, pl.Boolean()), SCHEMA)
    assert found == (None if value is None else f'"b" = {str(value).lower()}')


def test_quotes_of_names() -> None:
    """A name is quoted as SQL wants it."""
    assert (quoted("a b"), quoted('"')) == ('"a b"', '""""')
