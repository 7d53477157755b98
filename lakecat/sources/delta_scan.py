"""Reading a Delta table lazily: with Polars where that is safe, otherwise with deltalake's own engine (DataFusion)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import polars as pl
from polars.io.plugins import register_io_source

from lakecat.sources.failures import is_failure
from lakecat.sources.predicate import sql_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import deltalake

_NATIVE_FEATURES = frozenset({"deletionVectors", "timestampNtz"})
_FRAME_ROWS = 100_000
_PLAIN_PATH = re.compile(r"[\w/.,;:+&~@!$()*\[\]'-]*", re.ASCII)
_PARTITION_FOLDER = re.compile(r"/[^/=]+=[^/]*(/|$)")


def why_not_native(table: deltalake.DeltaTable) -> str | None:
    """Return why Polars must not read this table itself, in a few words; ``None`` where it may.

    Polars refuses some tables, which would be a matter of falling back. Others it reads wrongly: it returns NULL for
    columns that are mapped by a writer's feature alone, and takes the values of partitions from the paths of files.
    """
    mode = table.metadata().configuration.get("delta.columnMapping.mode") or "none"
    if mode != "none":
        return f"column mapping ({mode})"
    if beyond := sorted(set(table.protocol().reader_features or ()) - _NATIVE_FEATURES):
        return f"reader features ({', '.join(beyond)})"
    types = {field.name: field.type for field in table.schema().fields}
    for name in table.metadata().partition_columns:
        if getattr(types[name], "type", None) == "binary":
            return "a partition column of bytes"
    location = urlsplit(table.table_uri)
    path = unquote(location.path)
    if location.scheme == "file" and not _PLAIN_PATH.fullmatch(path):
        return "its path"
    if table.metadata().partition_columns and _PARTITION_FOLDER.search(path):
        return "a folder above it that looks like a partition"
    if table.metadata().partition_columns and not _folders_name_partitions(table):
        return "data files outside of folders of their partitions"
    return None


def _folders_name_partitions(table: deltalake.DeltaTable) -> bool:
    """Return whether each data file lies in one folder ``column=value`` for each partition column.

    Polars takes the values from there, while the protocol has them in the log and lets a file lie anywhere: below
    random prefixes, say. A column whose name holds a slash or an equals sign has no such folder either.
    """
    columns = sorted(table.metadata().partition_columns)
    paths = pl.DataFrame(table.get_add_actions(flatten=True)).get_column("path")
    folders = {path.rpartition("/")[0] for path in paths}
    return all(
        sorted(part.partition("=")[0] for part in map(unquote, folder.split("/")) if "=" in part) == columns
        for folder in folders
    )


def scan_native(table: deltalake.DeltaTable, storage_options: Mapping[str, Any] | None) -> pl.LazyFrame:
    """Return the table as Polars reads it. The frame keeps the version that ``table`` has."""
    return pl.scan_delta(table, storage_options=dict(storage_options) if storage_options else None)


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
        condition = None if predicate is None else sql_filter(predicate, schema)
        left = n_rows
        try:
            for frame in _frames(table.scan(columns=names, predicate=condition), first=left):
                kept = (
                    frame
                    if frame.schema == pl.Schema({n: schema[n] for n in names})
                    else frame.cast({n: schema[n] for n in names})
                )
                kept = kept if predicate is None else kept.filter(predicate)
                if left is not None:
                    kept = kept.head(left)
                    left -= kept.height
                yield kept if kept.columns == wanted else kept.select(wanted)
                if left == 0:
                    return
        except BaseException as error:
            if not is_failure(error):
                raise
            raise typed(error) from None

    return register_io_source(read, schema=schema, is_pure=True)


def _frames(batches: Iterable[Any], *, first: int | None) -> Iterator[pl.DataFrame]:
    """Yield frames of about 100,000 rows: the engine's batches are so small that each would cost more than its rows.

    Args:
        batches: Record batches.
        first: How many rows the first frame need not exceed, so that a limit is met early.
    """
    enough = _FRAME_ROWS if first is None else min(first, _FRAME_ROWS)
    kept: list[pl.DataFrame] = []
    for batch in batches:
        kept.append(pl.DataFrame(batch))
        if sum(frame.height for frame in kept) >= enough:
            yield pl.concat(kept, rechunk=False)
            kept, enough = [], _FRAME_ROWS
    if kept:
        yield pl.concat(kept, rechunk=False)


def local_files(table: deltalake.DeltaTable) -> list[Path] | None:
    """Return the paths of the data files of a local table; ``None`` for one in a store."""
    root = urlsplit(table.table_uri)
    if root.scheme != "file":
        return None
    folder = Path(unquote(root.path))
    paths = pl.DataFrame(table.get_add_actions(flatten=True)).get_column("path")
    return [folder / unquote(path) if "://" not in path else Path(unquote(urlsplit(path).path)) for path in paths]
