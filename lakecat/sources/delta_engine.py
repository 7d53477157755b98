"""Reading a Delta table lazily with deltalake's own engine (DataFusion), which knows more of the format than Polars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
from polars.io.plugins import register_io_source

from lakecat.sources.failures import is_failure
from lakecat.sources.predicate import quoted, sql_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import deltalake

_NAME = "lakecat"
_FEWEST_ROWS, _USUAL_ROWS, _MOST_ROWS = 1 << 10, 1 << 13, 1 << 17
_BATCH_BYTES = 8 << 20


def scan_datafusion(table: deltalake.DeltaTable, typed: Callable[[BaseException], Exception]) -> pl.LazyFrame:
    """Return the table as deltalake's engine reads it: columns, filter and limit are pushed down, batches are streamed.

    Args:
        table: The table; it must not be updated afterwards, as the frame keeps its version.
        typed: Turns an error of the engine into one of lakecat.
    """
    schema = pl.Schema(table.schema())

    def read(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        wanted = list(schema) if with_columns is None else with_columns
        # The filter may need columns that the result does not.
        needed = set(wanted) | (set() if predicate is None else set(predicate.meta.root_names()))
        names = [name for name in schema if name in needed] or list(schema)[:1]
        dtypes = pl.Schema({name: schema[name] for name in names})
        rows = _batch_rows(table)
        if n_rows is not None:
            rows = min(rows, max(n_rows, _USUAL_ROWS))
        left = n_rows
        try:
            batches = _engine(table, rows).execute(_query(names, predicate, n_rows, schema))
            for frame in _frames(batches, rows):
                kept = frame if frame.schema == dtypes else frame.cast(dtypes)
                kept = kept if predicate is None else kept.filter(predicate)
                if left is not None:
                    kept = kept.head(left)
                    left -= kept.height
                # A row index needs no column; a frame that selects none has no rows.
                yield kept.select(wanted) if wanted else pl.DataFrame(height=kept.height)
                if left == 0:
                    return
        except BaseException as error:
            if not is_failure(error):
                raise
            raise typed(error) from None

    return register_io_source(read, schema=schema, is_pure=True)


def check_engine(table: deltalake.DeltaTable) -> None:
    """Raise what the engine raises if it does not know a feature of the table. It reads nothing for that."""
    _engine(table, _MOST_ROWS)


def _engine(table: deltalake.DeltaTable, batch_rows: int) -> deltalake.QueryBuilder:
    """Return deltalake's engine with the table in it.

    It reads times that are stored as INT96 in microseconds, as in nanoseconds those after 2262 would be others.
    """
    import deltalake

    settings = {
        "datafusion.execution.batch_size": str(batch_rows),
        "datafusion.execution.parquet.coerce_int96": "us",
    }
    return deltalake.QueryBuilder(settings).register(_NAME, table)


def _query(names: Iterable[str], predicate: pl.Expr | None, n_rows: int | None, schema: pl.Schema) -> str:
    condition = None if predicate is None else sql_filter(predicate, schema)
    where = "" if condition is None else f" WHERE {condition}"
    # The condition may be less than the whole filter, which is applied afterwards.
    limit = f" LIMIT {n_rows}" if n_rows is not None and predicate is None else ""
    return f"SELECT {', '.join(map(quoted, names))} FROM {_NAME}{where}{limit}"  # noqa: S608 (names are quoted)


def _batch_rows(table: deltalake.DeltaTable) -> int:
    """Return how many rows make a batch of about 8 MB as it is stored: each batch has a cost of its own."""
    files = pl.DataFrame(table.get_add_actions())
    known = files.filter(files.get_column("num_records") > 0) if "num_records" in files.columns else files.head(0)
    if not known.height:
        return _USUAL_ROWS
    size = int(known.get_column("size_bytes").sum()) / int(known.get_column("num_records").sum())
    return min(_MOST_ROWS, max(_FEWEST_ROWS, int(_BATCH_BYTES / max(size, 1.0))))


def _frames(batches: Iterable[Any], rows: int) -> Iterator[pl.DataFrame]:
    """Yield frames of about so many rows: many small files give batches that would cost more than their rows.

    The first ones are smaller, so that a reader who wants few rows gets them early.
    """
    kept: list[pl.DataFrame] = []
    height, enough = 0, 1
    for batch in batches:
        kept.append(pl.DataFrame(batch))
        height += kept[-1].height
        if height >= enough:
            yield pl.concat(kept, rechunk=False)
            kept, height, enough = [], 0, min(rows, 2 * enough)
    if kept:
        yield pl.concat(kept, rechunk=False)
