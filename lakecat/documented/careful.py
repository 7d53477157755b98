"""Asks each table where that can do no harm: code of a user's in a process of its own, the rest here."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakecat.contract import column_names
from lakecat.documented.asker import Asker, Found
from lakecat.documented.failed import UnansweredError
from lakecat.documented.isolated import IsolatedAsker
from lakecat.plaintext import plain, redact
from lakecat.sections.registered import collects
from lakecat.sources.foreign import runs_foreign_code

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lakecat.documented.reads import Read
    from lakecat.documented.tables import DocumentedTables
    from lakecat.reference import CatalogReference
    from lakecat.snapshot import Problem, TableSnapshot
    from lakecat.snippets import CatalogImport

_LINES_SHOWN = 20


@dataclass(frozen=True)
class Limits:
    """What the code of one table may take.

    Args:
        seconds: How long asking it may take.
        memory: How many bytes the process may hold that runs it.
        to_start: How many seconds loading the catalogs may take there.
    """

    seconds: float = 60.0
    memory: int = 4 * 2**30
    to_start: float = 60.0


class CarefulAsker:
    """Asks the tables of catalogs, which are loaded here already.

    Where a catalog cannot be loaded in another process, such as one that a program made, its code runs here.

    Args:
        tables: The tables.
        references: The catalogs, in the order in which they were loaded.
        folder: A folder that is searched for modules last; ``None`` for none.
        imported: How snippets get at the catalog; each catalog's own way where not given.
        limits: What the code of one table may take.
        tell: Called once for each catalog whose code runs here, with its name and the reason.
    """

    def __init__(
        self,
        tables: DocumentedTables,
        references: Sequence[CatalogReference],
        *,
        folder: Path | None,
        imported: CatalogImport | None = None,
        limits: Limits,
        tell: Callable[[str, str], None],
    ) -> None:
        self._tables = tables
        self._tell = tell
        self._here = Asker(tables, folder=folder, imported=imported)
        self._here.columns = functools.cache(self._columns)
        self._isolated = IsolatedAsker(
            tables, references, folder=folder, imported=imported, **dataclasses.asdict(limits)
        )
        self._told: set[str] = set()

    def describe(self, name: str) -> Found:
        """Return what is known of the table of this full name; what it printed, in sentences, a line each."""
        found, printed = None, ""
        if collects() or runs_foreign_code(self._tables.get(name).source, "describe"):
            try:
                found = self._isolated.describe(name)
            except UnansweredError as error:
                found, printed = self._here.describe(name, failed=error), error.printed
            if found is None:
                self._tell_unavailable(name)
        found = found or self._here.describe(name)
        return dataclasses.replace(found, printed=self._printed(name, found.printed or printed, found.snapshot))

    def token(self, name: str) -> tuple[str | None, dict[Problem, str]]:
        """Return a text that is equal while nothing about the table changed, ``None`` if that is not known, and why."""
        answer = None
        if runs_foreign_code(self._tables.get(name).source, "token"):
            try:
                answer = self._isolated.token(name)
            except UnansweredError as error:
                answer = self._here.token(name, failed=error)
        return answer or self._here.token(name)

    def token_of_read(self, read: Read) -> str | None:
        """Return what tells whether something that was read of an own catalog is the same; ``None`` if nothing does."""
        found = self._isolated.token_of_read(read)
        if found is None and self._isolated.unavailable:
            found = self._here.token_of_read(read.kind, read.catalog or "", read.name)
        return found

    def close(self) -> None:
        """End the other process."""
        self._isolated.close()
        self._here.close()

    def _columns(self, name: str) -> tuple[str, ...] | None:
        table = self._tables.get(name)
        if runs_foreign_code(table.source, "columns"):
            return self._isolated.columns(table.metadata.full_name)
        return column_names(table)

    def _tell_unavailable(self, name: str) -> None:
        reference = str(self._tables.reference(name))
        if reference not in self._told:
            self._told.add(reference)
            self._tell(reference, plain(redact(self._isolated.unavailable)) or f"it has no table {name!r}")

    def _printed(self, name: str, printed: str, snapshot: TableSnapshot) -> str:
        """Return what was printed, up to a number of lines; of a table with hidden columns, how much it was."""
        lines = [line for line in plain(redact(printed)).splitlines() if line.strip()]
        hidden = any(column.hidden for column in snapshot.columns or ())
        if snapshot.columns is None:  # the source itself may classify columns
            hidden = runs_foreign_code(self._tables.get(name).source, "columns")
        shown = [] if hidden else [f"printed: {line}" for line in lines[:_LINES_SHOWN]]
        if more := len(lines) - len(shown):
            shown.append(f"printed {more} {'more ' if shown else ''}line{'' if more == 1 else 's'}")
        return "\n".join(shown)
