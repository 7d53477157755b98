"""Figures and flaws of a Delta table, from its log; no data file is opened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl

from lakecat.errors import UnsupportedFeatureError
from lakecat.metadata import Column
from lakecat.snapshot import ColumnStatistics, Figure, Problem, Statistics
from lakecat.sources.delta.engine import check_engine, decoded
from lakecat.sources.delta.folder import is_empty_text
from lakecat.sources.delta.native import local_files, why_not_native
from lakecat.sources.failures import typed_error
from lakecat.sources.values import value_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import deltalake

LOG = "Delta log"


def columns(table: deltalake.DeltaTable) -> tuple[Column, ...]:
    """Return the columns with dtype, nullability and comment."""
    fields = json.loads(table.schema().to_json())["fields"]
    return tuple(
        Column(name, dtype, nullable=field["nullable"], description=str(field["metadata"].get("comment", "")))
        for field, (name, dtype) in zip(fields, pl.Schema(table.schema()).items(), strict=True)
    )


def statistics(table: deltalake.DeltaTable, *, last_change: str | None) -> Statistics:
    """Return the figures of the whole table; when it was changed is known elsewhere.

    The number of rows is given only where every file states its own, and no rows of it are marked as deleted: otherwise
    the sum would be false.
    """
    files = _files(table)
    return Statistics(
        rows=_rows(table, files),
        bytes=Figure(value=int(files.get_column("size_bytes").sum() or 0), provenance="exact", source=LOG),
        files=Figure(value=files.height, provenance="exact", source=LOG),
        last_change=last_change,
        version=table.version(),
    )


def column_statistics(table: deltalake.DeltaTable) -> Mapping[str, ColumnStatistics]:
    """Return null count, smallest and largest value of each column of which the log knows any.

    Smallest and largest are bounds: writers cut texts and times, and deletions do not move them. Of partition columns
    all three are exact, as each file holds one value, unless rows are marked as deleted.
    """
    files = _files(table)
    deleted = _has_deletions(table)
    widened = any(feature.startswith("typeWidening") for feature in table.protocol().writer_features or ())
    found = {}
    for name, dtype in pl.Schema(table.schema()).items():
        if f"partition.{name}" in files.columns:
            values = _partition_values(files, name, dtype)
            rows = files.get_column("num_records") if "num_records" in files.columns else None
            known = rows is not None and not rows.null_count() and not deleted
            nulls = int(rows.filter(values.is_null()).sum()) if known and rows is not None else None
            found[name] = _of_column(nulls, values, values, "approximate" if deleted else "exact")
        elif f"null_count.{name}" in files.columns:
            counts = files.get_column(f"null_count.{name}")
            nulls = int(counts.sum()) if not counts.null_count() and not deleted else None
            low, high = (_bounds(files, f"{bound}.{name}", counts) for bound in ("min", "max"))
            if widened and dtype == pl.Float64:
                low = high = None  # what was written as a Float32 has a bound that was rounded as one
            found[name] = _of_column(nulls, low, high, "approximate")
    return {name: known for name, known in found.items() if known != ColumnStatistics()}


def problems(table: deltalake.DeltaTable) -> tuple[Problem, ...]:
    """Return what is wrong, as far as the log tells: features that are not known, files gone."""
    found = list(_unknown_features(table))
    paths = local_files(table)
    if paths is None:
        return tuple(found)
    if missing := [path for path in paths if not path.is_file()]:
        detail = f"{len(missing)} of {len(paths)} data files are missing, {missing[0].name!r} among them"
        message = "Data files of this table are missing: its rows cannot be read, and its size is not verified."
        found.append(Problem(code="missing_data", message=message, detail=detail))
    return tuple(found)


def _unknown_features(table: deltalake.DeltaTable) -> Iterator[Problem]:
    """Tell that no reader knows a feature of the table: its engine refuses to plan a scan, and reads nothing for it."""
    features = table.protocol().reader_features
    if not features or why_not_native(table) is None:
        return
    try:
        check_engine(table)
    except Exception as error:  # noqa: BLE001 (the engine raises many types)
        if isinstance(typed_error(error, table="", clean=str), UnsupportedFeatureError):
            message = "This table uses a feature that no reader here knows: its rows cannot be read."
            detail = f"it asks of readers: {', '.join(features)}"
            yield Problem(code=UnsupportedFeatureError.code, message=message, detail=detail)


def _files(table: deltalake.DeltaTable) -> pl.DataFrame:
    return pl.DataFrame(table.get_add_actions(flatten=True))


def _rows(table: deltalake.DeltaTable, files: pl.DataFrame) -> Figure | None:
    if not files.height:
        return Figure(value=0, provenance="exact", source=LOG)
    counts = files.get_column("num_records") if "num_records" in files.columns else None
    if counts is None or counts.null_count() or _has_deletions(table):
        return None
    paths = local_files(table)
    if paths is not None and not all(path.is_file() for path in paths):
        return None
    return Figure(value=int(counts.sum()), provenance="exact", source=LOG)


def _partition_values(files: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Series:
    values = files.get_column(f"partition.{name}")
    if dtype == pl.Binary:
        values = values.to_frame().select(decoded(pl.all())).to_series()
    if values.null_count() and dtype in (pl.String, pl.Binary):
        empty = pl.Series([is_empty_text(name, path) for path in files.get_column("path")])
        values = values.set(values.is_null() & empty, "" if dtype == pl.String else b"")
    return values


def _has_deletions(table: deltalake.DeltaTable) -> bool:
    """Return whether rows may be marked as deleted in files that still hold them."""
    return "deletionVectors" in (table.protocol().reader_features or ())


def _bounds(files: pl.DataFrame, name: str, null_counts: pl.Series) -> pl.Series | None:
    """Return the bound of each file, if it is known of each that has values at all."""
    if name not in files.columns or "num_records" not in files.columns:
        return None
    bounds = files.get_column(name)
    unknown = bounds.is_null() & ~(null_counts == files.get_column("num_records")).fill_null(value=False)
    return None if unknown.any() else bounds


def _of_column(nulls: int | None, low: pl.Series | None, high: pl.Series | None, provenance: Any) -> ColumnStatistics:
    return ColumnStatistics(
        null_count=None if nulls is None else Figure(value=nulls, provenance="exact", source=LOG),
        minimum=None if low is None or not low.len() else value_text(low.min()),
        maximum=None if high is None or not high.len() else value_text(high.max()),
        bounds=provenance,
    )
