"""Reading Parquet files that Polars cannot: lazily, with pyarrow, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
from polars.io.plugins import register_io_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


def scan_arrow(
    files: Sequence[tuple[str, dict[str, str]]], schema: pl.Schema, typed: Callable[[BaseException], Exception]
) -> pl.LazyFrame:
    """Return files as pyarrow reads them: only the columns that are asked for, in batches, until there are enough rows.

    Args:
        files: Each file, with the values that its folders give to partition columns.
        schema: Names and dtypes of the table, partition columns among them.
        typed: Turns an error of pyarrow into one of lakecat.
    """

    def read(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        wanted = list(schema) if with_columns is None else with_columns
        needed = set(wanted) | (set() if predicate is None else set(predicate.meta.root_names()))
        left = n_rows
        for file, values in files:
            for frame in _batches(file, values, [name for name in schema if name in needed], schema, typed):
                kept = frame if predicate is None else frame.filter(predicate)
                if left is not None:
                    kept = kept.head(left)
                    left -= kept.height
                # A row index needs no column; a frame that selects none has no rows.
                yield kept.select(wanted) if wanted else pl.DataFrame(height=kept.height)
                if left == 0:
                    return

    return register_io_source(read, schema=schema, is_pure=True)


def _batches(
    file: str, values: dict[str, str], names: list[str], schema: pl.Schema, typed: Callable[[BaseException], Exception]
) -> Iterator[pl.DataFrame]:
    import pyarrow.parquet

    stored = [name for name in names if name not in values]
    try:
        with pyarrow.parquet.ParquetFile(file) as opened:
            # Without a stored column the number of rows comes from any.
            for batch in opened.iter_batches(columns=stored or opened.schema_arrow.names[:1]):
                columns = [getattr(column, "storage", column) for column in batch.columns]  # of an extension type
                frame: Any = pl.DataFrame(pyarrow.table(columns, names=batch.schema.names))
                given = [pl.lit(values[name]).cast(schema[name]).alias(name) for name in names if name in values]
                columns = [pl.col(name).cast(schema[name]) for name in names]
                yield frame.with_columns(given).select(columns) if names else pl.DataFrame(height=frame.height)
    except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001 (pyarrow raises many types)
        raise typed(error) from None
