"""What Polars asks of an IO source, and batches that a thread fetches ahead."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import DeltaTable
from lakecat.sources.delta import engine as delta_engine
from lakecat.sources.delta.engine import scan_datafusion
from lakecat.sources.frame_plan import columns_needed, in_plan_order
from lakecat.sources.frame_stream import FrameStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SCHEMA = pl.Schema({"a": pl.Int64, "b": pl.Int64, "c": pl.Int64})


@pytest.mark.parametrize(
    ("columns", "predicate", "names"),
    [
        (None, None, ["a", "b", "c"]),
        (None, pl.col("a") > 1, ["a", "b", "c"]),
        (["c", "a"], None, ["a", "c"]),
        (["c"], pl.col("b") > 1, ["b", "c"]),
        ([], pl.col("b") > 1, ["b"]),
        ([], None, ["a"]),
        ([], pl.lit(value=True), ["a"]),
    ],
)
def test_columns_that_must_be_read(columns: list[str] | None, predicate: pl.Expr | None, names: list[str]) -> None:
    """Read are the columns of the result and of the filter, in the table's order; at least one, which has the rows."""
    assert columns_needed(SCHEMA, columns, predicate) == names


def frames(asked: list[int] | None = None) -> Iterator[pl.DataFrame]:
    """Yield three frames of four rows, and note which were asked for."""
    for i in range(3):
        if asked is not None:
            asked.append(i)
        values = range(4 * i, 4 * i + 4)
        yield pl.DataFrame({"a": values, "b": [-value for value in values]})


@pytest.mark.parametrize(
    ("columns", "predicate", "n_rows", "rows", "asked"),
    [
        (None, None, None, [*range(12)], [0, 1, 2]),
        (None, None, 0, [], []),
        (None, None, 1, [0], [0]),
        (None, None, 4, [0, 1, 2, 3], [0]),
        (None, None, 5, [0, 1, 2, 3, 4], [0, 1]),
        (["a"], pl.col("b") < -2, 6, [3, 4, 5], [0, 1]),
        (["a"], pl.col("a") >= 0, None, [*range(12)], [0, 1, 2]),
        (["a"], pl.when(pl.col("a") > 9).then(statement=True), None, [10, 11], [0, 1, 2]),
        (["a"], pl.when(pl.col("a") > 9).then(statement=None).otherwise(statement=True), 11, [*range(10)], [0, 1, 2]),
        (["a"], pl.lit(value=True), 3, [0, 1, 2], [0]),
        (["a"], pl.lit(value=False), 3, [], [0]),
        (["a"], pl.col("a").max() > 7, None, [8, 9, 10, 11], [0, 1, 2]),
    ],
)
def test_limit_then_filter_then_columns(
    columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, rows: list[int], asked: list[int]
) -> None:
    """The limit counts rows before the filter, NULL does not pass, and no frame is asked for that nobody needs."""
    seen: list[int] = []
    found = list(in_plan_order(frames(seen), columns=columns, predicate=predicate, n_rows=n_rows))
    assert [value for frame in found for value in frame["a"]] == rows
    assert all(frame.columns == (columns or ["a", "b"]) for frame in found)
    assert seen == asked


def test_no_column_at_all() -> None:
    """Rows are counted where none of their columns is asked for."""
    found = in_plan_order(frames(), columns=[], predicate=pl.col("a") > 2, n_rows=None)
    assert [frame.height for frame in found] == [1, 4, 4]


def test_a_frame_of_which_all_passes_is_handed_on_as_it_is() -> None:
    """What need not be filtered is not copied."""
    given = pl.DataFrame({"a": [1, 2]})
    (found,) = in_plan_order([given], columns=None, predicate=pl.col("a") > 0, n_rows=None)
    assert found is given


@pytest.fixture
def no_thread() -> Callable[[], bool]:
    """Return a function that tells whether no thread runs that was not there before the test."""
    before = set(threading.enumerate())
    names = ("lakecat-frame", "lakecat-engine")
    return lambda: not [t for t in threading.enumerate() if t.name in names and t not in before]


@pytest.mark.parametrize("taken", [0, 1, 1000])
def test_a_stream_has_all_rows_in_order_and_leaves_no_thread(taken: int, no_thread: Callable[[], bool]) -> None:
    """A frame is read once, from its first row on; whoever stops early ends the query, too."""
    rows = 400_000
    parts = [pl.LazyFrame({"a": range(start, start + rows // 40)}) for start in range(0, rows, rows // 40)]
    stream = FrameStream(pl.concat(parts).select(pl.col("a") * 2))
    reader = stream.reader()
    assert reader.schema.names == ["a"]
    assert no_thread(), "something is computed before a batch is asked for"
    seen: list[int] = []
    for _ in range(taken):
        try:
            seen += reader.read_next_batch().column(0).to_pylist()
        except StopIteration:
            break
    stream.close()
    stream.close()
    assert seen == [2 * i for i in range(len(seen))]
    assert len(seen) == rows if taken == 1000 else len(seen) < rows
    assert no_thread()
    assert stream.failure is None


def test_a_stream_that_fails_says_so(no_thread: Callable[[], bool]) -> None:
    """A frame that fails in the middle is no shorter one: its reader fails, and the failure is kept."""

    def fail(values: pl.Series) -> pl.Series:
        raise ValueError("in the middle")

    stream = FrameStream(pl.LazyFrame({"a": [1]}).select(pl.col("a").map_batches(fail, return_dtype=pl.Int64)))
    with pytest.raises(RuntimeError, match="the frame failed"):
        stream.reader().read_all()
    stream.close()
    assert "in the middle" in str(stream.failure)
    assert no_thread()


class Batches:
    """An engine whose batches are counted; the fifth one may fail."""

    def __init__(self, *, fails: bool = False) -> None:
        self.made = 0
        self._fails = fails

    def __iter__(self) -> Iterator[int]:
        for i in range(20):
            if self._fails and i == 4:
                raise ValueError("in the middle")
            self.made += 1
            yield i


@pytest.mark.parametrize("taken", [1, 2, 20])
def test_batches_are_fetched_ahead(taken: int, no_thread: Callable[[], bool]) -> None:
    """A few batches are fetched before they are asked for, in order; the thread ends with whoever reads."""
    batches = Batches()
    fetched = delta_engine._ahead(batches)
    assert no_thread()
    assert [next(fetched) for _ in range(taken)] == list(range(taken))
    fetched.close()
    assert taken <= batches.made <= taken + 4
    assert no_thread()


def test_a_failure_of_the_engine_comes_after_what_was_read(no_thread: Callable[[], bool]) -> None:
    """All batches before a failure are handed on, and then it is raised; nothing runs on."""
    found: list[int] = []
    with pytest.raises(ValueError, match="in the middle"):
        found.extend(delta_engine._ahead(Batches(fails=True)))
    assert found == [0, 1, 2, 3]
    assert no_thread()


@pytest.mark.parametrize(
    ("heights", "rows", "found"),
    [
        ([3, 3, 3], 100, [3, 3, 3]),
        ([1] * 8, 100, [1, 2, 4, 1]),
        ([1] * 12, 4, [1, 2, 2, 2, 2, 2, 1]),
        ([5, 2, 1, 4, 2, 3], 8, [5, 2, 5, 5]),
        ([0, 0, 1, 0], 100, [1, 0]),
        ([], 100, []),
    ],
)
def test_small_batches_are_put_together(heights: list[int], rows: int, found: list[int]) -> None:
    """The first frames are small, the next ones larger up to half as many rows; none is lost, and their order stays."""
    starts = [sum(heights[:i]) for i in range(len(heights))]
    batches = [pl.DataFrame({"a": range(s, s + h)}) for s, h in zip(starts, heights, strict=True)]
    made = list(delta_engine._gathered(batches, rows))
    assert [frame.height for frame in made] == found
    assert [value for frame in made for value in frame["a"]] == list(range(sum(heights)))


ONE_THREAD = """
import sys
import polars as pl
from deltalake import DeltaTable
from lakecat.sources.delta.engine import scan_datafusion

def scan():
    return scan_datafusion(DeltaTable(sys.argv[1]), lambda error: error)

assert pl.thread_pool_size() == 1
plans = [
    scan().filter(pl.col("a") % 2 == 0).join(scan().filter(pl.col("a") > 4), on="a").select(pl.len()),
    pl.concat([scan(), scan().filter(pl.col("list").list.len() == 2)]).select(pl.len()),
    scan().filter(pl.col("text").map_elements(len, return_dtype=pl.Int64) == 1).select(pl.len()),
]
for engine in ("in-memory", "streaming"):
    print(*(frame.item() for frame in pl.collect_all(plans, engine=engine)))
"""


def test_one_thread_is_enough(tmp_path: Path) -> None:
    """Filters run in the thread that reads ahead. That locks nothing where Polars has one thread for all plans."""
    numbers = pl.int_range(40_000, eager=True)
    frame = pl.DataFrame({"a": numbers, "text": numbers.cast(pl.String)}).with_columns(list=pl.concat_list("a", "a"))
    for part in frame.iter_slices(10_000):
        part.write_delta(tmp_path / "t", mode="append")
    done = subprocess.run(
        [sys.executable, "-c", ONE_THREAD, str(tmp_path / "t")],
        env={**os.environ, "POLARS_MAX_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout.splitlines() == ["19997 80000 10"] * 2, done.stderr


class Files:
    """The files of a table as its log has them."""

    def __init__(self, **columns: list[int | None]) -> None:
        self._columns = columns

    def get_add_actions(self) -> Any:
        """Return them."""
        return pl.DataFrame(self._columns).to_arrow()


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ({"size_bytes": [100]}, 1 << 13),
        ({"size_bytes": [100], "num_records": [0]}, 1 << 13),
        ({"size_bytes": [8 << 20], "num_records": [4096]}, 4096),
        ({"size_bytes": [4 << 20, 4 << 20, 77], "num_records": [2048, 2048, 0]}, 4096),
        ({"size_bytes": [8 << 30], "num_records": [1]}, 1 << 10),
        ({"size_bytes": [1], "num_records": [1 << 20]}, 1 << 17),
    ],
)
def test_rows_of_a_batch(columns: dict[str, Any], rows: int) -> None:
    """A batch has about 8 MB of stored data, within bounds; files without rows do not count."""
    assert delta_engine._batch_rows(Files(**columns)) == rows  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("predicate", "n_rows", "query"),
    [
        (None, None, 'SELECT "a", "c" FROM lakecat'),
        (pl.col("a") == 1, None, 'SELECT "a", "c" FROM lakecat WHERE "a" = 1'),
        (pl.col("a").is_in([1]), None, 'SELECT "a", "c" FROM lakecat'),
        (None, 0, 'SELECT "a", "c" FROM lakecat LIMIT 0'),
        (pl.col("a") == 1, 5, 'SELECT "a", "c" FROM lakecat LIMIT 5'),
    ],
)
def test_what_the_engine_is_asked(predicate: pl.Expr | None, n_rows: int | None, query: str) -> None:
    """A filter is pushed down where it is certain, and not beside a limit, which comes first."""
    assert delta_engine._query(["a", "c"], predicate, n_rows, SCHEMA) == query


@pytest.mark.parametrize(("n_rows", "rows"), [(None, 1 << 17), (5, 1 << 13), (1 << 14, 1 << 14), (1 << 20, 1 << 17)])
def test_a_limit_asks_for_small_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_rows: int | None, rows: int
) -> None:
    """The engine makes no batches much larger than a limit."""
    pl.DataFrame({"a": range(200_000)}).write_delta(tmp_path / "t")
    table = DeltaTable("t", uri=tmp_path / "t").handle.newest()
    asked = []
    engine = delta_engine.engine

    def noted(table: Any, batch_rows: int) -> Any:
        asked.append(batch_rows)
        return engine(table, batch_rows)

    monkeypatch.setattr(delta_engine, "engine", noted)
    frame = scan_datafusion(table, lambda error: Exception(str(error)))
    found = (frame if n_rows is None else frame.head(n_rows)).collect()
    assert found["a"].to_list() == list(range(min(200_000, n_rows or 200_000)))
    assert asked == [rows]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"\\u0041\\u00ff", b"A\xff"),
        (b"\\u00ff", b"\xff"),
        (b"plain", b"plain"),
        (b"\\u0041x", b"\\u0041x"),
        (b"", b""),
    ],
)
def test_escapes_of_bytes(text: bytes, found: bytes) -> None:
    """Bytes are taken from their escapes where all of the text is such; NULL stays."""
    values = pl.DataFrame({"p": [text, None]}, schema={"p": pl.Binary})
    assert values.select(delta_engine.decoded(pl.col("p")))["p"].to_list() == [found, None]
