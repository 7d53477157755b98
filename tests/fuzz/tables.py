"""Random frames: a unique ``id``, columns of all dtypes that a format has, and ``p`` to partition by."""

from __future__ import annotations

import datetime
import math
import zoneinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    import random

NAMES = ["a", "b", "A b", "x.y", "größe", "100%", "select", "k/v"]
MOST_ROWS = 24
# What the texts of plans and programs mean.
NAMESPACE: dict[str, Any] = {
    "pl": pl,
    "datetime": datetime,
    "zoneinfo": zoneinfo,
    "Decimal": Decimal,
    "nan": math.nan,
    "inf": math.inf,
}

_OSLO = zoneinfo.ZoneInfo("Europe/Oslo")
_TIMES = [
    datetime.datetime(1969, 12, 31, 23, 59, 59, 999_999),  # noqa: DTZ001
    datetime.datetime(2024, 3, 31, 1, 30),  # noqa: DTZ001
    datetime.datetime(2024, 5, 6, 7, 8, 9, 123_000),  # noqa: DTZ001
    datetime.datetime(2199, 1, 1),  # noqa: DTZ001
]
_FLOATS = [math.nan, 0.0, -0.0, 1.5, -2.25, math.inf, -math.inf]
_TEXTS = ["", "a", "ab", "a'b", "ü", "日本", "NULL", 'q"x', "a b", "z" * 40]


def _whole(bits: int, *, signed: bool = True) -> list[int]:
    return [0, 1, 2, 3, 7, 2 ** (bits - signed) - 1, *([-1, -(2 ** (bits - 1))] if signed else [])]


DELTA: dict[str, list[Any]] = {
    **{f"pl.Int{bits}": _whole(bits) for bits in (8, 16, 32, 64)},
    "pl.Float32": _FLOATS,
    "pl.Float64": _FLOATS,
    "pl.Boolean": [True, False],
    "pl.String": _TEXTS,
    "pl.Binary": [b"", b"a", b"\x00\xff", b"'"],
    "pl.Date": [datetime.date(1, 1, 1), datetime.date(1969, 12, 31), datetime.date(2024, 2, 29)],
    "pl.Datetime('us')": _TIMES,
    "pl.Datetime('us', 'UTC')": [time.replace(tzinfo=datetime.UTC) for time in _TIMES],
    "pl.Decimal(10, 2)": [Decimal("0.00"), Decimal("-1.50"), Decimal("99999999.99")],
    "pl.List(pl.Int64)": [[], [1], [1, None], [3, 2, 1]],
    "pl.Struct({'n': pl.Int64, 't': pl.String})": [{"n": 1, "t": "a"}, {"n": None, "t": "ü"}, {"n": 5, "t": None}],
    "pl.List(pl.Struct({'n': pl.Int64}))": [[], [{"n": 1}], [{"n": None}, {"n": 2}]],
}
"""Texts of dtypes that Delta tables have, each with values."""

PARQUET: dict[str, list[Any]] = {
    **DELTA,
    **{f"pl.UInt{bits}": _whole(bits, signed=False) for bits in (8, 16, 32, 64)},
    "pl.Datetime('ms')": [time.replace(microsecond=0) for time in _TIMES],
    "pl.Datetime('ns', 'Europe/Oslo')": [time.replace(tzinfo=datetime.UTC).astimezone(_OSLO) for time in _TIMES],
    "pl.Time": [datetime.time(0), datetime.time(12, 30, 1, 5), datetime.time(23, 59, 59, 999_999)],
    "pl.Duration('us')": [datetime.timedelta(0), datetime.timedelta(days=-1, microseconds=1)],
    "pl.Categorical": ["a", "b", "ü"],
    "pl.Enum(['low', 'mid', 'high'])": ["low", "high"],
    "pl.Array(pl.Int32, 2)": [[1, 2], [0, None]],
}
"""The same for Parquet files."""


def text(value: Any) -> str:
    """Return Python for a value."""
    return repr(value)


def random_frame(rng: random.Random, dtypes: dict[str, list[Any]]) -> pl.DataFrame:
    """Return a frame; each value may be NULL, and one column in six has nothing else."""
    height = rng.choice([0, 1, 4, 12, MOST_ROWS, MOST_ROWS])
    names = rng.sample(NAMES, rng.randint(2, 5))
    columns = [pl.Series("id", range(height), pl.Int64)]
    for name in names:
        dtype = rng.choice(list(dtypes))
        missing = rng.choice([0.0, 0.2, 0.2, 0.4, 0.4, 1.0])
        values = [None if rng.random() < missing else rng.choice(dtypes[dtype]) for _ in range(height)]
        columns.append(pl.Series(name, values, eval(dtype, NAMESPACE)))
    partitions = [rng.choice(["a", "b", "c d", None]) for _ in range(height)]
    return pl.DataFrame([*columns, pl.Series("p", partitions, pl.String)])


def frame_text(frame: pl.DataFrame) -> str:
    """Return Python that makes the frame."""
    columns = ",\n        ".join(
        f"pl.Series({name!r}, {text(frame[name].to_list())}, {dtype_text(dtype)})"
        for name, dtype in frame.schema.items()
    )
    return f"pl.DataFrame(\n    [\n        {columns},\n    ]\n)"


def dtype_text(dtype: pl.DataType) -> str:
    """Return the text of a dtype, one of those above."""
    known = {eval(each, NAMESPACE): each for each in PARQUET if "(" in each}
    return known.get(dtype) or f"pl.{dtype}"
