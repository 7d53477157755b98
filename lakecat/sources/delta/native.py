"""When Polars reads a Delta table itself, and how; where that is not safe, :mod:`lakecat.sources.delta.engine` does."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import polars as pl

from lakecat.sources.parquet.partitions import NULL, decoded, value_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import deltalake

# The version that stands for column mapping: Polars refuses it even where no mapping is used.
_MAPPING_VERSION = 2
_NATIVE_FEATURES = frozenset({"deletionVectors", "timestampNtz"})
# Polars reads INT96 as nanoseconds of 64 bits; a time outside of these comes out as the last that fits.
_NANOSECONDS = (datetime(1677, 9, 22, tzinfo=UTC), datetime(2262, 4, 11, tzinfo=UTC))
_PLAIN_PATH = re.compile(r"[\w/.,;:+&~@!$()*\[\]'-]*", re.ASCII)
_PARTITION_FOLDER = re.compile(r"/[^/=]+=[^/]*(/|$)")


def why_not_native(table: deltalake.DeltaTable) -> str | None:
    """Return why Polars must not read this table itself, in a few words; ``None`` where it may.

    Polars refuses some tables, which would be a matter of falling back. Others it reads wrongly: it returns NULL for
    columns that are mapped by a writer's feature alone, takes the values of partitions from the paths of files, and
    ends the times of INT96 columns, which Spark writes, at 2262.
    """
    mode = table.metadata().configuration.get("delta.columnMapping.mode") or "none"
    if mode != "none":
        return f"column mapping ({mode})"
    if beyond := sorted(set(table.protocol().reader_features or ()) - _NATIVE_FEATURES):
        return f"reader features ({', '.join(beyond)})"
    if table.protocol().min_reader_version == _MAPPING_VERSION:
        return f"reader version {_MAPPING_VERSION}"
    types = {field.name: field.type for field in table.schema().fields}
    for name in table.metadata().partition_columns:
        if getattr(types[name], "type", None) == "binary":
            return "a partition column of bytes"
    location = urlsplit(table.table_uri)
    path = unquote(location.path)
    if not _PLAIN_PATH.fullmatch(path):
        return "its path"
    if table.metadata().partition_columns and _PARTITION_FOLDER.search(path):
        return "a folder above it that looks like a partition"
    if table.metadata().partition_columns and not _folders_name_partitions(table):
        return "data files outside of folders of their partitions"
    return _doubtful_times(table)


def _doubtful_times(table: deltalake.DeltaTable) -> str | None:
    """Return why times might be too far away for INT96, from the bounds in the log: no file is opened to know its type.

    The usual case is a date such as 9999-12-31 for "never".
    """
    partitions = table.metadata().partition_columns
    names = [name for name in _times(json.loads(table.schema().to_json())) if name not in partitions]
    if not names:
        return None
    files = pl.DataFrame(table.get_add_actions(flatten=True))
    low, high = _NANOSECONDS
    for name in names:
        bounds = [f"min.{name}", f"max.{name}"]
        if any(bound not in files.columns for bound in bounds):
            return "times of which the log has no bounds" if files.height else None
        least, most = (files.get_column(bound) for bound in bounds)
        all_null = (pl.col(f"null_count.{name}") == pl.col("num_records")).fill_null(value=False)
        if files.filter((least.is_null() | most.is_null()) & ~all_null).height:
            return "times of which the log has no bounds"
        if ((least < low) | (most > high)).any():
            return "times before 1677 or after 2262"
    return None


def _times(field: Any, name: str = "") -> Iterator[str]:
    """Yield the leaves of a schema, or of a part of it, that are times with a zone."""
    match field:
        case "timestamp":
            yield name
        case {"fields": fields}:
            for each in fields:
                yield from _times(each["type"], f"{name}.{each['name']}" if name else each["name"])
        case {"elementType": inner}:
            yield from _times(inner, f"{name}.element")
        case {"keyType": key, "valueType": value}:
            yield from _times(key, f"{name}.key")
            yield from _times(value, f"{name}.value")


def _folders_name_partitions(table: deltalake.DeltaTable) -> bool:
    """Return whether each data file lies in one folder ``column=value`` for each partition column, with its value.

    Polars takes the values from there, while the protocol has them in the log and lets a file lie anywhere: below
    random prefixes, in the folder that stands for NULL with a text of its name, or in one with the local time of what
    the log has in UTC. A column whose name holds a slash or an equals sign has no such folder either.
    """
    schema = pl.Schema(table.schema())
    columns = sorted(table.metadata().partition_columns)
    files = pl.DataFrame(table.get_add_actions(flatten=True)).select(
        pl.col("path").str.replace(r"/?[^/]*$", "").alias("folder"), *(f"partition.{name}" for name in columns)
    )
    pairs: dict[str, set[tuple[str, Any]]] = {name: set() for name in columns}
    for folder, *values in files.unique().iter_rows():
        found = sorted(part for part in map(unquote, folder.split("/")) if "=" in part)
        names = [part.partition("=")[0] for part in found]
        if sorted(names) != columns:
            return False
        texts = dict(part.split("=", 1) for part in found)
        for name, value in zip(columns, values, strict=True):
            pairs[name].add((texts[name], value))
    return all(_is_value(text, value, schema[name]) for name, known in pairs.items() for text, value in known)


def _is_value(text: str, value: Any, dtype: pl.DataType) -> bool:
    """Return whether a folder has the value that the log has, of which an empty text is told as NULL."""
    text = decoded(text)
    if value is None:
        return text in ("", NULL)
    # Parsing costs more than all else here, and most texts are plain.
    return bool(text != NULL and (text == str(value) or value_of(text, dtype) == value))


def scan_native(table: deltalake.DeltaTable, storage_options: Mapping[str, Any] | None) -> pl.LazyFrame:
    """Return the table as Polars reads it. The frame keeps the version that ``table`` has."""
    return pl.scan_delta(table, storage_options=dict(storage_options) if storage_options else None)


def local_files(table: deltalake.DeltaTable) -> list[Path] | None:
    """Return the paths of the data files of a local table; ``None`` for one in a store."""
    root = urlsplit(table.table_uri)
    if root.scheme != "file":
        return None
    folder = Path(unquote(root.path))
    paths = pl.DataFrame(table.get_add_actions(flatten=True)).get_column("path")
    return [folder / unquote(path) if "://" not in path else Path(unquote(urlsplit(path).path)) for path in paths]
