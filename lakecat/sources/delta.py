"""Delta Lake tables."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import polars as pl

from lakecat.errors import (
    CorruptLogError,
    NotADeltaTableError,
    SourceError,
    SourceNotFoundError,
    TableParameterError,
    UnsupportedFeatureError,
)
from lakecat.snapshot import Fact, Parameter
from lakecat.sources import delta_log, delta_times
from lakecat.sources.base import refuse_parameters
from lakecat.sources.delta_engine import check_engine, scan_datafusion
from lakecat.sources.delta_folder import LOG, commit_name, is_commit, token_of
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
        self._forget()

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._opened: deltalake.DeltaTable | None = None
        self._opened_at: str | None = None
        self._reason: tuple[deltalake.DeltaTable, str | None] | None = None
        self._token: tuple[tuple[str, str], str] | None = None

    def __getstate__(self) -> dict[str, Any]:
        # What is open stays here: another process opens it anew.
        left = {"_lock", "_opened", "_opened_at", "_reason", "_token"}
        return {name: value for name, value in self.__dict__.items() if name not in left}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._forget()
        self.__dict__.update(state)

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
        newest = next(iter(self.history(limit=1)), None)
        return delta_log.statistics(self._open(), last_change=None if newest is None else newest.time)

    def column_statistics(self) -> Mapping[str, ColumnStatistics]:
        """Return null counts and bounds of columns, from the log."""
        return delta_log.column_statistics(self._open())

    def history(self, *, limit: int = 10) -> tuple[Commit, ...]:
        """Return the newest commits, from the log."""
        return delta_times.history(self._folder, self._open().version(), limit=limit)

    def problems(self) -> tuple[Problem, ...]:
        """Return flaws of the data that can be seen without reading them."""
        return delta_log.problems(self._open())

    def change_token(self) -> str | None:
        """Return a text that changes with each commit, and if the table is made anew or its newest commit is another.

        It comes from the log alone: a copy of a table has the token that the table has. It costs one listing of a local
        log, a few small requests to a store.
        """
        try:
            if self.local_path is None:
                self._open()
                return self._opened_at
            return self._token_at(self._newest_commit())
        except (SourceError, OSError):
            return None if self.local_path is None else "nothing there"

    def _newest_commit(self) -> tuple[str, str]:
        """Return the name of the newest commit of a local log, and a stamp of it."""
        log = self._folder.location / LOG  # type: ignore[operator]
        newest = ""
        with os.scandir(log) as entries:
            for entry in entries:
                # Of a long log few names are greater than those before.
                if entry.name > newest and is_commit(entry.name) and entry.is_file():
                    newest = entry.name
        return newest, stamp(log / newest)

    def _token_at(self, newest: tuple[str, str]) -> str:
        """Return the token for the newest commit of a local log, which is read once for each stamp."""
        known = self._token
        if known is None or known[0] != newest:
            name = newest[0]
            known = self._token = newest, token_of(name, self._folder.read(f"{LOG}/{name}") if name else b"")
        return known[1]

    def _open(self) -> deltalake.DeltaTable:
        """Return the newest version, opened before if there was no commit since. It is never updated in place."""
        with self._lock:
            if self.local_path is None:
                if self._opened is None or not self._is_newest(self._opened):
                    self._opened = self._load()
                    self._opened_at = self._token_of(self._opened)
                return self._opened
            # Taken before the table is opened: a commit in between is seen at the next use.
            try:
                newest = str(self._newest_commit())
            except OSError:
                newest = "nothing there"
            if self._opened is None or newest != self._opened_at:
                self._opened = self._load()
                self._opened_at = newest
            return self._opened

    def _why_not_native(self, table: deltalake.DeltaTable) -> str | None:
        """Return why Polars must not read a version; of the newest it is found out once, as all its files are asked."""
        known = self._reason
        if known is None or known[0] is not table:
            known = table, why_not_native(table)
            if table is self._opened:
                self._reason = known
        return known[1]

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
        return self._token_of(table) == self._opened_at

    def _token_of(self, table: deltalake.DeltaTable) -> str:
        """Return the token for a version of a table in a store, which is asked for the commit."""
        name = commit_name(table.version())
        try:
            return token_of(name, self._folder.read(f"{LOG}/{name}"))
        except Exception:  # noqa: BLE001 (a log may lack the commit; a store that fails is noticed before)
            return token_of(name, str(table.metadata().id).encode())

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
        try:
            return self._load(version)
        except (NotADeltaTableError, CorruptLogError):
            first = delta_times.first_readable(self._folder.log(), newest.version())
            if version >= first:
                raise
        raise SourceNotFoundError(
            f"table {self.name!r} cannot be read at version {version}: its log was cleaned up, and the oldest version"
            f" that can be read is {first}"
        )

    def _open_timestamp(self, timestamp: Any) -> deltalake.DeltaTable:
        moment = delta_times.moment_of(timestamp, f"timestamp of table {self.name!r}")
        newest = self._open()
        try:
            version, first, made = delta_times.version_at(self._folder, newest.version(), moment)
        except BaseException as error:
            if not is_failure(error):
                raise
            raise self._typed(error) from None
        if version is None:
            raise SourceNotFoundError(
                f"table {self.name!r} has nothing as old as {moment.isoformat()}; its oldest readable commit,"
                f" version {first}, was made at {made.isoformat(timespec='milliseconds')}"
            )
        return newest if version == newest.version() else self._load(version)

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
