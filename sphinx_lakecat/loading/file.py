"""Snapshots from files, where the code and the data of a catalog need not exist."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakecat.errors import SnapshotError
from lakecat.names import OwnNames
from lakecat.sections.index import references
from lakecat.snapshot import Problem, SnapshotFile, TableSnapshot
from sphinx_lakecat.loading.base import Listed, ReadOf, Tables, package_token
from sphinx_lakecat.warnings import Subtype, warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lakecat.sections.index import Edge
    from lakecat.snapshot import Line, TableHead

_DAMAGED = "What the snapshot file says of this table is damaged, so a part of it is unknown."
# Statistics first, as columns are asked for with their figures.
_SECTIONS = ("statistics", "history", "snippets", "parameters", "details")


@dataclass(frozen=True, slots=True)
class _Found:
    """Where a table stands. Of a JSON document, which is in memory anyway, the line is kept."""

    file: SnapshotFile
    head: TableHead
    line: Line | None
    number: int
    start: int
    size: int
    digest: str


class StoredTables(Tables):
    """The tables of files of snapshots. What lists show is in memory; the rest is read when it is asked for.

    Args:
        files: The files, as ``conf.py`` names them.
        folder: The folder of ``conf.py``, from which they are looked for.
    """

    def __init__(self, files: Iterable[str], *, folder: Path) -> None:
        self._folder = folder
        self._found: dict[str, _Found] = {}
        self.failures: list[str] = []
        self.told: dict[str, dict[Problem, str]] = {}
        self.unread: dict[str, frozenset[Problem]] = {}
        self.reads: dict[str, tuple[ReadOf, ...]] = {}
        for file in files:
            self._load(file)
        self.names: tuple[str, ...] = tuple(sorted(self._found))
        self._own_names = OwnNames((self._found[name].head.name, name) for name in self.names)

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def find(self, name: str) -> tuple[str, ...]:
        """Return the full names of the tables that a name may mean: an exact one alone, else those it is a part of."""
        return self._own_names.meant(name, self._found)

    def listed(self) -> tuple[Listed, ...]:
        """Return a line for each table, sorted by name."""
        return self._listed

    @functools.cached_property
    def _listed(self) -> tuple[Listed, ...]:
        heads = ((name, self._found[name].head) for name in self.names)
        return tuple(
            # As from a live catalog: a description that the data carry is not opened for a list.
            Listed(
                name, h.kind, "" if h.description_from == "source" else h.summary, h.owner, h.tags, bool(h.deprecated)
            )
            for name, h in heads
        )

    def token(self, name: str) -> str:
        """Return a text that is equal while the file says the same of a table."""
        return f"{package_token()} {self._found[name].digest}"

    def as_of(self, name: str) -> str:
        """Return when a table was asked, as the file's header says."""
        return self._found[name].file.header.as_of

    def snapshot(self, name: str) -> TableSnapshot:
        """Return what the file says of a table; of one whose line is damaged, what can be known."""
        found = self._found[name]
        try:
            snapshot = found.file.table(self._line(found))
        except SnapshotError as error:
            head: dict[str, Any] = {
                field.name: getattr(found.head, field.name) for field in dataclasses.fields(found.head)
            }
            snapshot = TableSnapshot(**head, problems=(self._problem(found, error),))
        for section in _SECTIONS:
            snapshot = self._without_damage(found, snapshot, section)
        self.told[name] = dict.fromkeys(snapshot.problems, "")
        return snapshot

    def has_moved(self, read: ReadOf) -> bool:
        """Return whether something read while a table was asked has moved: nothing is asked here."""
        return False

    def edges(self) -> Iterator[Edge]:
        """Yield what columns reference; only of tables that have such columns is the line read."""
        for name in self.names:
            found = self._found[name]
            try:
                line = self._line(found)
                columns = found.file.table(line).columns if b'"references"' in line.raw else ()
            except SnapshotError:
                continue  # its page says so
            yield from references(name, columns or ())

    def keep(self, name: str, snapshot: TableSnapshot) -> None:
        """Keep nothing: any process can read the file."""

    def place(self, name: str) -> tuple[str, int] | None:
        """Return the file and line where a table was declared, as if it lay in the folder of ``conf.py``."""
        origin = self._found[name].head.origin if name in self._found else None
        return None if origin is None else (str(self._folder / origin.file), origin.line)

    def _line(self, found: _Found) -> Line:
        if found.line is not None:
            return found.line
        line = found.file.again(found.number, found.start, found.size)
        if _digest(line.raw) != found.digest:
            raise SnapshotError(f"{found.file.path}, line {found.number}: the file was changed during this build")
        return line

    def _without_damage(self, found: _Found, snapshot: TableSnapshot, section: str) -> TableSnapshot:
        """Return a snapshot whose section can be drawn: a damaged one is left out, which is a problem."""
        try:
            getattr(snapshot, "facts" if section == "details" else section)
        except SnapshotError as error:
            problems = (*snapshot.problems, self._problem(found, error))
            return dataclasses.replace(snapshot.with_section(section, None), problems=problems)
        return snapshot

    def _problem(self, found: _Found, error: SnapshotError) -> Problem:
        """Return a damage as a problem that shows no path of this machine."""
        detail = error.message.replace(str(found.file.path), found.file.path.name)
        return Problem(code=error.code, message=_DAMAGED, detail=detail)

    def _load(self, text: str) -> None:
        path = self._folder / text
        try:
            file = SnapshotFile(path)
            for line in file.lines():
                self._add(file, line)
        except SnapshotError as error:
            warn(Subtype.SNAPSHOT, error.message, location=f"{self._folder / 'conf.py'}:1")
            self.failures.append(text)

    def _add(self, file: SnapshotFile, line: Line) -> None:
        in_lines = line.start is not None
        location = f"{file.path}:{line.number}" if in_lines else str(file.path)
        try:
            head = file.head(line)
        except SnapshotError as error:
            warn(Subtype.SNAPSHOT, f"{error.message}; this table is missing", location=location)
            return
        name, place = head.full_name, (line.number, line.start or 0, len(line.raw))
        if name in self._found:
            text = f"table {name!r} stands twice in the snapshot files of this site; the first one is shown"
            warn(Subtype.DUPLICATE_TABLE, text, location=location)
            return
        self._found[name] = _Found(file, head, None if in_lines else line, *place, _digest(line.raw))


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
