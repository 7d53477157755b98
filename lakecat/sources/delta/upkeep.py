"""What changes a Delta table and leaves its rows what they are, or makes them what they were; methods of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from lakecat.errors import TableParameterError
from lakecat.metadata import check_text, check_texts
from lakecat.observe import observed, recorded
from lakecat.sources.delta.commit import COMMIT_RETRIES, Operation, TableChange, change, commit_properties
from lakecat.sources.delta.scratch import (
    empty_partitions,
    live_files,
    same_shape,
    scratch,
    why_not_removed,
    why_not_replaced,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import deltalake

    from lakecat.sources.delta.table import DeltaTable

_TARGET_SIZE = 100 << 20


def stored_description(self: DeltaTable) -> str:
    """Return the description of the table that its log holds; empty if there is none."""
    return self.handle.newest().metadata().description or ""


@recorded
def describe(
    self: DeltaTable, *, description: str | None = None, columns: Mapping[str, str] | None = None
) -> TableChange:
    """Write descriptions into the table itself, for whoever reads it with whatever.

    One commit for the description of the table and one for each column; none for what is there already.

    Args:
        description: What the table holds; ``None`` leaves it.
        columns: Descriptions by the names of columns.
    """
    where = f"table {self.name!r}"
    if description is not None:
        check_text(description, "description", where)
    for name, text in (columns or {}).items():
        check_text(text, f"description of column {name!r}", where)

    def act(table: deltalake.DeltaTable) -> TableChange:
        stored = {field.name: field.metadata.get("comment", "") for field in table.schema().fields}
        if unknown := [name for name in columns or {} if name not in stored]:
            raise TableParameterError(f"{where} has no column {unknown[0]!r} to describe")
        if description is not None and description != (table.metadata().description or ""):
            table.alter.set_table_description(description, commit_properties=commit_properties())
        for name, text in (columns or {}).items():
            if text != stored[name]:
                table.alter.set_column_metadata(name, {"comment": text}, commit_properties=commit_properties())
        return change(table)

    return Operation(self, "be described").repeat(act)


@recorded
def restore(self: DeltaTable, *, version: int | None = None, timestamp: datetime | str | None = None) -> TableChange:
    """Make the table what it was at a version or time, by a new commit; nothing is lost of its history.

    Args:
        version: The number of a commit.
        timestamp: A datetime with a zone, or its ISO 8601 text.
    """
    if (version is None) == (timestamp is None):
        raise TableParameterError(f"restore of table {self.name!r} takes a version or a timestamp, one of the two")
    then = self.handle.at_version(version) if timestamp is None else self.handle.at_time(timestamp)
    number = then.version()
    restoring = Operation(self, "be restored")

    def act(table: deltalake.DeltaTable) -> TableChange:
        if number == table.version():
            return change(table)
        restoring.refuse(why_not_removed(then, rewrites=False))
        return change(table, table.restore(number, commit_properties=commit_properties()))

    return restoring.repeat(act, removes=True)


@recorded
def compact(self: DeltaTable, *, target_size: int | None = None) -> TableChange:
    """Put small files together; rows stay the same.

    Rows that others append meanwhile stay as they are. If others take away files that are being put together, it
    is done again.

    Args:
        target_size: Bytes of a file, about; the table's own setting if none is given, or 100 MB.

    Raises:
        UnsupportedFeatureError: The table has deletion vectors, column mapping, or another feature that new files
            would not have.
    """
    compacting = Operation(self, "be compacted")

    def act(table: deltalake.DeltaTable) -> TableChange:
        size = _target_size(table, target_size)
        return _rewrite(compacting, table, small_files(live_files(table), size), size)

    return compacting.repeat(act, rewrites=True)


@recorded
def z_order(self: DeltaTable, columns: str | Iterable[str], *, target_size: int | None = None) -> TableChange:
    """Lay rows with like values of some columns together, so that filters on these read less; rows stay the same.

    It behaves as :meth:`compact` beside other writers, and with features of tables.

    Args:
        columns: The columns that filters name most.
        target_size: Bytes of a file, about.
    """
    names = check_texts(columns, "columns", f"the z_order of table {self.name!r}")
    if not names:
        raise TableParameterError(f"table {self.name!r} cannot be laid in order: no column is named")
    ordering = Operation(self, "be laid in order")

    def act(table: deltalake.DeltaTable) -> TableChange:
        known = [field.name for field in table.schema().fields]
        partitions = table.metadata().partition_columns
        for name in names:
            if name not in known or name in partitions:
                what = "is partitioned by" if name in partitions else "has no column"
                raise TableParameterError(f"table {self.name!r} cannot be laid in order: it {what} {name!r}")
        if empty_partitions(table):
            ordering.refuse("deltalake would take a partition of an empty text for one of NULL")
        size = _target_size(table, target_size)
        return _rewrite(ordering, table, live_files(table), size, by=names)

    return ordering.repeat(act, rewrites=True)


def _rewrite(
    doing: Operation, table: deltalake.DeltaTable, files: pl.DataFrame, size: int, *, by: tuple[str, ...] = ()
) -> TableChange:
    """Put new files of the same rows in the place of some."""
    if not files.height:
        return change(table)
    doing.refuse(why_not_replaced(table))
    paths = set(files.get_column("path"))

    def check(newest: deltalake.DeltaTable) -> None:
        if newest is table:
            return
        doing.refuse(why_not_replaced(newest))
        if not (same_shape(table, newest) and paths <= set(live_files(newest).get_column("path"))):
            sentence = "another writer was first, and took files away or changed its columns or rules"
            raise doing.conflict(sentence)

    with scratch(doing.handle.folder) as made:
        made.like(table, files)
        made.rewrite(target_size=size, by=by)
        told = {"lakecat": {"operation": "OPTIMIZE"}}
        version, figures = made.commit(table, removed=files, reload=doing.handle.load, check=check, told=told)
    return TableChange(
        version=version, files_added=figures["num_added_files"], files_removed=figures["num_removed_files"]
    )


def vacuum(
    self: DeltaTable,
    *,
    retention_hours: int | None = None,
    dry_run: bool = True,
    full: bool = False,
    allow_short_retention: bool = False,
) -> tuple[str, ...]:
    """Return the data files that belong to no version worth keeping, and delete them if told to.

    Versions that need a deleted file can be read no more.

    Args:
        retention_hours: How long a file is kept after it was removed from the table; the table's own setting if
            none is given, or a week.
        dry_run: Only say which files; delete nothing.
        full: Also take files of which the log knows nothing, such as those of writes that failed.
        allow_short_retention: Allow fewer hours than the table's setting. A file that a reader or writer still
            needs may then be deleted.
    """
    given = {"retention_hours": retention_hours, "dry_run": dry_run, "full": full}
    told = observed("vacuum", self.name, location=self.uri, options=self.storage_options, params=given, source=self)
    with told as details, Operation(self, "be vacuumed").refusals():
        files = self.handle.load().vacuum(
            retention_hours=retention_hours,
            dry_run=dry_run,
            enforce_retention_duration=not allow_short_retention,
            full=full,
            commit_properties=commit_properties(COMMIT_RETRIES),
        )
        # A dry run names what it leaves where it is.
        details.update({} if dry_run else {"files_deleted": len(files)})
        return tuple(files)


def small_files(files: pl.DataFrame, size: int) -> pl.DataFrame:
    """Return the files that are worth putting together: per partition, several that make one of a size at most."""
    partitions = [name for name in files.columns if name.startswith("partition.")]
    chosen: list[int] = []
    rest = files.with_row_index("index").filter(pl.col("size_bytes") < size).sort("size_bytes", "path")
    for _, group in rest.group_by(partitions, maintain_order=True) if partitions else [((), rest)]:
        bundle: list[int] = []
        total = 0
        for index, bytes_ in group.select("index", "size_bytes").iter_rows():
            if total + bytes_ > size:
                chosen += bundle if len(bundle) > 1 else []
                bundle, total = [], 0
            bundle.append(index)
            total += bytes_
        chosen += bundle if len(bundle) > 1 else []
    return files[sorted(chosen)]


def _target_size(table: deltalake.DeltaTable, given: int | None) -> int:
    own = table.metadata().configuration.get("delta.targetFileSize") or ""
    return given if given is not None else int(own) if own.isdigit() else _TARGET_SIZE
