"""All snapshots of a catalog as JSON Lines: a header, then a table a line, in any number, one at a time in memory."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakecat.errors import SnapshotError
from lakecat.names import full_name
from lakecat.snapshot.codec import decode, encode
from lakecat.snapshot.document import FORMAT_VERSION, reader_of, tables_of
from lakecat.snapshot.exact import parse
from lakecat.snapshot.records import Origin  # noqa: TC001 - the codec looks at it
from lakecat.snapshot.tables import encode_table
from lakecat.textfile import written_whole
from lakecat.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lakecat.snapshot.records import TableSnapshot

_FORMAT = "lakecat snapshots"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotHeader:
    """The first line of a file.

    Args:
        format: Always the same, so that the file says what it is; ``""`` of a JSON document.
        format_version: Version of the format; of a JSON document, that is all that is known.
        as_of: When the tables were asked, ISO 8601 in UTC, or the time that ``SOURCE_DATE_EPOCH`` says.
        generator: What wrote it.
        extra: What a newer version wrote: names of fields, and their JSON.
    """

    format: str
    format_version: str
    as_of: str = ""
    generator: str = ""
    extra: tuple[tuple[str, str], ...] = field(default=(), metadata={"elsewhere": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class TableHead:
    """What lists show of a table: a part of its snapshot that is read twenty times as fast as all of it."""

    name: str
    kind: str
    database: str | None = None
    summary: str = ""
    description_from: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    deprecated: str = ""
    origin: Origin | None = None

    @property
    def full_name(self) -> str:
        """``database.name``, or ``name`` alone where the table has no database."""
        return full_name(self.name, self.database)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A table in a file.

    Args:
        number: Its line, counted from 1; in a JSON document, which table it is, counted from 0.
        start: Where it begins in the file, in bytes; ``None`` in a JSON document.
        raw: Its JSON.
    """

    number: int
    start: int | None
    raw: bytes


class SnapshotFile:
    """A file of snapshots to read: JSON Lines, or a JSON document of this version or an older one.

    Raises:
        SnapshotError: It cannot be read, is no file of snapshots, or has a format that is newer than is known.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.header: SnapshotHeader
        self._document: tuple[bytes, ...] | None = None
        try:
            with self.path.open("rb") as file:
                first = file.readline()
                self._read = self._begin(first, file.read)
        except OSError as error:
            raise SnapshotError(f"the snapshot file {str(path)!r} cannot be read: {error.strerror}") from None

    def _begin(self, first: bytes, rest: Callable[[], bytes]) -> Callable[[bytes, str], TableSnapshot]:
        """Read the header, or all of a document; return what reads a table."""
        where = f"{self.path}, line 1"
        if (begun := _header_of(first)) is not None:
            read = reader_of(begun.get("format_version"), f"{where}: ")
            self.header = decode(SnapshotHeader, first, f"{where}: header")
            if self.header.format != _FORMAT:
                raise SnapshotError(f"{where}: the format is {self.header.format!r}, not {_FORMAT!r}")
            return read
        text = first + rest()
        if not text.strip():
            raise SnapshotError(f"{self.path}: it is empty; a file of snapshots begins with a header")
        version, self._document = tables_of(text, f"{self.path}: ")
        self.header = SnapshotHeader(format="", format_version=str(version))
        return reader_of(version, f"{self.path}: ")

    def lines(self) -> Iterator[Line]:
        """Yield the tables as JSON."""
        if self._document is not None:
            yield from (Line(number=i, start=None, raw=raw) for i, raw in enumerate(self._document))
            return
        with self.path.open("rb") as file:
            start = len(file.readline())
            for number, raw in enumerate(file, 2):
                if not raw.isspace():
                    yield Line(number=number, start=start, raw=raw)
                start += len(raw)

    def again(self, number: int, start: int, size: int) -> Line:
        """Return a line that was read before, by its place in the file.

        Raises:
            SnapshotError: The file cannot be read any more.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                return Line(number=number, start=start, raw=file.read(size))
        except OSError as error:
            raise SnapshotError(f"the snapshot file {str(self.path)!r} cannot be read: {error.strerror}") from None

    def head(self, line: Line) -> TableHead:
        """Return what lists show of the table of a line.

        Raises:
            SnapshotError: It is damaged; the sentence names file, line and place.
        """
        return decode(TableHead, line.raw, self.place(line))

    def table(self, line: Line) -> TableSnapshot:
        """Return the snapshot that a line holds.

        Raises:
            SnapshotError: It is damaged; the sentence names file, line and place.
        """
        return self._read(line.raw, self.place(line))

    def place(self, line: Line) -> str:
        """Return what errors call the table of a line."""
        if line.start is None:
            return f"{self.path}: tables[{line.number}]"
        return f"{self.path}, line {line.number}: table"

    def __iter__(self) -> Iterator[TableSnapshot]:
        """Yield the snapshots, each read when it is asked for.

        Raises:
            SnapshotError: A line is damaged; the sentence names file, line and place.
        """
        return map(self.table, self.lines())


def _header_of(line: bytes) -> dict[str, Any] | None:
    """Return what a first line says if it is a header, and not the beginning of a document, or all of it."""
    try:
        data, _ = parse(line, "")
    except SnapshotError:
        return None
    return data if isinstance(data, dict) and "format" in data else None


def read(path: str | os.PathLike[str]) -> Iterator[TableSnapshot]:
    """Yield the snapshots of a file, in its order, one at a time.

    It is what :func:`write`, ``lakecat snapshot`` or :meth:`lakecat.Catalog.export_catalog_metadata` wrote, in this
    version or an older one. Of JSON Lines one table at a time is in memory.

    Raises:
        SnapshotError: It cannot be read, is no file of snapshots, or has a format that is newer than is known; while
            reading, a line is damaged: the sentence names file, line and place.
    """
    return iter(SnapshotFile(path))


def read_header(path: str | os.PathLike[str]) -> SnapshotHeader:
    """Return what the first line of a file says of it: its format, its writer, and as of when its tables are.

    Raises:
        SnapshotError: As :func:`read`.
    """
    return SnapshotFile(path).header


def write(path: str | os.PathLike[str], snapshots: Iterable[TableSnapshot]) -> int:
    """Write snapshots to a file as they come, and return how many there were. The file is whole or not there.

    Args:
        path: The file. One that is there stays as it was until all is written, and if anything fails.
        snapshots: The snapshots; one at a time is in memory.

    Raises:
        OSError: It cannot be written.
        SnapshotError: A record holds something that JSON cannot, or ``SOURCE_DATE_EPOCH`` is no number.
    """
    count = -1  # without the header
    with written_whole(Path(path)) as out:
        for line in to_lines(snapshots):
            out.write(line)
            count += 1
    return count


def to_lines(snapshots: Iterable[TableSnapshot]) -> Iterator[bytes]:
    """Yield the lines of a file of snapshots: the header, then each snapshot when it is asked for.

    Raises:
        SnapshotError: A record holds something that JSON cannot, or ``SOURCE_DATE_EPOCH`` is no number.
    """
    header = SnapshotHeader(
        format=_FORMAT, format_version=FORMAT_VERSION, as_of=as_of(), generator=f"lakecat {__version__}"
    )
    yield encode(header).encode() + b"\n"
    for snapshot in snapshots:
        yield encode_table(snapshot) + b"\n"


def as_of() -> str:
    """Return the time now, or that of ``SOURCE_DATE_EPOCH``: ISO 8601 in UTC, whole seconds.

    Raises:
        SnapshotError: ``SOURCE_DATE_EPOCH`` is no number of seconds.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH") or str(int(time.time()))
    try:
        return datetime.fromtimestamp(int(given), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        raise SnapshotError(f"SOURCE_DATE_EPOCH is {given!r}; give a number of seconds since 1970, or none") from None
