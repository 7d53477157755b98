"""Reading a Delta table lazily with deltalake's own engine (DataFusion), which knows more of the format than Polars."""

from __future__ import annotations

import contextlib
import queue
import re
import threading
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.io.plugins import register_io_source

from lakecat.sources.failures import is_failure
from lakecat.sources.frame_plan import columns_needed, in_plan_order
from lakecat.sources.predicate import quoted, sql_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    import deltalake

_NAME = "lakecat"
_FEWEST_ROWS, _USUAL_ROWS, _MOST_ROWS = 1 << 10, 1 << 13, 1 << 17
_BATCH_BYTES = 8 << 20
_AHEAD = 2
_ESCAPED = re.compile(rb"(\\u00[0-9A-Fa-f]{2})+")


def scan_datafusion(table: deltalake.DeltaTable, typed: Callable[[BaseException], Exception]) -> pl.LazyFrame:
    """Return the table as deltalake's engine reads it: columns, filter and limit are pushed down, batches are streamed.

    Args:
        table: The table; it must not be updated afterwards, as the frame keeps its version.
        typed: Turns an error of the engine into one of lakecat.
    """
    schema = pl.Schema(table.schema())
    texts = _byte_partitions(table)

    def read(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        names = columns_needed(schema, with_columns, predicate)
        dtypes = pl.Schema({name: schema[name] for name in names})
        bytes_ = [decoded(pl.col(name)) for name in names if name in texts]
        rows = _batch_rows(table)
        if n_rows is not None:
            rows = min(rows, max(n_rows, _USUAL_ROWS))
        try:
            batches = engine(table, rows).execute(_query(names, predicate, n_rows, schema))
            frames = (frame if frame.schema == dtypes else frame.cast(dtypes) for frame in map(pl.DataFrame, batches))
            frames = (frame.with_columns(bytes_) if bytes_ else frame for frame in frames)
            wanted = in_plan_order(_gathered(frames, rows), columns=with_columns, predicate=predicate, n_rows=n_rows)
            with contextlib.closing(_ahead(wanted)) as fetched:
                yield from fetched
        except BaseException as error:
            if not is_failure(error):
                raise
            raise typed(error) from None

    return register_io_source(read, schema=schema, is_pure=True)


def check_engine(table: deltalake.DeltaTable) -> None:
    """Raise what the engine raises if it does not know a feature of the table. It reads nothing for that."""
    engine(table)


def engine(table: deltalake.DeltaTable, batch_rows: int = _USUAL_ROWS) -> deltalake.QueryBuilder:
    """Return deltalake's engine with the table in it, as ``lakecat``.

    It reads times that are stored as INT96 in microseconds, as in nanoseconds those after 2262 would be others; and one
    file after the other, so that rows come in the same order each time: a limit would otherwise be any rows.
    """
    import deltalake

    settings = {
        "datafusion.execution.batch_size": str(batch_rows),
        "datafusion.execution.parquet.coerce_int96": "us",
        "datafusion.execution.target_partitions": "1",
    }
    return deltalake.QueryBuilder(settings).register(_NAME, table)


def _query(names: Iterable[str], predicate: pl.Expr | None, n_rows: int | None, schema: pl.Schema) -> str:
    # A filter comes after the limit, so the engine must not apply it to more rows than the limit leaves.
    condition = None if predicate is None or n_rows is not None else sql_filter(predicate, schema)
    where = "" if condition is None else f" WHERE {condition}"
    limit = "" if n_rows is None else f" LIMIT {n_rows}"
    return f"SELECT {', '.join(map(quoted, names))} FROM {_NAME}{where}{limit}"  # noqa: S608 (names are quoted)


def _byte_partitions(table: deltalake.DeltaTable) -> frozenset[str]:
    """Return the partition columns of bytes, whose values the log has as text and the engine gives as such."""
    types = {field.name: getattr(field.type, "type", None) for field in table.schema().fields}
    return frozenset(name for name in table.metadata().partition_columns if types[name] == "binary")


def decoded(values: pl.Expr) -> pl.Expr:
    """Return the values of a partition column of bytes, from the escapes in which the protocol has them.

    A writer that does not escape wrote the bytes as the text that they are.
    """
    return values.map_elements(_decoded, return_dtype=pl.Binary, skip_nulls=True)


def _decoded(text: bytes) -> bytes:
    if not _ESCAPED.fullmatch(text):
        return text
    return bytes(int(code, 16) for code in text.decode().split("\\u")[1:])


def _batch_rows(table: deltalake.DeltaTable) -> int:
    """Return how many rows make a batch of about 8 MB as it is stored: each batch has a cost of its own."""
    files = pl.DataFrame(table.get_add_actions())
    known = files.filter(files.get_column("num_records") > 0) if "num_records" in files.columns else files.head(0)
    if not known.height:
        return _USUAL_ROWS
    size = int(known.get_column("size_bytes").sum()) / int(known.get_column("num_records").sum())
    return min(_MOST_ROWS, max(_FEWEST_ROWS, int(_BATCH_BYTES / max(size, 1.0))))


def _ahead(frames: Iterable[pl.DataFrame]) -> Generator[pl.DataFrame, None, None]:
    """Yield frames that a thread of its own makes ahead, so that the engine reads while rows are used.

    All that is done in Python belongs into that thread, since the engine holds the GIL while it reads: who gives it up
    elsewhere, as each operation of Polars does, waits for a whole batch to get it back. The thread ends when this is
    closed. Polars may let go of a plan that took few rows as late as with the next one.
    """
    found: queue.Queue[Any] = queue.Queue(_AHEAD)
    stopped, end = threading.Event(), object()
    failures: list[BaseException] = []

    def fetch() -> None:
        try:
            for frame in frames:
                found.put(frame)
                if stopped.is_set():
                    return
        except BaseException as error:  # noqa: BLE001 (a panic is no Exception; it is raised again where rows are used)
            failures.append(error)
        finally:
            found.put(end)

    thread = threading.Thread(target=fetch, name="lakecat-engine", daemon=True)
    thread.start()
    last: Any = None
    try:
        while (last := found.get()) is not end:
            yield last
    finally:
        stopped.set()
        # It may wait for room in the queue.
        while last is not end:
            last = found.get()
        thread.join()
    if failures:
        raise failures[0]


def _gathered(frames: Iterable[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """Yield frames of at least half as many rows: many small files give frames that would cost more than their rows.

    The first ones are smaller, so that a reader who wants few rows gets them early.
    """
    kept: list[pl.DataFrame] = []
    height, enough = 0, 1
    for frame in frames:
        kept.append(frame)
        height += frame.height
        if height >= enough:
            yield frame if len(kept) == 1 else pl.concat(kept, rechunk=False)
            kept, height, enough = [], 0, min(rows // 2, 2 * enough)
    if kept:
        yield pl.concat(kept, rechunk=False)
