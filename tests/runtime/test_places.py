"""Parquet tables wherever they lie: the same files, rows, dtypes, figures and errors on disk and in a store.

The suite of stores runs these tests too, with a place of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
from polars.testing import assert_frame_equal

from lakecat.errors import (
    CorruptDataError,
    DeclarationError,
    LakecatError,
    MissingDataError,
    SchemaMismatchError,
    SourceError,
    SourceNotFoundError,
)
from lakecat.testing import check_source

from .places import flawed_bytes, parquet_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from .places import Place

ROWS = pl.DataFrame({"a": range(10), "b": [None, *"abcdefghi"]})
WRITERS = {"Polars": parquet_bytes, "pyarrow": flawed_bytes}
"""What makes a file, by the reader that it is for."""


@pytest.fixture(params=WRITERS)
def file_of(request: pytest.FixtureRequest) -> Callable[[pl.DataFrame], bytes]:
    """Return what makes a file for one of the two readers."""
    write: Callable[[pl.DataFrame], bytes] = WRITERS[request.param]
    return write


@pytest.fixture(params=["file", "folder", "glob", "hive"])
def form(request: pytest.FixtureRequest, place: Place, file_of: Callable[[pl.DataFrame], bytes]) -> tuple[str, Any]:
    """Put the rows in one of the forms of a table; return its path and what it is partitioned by."""
    if request.param == "file":
        place.put_bytes("t.parquet", file_of(ROWS))
        return "t.parquet", ()
    for number in range(2):
        folder = f"t/half={number}" if request.param == "hive" else "t"
        place.put_bytes(f"{folder}/{number}.parquet", file_of(ROWS.slice(5 * number, 5)))
    return {"folder": ("t", ()), "glob": ("t/*.parquet", ()), "hive": ("t", ["half"])}[request.param]


PLANS: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "head, filter": lambda t: t.head(5).filter(pl.col("a") > 2),
    "filter, head": lambda t: t.filter(pl.col("a") > 2).head(5),
    "filter, head, filter": lambda t: t.filter(pl.col("a") > 1).head(5).filter(pl.col("a") > 3),
    "head, filter, head": lambda t: t.head(7).filter(pl.col("a") > 2).head(2),
    "head, filter, select": lambda t: t.head(6).filter(pl.col("a") > 3).select("b"),
    "head, filter, len": lambda t: t.head(6).filter(pl.col("a") > 3).select(pl.len()),
    "slice, filter": lambda t: t.slice(2, 5).filter(pl.col("a") > 3),
    "slice, filter, slice": lambda t: t.slice(1, 8).filter(pl.col("a") % 2 == 0).slice(1, 2),
    "tail, filter": lambda t: t.tail(6).filter(pl.col("a") < 7),
    "nothing": lambda t: t.head(0).filter(pl.col("a") > 2),
    "row index": lambda t: t.with_row_index().head(6).filter(pl.col("a") > 2),
    "null filter": lambda t: t.head(3).filter(pl.col("b").is_null()),
    "len": lambda t: t.select(pl.len()),
    "SQL": lambda t: pl.SQLContext(t=t).execute("SELECT a FROM (SELECT * FROM t LIMIT 5) AS s WHERE a > 2"),
}


@pytest.mark.finding(1)
@pytest.mark.parametrize("plan", PLANS)
def test_plans_give_what_they_give_of_a_frame(place: Place, form: tuple[str, Any], plan: str) -> None:
    """Limits, offsets and filters keep their order: a plan gives what it gives of the rows in memory."""
    path, partitioning = form
    frame = place.table(path, partitioning=partitioning).scan().select("a", "b")
    assert_frame_equal(PLANS[plan](frame).collect(), PLANS[plan](ROWS.lazy()).collect())


def test_forms_keep_the_contract(place: Place, form: tuple[str, Any]) -> None:
    """Each form of a table passes the contract test of sources."""
    path, partitioning = form
    check_source(place.table(path, partitioning=partitioning))


@pytest.mark.finding(23)
def test_figures(place: Place, form: tuple[str, Any]) -> None:
    """Rows, bytes, files, nullability and bounds are known of each form; rows not where a footer contradicts itself."""
    path, partitioning = form
    source = place.table(path, partitioning=partitioning)
    found = source.statistics()
    flawed = source.problems() != ()
    assert found.rows is None if flawed else found.rows is not None and found.rows.value == 10
    assert found.files is not None
    assert found.files.value == (1 if path == "t.parquet" else 2)
    assert found.bytes is not None
    assert found.bytes.value > 100
    assert {c.name: c.nullable for c in source.columns()} == {"a": True, "b": True} | dict.fromkeys(partitioning)
    bounds = source.column_statistics()
    assert bounds == {} if flawed else (bounds["a"].minimum, bounds["a"].maximum) == ("0", "9")


@pytest.mark.finding(23)
def test_what_writers_leave_beside_the_data(place: Place) -> None:
    """Markers, hidden files and folders of unfinished writes are read neither by a folder nor by a glob."""
    for path in ("t/0.parquet", "t/deep/er/1.parquet", "t/_day=1/2.parquet"):
        place.put(path, ROWS)
    for path in ("_temporary/0.parquet", ".x.parquet", "_metadata.parquet", "deep/.hidden/x.parquet", "_SUCCESS"):
        place.put(f"t/{path}", ROWS)
    for pattern in ("t", "t/", "t/**/*.parquet", "t/**"):
        assert place.table(pattern).scan().collect().height == 30, pattern
    assert place.table("t/*.parquet").scan().collect().height == 10
    assert place.table("t/_temporary/*.parquet").scan().collect().height == 10


@pytest.mark.finding(23)
@pytest.mark.parametrize("path", ["t", "t/", "t/**/*.parquet", "t/*/*.parquet", "t/day=1", "t/day=1/*.parquet", ""])
def test_a_delta_table_is_not_taken_for_parquet(place: Place, path: str) -> None:
    """A folder with a Delta log, or in one of its partitions, or with such a folder below, also holds dead files."""
    for name in ("t/0.parquet", "t/day=1/0.parquet", "t/_delta_log/0.checkpoint.parquet", "t/_delta_log/x.json"):
        place.put(name, ROWS)
    with pytest.raises(SourceError, match=r"is a Delta table: .* has a '_delta_log'; use DeltaTable"):
        place.table(path).scan()


@pytest.mark.finding(23)
@pytest.mark.parametrize("path", ["v1.2", "t.parquet", "we [1] rd*", "a%20b", "p lus+é", "x=1"])
def test_names_of_folders(place: Place, path: str) -> None:
    """A folder is found whatever its name, and is no glob, nor a partition above the table."""
    place.put(f"{path}/sub/0.parquet", ROWS)
    place.put("we 1 rdx/0.parquet", ROWS.head(1))
    assert_frame_equal(place.table(path).scan().collect(), ROWS)
    assert place.table(path).statistics().rows is not None
    if path != "x=1":
        with pytest.raises(SourceError, match="its folders have no 'name=value'"):
            place.table(path, partitioning=["x"]).scan()


@pytest.mark.finding(23)
def test_partitions_that_no_folder_gives(place: Place) -> None:
    """A misspelt partition, and a file that lies in none, are errors before anything is read."""
    place.put("t/day=1/0.parquet", ROWS)
    with pytest.raises(SourceError, match="is declared as partitioned by 'dya', and its folders give 'day'"):
        place.table("t", partitioning=["dya"]).scan()
    place.put("t/0.parquet", ROWS)
    with pytest.raises(SourceError, match="by 'day', and its folders have no 'name=value'"):
        place.table("t", partitioning=["day"]).scan()


@pytest.mark.finding(8)
@pytest.mark.parametrize(
    ("values", "declared", "dtype", "expected"),
    [
        (["1", "2"], None, pl.Int64(), [1, 2]),
        (["03", "10"], None, pl.Int64(), [3, 10]),
        (["03", "10"], "String", pl.String(), ["03", "10"]),
        (["1e5", "2"], None, pl.Float64(), [1e5, 2.0]),
        (["1e5", "2"], pl.String, pl.String(), ["1e5", "2"]),
        (["NO", "1"], None, pl.String(), ["NO", "1"]),
        (["true", "false"], None, pl.Boolean(), [True, False]),
        (["__HIVE_DEFAULT_PARTITION__", "1"], None, pl.Int64(), [None, 1]),
        (["__HIVE_DEFAULT_PARTITION__", "a b"], None, pl.String(), [None, "a b"]),
        (["__HIVE_DEFAULT_PARTITION__", "__HIVE_DEFAULT_PARTITION__"], None, pl.String(), [None, None]),
        (["2026-01-31", "2026-02-01"], "String", pl.String(), ["2026-01-31", "2026-02-01"]),
        (["7", "8"], pl.Int8, pl.Int8(), [7, 8]),
        (["1%2F2", "é%25"], None, pl.String(), ["1/2", "é%"]),
        (["99999999999999999999", "1"], None, pl.String(), ["99999999999999999999", "1"]),
        (["", "a"], "String", pl.String(), ["", "a"]),
        (["", "a"], pl.Categorical, pl.Categorical(), ["", "a"]),
        (["", "a"], pl.Enum(["a", ""]), pl.Enum(["a", ""]), ["", "a"]),
    ],
)
def test_partition_columns_have_one_dtype(
    place: Place,
    file_of: Callable[[pl.DataFrame], bytes],
    values: list[str],
    declared: Any,
    dtype: pl.DataType,
    expected: list[Any],
) -> None:
    """A partition column has the declared dtype, or the one of its values, for both readers; NULL is NULL."""
    for number, value in enumerate(values):
        place.put_bytes(f"t/p={value}/{number}.parquet", file_of(pl.DataFrame({"a": [number]})))
    source = place.table("t", partitioning=["p"] if declared is None else {"p": declared})
    assert source.schema() == {"a": pl.Int64, "p": dtype}
    found = source.scan().sort("a").collect()
    assert found["p"].dtype == dtype
    assert found["p"].to_list() == expected
    assert source.scan().filter(pl.col("p").is_null()).collect().height == expected.count(None)
    wanted = next(value for value in [*expected, 0] if value is not None)
    if expected != [None, None]:
        assert source.scan().filter(pl.col("p") == wanted).select(pl.len()).collect().item() == 1


@pytest.mark.finding(8)
def test_values_that_a_partition_cannot_have(place: Place) -> None:
    """A folder's value that is none of the declared dtype is said before anything is read, without the value."""
    place.put("t/p=canary/0.parquet", ROWS)
    with pytest.raises(SchemaMismatchError) as caught:
        place.table("t", partitioning={"p": "Int64"}).scan()
    assert "partition column 'p' of table 't' is declared as Int64" in caught.value.message
    assert "canary" not in caught.value.message
    with pytest.raises(DeclarationError, match="which no name of a folder can hold"):
        place.table("t", partitioning={"p": pl.List(pl.Int64)})


@pytest.mark.finding(6)
def test_folders_drop_no_column_of_a_file(place: Place, file_of: Callable[[pl.DataFrame], bytes]) -> None:
    """Only declared folders below the table give columns: a file's own column of an undeclared name stays."""
    own = pl.DataFrame({"a": [1, 2], "year": ["own", None]})
    for root in ("year=2020", "t", "year=1999/t"):
        place.put_bytes(f"{root}/year=2021/month=1/0.parquet", file_of(own))
    place.put_bytes("year=2020x/month=1/0.parquet", file_of(own))
    with_month = own.with_columns(month=pl.lit(1, pl.Int64))
    for root in ("year=2020x", "t", "year=1999/t"):
        assert_frame_equal(place.table(root).scan().collect(), own)
        assert_frame_equal(place.table(root, partitioning=["month"]).scan().collect(), with_month)
    declared = place.table("year=1999/t", partitioning=["year", "month"]).scan().collect()
    assert declared.schema == {"a": pl.Int64, "year": pl.Int64, "month": pl.Int64}
    assert declared["year"].to_list() == [2021, 2021]


MIXED = {
    "other dtype": (pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [1.5]}), "'a' as Float64, not Int64"),
    "narrower": (pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]}, schema={"a": pl.Int32}), "'a' as Int32, not Int64"),
    "text": (pl.DataFrame({"a": [1]}), pl.DataFrame({"a": ["1"]}), "'a' as String, not Int64"),
    "missing": (pl.DataFrame({"a": [1], "b": [1]}), pl.DataFrame({"a": [1]}), "no column 'b'"),
    "extra": (pl.DataFrame({"a": [1]}), pl.DataFrame({"a": [1], "b": [1]}), "a column 'b' more"),
    "nested": (pl.DataFrame({"a": [[1]]}), pl.DataFrame({"a": [["x"]]}), "'a' as List"),
}


@pytest.mark.finding(26)
@pytest.mark.finding(8)
@pytest.mark.parametrize("kind", MIXED)
def test_files_that_differ(place: Place, file_of: Callable[[pl.DataFrame], bytes], kind: str) -> None:
    """Files of other columns or dtypes are an error before `collect()`, with the column; nothing is converted."""
    first, second, says = MIXED[kind]
    place.put_bytes("t/0.parquet", file_of(first))
    place.put_bytes("t/1.parquet", file_of(first))
    place.put_bytes("t/2.parquet", file_of(second))
    source = place.table("t")
    for ask in (source.scan, source.schema, source.columns, source.column_statistics):
        with pytest.raises(SchemaMismatchError) as caught:
            ask()
        assert says in caught.value.message
        assert "beside '0.parquet', '2.parquet' has" in caught.value.message
        assert caught.value.columns in (("a",), ("b",))


@pytest.mark.finding(8)
def test_files_that_differ_only_in_order(place: Place, file_of: Callable[[pl.DataFrame], bytes]) -> None:
    """Columns may stand in another order, and a file may have no rows."""
    place.put_bytes("t/0.parquet", file_of(ROWS))
    place.put_bytes("t/1.parquet", file_of(ROWS.select("b", "a")))
    place.put("t/2.parquet", ROWS.clear())
    assert_frame_equal(place.table("t").scan().collect(), pl.concat([ROWS, ROWS]))


@pytest.mark.finding(18)
@pytest.mark.parametrize("path", ["t.csv", "t/*.csv"])
def test_files_of_another_format(place: Place, path: str) -> None:
    """A CSV is no Parquet file, which is said with what to do; it is not called damaged data."""
    place.put_bytes("t.csv", b"a,b\n1,2\n" * 10)
    place.put_bytes("t/t.csv", b"a,b\n1,2\n" * 10)
    with pytest.raises(SourceError) as caught:
        place.table(path).scan()
    assert not isinstance(caught.value, CorruptDataError)
    assert "the file 't.csv' is no Parquet file; " in caught.value.message


@pytest.mark.parametrize("data", [b"", b"PAR1", parquet_bytes(ROWS)[:-5], b"PAR1" + b"\xff" * 100 + b"PAR1"])
def test_damaged_files(place: Place, data: bytes) -> None:
    """What begins as Parquet, or is empty, is damaged data; the other files do not hide it."""
    place.put("t/0.parquet", ROWS)
    place.put_bytes("t/1.parquet", data)
    with pytest.raises(CorruptDataError, match="table 't' cannot be read: its data are damaged"):
        place.table("t").scan()


def test_nothing_there(place: Place) -> None:
    """Where no file is, `table()` says so."""
    place.put_bytes("t/notes.txt", b"")
    for path in ("t", "t/", "nothing", "nothing.parquet", "t/*.parquet", "nothing/**/*"):
        with pytest.raises(SourceNotFoundError, match="there is no Parquet table 't'"):
            place.table(path).scan()
        assert place.table(path).change_token() == "nothing there"


@pytest.mark.finding(15)
def test_tokens_are_of_the_data(place: Place) -> None:
    """The token is equal for the same data: read again, written again, or elsewhere; and another after any change."""
    for root in ("t", "moved/to/here"):
        place.put(f"{root}/p=1/0.parquet", ROWS)
        place.put(f"{root}/p=2/0.parquet", ROWS)
    token = place.table("t").change_token()
    assert token is not None
    source = place.table("t")
    assert [place.table("moved/to/here").change_token(), source.change_token()] == [token, token]
    place.put("t/p=1/0.parquet", ROWS)
    assert [source.change_token(), place.table("t").change_token()] == [token, token]
    tokens = [token, place.table("t", partitioning=["p"]).change_token()]
    place.put("t/p=1/0.parquet", ROWS.with_columns(a=pl.col("a") + 1))
    tokens.append(source.change_token())
    place.put("t/p=3/0.parquet", ROWS)
    tokens.append(source.change_token())
    place.delete("t/p=2/0.parquet")
    tokens.append(source.change_token())
    place.put("t/p=4/0.parquet", ROWS)
    place.delete("t/p=3/0.parquet")
    tokens.append(source.change_token())
    assert None not in tokens
    assert len(set(tokens)) == 6


def test_nullability_is_that_of_all_files(place: Place) -> None:
    """A column may be null if one of the files says that it may."""
    for number, nullable in enumerate((False, True)):
        schema = pa.schema([pa.field("a", pa.int64(), nullable=False), pa.field("b", pa.int64(), nullable=nullable)])
        made = pa.BufferOutputStream()
        pyarrow.parquet.write_table(pa.table({"a": [1], "b": [1]}, schema=schema), made)
        place.put_bytes(f"t/{number}.parquet", made.getvalue().to_pybytes())
    assert [c.nullable for c in place.table("t/0.parquet").columns()] == [False, False]
    assert [c.nullable for c in place.table("t").columns()] == [False, True]


def test_an_error_tells_no_value(place: Place) -> None:
    """Folders of partitions may hold what pages do not show: lakecat's own sentence has none of it."""
    place.put("t/p=canary/0.parquet", ROWS)
    place.put("t/p=canary/1.parquet", ROWS.rename({"a": "c"}))
    with pytest.raises(LakecatError) as caught:
        place.table("t", partitioning=["p"]).scan()
    assert "canary" not in caught.value.message
    assert not isinstance(caught.value, MissingDataError)
