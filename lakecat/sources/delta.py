"""Delta Lake tables."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from lakecat.errors import (
    NotADeltaTableError,
    SourceError,
    SourceNotFoundError,
    TableParameterError,
    UnsupportedFeatureError,
)
from lakecat.snapshot import Fact, Parameter
from lakecat.sources import delta_log
from lakecat.sources.base import refuse_parameters
from lakecat.sources.delta_engine import check_engine, scan_datafusion
from lakecat.sources.delta_native import scan_native, why_not_native
from lakecat.sources.delta_write import DeltaWriter
from lakecat.sources.failures import is_failure, typed_error
from lakecat.sources.storage import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import deltalake

    from lakecat.metadata import Column
    from lakecat.snapshot import ColumnStatistics, Commit, Problem, Statistics


class DeltaTable(DeltaWriter):
    """A Delta Lake table at a location: ``DeltaTable("user_events", uri="s3://lake/user_events")``.

    Nothing is opened until the table is used. Each use looks whether there is a new commit; if there is none, nothing
    is read again. See :class:`lakecat.sources.storage.StoredTable` for the arguments.
    """

    kind = "delta"

    def __init__(
        self,
        name: str,
        *,
        uri: str | os.PathLike[str] | None = None,
        bucket: str | None = None,
        storage_options: Mapping[str, str] | None = None,
        description: str = "",
    ) -> None:
        super().__init__(name, uri=uri, bucket=bucket, storage_options=storage_options, description=description)
        self._lock = threading.Lock()
        self._opened: deltalake.DeltaTable | None = None
        self._opened_at: str | None = None
        self._reason: tuple[deltalake.DeltaTable | None, str | None] = (None, None)

    def scan(self, /, **params: Any) -> pl.LazyFrame:
        """Return the table lazily, from its newest commit, or from ``version=`` or ``timestamp=``; opens no data file.

        Polars reads the table where that is safe; otherwise deltalake's engine does, with the same result.

        Args:
            **params: ``version``, the number of a commit, from 0; or ``timestamp``, a datetime with a zone or its
                ISO 8601 text, for the last commit that was made by then.

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
            table = self._open_version(version)
        elif timestamp is not None:
            table = self._open_timestamp(timestamp)
        else:
            table = self._open()
        try:
            if self._why_not_native(table) is None:
                return scan_native(table, self.options[1])
            # The engine says at once if it does not know a feature, and reads nothing before the first batch.
            check_engine(table)
            return scan_datafusion(table, self._typed)
        except BaseException as error:
            if not is_failure(error):
                raise
            typed = self._typed(error)
            features = ", ".join(table.protocol().reader_features or ())
            if isinstance(typed, UnsupportedFeatureError) and features:
                typed = UnsupportedFeatureError(f"{typed.message}; it asks of readers: {features}", typed.reason)
            raise typed from None

    def schema(self) -> pl.Schema | None:
        """Return names and dtypes, from the log."""
        return pl.Schema(self._open().schema())

    def columns(self) -> tuple[Column, ...]:
        """Return the columns with nullability and comments, from the log."""
        return delta_log.columns(self._open())

    def parameters(self) -> tuple[Parameter, ...]:
        """A Delta table can be read as it was."""
        return (
            Parameter(name="version", annotation="int", default="None"),
            Parameter(name="timestamp", annotation="datetime | str", default="None"),
        )

    def facts(self) -> Iterable[Fact]:
        """Return what it is partitioned by, and which library reads it."""
        table = self._open()
        if partitions := table.metadata().partition_columns:
            yield Fact(label="Partitioned by", value=", ".join(partitions))
        reason = self._why_not_native(table)
        yield Fact(label="Read with", value="Polars" if reason is None else f"deltalake, because of {reason}")

    def statistics(self) -> Statistics:
        """Return figures of the whole table, from the log."""
        return delta_log.statistics(self._open())

    def column_statistics(self) -> Mapping[str, ColumnStatistics]:
        """Return null counts and bounds of columns, from the log."""
        return delta_log.column_statistics(self._open())

    def history(self, *, limit: int = 10) -> tuple[Commit, ...]:
        """Return the newest commits, from the log."""
        return delta_log.history(self._open(), limit=limit)

    def problems(self) -> tuple[Problem, ...]:
        """Return flaws of the data that can be seen without reading them."""
        return delta_log.problems(self._open())

    def change_token(self) -> str | None:
        """Return a text that changes with each commit: one listing of a local log, a few small requests to a store."""
        path = self.local_path
        try:
            if path is None:
                self._open()
                return self._opened_at
            log = path / "_delta_log"
            newest = max((entry.name for entry in os.scandir(log) if entry.name.endswith(".json")), default="")
            return f"{newest} {stamp(log / newest)}"
        except (SourceError, OSError):
            return None if path is None else "nothing there"

    def _open(self) -> deltalake.DeltaTable:
        """Return the newest version, opened before if there was no commit since. It is never updated in place."""
        with self._lock:
            if self.local_path is None:
                if self._opened is None or not self._is_newest(self._opened):
                    self._opened = self._load()
                    self._opened_at = _token_of(self._opened)
                return self._opened
            # Taken before the table is opened: a commit in between is seen at the next use.
            newest = self.change_token()
            if self._opened is None or newest != self._opened_at:
                self._opened = self._load()
                self._opened_at = newest
            return self._opened

    def _why_not_native(self, table: deltalake.DeltaTable) -> str | None:
        """Return why Polars must not read a version; of the newest it is found out once, as all its files are asked."""
        if table is not self._opened:
            return why_not_native(table)
        if self._reason[0] is not table:
            self._reason = table, why_not_native(table)
        return self._reason[1]

    def _is_newest(self, table: deltalake.DeltaTable) -> bool:
        """Return whether a store still has this version as the newest, and that it was not made anew meanwhile."""
        try:
            # The one question that costs a single request, and deltalake has no public name for it.
            if table._table.get_latest_version() != table.version():
                return False
        except BaseException as error:
            if not is_failure(error):
                raise
            raise self._typed(error) from None
        return _token_of(table) == self._opened_at

    def _open_version(self, version: Any) -> deltalake.DeltaTable:
        if not isinstance(version, int) or isinstance(version, bool) or version < 0:
            raise TableParameterError(
                f"version of table {self.name!r} is {version!r}; write the number of a commit, from 0"
            )
        newest = self._open()
        if version == newest.version():
            return newest
        if version > newest.version():
            raise SourceNotFoundError(f"table {self.name!r} has no version {version}; its newest is {newest.version()}")
        return self._load(version)

    def _open_timestamp(self, timestamp: Any) -> deltalake.DeltaTable:
        moment = self._moment(timestamp)
        table = self._load()
        try:
            table.load_as_version(moment)
        except BaseException as error:
            if not is_failure(error):
                raise
            raise self._typed(error) from None
        # Before the first commit, deltalake silently returns the first.
        first = self._time_of(table)
        if first is not None and moment < first:
            raise SourceNotFoundError(
                f"table {self.name!r} has nothing as old as {moment.isoformat()}; its oldest readable commit,"
                f" version {table.version()}, was made at {first.isoformat(timespec='seconds')}"
            )
        return table

    def _moment(self, timestamp: Any) -> datetime:
        if isinstance(timestamp, str):
            with contextlib.suppress(ValueError):
                timestamp = datetime.fromisoformat(timestamp)
        where = f"timestamp of table {self.name!r}"
        if not isinstance(timestamp, datetime):
            raise TableParameterError(f"{where} is {timestamp!r}; write a datetime, or text as 2026-01-31T12:00:00Z")
        if timestamp.tzinfo is None:
            raise TableParameterError(f"{where} has no zone: {timestamp.isoformat()}; add one, as in +00:00")
        return timestamp.astimezone(UTC)

    def _time_of(self, table: deltalake.DeltaTable) -> datetime | None:
        """Return when the version of ``table`` was committed, from the clock that deltalake goes by."""
        path = self.local_path
        commit = None if path is None else path / "_delta_log" / f"{table.version():020d}.json"
        if commit is not None and commit.is_file():
            return datetime.fromtimestamp(commit.stat().st_mtime, UTC)
        entries = delta_log.history(table, limit=1)
        return datetime.fromisoformat(entries[0].time) if entries and entries[0].time else None

    def _load(self, version: int | None = None) -> deltalake.DeltaTable:
        import deltalake
        from deltalake.exceptions import TableNotFoundError

        path = self.local_path
        if path is not None and not path.exists():
            raise SourceNotFoundError(f"there is no Delta table {self.name!r}: no folder {str(path)!r}")
        if path is not None and not (path / "_delta_log").is_dir():
            raise NotADeltaTableError(
                f"there is no Delta table {self.name!r}: {str(path)!r} has no folder '_delta_log'"
            )
        try:
            location, options = self.uri if path is None else path, self.options[0]
            return deltalake.DeltaTable(location, version=version, storage_options=options)
        except TableNotFoundError as error:
            sentence = f"there is no Delta table {self.name!r} at its location"
            raise NotADeltaTableError(sentence, self.clean(error)) from None
        except BaseException as error:
            if not is_failure(error):
                raise
            raise self._typed(error) from None

    def _typed(self, error: BaseException) -> SourceError:
        return typed_error(error, table=self.name, clean=self.clean)


def _token_of(table: deltalake.DeltaTable) -> str:
    """Return a text for a version of a table in a store; it is another where the table was made anew.

    The entry of the newest commit is asked of the store, not of the open table.
    """
    try:
        entry = json.dumps(table.history(1)[:1], sort_keys=True, default=str)
    except Exception:  # noqa: BLE001 (a log may lack the entry; a store that fails is noticed before)
        entry = ""
    digest = hashlib.sha256(entry.encode()).hexdigest()[:16]
    return f"version {table.version()} of {table.metadata().id}, {digest}"
