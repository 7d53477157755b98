"""What is read of the footers of Parquet files, and how often."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from lakecat.errors import CorruptDataError, EncryptedDataError, SchemaMismatchError, SourceError
from lakecat.sources.parquet import footer, schema
from lakecat.sources.parquet.files import DataFile, LocalPlace
from lakecat.sources.parquet.footer import ColumnFooter, read_columns, read_far_times, read_first_record
from lakecat.sources.parquet.schema import Footers, check_same, fits, known_type

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

INT96 = {"use_deprecated_int96_timestamps": True, "store_schema": False}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The last millisecond that nanoseconds of 64 bits hold as a whole.
LAST = EPOCH + timedelta(milliseconds=2**63 // 10**6 - 1)
MILLI = timedelta(milliseconds=1)


def written(path: Path, columns: Any, **options: Any) -> str:
    """Write a file with pyarrow and return its path."""
    pyarrow.parquet.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path, **options)
    return str(path)


def chunk(nulls: int | None, low: Any = None, high: Any = None) -> Any:
    """Return what pyarrow says of a column chunk; with ``None`` for nulls there is no count of them."""
    bounds = SimpleNamespace(
        has_null_count=nulls is not None, null_count=nulls, has_min_max=low is not None, min=low, max=high
    )
    return SimpleNamespace(is_stats_set=True, statistics=bounds)


NOTHING = SimpleNamespace(is_stats_set=False, statistics=None)
NAN = float("nan")


@pytest.mark.parametrize(
    ("chunks", "nulls", "bounds"),
    [
        ([chunk(1, 3, 5)], 1, (3, 5)),
        ([chunk(1, 3, 5), chunk(2, 1, 4)], 3, (1, 5)),
        ([chunk(1, 3, 5), chunk(2, 4, 9)], 3, (3, 9)),
        ([chunk(1, 3, 5), chunk(10)], 11, (3, 5)),
        ([chunk(10), chunk(1, 3, 5)], 11, (3, 5)),
        ([chunk(1, 3, 5), chunk(9)], 10, None),
        ([chunk(9), chunk(10), chunk(0, 3, 5)], 19, None),
        ([chunk(None, 3, 5), chunk(1, 2, 2)], None, (2, 5)),
        ([chunk(1, 3, 5), chunk(None, 2, 2)], None, (2, 5)),
        ([chunk(None)], None, None),
        ([NOTHING], None, None),
        ([chunk(1, 3, 5), NOTHING], None, None),
        ([NOTHING, chunk(1, 3, 5)], None, None),
        ([chunk(0, 1.0, NAN)], 0, None),
        ([chunk(0, NAN, 1.0), chunk(0, 1.0, 2.0)], 0, None),
        ([chunk(0, 1, 2), chunk(0, "a", "b")], 0, None),
        ([chunk(0, 1, 2), chunk(0, "a", "b"), chunk(0, 3, 4)], 0, None),
    ],
)
def test_chunks_of_a_column(chunks: list[Any], nulls: int | None, bounds: tuple[Any, Any] | None) -> None:
    """Counts are summed where each chunk has one; bounds are of all chunks, where each has some or NULLs alone."""
    column = ColumnFooter()
    for each in chunks:
        column.add(each, 10)
    assert column.null_count == nulls
    assert column.bounded == (bounds is not None)
    if bounds is not None:
        assert (column.minimum, column.maximum) == bounds


def test_bounds_of_files(tmp_path: Path) -> None:
    """Columns that are not nested have counts and bounds, from files by their paths or from footers alone."""
    rows = {"i": [3, None, 1], "n": [None] * 3, "s": ["b", "a", None], "l": [[1]] * 3, "t": [{"x": 1}] * 3}
    first = written(tmp_path / "a", pa.table(rows, schema=pa.schema(
        [("i", pa.int64()), ("n", pa.int64()), ("s", pa.string()), ("l", pa.list_(pa.int64())),
         ("t", pa.struct([("x", pa.int64())]))]
    )), row_group_size=2)  # fmt: skip
    assert read_columns([first]) == {"i": (1, "1", "3"), "n": (3, None, None), "s": (1, "a", "b")}
    second = written(tmp_path / "b", {"i": [9]}, write_statistics=False)
    assert read_columns([first, second])["i"] == (None, None, None)
    third = written(tmp_path / "c", {"i": [7]})
    assert read_columns([first, third])["i"] == (1, "1", "7")
    raw = (tmp_path / "c").read_bytes()
    footer = raw[-int.from_bytes(raw[-8:-4], "little") - 8 :]
    assert read_columns([[base64.b64encode(footer).decode()]]) == {"i": (0, "7", "7")}


@pytest.mark.parametrize(
    ("writer", "trusted"),
    [
        ("parquet-mr version 1.8.1", False),
        ("parquet-mr version 1.9.0", False),
        ("parquet-mr version 1.10.0", True),
        ("parquet-mr version 1.12.0", True),
        ("parquet-cpp-arrow 1.9.0", True),
    ],
)
def test_who_compared_decimals_rightly(tmp_path: Path, writer: str, trusted: bool) -> None:
    """Bounds of decimals in bytes by parquet-mr before 1.10 are left out, and those of no other column or writer."""
    columns = {
        "bytes": pa.array([-1, 1], pa.decimal128(30, 0)),
        "small": pa.array([-1, 1], pa.decimal128(9, 0)),
        "text": pa.array(["a", "b"]),
    }
    path = tmp_path / "t"
    file = written(path, columns, store_decimal_as_integer=True)
    named = pyarrow.parquet.read_metadata(file).created_by.encode()
    path.write_bytes(path.read_bytes().replace(named, writer.encode().ljust(len(named))))
    assert set(read_columns([file])) == {"small", "text", *(["bytes"] if trusted else [])}


@pytest.mark.parametrize(
    ("values", "far"),
    [
        ([LAST], False),
        ([LAST + MILLI], True),
        ([EPOCH - (LAST - EPOCH)], False),
        ([EPOCH - (LAST - EPOCH) - MILLI], True),
        ([None], False),
        ([LAST, None, LAST + MILLI], True),
        ([], False),
    ],
)
@pytest.mark.parametrize("kind", ["plain", "list", "large list", "struct", "map", "key"])
def test_times_that_nanoseconds_cannot_hold(tmp_path: Path, values: list[Any], far: bool, kind: str) -> None:
    """Each time is looked at, to the millisecond, wherever it is nested."""
    time = pa.timestamp("us")
    if kind == "key":
        values = [value for value in values if value is not None]
    values = [None if value is None else value.replace(tzinfo=None) for value in values]
    column = {
        "plain": lambda: pa.array(values, time),
        "list": lambda: pa.array([values, None], pa.list_(time)),
        "large list": lambda: pa.array([[], values], pa.large_list(time)),
        "struct": lambda: pa.array([{"a": 1, "x": value} for value in values], pa.struct({"a": pa.int64(), "x": time})),
        "map": lambda: pa.array([[("a", value) for value in values]], pa.map_(pa.string(), time)),
        "key": lambda: pa.array([[(value, "a") for value in values]], pa.map_(time, pa.string())),
    }[kind]()
    near = pa.array([EPOCH.replace(tzinfo=None)] * len(column), time)
    found = read_far_times([written(tmp_path / "t", {"near": near, "c": column}, **INT96)])
    assert found["all"] is True
    assert [path.partition(".")[0] for path in found["columns"]] == (["c"] if far else [])


@pytest.mark.parametrize(
    ("rows", "columns", "everything"),
    [([3, 3], ["t"], True), ([3, 2], ["t"], True), ([6, 1], ["t"], False), ([7, 1], [], False), ([3, 4], ["t"], False)],
)
def test_so_many_rows_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[int], columns: list[str], everything: bool
) -> None:
    """Files are looked at until so many rows are; whether these were all is told."""
    monkeypatch.setattr(footer, "_ROWS_TRIED", 6)
    files = []
    for i, height in enumerate(rows):
        times = pa.array([0] * (height - i) + [(LAST - EPOCH) // MILLI + 1] * i, pa.timestamp("ms"))
        files.append(written(tmp_path / f"{i}", {"t": times}, **INT96))
    assert read_far_times(files) == {"columns": columns, "all": everything}


def test_far_times_behind_the_first_batch(tmp_path: Path) -> None:
    """All batches of a file are looked at, not the first one alone."""
    height = 1 << 16
    times = pa.array([0] * height + [(LAST - EPOCH) // MILLI + 1], pa.timestamp("ms"))
    assert read_far_times([written(tmp_path / "t", {"t": times}, **INT96)]) == {"columns": ["t"], "all": True}


def test_first_records_without_any(tmp_path: Path) -> None:
    """A file without rows, or without columns that repeat, has nothing wrong with its first record."""
    empty = written(tmp_path / "a", pa.table({"l": pa.array([], pa.list_(pa.int64()))}))
    assert read_first_record([empty, written(tmp_path / "b", {"i": [1]})]) == {}


SAME = pl.Schema({"a": pl.Int64, "b": pl.String})


@pytest.mark.parametrize("other", [SAME, {"b": pl.String, "a": pl.Int64}, {"a": pl.Int64, "b": pl.Null}])
def test_columns_that_are_the_same(other: Any) -> None:
    """The order of columns does not matter, nor a column of NULLs alone."""
    check_same("t", SAME, pl.Schema(other), ("x", "y"))


@pytest.mark.parametrize(
    ("other", "said", "columns"),
    [
        ({"a": pl.Int64}, "no column 'b'", ("b",)),
        ({"a": pl.Int64, "b": pl.String, "c": pl.Int8}, "a column 'c' more", ("c",)),
        ({"a": pl.Int32, "b": pl.String}, "'a' as Int32, not Int64", ("a",)),
        ({"a": pl.Enum(["x", "y"]), "b": pl.String}, "'a' as Enum, not Int64", ("a",)),
        (
            {"a": pl.Int32, "c": pl.Int8, "d": pl.Int8},
            "no column 'b', a column 'c' more, a column 'd' more and 1 more differences",
            ("b", "c", "d", "a"),
        ),
        ({"a": pl.Int32, "c": pl.Int8}, "no column 'b', a column 'c' more, 'a' as Int32, not Int64", ("b", "c", "a")),
        (
            dict.fromkeys("cdefg", pl.Int8),
            "no column 'a', no column 'b', a column 'c' more and 4 more differences",
            (*"abcdefg",),
        ),
    ],
)
def test_columns_that_differ(other: Any, said: str, columns: tuple[str, ...]) -> None:
    """The first three differences are said, and how many more there are; all columns concerned are named."""
    with pytest.raises(SchemaMismatchError) as caught:
        check_same("t", SAME, pl.Schema(other), ("p=1/x", "p=2/y"))
    assert caught.value.message == (
        f"the files of table 't' do not have the same columns: beside 'x', 'y' has {said}; "
        f"write the files alike, or declare a function that brings them together"
    )
    assert (caught.value.columns, caught.value.reason) == (columns, "files 'p=1/x' and 'p=2/y'")


def test_null_fits_everywhere() -> None:
    """Values of another dtype do not fit, NULLs do."""
    assert fits(pl.Null(), pl.Int64())
    assert fits(pl.Int64(), pl.Int64())
    assert not fits(pl.Int32(), pl.Int64())
    assert not fits(pl.Int64(), pl.Null())


OFFSET, ZONE = pa.timestamp("ms", "+05:30"), pa.timestamp("ms", "UTC")


@pytest.mark.parametrize(
    ("arrow", "known"),
    [
        (OFFSET, ZONE),
        (pa.timestamp("ms", "-0100"), ZONE),
        (pa.timestamp("ms", "Europe/Oslo"), pa.timestamp("ms", "Europe/Oslo")),
        (pa.timestamp("ns"), pa.timestamp("ns")),
        (pa.int64(), pa.int64()),
        (pa.list_(OFFSET), pa.list_(ZONE)),
        (pa.large_list(OFFSET), pa.large_list(ZONE)),
        (pa.list_(OFFSET, 2), pa.list_(ZONE, 2)),
        (pa.struct({"a": OFFSET, "b": pa.int8()}), pa.struct({"a": ZONE, "b": pa.int8()})),
        (pa.list_(pa.struct({"a": pa.list_(OFFSET)})), pa.list_(pa.struct({"a": pa.list_(ZONE)}))),
        (pa.json_(), pa.string()),
    ],
    ids=str,
)
def test_types_as_polars_has_them(arrow: Any, known: Any) -> None:
    """Zones that are but an offset become UTC, and an extension its storage, however deep; nothing else changes."""
    assert known_type(arrow) == known
    assert type(known_type(arrow)) is type(known)


class Counted(LocalPlace):
    """A folder that counts what is read of it, and may call itself a store."""

    is_local = True

    def __init__(self, path: Path, *, is_local: bool = True) -> None:
        super().__init__(path, table="t")
        self.is_local = is_local
        self.asked: list[int] = []

    def end(self, file: DataFile, count: int) -> bytes:
        """Note how many bytes are read."""
        self.asked.append(count)
        return super().end(file, count)


def typed(error: BaseException) -> SourceError:
    """Return an error as one of a source."""
    return SourceError("failed", str(error))


@pytest.mark.parametrize("is_local", [True, False])
def test_each_footer_is_read_once(tmp_path: Path, is_local: bool) -> None:
    """A footer is read anew where its file changed, and only there; digests have their own memory."""
    for name in "abc":
        written(tmp_path / f"{name}.parquet", {"i": list(range(ord(name) - 96))})
    place = Counted(tmp_path, is_local=is_local)
    footers = Footers(table="t", typed=typed)
    assert [footer.rows for footer in footers.read(place, place.files())] == [1, 2, 3]
    assert [footer.rows for footer in footers.read(place, place.files()[::-1])] == [3, 2, 1]
    assert len(place.asked) == 3
    first, second, third = (footers.digest(place, file) for file in place.files())
    assert len({first, second, third}) == 3
    assert [footers.digest(place, file) for file in place.files()] == [first, second, third]
    assert len(place.asked) == 6
    written(tmp_path / "b.parquet", {"i": [0] * 9})
    assert [footer.rows for footer in footers.read(place, place.files())] == [1, 9, 3]
    assert footers.digest(place, place.files()[1]) != second
    assert len(place.asked) == 8
    assert len({id(footer.shape) for footer in footers.read(place, place.files())}) == 1


def test_files_that_are_gone_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known of files that are no more is not kept for ever, and what is asked for is there all the same."""
    monkeypatch.setattr(schema, "_KEPT", 1)
    monkeypatch.setattr(schema, "_MOST_DIGESTS", 1)
    place, footers = Counted(tmp_path), Footers(table="t", typed=typed)
    for number in range(8):
        path = tmp_path / f"{number}.parquet"
        written(path, {"i": [0] * (number + 1)})
        assert [footer.rows for footer in footers.read(place, place.files())] == [number + 1]
        assert footers.digest(place, place.files()[0]) == footers.digest(place, place.files()[0])
        path.unlink()
    assert len(footers._known) <= 4
    assert len(footers._digests) <= 2


@pytest.mark.parametrize("tail", [12, 64, 1 << 16])
def test_a_footer_of_any_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tail: int) -> None:
    """A footer that is longer than what is read at first is read whole: no byte more, none less."""
    monkeypatch.setattr(schema, "_TAIL", tail)
    data = (tmp_path / "t.parquet", {f"column {i}": [i] for i in range(9)})
    path = data[0]
    written(*data)
    raw = path.read_bytes()
    size = int.from_bytes(raw[-8:-4], "little") + 8
    place = Counted(path)
    assert Footers(table="t", typed=typed).raw(place, place.files()[0]) == raw[-size:]
    assert place.asked == ([tail] if tail >= size else [tail, size])


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda raw: b"", CorruptDataError, "its data are damaged: the file 'f.parquet' is empty"),
        (lambda raw: raw[:-4], CorruptDataError, "its data are damaged: the file 'f.parquet' was cut short: it begins"),
        (lambda raw: raw[:4], CorruptDataError, "its data are damaged: the file 'f.parquet' was cut short"),
        (lambda raw: b"PAR1PAR1", CorruptDataError, "its data are damaged: the file 'f.parquet' was cut short"),
        (lambda raw: raw[:-4] + b"PARE", EncryptedDataError, "its data are encrypted"),
        (lambda raw: b"a,b\n1,2\n", SourceError, "the file 'f.parquet' is no Parquet file; give the location"),
        (lambda raw: b"xxxx" + raw[4:-4] + b"xxxx", SourceError, "the file 'f.parquet' is no Parquet file"),
        (lambda raw: raw[-12:-8] + b"\xff\xff\xff\x00PAR1", CorruptDataError, "its data are damaged"),
        (lambda raw: b"PAR1" + raw[-8:], CorruptDataError, "its data are damaged"),
    ],
)
def test_files_without_a_footer(
    tmp_path: Path, change: Callable[[bytes], bytes], error: type[SourceError], says: str
) -> None:
    """What a file is that does not end as Parquet does is said; a digest of it can be had all the same."""
    path = tmp_path / "f.parquet"
    written(path, {"i": [1]})
    path.write_bytes(change(path.read_bytes()))
    place, footers = Counted(path), Footers(table="t", typed=typed)
    (file,) = place.files()
    with pytest.raises(error) as caught:
        footers.read(place, [file])
    assert type(caught.value) is error
    assert caught.value.message.startswith(f"table 't' cannot be read: {says}")
    assert "f.parquet" in caught.value.reason
    assert len(footers.digest(place, file)) == 64


def test_what_a_shape_tells(tmp_path: Path) -> None:
    """Of its columns a footer tells dtypes, whether they may be null, repeat, or have times of the old type."""
    fields = [pa.field("i", pa.int64(), nullable=False), pa.field("s", pa.string())]
    plain = written(tmp_path / "a", pa.table({"i": [1], "s": ["x"]}, schema=pa.schema(fields)))
    listed = written(tmp_path / "b", {"l": [[1]]})
    old = written(tmp_path / "c", {"t": pa.array([0], pa.timestamp("us"))}, **INT96)
    place, footers = Counted(tmp_path), Footers(table="t", typed=typed)
    shapes = []
    for path in (plain, listed, old):
        file = DataFile(path, path, (tmp_path / path).stat().st_size, path)
        (footer,) = footers.read(place, [file])
        assert (footer.rows, footer.flaw, footer.shape.unreadable) == (1, "", "")
        shapes.append(footer.shape)
    assert shapes[0].schema == {"i": pl.Int64, "s": pl.String}
    assert shapes[0].nullable == {"i": False, "s": True}
    assert [(shape.has_int96, shape.repeats) for shape in shapes] == [(False, False), (False, True), (True, False)]
