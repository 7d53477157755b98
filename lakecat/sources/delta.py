"""Delta Lake tables, read with deltalake (the log) and Polars (the data)."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from lakecat.errors import SourceError, SourceNotFoundError, TableParameterError
from lakecat.metadata import Column
from lakecat.snapshot import Fact, Figure, Parameter, Statistics
from lakecat.sources.base import refuse_parameters
from lakecat.sources.storage import StoredTable, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    import deltalake

_LOG = "Delta log"


class DeltaTable(StoredTable):
    """A Delta Lake table at a location: ``DeltaTable("user_events", uri="s3://lake/user_events")``.

    Nothing is opened until the table is used. Each use opens the log anew, so that a new commit is seen.
    See :class:`lakecat.sources.storage.StoredTable` for the arguments.
    """

    kind = "delta"

    def scan(self, **params: Any) -> pl.LazyFrame:
        """Return the table lazily, from its newest commit or from ``version=``; reads the log, and no data file.

        Raises:
            TableParameterError: A parameter other than ``version``, or a version that is no whole number.
            SourceNotFoundError: There is no Delta table at the location, or not that version.
            SourceError: Its log cannot be read, or it uses a feature that is not supported.
        """
        refuse_parameters(params, ("version",), self.name)
        version = params.get("version")
        if version is not None and (not isinstance(version, int) or isinstance(version, bool) or version < 0):
            raise TableParameterError(
                f"version of table {self.name!r} is {version!r}; write the number of a commit, from 0"
            )
        table = self._open(version)
        self._check_path(table)
        if (mode := table.metadata().configuration.get("delta.columnMapping.mode", "none")) != "none":
            # Polars returns NULL for every column of some of these tables, without a word.
            raise SourceError(
                f"table {self.name!r} uses Delta column mapping ({mode}), which lakecat does not read yet"
            )
        try:
            return pl.scan_delta(table, storage_options=dict(self.storage_options) or None)
        except Exception as error:  # noqa: BLE001 - what Polars and deltalake raise has no common base
            raise self._unreadable(error) from None

    def schema(self) -> pl.Schema | None:
        """Return names and dtypes, from the log."""
        return pl.Schema(self._open().schema())

    def columns(self) -> tuple[Column, ...]:
        """Return the columns with nullability and comments, from the log."""
        schema = self._open().schema()
        fields = json.loads(schema.to_json())["fields"]
        return tuple(
            Column(name, dtype, nullable=f["nullable"], description=str(f["metadata"].get("comment", "")))
            for f, (name, dtype) in zip(fields, pl.Schema(schema).items(), strict=True)
        )

    def parameters(self) -> tuple[Parameter, ...]:
        """A Delta table can be read as it was at an earlier version."""
        return (Parameter(name="version", annotation="int", default="None"),)

    def facts(self) -> Iterable[Fact]:
        """Return what it is partitioned by, from the log."""
        if partitions := self._open().metadata().partition_columns:
            yield Fact(label="Partitioned by", value=", ".join(partitions))

    def statistics(self) -> Statistics:
        """Return figures from the log; the rows only where every file states them and none has deletion vectors."""
        table = self._open()
        files = pl.DataFrame(table.get_add_actions(flatten=True))
        deletes = "deletionVectors" in (table.protocol().reader_features or ())
        counts = files.get_column("num_records") if "num_records" in files.columns else None
        rows = (
            None
            if deletes or counts is None or counts.null_count()
            else Figure(value=int(counts.sum()), provenance="exact", source=_LOG)
        )
        commits = table.history(1)
        when = commits[0].get("timestamp") if commits else None
        return Statistics(
            rows=rows,
            bytes=Figure(value=int(files.get_column("size_bytes").sum() or 0), provenance="exact", source=_LOG),
            files=Figure(value=files.height, provenance="exact", source=_LOG),
            last_change=None
            if when is None
            else datetime.fromtimestamp(when / 1000, UTC).isoformat(timespec="seconds"),
            version=table.version(),
        )

    def change_token(self) -> str | None:
        """Return the newest commit's file name and stamp, by listing the log; of a table in a store, its version.

        The latter opens the log.
        """
        path = self.local_path
        if path is None:
            try:
                return f"version {self._open().version()}"
            except SourceError:
                return None
        try:
            newest = max((e.name for e in os.scandir(path / "_delta_log") if e.name.endswith(".json")), default="")
            return f"{newest} {stamp(path / '_delta_log' / newest)}"
        except OSError:
            return "nothing there"

    def _open(self, version: int | None = None) -> deltalake.DeltaTable:
        import deltalake
        from deltalake.exceptions import DeltaError, TableNotFoundError

        path = self.local_path
        if path is not None and not path.exists():
            raise SourceNotFoundError(f"there is no Delta table {self.name!r}: no folder {str(path)!r}")
        if path is not None and not (path / "_delta_log").is_dir():
            raise SourceNotFoundError(
                f"there is no Delta table {self.name!r}: {str(path)!r} has no folder '_delta_log'"
            )
        try:
            options = dict(self.storage_options) or None
            return deltalake.DeltaTable(self.uri if path is None else path, version=version, storage_options=options)
        except TableNotFoundError as error:
            raise SourceNotFoundError(
                f"there is no Delta table {self.name!r} at its location: {self.clean(error)}"
            ) from None
        except (DeltaError, OSError, ValueError) as error:
            if version is not None and (newest := self._open().version()) < version:
                message = f"table {self.name!r} has no version {version}; its newest is {newest}"
                raise SourceNotFoundError(message) from None
            raise self._unreadable(error) from None

    def _check_path(self, table: deltalake.DeltaTable) -> None:
        """Raise a SourceError for a local path at which Polars would not find the data files, or misread them."""
        if self.local_path is None:
            return
        path = str(self.local_path.absolute())
        if "%" in table.table_uri:
            why = "Polars cannot read Delta tables below a path with such characters; use ASCII letters, digits and ._-"
        elif "=" in path and table.metadata().partition_columns:
            why = "Polars takes 'name=value' in a path for a partition; rename that folder"
        else:
            return
        raise SourceError(f"table {self.name!r} lies at {path!r}: {why}")

    def _unreadable(self, error: BaseException) -> SourceError:
        return SourceError(f"table {self.name!r} cannot be read: {self.clean(error)}")
