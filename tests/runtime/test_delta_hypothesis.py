"""Random Delta tables, read by lakecat in both of its ways, by deltalake's engine and by Polars: one answer."""

from __future__ import annotations

import json
import operator
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import deltalake
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lakecat import DeltaTable
from lakecat.sources.delta.engine import scan_datafusion
from lakecat.sources.delta.native import scan_native, why_not_native

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_COMMIT = datetime(2024, 1, 1, tzinfo=UTC)
ID = "id"
NAMES = ["a", "A b", "x.y", 'q"uote', "it's", "größe", "100%", "select", "#1", "k/v"]

# Sentinels of years 1 and 9999 are common, and outside of what 64 bits of nanoseconds hold.
TIMES = [
    datetime.fromisoformat(text)
    for text in ("0001-01-01", "1969-12-31T23:59:59.999999", "2024-01-01", "2024-05-06T07:08:09.123456", "9999-12-31")
]
FLOATS = [float("nan"), 0.0, 1.5, -2.25, float("inf"), -0.0, float("-inf")]
SAMPLES: dict[pa.DataType, list[Any]] = {
    **{
        kind: [0, 1, -1, 7, 2 ** (bits - 1) - 1, -(2 ** (bits - 1))]
        for kind, bits in ((pa.int8(), 8), (pa.int16(), 16), (pa.int32(), 32), (pa.int64(), 64))
    },
    # Logs cut long texts.
    pa.string(): ["", "a'b", "a", "back\\slash", "ü", "日本", "a/b", "k=v", "100%25", "a b", "NULL", 'q"x', "z" * 99],
    pa.bool_(): [False, True],
    pa.date32(): [date(1, 1, 1), date(1969, 12, 31), date(2024, 2, 29), date(9999, 12, 31)],
    pa.timestamp("us"): TIMES,
    pa.timestamp("us", "UTC"): [time.replace(tzinfo=UTC) for time in TIMES],
    pa.float32(): FLOATS,
    pa.float64(): FLOATS,
    pa.binary(): [b"", b"a", b"\x00\xff", b"'"],
    pa.decimal128(10, 2): [Decimal("0.00"), Decimal("-1.50"), Decimal("99999999.99")],
}
SCALARS = {kind: st.sampled_from(values) for kind, values in SAMPLES.items()}
TEXT, WHOLE = SCALARS[pa.string()], SCALARS[pa.int64()]
INNER = pa.struct([pa.field("n", pa.int64()), pa.field("t", pa.string())])
NESTED = {
    pa.list_(pa.int64()): st.lists(st.none() | WHOLE, max_size=3),
    INNER: st.fixed_dictionaries({"n": st.none() | WHOLE, "t": st.none() | TEXT}),
    pa.list_(INNER): st.lists(st.fixed_dictionaries({"n": WHOLE, "t": TEXT}), max_size=2),
    pa.map_(pa.string(), pa.int64()): st.dictionaries(TEXT, WHOLE, max_size=2).map(lambda pairs: [*pairs.items()]),
}
KINDS = {**SCALARS, **NESTED}
# Directories stand for partitions, so a partition without text is one without value, and floats have no one text.
# deltalake writes a negative decimal as "-1.-50", which nothing reads, and bytes as an escaped text that it does not
# turn back into bytes.
PARTITIONS = {
    kind: values.filter(lambda value: value not in ("", Decimal("-1.50")))
    for kind, values in SCALARS.items()
    if not pa.types.is_floating(kind) and not pa.types.is_binary(kind)
}


@dataclass
class Plan:
    """A table that can be written: the types of its columns, and how."""

    kinds: dict[str, pa.DataType]
    write: Callable[[Path], Written]


@dataclass
class Written:
    """A table on disk, and what was written into it: a frame for each version."""

    path: Path
    versions: list[pl.DataFrame]

    @property
    def newest(self) -> pl.DataFrame:
        """What the newest version holds."""
        return self.versions[-1]


def rows(draw: st.DrawFn, schema: pa.Schema, start: int) -> pa.Table:
    """Draw the rows of one commit; ids go on from ``start``."""
    count = draw(st.integers(1, 5))
    columns = [pa.array(range(start, start + count), pa.int64())]
    for field in list(schema)[1:]:
        values = PARTITIONS[field.type] if field.metadata else KINDS[field.type]
        drawn = draw(st.lists(st.none() | values, min_size=count, max_size=count))
        columns.append(pa.array(drawn, field.type))
    return pa.table(columns, schema=pa.schema([pa.field(field.name, field.type) for field in schema]))


@st.composite
def tables(draw: st.DrawFn) -> Plan:
    """Draw a table: up to three commits, a wider schema, deleted rows."""
    names = draw(st.permutations(NAMES))
    kinds = draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=4))
    parts = draw(st.lists(st.sampled_from(list(PARTITIONS)), max_size=2))
    wider = draw(st.none() | st.sampled_from(list(KINDS)))
    fields = [pa.field(ID, pa.int64())]
    fields += [pa.field(names[i], kind) for i, kind in enumerate(kinds)]
    by = [pa.field(names[len(kinds) + i], kind, metadata={"by": "1"}) for i, kind in enumerate(parts)]
    schemas = [pa.schema(fields + by)] * draw(st.integers(1, 2))
    if wider is not None:
        schemas.append(pa.schema([*fields, *by, pa.field(names[-1], wider)]))
    commits = [rows(draw, schema, 10 * i) for i, schema in enumerate(schemas)]
    deleted = draw(st.lists(st.sampled_from([v for commit in commits for v in commit[ID].to_pylist()]), max_size=3))

    def write(path: Path) -> Written:
        versions: list[pl.DataFrame] = []
        for commit in commits:
            mode = {"mode": "append", "schema_mode": "merge"} if versions else {}
            deltalake.write_deltalake(path, commit, partition_by=[field.name for field in by], **mode)
            versions.append(pl.concat([*versions[-1:], pl.DataFrame(commit)], how="diagonal"))
        if deleted:
            deltalake.DeltaTable(path).delete(f"id IN ({', '.join(map(str, deleted))})")
            versions.append(versions[-1].filter(~pl.col(ID).is_in(deleted)))
        for version in range(len(versions)):
            commit = path / "_delta_log" / f"{version:020d}.json"
            moment = int((FIRST_COMMIT + timedelta(days=version)).timestamp() * 1000)
            commit.write_text(
                re.sub(r'"commitInfo":{"timestamp":\d+', f'"commitInfo":{{"timestamp":{moment}', commit.read_text())
            )
        return Written(path, versions)

    return Plan({field.name: field.type for field in schemas[-1]}, write)


def fallback(path: Path, version: int | None = None) -> pl.LazyFrame:
    """Return a table as the reader gives it that lakecat falls back to."""
    return scan_datafusion(deltalake.DeltaTable(path, version=version), raised)


def raised(error: BaseException) -> Exception:
    """Leave an error as it is; a panic fails the test as it would fail a reader."""
    return error if isinstance(error, Exception) else AssertionError(str(error))


def assert_same(found: pl.DataFrame, wanted: pl.DataFrame) -> None:
    """Assert that two frames have the same schema and, in the order of ids, the same rows."""
    assert_frame_equal(found.sort(ID), wanted.sort(ID), check_exact=True)


@given(tables())
def test_every_reader_gives_what_was_written(plan: Plan) -> None:
    """lakecat, both its readers, deltalake and Polars give each version as written, asked by number or by time."""
    with tempfile.TemporaryDirectory() as folder:
        written = plan.write(Path(folder) / "t")
        source = DeltaTable("t", uri=written.path)
        for version, wanted in enumerate(written.versions):
            table = deltalake.DeltaTable(written.path, version=version)
            lazy = source.scan(version=version)
            assert lazy.collect_schema() == pl.Schema(table.schema())
            engine = pl.DataFrame(table.scan().read_all()).cast(dict(pl.Schema(table.schema())))  # type: ignore[arg-type]
            assert_same(engine, wanted.select(engine.columns))
            assert_same(lazy.collect(), engine)
            assert_same(fallback(written.path, version).collect(), engine)
            if why_not_native(table) is None:
                assert_same(scan_native(table, None).collect(), engine)
                assert_same(pl.scan_delta(str(written.path), version=version).collect(), engine)
            moment = FIRST_COMMIT + timedelta(days=version, hours=1)
            assert_same(source.scan(timestamp=moment).collect(), engine)
            assert_same(source.scan(timestamp=moment.isoformat()).collect(), engine)
        assert_same(source.scan().collect(), engine)
        figure = source.statistics().rows
        assert figure is None or figure.value == written.newest.height


@pytest.mark.parametrize("folder", ["", "Xy/", "x=1/", "k=other/x=1/"])
def test_files_of_partitions_may_lie_anywhere(tmp_path: Path, folder: str) -> None:
    """Values of partitions come from the log, wherever the files lie, as they do below random prefixes."""
    wanted = pl.DataFrame({ID: [1, 2, 3], "k": ["a", "b", None]})
    path = tmp_path / "t"
    wanted.write_delta(path, delta_write_options={"partition_by": ["k"]})
    commit = path / "_delta_log" / "00000000000000000000.json"
    actions = [json.loads(line) for line in commit.read_text().splitlines()]
    for add in [action["add"] for action in actions if "add" in action]:
        moved = folder + add["path"].rpartition("/")[2]
        (path / moved).parent.mkdir(parents=True, exist_ok=True)
        (path / add["path"]).rename(path / moved)
        add["path"] = moved
    commit.write_text("\n".join(map(json.dumps, actions)))
    assert_same(DeltaTable("t", uri=path).scan().collect(), wanted)


def checks(name: str, kind: pa.DataType, value: Any) -> list[pl.Expr]:
    """Return conditions on one column: some may be handed to the engine, others may not."""
    column, dtype = pl.col(name), pl.Series(pa.array([], kind)).dtype
    found = [column.is_null(), column.is_not_null(), ~column.is_null()]
    if kind in NESTED:
        return found
    literal = pl.lit(value, dtype=dtype)
    for compare in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
        found += [compare(column, literal), compare(literal, column), ~compare(column, literal)]
        found += [] if dtype.is_decimal() else [compare(column, pl.lit(value))]
    found += [column.eq_missing(literal), column.ne_missing(literal), column.is_between(literal, literal)]
    found.append(column.is_in(pl.Series([value], dtype=dtype).implode()))
    if dtype == pl.Boolean:
        found += [column, ~column, column & column.is_not_null()]
    if dtype.is_float():
        found += [column.is_nan(), column.is_finite(), ~(column > 0)]
    if dtype.is_integer():
        found += [column > 10**6, column + 1 > 1.5, column != pl.lit(1, dtype=pl.UInt8), column % 2 == 0]
    if dtype == pl.String:
        found += [column.str.contains("a", literal=True), column.str.len_chars() > 1, column + "x" == "ax"]
    if dtype == pl.Date:
        found += [column.dt.year() > 2000, column < datetime.fromisoformat("2024-03-01")]
    if isinstance(dtype, pl.Datetime):
        other = pl.lit(datetime(2024, 5, 6, 7, 8, 9, 123000, tzinfo=UTC if dtype.time_zone else None))
        found += [column > other.cast(pl.Datetime("ms", dtype.time_zone))]
    return found


@pytest.mark.parametrize("kind", SAMPLES, ids=str)
def test_every_comparison_gives_the_answer_of_polars(tmp_path: Path, kind: pa.DataType) -> None:
    """Values of a type, compared in each way with all, give what Polars says, and no file is left out wrongly."""
    values = SAMPLES[kind]
    for start, some in enumerate([[None], *([value] for value in values), [*values, None]]):
        ids = pa.array(range(100 * start, 100 * start + len(some)))
        commit = pa.table([ids, pa.array(some, kind)], names=[ID, 'q"uote'])
        deltalake.write_deltalake(tmp_path / "t", commit, mode="append")
    lazy = fallback(tmp_path / "t")
    whole = lazy.collect().sort(ID)
    # The extremes stand first and last, and what is hard to quote.
    for condition in (
        condition for value in (*values[:2], *values[-2:]) for condition in checks('q"uote', kind, value)
    ):
        found = lazy.filter(condition).select(ID).collect()[ID].sort()
        assert found.to_list() == whole.filter(condition)[ID].to_list(), str(condition)


@st.composite
def conditions(draw: st.DrawFn, kinds: dict[str, pa.DataType]) -> pl.Expr:
    """Draw a filter of one to three conditions, joined or negated."""
    names = draw(st.lists(st.sampled_from(list(kinds)), min_size=1, max_size=3))
    join = draw(st.sampled_from([operator.and_, operator.or_, operator.xor]))
    parts = [
        draw(st.sampled_from(checks(name, kinds[name], draw(SCALARS.get(kinds[name], st.none()))))) for name in names
    ]
    whole = reduce(join, parts)
    return draw(st.sampled_from([whole, ~whole, whole & (pl.col(ID) >= 1), (pl.col(ID) < 11) | whole]))


@given(st.data())
def test_what_is_pushed_down_changes_no_answer(data: st.DataObject) -> None:
    """Filters, columns and limits give from the fallback reader what Polars makes of the whole frame."""
    plan = data.draw(tables())
    with tempfile.TemporaryDirectory() as folder:
        written = plan.write(Path(folder) / "t")
        lazy = fallback(written.path)
        whole = lazy.collect()
        columns = [ID, *data.draw(st.lists(st.sampled_from(whole.columns[1:]), unique=True))]
        limit = data.draw(st.integers(0, 6))
        for _ in range(3):
            condition = data.draw(conditions(plan.kinds))
            wanted = whole.filter(condition)
            assert_same(lazy.filter(condition).collect(), wanted)
            assert_same(lazy.filter(condition).select(columns).collect(), wanted.select(columns))
            assert lazy.filter(condition).select(pl.len()).collect().item() == wanted.height
            # Which rows a limit leaves is not said, but how many are, and that each is one of them.
            some = lazy.filter(condition).select(columns).head(limit).collect()
            assert some.height == min(limit, wanted.height)
            assert_same(some, wanted.select(columns).filter(pl.col(ID).is_in(some[ID].implode())))
            first = lazy.head(limit).filter(condition).collect()
            assert_same(first, wanted.filter(pl.col(ID).is_in(first[ID].implode())))
        assert lazy.head(limit).collect().height == min(limit, whole.height)
        assert_same(lazy.select(columns).collect(), whole.select(columns))
