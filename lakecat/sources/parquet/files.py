"""Which files belong to a Parquet table: one rule for folders and globs, on disk and in stores."""

from __future__ import annotations

import errno
import fnmatch
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from lakecat.errors import MissingDataError, SourceError, SourceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

States = frozenset[int]
_LOG = "_delta_log"


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of a table.

    Args:
        name: Its path below the table's location, which partitions and change tokens are made of.
        location: Its path, or its URL in a store.
        size: Its size in bytes.
        stamp: What changes when it is written or replaced: times and inode on disk, the ETag in a store.
    """

    name: str
    location: str
    size: int
    stamp: str


class Place(Protocol):
    """Where the files of a table lie."""

    @property
    def is_local(self) -> bool:
        """Whether it is the file system."""

    @property
    def native(self) -> bool:
        """Whether Polars reads from here within bounded time."""

    def files(self) -> list[DataFile]:
        """Return the files of the table in the order of their names; one at least.

        Raises:
            SourceError: There are none, or they cannot be found out.
        """

    def end(self, file: DataFile, count: int) -> bytes:
        """Return the last bytes of a file, ``count`` of them or all."""

    def start(self, file: DataFile, count: int) -> bytes:
        """Return the first bytes of a file, ``count`` of them or all."""

    def open(self, file: DataFile) -> BinaryIO:
        """Open a file to read it."""


class Pattern:
    """A glob, taken apart at its slashes; ``**`` is any number of folders.

    Names that begin with ``.`` or ``_`` are what writers leave beside the data. They match only a part of the pattern
    that begins so too, or where they are folders of a partition (``_day=2026-01-31``).

    Args:
        parts: The parts of the glob.
    """

    def __init__(self, parts: Sequence[str]) -> None:
        self._parts = tuple(parts)
        self._matches = [re.compile(fnmatch.translate(part)).match for part in parts]
        self.begin = self._closed({0})

    def step(self, states: States, name: str) -> States:
        """Return where one more name of a path leads; nowhere is an empty set."""
        marker = name.startswith((".", "_")) and "=" not in name
        following = set()
        for state in states:
            if state == len(self._parts) or (marker and not self._parts[state].startswith((".", "_"))):
                continue
            if self._parts[state] == "**":
                following.add(state)
            elif self._matches[state](name):
                following.add(state + 1)
        return self._closed(following)

    def goes_on(self, states: States) -> bool:
        """Return whether a folder here may hold files that match."""
        return any(state < len(self._parts) for state in states)

    def is_end(self, states: States) -> bool:
        """Return whether a file here matches."""
        return len(self._parts) in states

    def _closed(self, states: set[int]) -> States:
        for state in sorted(states):
            while state < len(self._parts) and self._parts[state] == "**":
                state += 1  # noqa: PLW2901
                states.add(state)
        return frozenset(states)


FOLDER = Pattern(("**", "*.parquet"))
"""The files of a folder."""


def is_glob(text: str) -> bool:
    """Return whether a text has one of the letters of a glob."""
    return any(letter in text for letter in "*?[")


def split_glob(path: str) -> tuple[str, Pattern]:
    """Return the folder before the first part of a glob that is no plain name, and the rest as a pattern."""
    parts = path.split("/")
    first = next(index for index, part in enumerate(parts) if is_glob(part))
    return "/".join(parts[:first]), Pattern(parts[first:])


def above_partitions(path: str) -> str:
    """Return the folder of a table whose files or partitions were named: the nearest that is not ``name=value``."""
    while "=" in path.rpartition("/")[2]:
        path = path.rpartition("/")[0]
    return path


def in_order(files: list[DataFile]) -> list[DataFile]:
    """Return files in the order of their paths, folder by folder."""
    return sorted(files, key=lambda file: file.name.split("/"))


def delta_error(table: str, where: str) -> SourceError:
    """Return the error for a folder that also holds files that commits have removed."""
    return SourceError(f"table {table!r} is a Delta table: {where!r} has a {_LOG!r}; use DeltaTable")


class LocalPlace:
    """A file, a folder or a glob of the file system. A path that exists is no glob.

    Links are followed, other than those to a folder in which they lie.

    Args:
        path: The location.
        table: The name of the table, for errors.
    """

    is_local = True
    native = True

    def __init__(self, path: Path, *, table: str) -> None:
        self._path = path
        self._table = table

    def files(self) -> list[DataFile]:
        """Return the files in the order of their names."""
        path = self._path
        if path.is_file():
            top = above_partitions(os.fspath(path.absolute().parent))
            return [_local_file(os.fspath(path), path.absolute().as_posix()[len(top) :].lstrip("/"))]
        whole = path.absolute().as_posix().rstrip("/")
        if path.is_dir():
            root, pattern, none = whole, FOLDER, "no '.parquet' file in the folder"
        elif is_glob(whole):
            root, pattern = split_glob(whole)
            none = "no file matches"
        else:
            raise self._not_found("no file or folder")
        top = above_partitions(root)
        if top != root and (Path(top) / _LOG).is_dir():
            raise delta_error(self._table, top)
        above = "" if pattern is FOLDER else root[len(top) :].strip("/")
        found = (
            list(self._walk(root or "/", pattern, f"{above}/" if above else "")) if Path(root or "/").is_dir() else []
        )
        if not found:
            raise self._not_found(none)
        return in_order(found)

    def end(self, file: DataFile, count: int) -> bytes:
        """Return the last bytes of a file."""
        with self.open(file) as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - count))
            return stream.read()

    def start(self, file: DataFile, count: int) -> bytes:
        """Return the first bytes of a file."""
        with self.open(file) as stream:
            return stream.read(count)

    def open(self, file: DataFile) -> BinaryIO:
        """Open a file to read it."""
        return Path(file.location).open("rb")

    def _walk(self, root: str, pattern: Pattern, above: str) -> Iterator[DataFile]:
        """Yield the files below a folder that match; of other folders nothing is looked at."""
        waiting = [(root, above, pattern.begin, frozenset[tuple[int, int]]())]
        while waiting:
            folder, name, states, folders = waiting.pop()
            status = Path(folder).stat()
            here = status.st_dev, status.st_ino
            if here in folders:
                continue
            with os.scandir(folder) as entries:
                for entry in entries:
                    following = pattern.step(states, entry.name)
                    if _leads_to(entry.is_dir):
                        if entry.name == _LOG:
                            raise delta_error(self._table, folder)
                        if pattern.goes_on(following):
                            waiting.append((entry.path, f"{name}{entry.name}/", following, folders | {here}))
                    elif pattern.is_end(following):
                        if _leads_to(entry.is_file):
                            yield _local_file(entry.path, name + entry.name)
                        elif entry.is_symlink():
                            message = f"table {self._table!r} cannot be read: a link leads nowhere; remove or mend it"
                            raise MissingDataError(message, f"link {entry.path!r}")

    def _not_found(self, what: str) -> SourceNotFoundError:
        return SourceNotFoundError(f"there is no Parquet table {self._table!r}: {what} {os.fspath(self._path)!r}")


def _leads_to(is_kind: Callable[[], bool]) -> bool:
    """Return whether an entry of a folder is of a kind; a link that only leads to itself is of none."""
    try:
        return is_kind()
    except OSError as error:
        if error.errno == errno.ELOOP:
            return False
        raise


def _local_file(path: str, name: str) -> DataFile:
    status = os.stat(path)  # noqa: PTH116 (a Path for each of many files costs more than the answer)
    return DataFile(name, path, status.st_size, f"{status.st_mtime_ns}:{status.st_size}:{status.st_ino}")
