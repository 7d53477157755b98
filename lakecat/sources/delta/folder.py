"""The folder of a Delta table, local or in a store: its files read, listed and removed, and the names of commits."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from deltalake.fs import DeltaStorageHandler

LOG = "_delta_log"
_COMMIT = re.compile(r"(\d{20})\.json", re.ASCII)


class TableFolder:
    """What lies below the location of a table.

    Args:
        location: A path, or the URL of a store.
        options: The options of the store, as deltalake takes them.
    """

    def __init__(self, location: Path | str, options: Mapping[str, str] | None = None) -> None:
        self.location = location
        self.options = None if options is None else dict(options)

    def read(self, name: str) -> bytes:
        """Return what a file holds.

        Raises:
            FileNotFoundError: There is none.
        """
        if not isinstance(self.location, str):
            return (self.location / name).read_bytes()
        with self._store().open_input_file(name) as file:
            return bytes(file.read())

    def changed(self, name: str) -> datetime:
        """Return when a file was written, as the file system or the store has it.

        Raises:
            FileNotFoundError: There is none.
        """
        if not isinstance(self.location, str):
            return datetime.fromtimestamp((self.location / name).stat().st_mtime, UTC)
        (info,) = self._store().get_file_info([name])
        if info.mtime is None:
            raise FileNotFoundError(name)
        found: datetime = info.mtime
        return found

    def log(self) -> list[str]:
        """Return the names of the files of the log, in their order."""
        if not isinstance(self.location, str):
            return sorted(entry.name for entry in os.scandir(self.location / LOG) if entry.is_file())
        from pyarrow.fs import FileSelector, FileType

        found = self._store().get_file_info_selector(FileSelector(LOG))
        return sorted(info.base_name for info in found if info.type == FileType.File)

    def below(self, name: str) -> TableFolder:
        """Return a folder below this one."""
        if isinstance(self.location, str):
            return TableFolder(f"{self.location.rstrip('/')}/{name}", self.options)
        return TableFolder(self.location / name)

    @property
    def uri(self) -> str:
        """The location as deltalake takes it."""
        return self.location if isinstance(self.location, str) else str(self.location.absolute())

    def remove_file(self, name: str) -> None:
        """Remove a file."""
        if not isinstance(self.location, str):
            (self.location / name).unlink()
            return
        self._store().delete_file(name)

    def remove(self, name: str) -> None:
        """Remove a folder below this one with all that is in it; nothing if there is none."""
        if not isinstance(self.location, str):
            shutil.rmtree(self.location / name, ignore_errors=True)
            return
        self._store().delete_dir(name)

    def _store(self) -> DeltaStorageHandler:
        from deltalake.fs import DeltaStorageHandler

        return DeltaStorageHandler(self.uri, self.options)


def commit_name(version: int) -> str:
    """Return the name of a commit in the log."""
    return f"{version:020d}.json"


def commit_versions(names: Iterable[str]) -> list[int]:
    """Return the versions of those names that are commits: others may lie in a log, and are none of its business."""
    return sorted(int(found[1]) for name in names if (found := _COMMIT.fullmatch(name)))


def is_commit(name: str) -> bool:
    """Return whether a file of the log is a commit by its name."""
    return _COMMIT.fullmatch(name) is not None


def token_of(name: str, commit: bytes) -> str:
    """Return a text for the newest commit of a table, from its name and what it holds."""
    return f"{name} {hashlib.sha256(commit).hexdigest()[:16]}"


def is_empty_text(partition: str, path: str) -> bool:
    """Return whether a data file lies in the folder of an empty text.

    deltalake tells the value as NULL, and both readers read an empty text.
    """
    return f"{partition}=" in map(unquote, unquote(path).split("/"))
