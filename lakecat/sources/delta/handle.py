"""The versions of one Delta table, opened: the newest is kept, and another only if there was a commit since."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from lakecat.errors import (
    CorruptLogError,
    NotADeltaTableError,
    SourceError,
    SourceNotFoundError,
    TableParameterError,
)
from lakecat.sources.delta import times
from lakecat.sources.delta.folder import LOG, TableFolder, commit_name, is_commit, token_of
from lakecat.sources.delta.native import why_not_native
from lakecat.sources.failures import is_failure, typed_error
from lakecat.sources.storage import stamp

if TYPE_CHECKING:
    import deltalake

    from lakecat.sources.storage import StoredTable


class DeltaHandle:
    """Opens the versions of a table, from several threads. What it opens once for many is not updated in place.

    Args:
        table: Where it lies, by which name errors tell of it, and what they must not show.
    """

    def __init__(self, table: StoredTable) -> None:
        self._table = table
        self._lock = threading.Lock()
        self._opened: deltalake.DeltaTable | None = None
        self._opened_at: str | None = None
        self._reason: tuple[deltalake.DeltaTable, str | None] | None = None
        self._token: tuple[tuple[str, str], str] | None = None

    @property
    def folder(self) -> TableFolder:
        """The folder of the table, where it lies now."""
        path = self._table.local_path
        return TableFolder(self._table.uri, self._table.options[0]) if path is None else TableFolder(path)

    def typed(self, error: BaseException) -> SourceError:
        """Return an error of a library as one of lakecat, without secrets."""
        return typed_error(error, table=self._table.name, clean=self._table.clean)

    def token(self) -> str | None:
        """Return a text that changes with each commit, and if the table is made anew or its newest commit is another.

        It comes from the log alone: a copy of a table has the token that the table has. It costs one listing of a local
        log, a few small requests to a store.
        """
        try:
            if self._table.local_path is None:
                self.newest()
                return self._opened_at
            return self._token_at(self._newest_commit())
        except (SourceError, OSError):
            return None if self._table.local_path is None else "nothing there"

    def newest(self) -> deltalake.DeltaTable:
        """Return the newest version, opened before if there was no commit since."""
        with self._lock:
            if self._table.local_path is None:
                if self._opened is None or not self._is_newest(self._opened):
                    self._opened = self.load()
                    self._opened_at = self._token_of(self._opened)
                return self._opened
            # Taken before the table is opened: a commit in between is seen at the next use.
            try:
                newest = str(self._newest_commit())
            except OSError:
                newest = "nothing there"
            if self._opened is None or newest != self._opened_at:
                self._opened = self.load()
                self._opened_at = newest
            return self._opened

    def at_version(self, version: Any) -> deltalake.DeltaTable:
        """Return a version by its number.

        Raises:
            TableParameterError: It is no number of a commit.
            SourceError: There is no such version, or it can be read no more.
        """
        if not isinstance(version, int) or isinstance(version, bool) or version < 0:
            raise TableParameterError(
                f"version of table {self._table.name!r} is {version!r}; write the number of a commit, from 0"
            )
        newest = self.newest()
        if version == newest.version():
            return newest
        if version > newest.version():
            raise SourceNotFoundError(
                f"table {self._table.name!r} has no version {version}; its newest is {newest.version()}"
            )
        try:
            return self.load(version)
        except (NotADeltaTableError, CorruptLogError):
            first = times.first_readable(self.folder.log(), newest.version())
            if version >= first:
                raise
        raise SourceNotFoundError(
            f"table {self._table.name!r} cannot be read at version {version}: its log was cleaned up, and the oldest"
            f" version that can be read is {first}"
        )

    def at_time(self, timestamp: Any) -> deltalake.DeltaTable:
        """Return the version of the last commit by a time.

        Raises:
            TableParameterError: It is no time with a zone.
            SourceError: There is nothing as old as that.
        """
        moment = times.moment_of(timestamp, f"timestamp of table {self._table.name!r}")
        newest = self.newest()
        try:
            version, first, made = times.version_at(self.folder, newest.version(), moment)
        except BaseException as error:
            if not is_failure(error):
                raise
            raise self.typed(error) from None
        if version is None:
            raise SourceNotFoundError(
                f"table {self._table.name!r} has nothing as old as {moment.isoformat()}; its oldest readable commit,"
                f" version {first}, was made at {made.isoformat(timespec='milliseconds')}"
            )
        return newest if version == newest.version() else self.load(version)

    def load(self, version: int | None = None) -> deltalake.DeltaTable:
        """Return a version that nobody else holds, which may be changed: the newest, or one by its number."""
        import deltalake
        from deltalake.exceptions import TableNotFoundError

        path = self._table.local_path
        if path is not None and not path.exists():
            raise SourceNotFoundError(f"there is no Delta table {self._table.name!r}: no folder {str(path)!r}")
        if path is not None and not (path / "_delta_log").is_dir():
            raise NotADeltaTableError(
                f"there is no Delta table {self._table.name!r}: {str(path)!r} has no folder '_delta_log'"
            )
        try:
            location, options = self._table.uri if path is None else path, self._table.options[0]
            return deltalake.DeltaTable(location, version=version, storage_options=options)
        except TableNotFoundError as error:
            sentence = f"there is no Delta table {self._table.name!r} at its location"
            raise NotADeltaTableError(sentence, self._table.clean(error)) from None
        except BaseException as error:
            if not is_failure(error):
                raise
            raise self.typed(error) from None

    def why_not_native(self, table: deltalake.DeltaTable) -> str | None:
        """Return why Polars must not read a version; of the newest it is found out once, as all its files are asked."""
        known = self._reason
        if known is None or known[0] is not table:
            known = table, why_not_native(table)
            if table is self._opened:
                self._reason = known
        return known[1]

    def _newest_commit(self) -> tuple[str, str]:
        """Return the name of the newest commit of a local log, and a stamp of it."""
        log = self.folder.location / LOG  # type: ignore[operator]
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
            known = self._token = newest, token_of(name, self.folder.read(f"{LOG}/{name}") if name else b"")
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
            raise self.typed(error) from None
        return self._token_of(table) == self._opened_at

    def _token_of(self, table: deltalake.DeltaTable) -> str:
        """Return the token for a version of a table in a store, which is asked for the commit."""
        name = commit_name(table.version())
        try:
            return token_of(name, self.folder.read(f"{LOG}/{name}"))
        except Exception:  # noqa: BLE001 (a log may lack the commit; a store that fails is noticed before)
            return token_of(name, str(table.metadata().id).encode())
