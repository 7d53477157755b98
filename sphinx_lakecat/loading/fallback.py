"""Live catalogs, and files that stand in for what cannot be read of them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from lakecat.errors import SnapshotError
from lakecat.snapshot import Problem
from sphinx_lakecat.loading.base import Listed, ReadOf, Tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakecat.sections.index import Edge
    from lakecat.snapshot import TableSnapshot
    from sphinx_lakecat.loading.file import StoredTables


class TablesWithFallback(Tables):
    """The tables of live catalogs; what cannot be read of one now is what a file said of it, and its page says so.

    A table that the code does not declare any more is none. Only where a catalog cannot be loaded at all are the tables
    shown that a file alone knows.

    Args:
        live: The tables of the catalogs.
        stored: Those of the files.
    """

    def __init__(self, live: Tables, stored: StoredTables) -> None:
        self._live, self._stored = live, stored
        self._added = [name for name in stored.names if name not in live] if live.failures else []
        self.names = tuple(sorted([*live.names, *self._added]))
        self.failures = [] if self._added else live.failures
        self.told = {}
        self._kept: dict[str, TableSnapshot] = {}
        self.unread = live.unread
        self.reads = live.reads

    def __contains__(self, name: str) -> bool:
        return name in self._live or name in self._added

    def find(self, name: str) -> tuple[str, ...]:
        """Return the full names of the tables that a name may mean: an exact one alone, else those it is a part of."""
        if name in self:
            return (name,)
        added = (found for found in self._stored.find(name) if found in self._added)
        return tuple(sorted({*self._live.find(name), *added}))

    def listed(self) -> tuple[Listed, ...]:
        """Return a line for each table, sorted by name."""
        added = (row for row in self._stored.listed() if row.name in self._added)
        return tuple(sorted((*self._live.listed(), *added), key=lambda row: row.name))

    def token(self, name: str) -> str | None:
        """Return a text that is equal while neither the table nor what the file says of it changed."""
        if name not in self._live:
            return f"stored {self._stored.token(name)}"
        token = self._live.token(name)
        return token if token is None or name not in self._stored else f"{token} {self._stored.token(name)}"

    def snapshot(self, name: str) -> TableSnapshot:
        """Return what is known about a table, with what the file says of it in the place of what could not be read."""
        if (kept := self._kept.get(name)) is not None:
            return kept
        if name not in self._live:
            stored = self._stored.snapshot(name)
            self.told[name] = self._stored.told[name]
            note = Problem(code="import_failed", message=self._note(name, "The code of this table could not be loaded"))
            return dataclasses.replace(stored, problems=(*stored.problems, note))
        live = self._live.snapshot(name)
        self.told[name] = self._live.told.get(name, {})
        unread = self._live.unread.get(name)
        if not unread or name not in self._stored:
            return live
        stored = self._stored.snapshot(name)
        if _hides_more(live, stored) or stored.columns_from != "source":
            return live  # it may not be shown, or could not be read then either
        damages = {problem: "" for problem in stored.problems if problem.code == SnapshotError.code}
        self.told[name] = {**self.told[name], **damages}
        return _merged(live, stored, (*self._noted(name, live.problems, unread), *damages))

    def has_moved(self, read: ReadOf) -> bool:
        """Return whether something that was read while a table was asked is not what it was then."""
        return self._live.has_moved(read)

    def edges(self) -> Iterator[Edge]:
        """Yield what the tables say of each other."""
        yield from self._live.edges()
        added = set(self._added)
        yield from (edge for edge in self._stored.edges() if edge.source.rpartition(".")[0] in added)

    def close(self) -> None:
        """End the process that calls functions."""
        self._live.close()

    def keep(self, name: str, snapshot: TableSnapshot) -> None:
        """Keep a snapshot for processes forked later."""
        self._kept[name] = snapshot

    def place(self, name: str) -> tuple[str, int] | None:
        """Return the file and line where a table is declared."""
        return self._live.place(name) if name in self._live else self._stored.place(name)

    def _noted(self, name: str, problems: tuple[Problem, ...], unread: frozenset[Problem]) -> tuple[Problem, ...]:
        """Return problems that say of what could not be read as of when it is shown."""
        message = self._note(name, "This table could not be read")
        return tuple(dataclasses.replace(p, message=message) if p in unread else p for p in problems)

    def _note(self, name: str, what: str) -> str:
        when = self._stored.as_of(name)
        since = f"as of {when[:10]}, {when[11:16]} UTC" if when else "what a file said of it"
        return f"{what} when this page was made; what its data tell is shown {since}."


def _merged(live: TableSnapshot, stored: TableSnapshot, problems: tuple[Problem, ...]) -> TableSnapshot:
    """Return what the code says today, and what the file says of the data."""
    of_code = {section.name: section for section in live.sections if section.name in ("snippets", "parameters")}
    of_data = stored.description_from == "source" and live.description_from != "declared"
    described = stored if of_data else live
    return dataclasses.replace(
        stored,
        kind=live.kind,
        summary=described.summary,
        description=described.description,
        description_from=described.description_from,
        owner=live.owner,
        tags=live.tags,
        deprecated=live.deprecated,
        origin=live.origin,
        problems=tuple(dict.fromkeys(problems)),
        sections=tuple({**{section.name: section for section in stored.sections}, **of_code}.values()),
    )


def _hides_more(live: TableSnapshot, stored: TableSnapshot) -> bool:
    """Return whether a column is hidden now of which the file may tell values."""
    hidden = {column.name for column in stored.columns or () if column.hidden}
    return any(column.hidden and column.name not in hidden for column in live.columns or ())
