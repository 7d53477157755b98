"""Which frames fit a Delta table, and which dtypes a Delta table holds as they are."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from lakecat import Column
from lakecat.errors import SchemaMismatchError
from lakecat.sources.delta.schema import delta_schema, fit, not_storable

TABLE = pl.Schema({"i": pl.Int64, "s": pl.String})


@pytest.mark.parametrize(
    ("dtype", "says"),
    [
        (pl.Int64(), ""),
        (pl.String(), ""),
        (pl.Datetime("us"), ""),
        (pl.Datetime("us", "UTC"), ""),
        (pl.List(pl.Struct({"a": pl.Int8()})), ""),
        (pl.Decimal(10, 2), ""),
        (pl.UInt8(), "is UInt8, which Delta would store as Int8"),
        (pl.Datetime("ns"), "which few readers of Delta know"),
        (pl.Datetime("ms"), "is Datetime(time_unit='ms', time_zone=None), which"),
        (pl.Null(), "which few readers of Delta know"),
        (pl.Time(), "is Time, which Delta does not have"),
        (pl.Duration("us"), "which Delta does not have"),
        (pl.Categorical(), "is Categorical, which Delta would store as String"),
    ],
    ids=str,
)
def test_dtypes_that_delta_holds(dtype: pl.DataType, says: str) -> None:
    """A dtype that comes back as another one, or that few can read, is told; each column has its own sentence."""
    found = not_storable(pl.Schema({"good": pl.Int64(), "c": dtype}))
    assert list(found) == (["c"] if says else [])
    assert says in found.get("c", "")
    assert not says or found["c"].startswith("column 'c' is ")


def test_columns_as_delta_has_them() -> None:
    """Names, order, comments and whether a column may be null go into the schema; unknown is that it may."""
    columns = [
        Column("b", pl.Int64, description="Why."),
        Column("a", pl.String, nullable=False),
        Column("c", pl.String, nullable=True),
    ]
    found = delta_schema(columns).fields
    assert [(field.name, field.nullable, field.metadata) for field in found] == [
        ("b", True, {"comment": "Why."}),
        ("a", False, {}),
        ("c", True, {}),
    ]
    with pytest.raises(SchemaMismatchError, match="Delta cannot hold these columns: column 'x' is UInt8") as caught:
        delta_schema([Column("y", pl.Int64), Column("x", pl.UInt8)])
    assert caught.value.columns == ("x",)


@pytest.mark.parametrize(
    ("given", "options", "columns"),
    [
        ({"s": pl.String, "i": pl.Int64}, {}, ["i", "s"]),
        ({"i": pl.Int64, "s": pl.Null}, {}, ["i", "s"]),
        ({"i": pl.Int64, "s": pl.Categorical()}, {}, ["i", "s"]),
        ({"i": pl.Int64, "s": pl.Enum(["x"])}, {}, ["i", "s"]),
        ({"i": pl.Int64}, {"part": True}, ["i"]),
        ({"i": pl.Int64}, {"add": True}, ["i"]),
        ({"n": pl.Int8, "i": pl.Int64}, {"add": True}, ["i", "n"]),
        ({"n": pl.Int8, "s": pl.String, "i": pl.Int64}, {"add": True, "part": True}, ["i", "s", "n"]),
    ],
)
@pytest.mark.parametrize("kind", [pl.DataFrame, pl.LazyFrame])
def test_frames_that_fit(given: dict[str, Any], options: dict[str, bool], columns: list[str], kind: Any) -> None:
    """A frame comes back in the order and the dtypes of the table, with what it adds behind."""
    frame = kind(schema=given)
    fitted = fit(frame, pl.Schema(given), TABLE, name="t", **options)
    assert type(fitted) is kind
    assert fitted.collect_schema() == pl.Schema({name: TABLE.get(name, given.get(name)) for name in columns})
    assert list(fitted.collect_schema()) == columns


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        ({"i": pl.Int64}, {}, {"s": "it lacks column 's' (String)"}),
        ({"i": pl.Int32, "s": pl.String}, {}, {"i": "its column 'i' is Int32, and that of the table is Int64"}),
        ({"i": pl.Enum(["1"]), "s": pl.String}, {}, {"i": "its column 'i' is Enum"}),
        ({**TABLE, "n": pl.Int8}, {}, {"n": "the table has no column 'n' (Int8)"}),
        ({**TABLE, "n": pl.Int8}, {"part": True}, {"n": "the table has no column 'n' (Int8)"}),
        ({**TABLE, "n": pl.UInt8}, {"add": True}, {"n": "column 'n' is UInt8, which Delta would store as Int8"}),
        (
            {"i": pl.String, "n": pl.Int8},
            {},
            {
                "i": "its column 'i' is String, and that of the table is Int64",
                "s": "it lacks column 's' (String)",
                "n": "the table has no column 'n' (Int8)",
            },
        ),
    ],
)
def test_frames_that_do_not_fit(given: dict[str, Any], options: dict[str, bool], said: dict[str, str]) -> None:
    """Each column that does not fit is named, with what it is and what the table has."""
    with pytest.raises(SchemaMismatchError) as caught:
        fit(pl.DataFrame(schema=given), pl.Schema(given), TABLE, name="t", **options)
    assert caught.value.message.startswith("the frame does not fit table 't': ")
    assert all(sentence in caught.value.message for sentence in said.values())
    assert caught.value.columns == tuple(said)
