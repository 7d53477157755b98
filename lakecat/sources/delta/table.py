"""Delta Lake tables."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import polars as pl

from lakecat.errors import TableParameterError, UnsupportedFeatureError
from lakecat.snapshot import Fact, Parameter
from lakecat.sources.base import refuse_parameters
from lakecat.sources.delta import log, times, upkeep, write
from lakecat.sources.delta.engine import check_engine, scan_datafusion
from lakecat.sources.delta.handle import DeltaHandle
from lakecat.sources.delta.native import scan_native
from lakecat.sources.failures import is_failure
from lakecat.sources.storage import StoredTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lakecat.metadata import Column
    from lakecat.snapshot import ColumnStatistics, Commit, Problem, Statistics


class DeltaTable(StoredTable):
    """A Delta Lake table at a location: ``DeltaTable("user_events", uri="s3://lake/user_events")``.

    Nothing is opened until the table is used. Each use looks whether there is a new commit; if there is none, nothing
    is read again. See :class:`lakecat.sources.storage.StoredTable` for the arguments.

    What changes it is one commit on the newest version, seen by readers as a whole or not at all, and at the next use
    of the table. Where another writer commits first, it is done on top of that, so that the table has the rows that the
    operations give one after the other. A DataFrame is written as it is; a LazyFrame is computed while it is written,
    once, in a stream, and never held as a whole. Predicates are SQL text, with column names in double quotes where they
    are not plain.

    All of it raises a :class:`~lakecat.errors.SourceError` that says what went wrong, and then has changed nothing:
    :class:`~lakecat.errors.SchemaMismatchError` for a frame that does not fit,
    :class:`~lakecat.errors.CommitConflictError` if another writer was first and the change cannot be done on top;
    :class:`~lakecat.errors.UnsupportedFeatureError` if it could not be written rightly; and a
    :class:`~lakecat.errors.TableParameterError` for an argument that cannot be.
    """

    kind = "delta"

    @functools.cached_property
    def handle(self) -> DeltaHandle:
        """What is open of the table."""
        return DeltaHandle(self)

    def __getstate__(self) -> dict[str, Any]:
        # What is open stays here: another process opens it anew.
        return {name: value for name, value in self.__dict__.items() if name != "handle"}

    def scan(self, /, **params: Any) -> pl.LazyFrame:
        """Return the table lazily, from its newest commit, or from ``version=`` or ``timestamp=``; opens no data file.

        Polars reads the table where that is safe; otherwise deltalake's engine does, with the same result.

        Args:
            **params: ``version``, the number of a commit, from 0; or ``timestamp``, a datetime with a zone or its
                ISO 8601 text, for the last commit that was made by then, by the clock of the log's entries.

        Raises:
            TableParameterError: Another parameter, both, or a value that cannot be.
            SourceNotFoundError: There is no Delta table at the location, or nothing as old as that.
            SourceError: What the log can tell: it is damaged, or uses a feature that no reader here knows.
        """
        refuse_parameters(params, ("version", "timestamp"), self.name)
        version, timestamp = params.get("version"), params.get("timestamp")
        if version is not None and timestamp is not None:
            raise TableParameterError(f"table {self.name!r} takes a version or a timestamp, not both")
        if version is not None:
            table = self.handle.at_version(version)
        elif timestamp is not None:
            table = self.handle.at_time(timestamp)
        else:
            table = self.handle.newest()
        try:
            if self.handle.why_not_native(table) is None:
                return scan_native(table, self.options[1])
            # The engine says at once if it does not know a feature, and reads nothing before the first batch.
            check_engine(table)
            return scan_datafusion(table, self.handle.typed)
        except BaseException as error:
            if not is_failure(error):
                raise
            typed = self.handle.typed(error)
            features = ", ".join(table.protocol().reader_features or ())
            if isinstance(typed, UnsupportedFeatureError) and features:
                typed = UnsupportedFeatureError(f"{typed.message}; it asks of readers: {features}", typed.reason)
            raise typed from None

    def schema(self) -> pl.Schema | None:
        """Return names and dtypes, from the log."""
        return pl.Schema(self.handle.newest().schema())

    def columns(self) -> tuple[Column, ...]:
        """Return the columns with nullability and comments, from the log."""
        return log.columns(self.handle.newest())

    def parameters(self) -> tuple[Parameter, ...]:
        """A Delta table can be read as it was."""
        return (
            Parameter(name="version", annotation="int", default="None"),
            Parameter(name="timestamp", annotation="datetime | str", default="None"),
        )

    def facts(self) -> Iterable[Fact]:
        """Return what it is partitioned by, and which library reads it."""
        table = self.handle.newest()
        if partitions := table.metadata().partition_columns:
            yield Fact(label="Partitioned by", value=", ".join(partitions))
        reason = self.handle.why_not_native(table)
        yield Fact(label="Read with", value="Polars" if reason is None else f"deltalake, because of {reason}")

    def statistics(self) -> Statistics:
        """Return figures of the whole table, from the log."""
        newest = next(iter(self.history(limit=1)), None)
        return log.statistics(self.handle.newest(), last_change=None if newest is None else newest.time)

    def column_statistics(self) -> Mapping[str, ColumnStatistics]:
        """Return null counts and bounds of columns, from the log."""
        return log.column_statistics(self.handle.newest())

    def history(self, *, limit: int = 10) -> tuple[Commit, ...]:
        """Return the newest commits, from the log."""
        return times.history(self.handle.folder, self.handle.newest().version(), limit=limit)

    def problems(self) -> tuple[Problem, ...]:
        """Return flaws of the data that can be seen without reading them."""
        return log.problems(self.handle.newest())

    def change_token(self) -> str | None:
        """Return a text that changes with each commit, see :meth:`lakecat.sources.delta.handle.DeltaHandle.token`."""
        return self.handle.token()

    create = write.create
    append = write.append
    overwrite = write.overwrite
    merge = write.merge
    delete = write.delete

    stored_description = upkeep.stored_description
    describe = upkeep.describe
    restore = upkeep.restore
    compact = upkeep.compact
    z_order = upkeep.z_order
    vacuum = upkeep.vacuum
