"""Reading the files of a Parquet table lazily: with Polars where it can, otherwise with pyarrow, batch by batch."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.io.plugins import register_io_source

from lakecat.sources.failures import is_failure
from lakecat.sources.frame_plan import columns_needed, in_plan_order
from lakecat.sources.parquet.footer import batches
from lakecat.sources.parquet.partitions import decoded, folder_values
from lakecat.sources.parquet.schema import check_same, known_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lakecat.sources.parquet.files import DataFile, Place
    from lakecat.sources.parquet.partitions import Partitions
    from lakecat.sources.parquet.schema import Footers


def scan_polars(files: Sequence[DataFile], partitions: pl.Schema, options: dict[str, Any] | None) -> pl.LazyFrame:
    """Return files as Polars reads them.

    Args:
        files: The files; :func:`polars_knows_folders` must be true of them.
        partitions: Names and dtypes of the partition columns.
        options: Options of the store as Polars takes them.
    """
    locations = [file.location for file in files]
    if not partitions:
        return pl.scan_parquet(locations, glob=False, hive_partitioning=False, storage_options=options)
    # Polars takes every "name=value" of a path for a partition, those above the table too.
    others = [name for name, _ in folder_values(files[0].location) if name not in partitions]
    dtypes = {**partitions, **dict.fromkeys(others, pl.String())}
    return pl.scan_parquet(
        locations, glob=False, hive_partitioning=True, hive_schema=dtypes, storage_options=options
    ).drop(others)


def polars_knows_folders(files: Sequence[DataFile], columns: Sequence[str], partitions: pl.Schema) -> bool:
    """Return whether Polars gives partition columns that are ours, and all columns that the files have.

    It takes any folder named ``name=value`` for a partition, wherever it lies, and its value for that of a column of
    the file with that name.

    Args:
        files: The files.
        columns: The columns that the files have.
        partitions: Names and dtypes of the partition columns; without any it takes no folder for one.
    """
    if not partitions:
        return True
    first = [name for name, _ in folder_values(files[0].location)]
    return (
        len(first) == len(set(first))
        and not set(first) & set(columns)
        and all(sorted(n for n, _ in folder_values(file.location)) == sorted(first) for file in files)
        and not any(decoded(v) == v and "%" in v for file in files for _, v in folder_values(file.location))
        # An empty text is NULL to Polars where it is a category.
        and not any(
            not v and partitions.get(n) in (pl.Categorical, pl.Enum)
            for file in files
            for n, v in folder_values(file.location)
        )
    )


def scan_arrow(
    place: Place,
    files: Sequence[DataFile],
    partitions: Partitions,
    schema: pl.Schema,
    footers: Footers,
    typed: Callable[[BaseException], Exception],
    *,
    table: str,
) -> pl.LazyFrame:
    """Return files as pyarrow reads them: only the columns that are asked for, in batches, until there are enough rows.

    Args:
        place: Where the files lie.
        files: The files.
        partitions: The values that their folders give.
        schema: Names and dtypes of the table, partition columns among them.
        footers: Tells the columns of each file when it is read.
        typed: Turns an error of pyarrow into one of lakecat.
        table: The name of the table, for errors.
    """
    given = partitions.schema
    stored = pl.Schema({name: dtype for name, dtype in schema.items() if name not in given})

    def frames(names: Sequence[str]) -> Iterator[pl.DataFrame]:
        for index, file in enumerate(files):
            (footer,) = footers.read(place, [file])
            found = pl.Schema({n: dtype for n, dtype in footer.shape.schema.items() if n not in given})
            check_same(table, stored, found, (files[0].name, file.name))
            values = partitions.values(index)
            columns = [
                pl.lit(values[name], given[name]).alias(name) if name in given else pl.col(name).cast(schema[name])
                for name in names
            ]
            wanted = [name for name in names if name not in given]
            for batch in _batches(place, file, wanted):
                # Without a column the number of rows would be lost.
                yield batch.select(columns) if wanted else batch.with_columns(columns).select(names)

    def read(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        names = columns_needed(schema, with_columns, predicate)
        rows = frames(names)
        with _typed_errors(typed):
            yield from in_plan_order(rows, columns=with_columns, predicate=predicate, n_rows=n_rows)

    return register_io_source(read, schema=schema, is_pure=True)


def _batches(place: Place, file: DataFile, names: Sequence[str]) -> Iterator[pl.DataFrame]:
    import pyarrow
    import pyarrow.parquet

    with place.open(file) as stream, pyarrow.parquet.ParquetFile(stream, pre_buffer=not place.is_local) as opened:
        # The number of rows comes from any column.
        for batch in batches(opened, list(names) or opened.schema_arrow.names[:1]):
            columns = [getattr(column, "storage", column) for column in batch.columns]  # of an extension type
            columns = [_whole(column.cast(known_type(column.type))) for column in columns]
            frame: Any = pl.DataFrame(pyarrow.table(columns, names=batch.schema.names))
            yield frame


def _whole(column: Any) -> Any:
    """Return a column as an array of its own: of one cut from a longer one Polars refuses lists of a fixed size."""
    import pyarrow

    is_cut = pyarrow.types.is_fixed_size_list(column.type) and len(column.values) != len(column) * column.type.list_size
    return column.take(pyarrow.array(range(len(column)), pyarrow.int64())) if is_cut else column


@contextmanager
def _typed_errors(typed: Callable[[BaseException], Exception]) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        if not is_failure(error):
            raise
        failure = typed(error)
    else:
        return
    raise failure
