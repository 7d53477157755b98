"""Which columns, dtypes and values the names of folders give."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from lakecat.errors import DeclarationError, SchemaMismatchError, SourceError
from lakecat.sources.parquet.partitions import (
    NULL,
    Partitions,
    check_partitioning,
    decoded,
    folder_values,
    inferred,
    value_of,
)

at = datetime.fromisoformat


@pytest.mark.parametrize(
    ("texts", "dtype"),
    [
        ([], pl.String()),
        (["1"], pl.Int64()),
        (["-03", "7"], pl.Int64()),
        ([str(2**63 - 1), str(-(2**63))], pl.Int64()),
        ([str(2**63)], pl.String()),
        (["1", str(-(2**63) - 1)], pl.String()),
        (["1", "2.5"], pl.Float64()),
        (["1.", ".5", "-1e3", "2E+4"], pl.Float64()),
        (["."], pl.String()),
        (["1", "x"], pl.String()),
        (["true", "FALSE"], pl.Boolean()),
        (["true", "yes"], pl.String()),
        (["2026-01-31", "1999-12-01"], pl.Date()),
        (["2026-02-30"], pl.String()),
        (["2026-01-31", "2026-02-30"], pl.String()),
        (["2026-01-31 10:00:00", "2026-01-31"], pl.Datetime("us")),
        (["2026-01-31T10:00:00.123456"], pl.Datetime("us")),
        (["2026-01-31 10:00:00.1234567"], pl.String()),
        (["2026-01-31 25:00:00"], pl.String()),
        (["2026-01-31", "7"], pl.String()),
        ([""], pl.String()),
    ],
)
def test_values_tell_their_dtype(texts: list[str], dtype: pl.DataType) -> None:
    """Where no dtype is declared all values decide, and what is not quite of a kind is text."""
    assert inferred(texts) == dtype


@pytest.mark.parametrize(
    ("text", "dtype", "value"),
    [
        ("x", pl.String(), "x"),
        ("", pl.String(), ""),
        ("x", pl.Categorical(), "x"),
        ("a", pl.Enum(["a", "b"]), "a"),
        ("c", pl.Enum(["a", "b"]), None),
        ("True", pl.Boolean(), True),
        ("FALSE", pl.Boolean(), False),
        ("1", pl.Boolean(), None),
        ("-03", pl.Int8(), -3),
        ("128", pl.Int8(), None),
        ("1.0", pl.Int64(), None),
        ("-1", pl.UInt8(), None),
        ("1e2", pl.Float32(), 100.0),
        (" 1", pl.Float64(), None),
        ("1.25", pl.Decimal(10, 2), Decimal("1.25")),
        ("-1", pl.Decimal(10, 2), Decimal("-1.00")),
        ("1.255", pl.Decimal(10, 2), None),
        ("1e2", pl.Decimal(10, 2), None),
        ("2026-01-31", pl.Date(), date(2026, 1, 31)),
        ("2026-01-31 10:00:00", pl.Date(), None),
        ("2026-02-30", pl.Date(), None),
        ("2026-01-31", pl.Datetime("us"), at("2026-01-31")),
        ("2026-01-31T10:00:00.5", pl.Datetime("ms"), at("2026-01-31T10:00:00.5")),
        ("x", pl.Datetime("us"), None),
        ("2026-01-31 10:00:00", pl.Datetime("us", "UTC"), at("2026-01-31T10:00:00+00:00")),
        ("2026-01-31 10:00:00", pl.Datetime("us"), at("2026-01-31T10:00:00")),
    ],
)
def test_texts_as_values_of_a_dtype(text: str, dtype: pl.DataType, value: Any) -> None:
    """A text is a value of the dtype as it is, or none."""
    assert value_of(text, dtype) == value
    assert type(value_of(text, dtype)) is type(value)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_times_keep_unit_and_zone(unit: Any) -> None:
    """A value has the declared unit; in UTC it is the moment that the text says there."""
    made = Partitions(["t=2026-01-31 10:00:00/a"], {"t": pl.Datetime(unit, "UTC")}, table="t")
    assert made.schema == {"t": pl.Datetime(unit, "UTC")}
    assert made.values(0)["t"].isoformat() == "2026-01-31T10:00:00+00:00"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("country", {"country": None}),
        (["year", "month"], {"year": None, "month": None}),
        (
            {"a": "Int32", "b": pl.Datetime("us", "UTC"), "c": pl.Enum(["x"])},
            {"a": pl.Int32(), "b": pl.Datetime("us", "UTC"), "c": pl.Enum(["x"])},
        ),
        ({"a": pl.Decimal(5, 1), "b": pl.Categorical()}, {"a": pl.Decimal(5, 1), "b": pl.Categorical()}),
    ],
)
def test_declared_partitions(given: Any, found: dict[str, Any]) -> None:
    """Names alone leave the dtype to the values; a mapping declares it."""
    assert check_partitioning(given, "table 't'") == found
    assert list(check_partitioning(given, "table 't'")) == list(found)


@pytest.mark.parametrize(
    "dtype", [pl.Time(), pl.Duration(), pl.List(pl.Int64()), pl.Binary(), pl.Datetime("us", "CET")]
)
def test_dtypes_that_no_folder_can_hold(dtype: pl.DataType) -> None:
    """A dtype of which no folder can name a value is refused where it is declared."""
    with pytest.raises(DeclarationError) as caught:
        check_partitioning({"good": pl.Int64(), "bad": dtype}, "table 't'")
    assert str(caught.value).startswith(
        f"partition column 'bad' of table 't' has the dtype {type(dtype).__name__}, which no name of a folder can hold"
    )


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("a=1/b=2/x.parquet", [("a", "1"), ("b", "2")]),
        ("a=1", []),
        ("plain/a=1=2/x", [("a", "1=2")]),
        ("=1/a=/x", [("a", "")]),
        ("a/b/c=3.parquet", []),
    ],
)
def test_folders_of_a_path(path: str, values: list[tuple[str, str]]) -> None:
    """Folders give values, outermost first; the name of the file gives none."""
    assert folder_values(path) == values


@pytest.mark.parametrize(("text", "read"), [("a%20b", "a b"), ("100%", "100%"), ("%FF", "%FF"), ("%C3%A9", "é")])
def test_escapes(text: str, read: str) -> None:
    """Escapes of URLs are undone where they stand for text."""
    assert decoded(text) == read


def test_values_of_each_file() -> None:
    """Each file has the values of its own folders, NULL among them, which decides no dtype."""
    files = ["n=1/c=NO/a", f"n={NULL}/c=/a", "n=2/c=a%2Fb/a"]
    made = Partitions(files, {"n": None, "c": None}, table="t")
    assert made.schema == {"n": pl.Int64, "c": pl.String}
    assert list(made.schema) == ["n", "c"]
    assert [made.values(i) for i in range(3)] == [{"n": 1, "c": "NO"}, {"n": None, "c": ""}, {"n": 2, "c": "a/b"}]
    assert Partitions(files, {}, table="t").schema == {}
    assert Partitions(files, {}, table="t").values(0) == {}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (["n=1/x=1/a", "x=1/x=2/a"], "is declared as partitioned by 'n', and its folders give 'x'"),
        (["b=1/a=2/x"], "is declared as partitioned by 'n', and its folders give 'b', 'a'"),
        (["n=1/a", "a"], "is declared as partitioned by 'n', and its folders have no 'name=value'"),
        (["n=1/n=2/a"], "is declared as partitioned by 'n', and a file lies in two folders of that name"),
    ],
)
def test_files_outside_of_partitions(files: list[str], says: str) -> None:
    """A file that does not lie in one folder for each declared column is named."""
    with pytest.raises(SourceError) as caught:
        Partitions(files, {"n": None}, table="t")
    assert caught.value.message == f"table 't' {says}"
    assert caught.value.reason == f"file {files[-1]!r}"


@pytest.mark.parametrize("dtype", [pl.Int8(), pl.Date(), pl.Boolean(), pl.Enum(["7"])])
def test_values_of_another_dtype(dtype: pl.DataType) -> None:
    """The first folder whose name is no value of the declared dtype is named; an empty text is NULL."""
    good = {pl.Int8(): "1", pl.Date(): "2026-01-31", pl.Boolean(): "true"}.get(dtype, "7")
    made = Partitions([f"n={good}/a", "n=/a"], {"n": dtype}, table="t")
    assert made.values(1) == {"n": None}
    with pytest.raises(SchemaMismatchError) as caught:
        Partitions([f"n={good}/a", "n=/a", "n=wrong/a", *(f"n=wrong{i}/a" for i in range(20))], {"n": dtype}, table="t")
    assert caught.value.message.startswith(
        f"partition column 'n' of table 't' is declared as {type(dtype).__name__}, and the name of a folder holds no"
    )
    assert (caught.value.columns, caught.value.reason) == (("n",), "folder 'n=wrong'")
