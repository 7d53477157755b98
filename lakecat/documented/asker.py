"""Asks tables what documentation shows of them, in the process in which it runs."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lakecat.contract import column_names
from lakecat.documented.failed import failed_source
from lakecat.documented.reads import reads_of, token_of_read
from lakecat.errors import CatalogLoadError
from lakecat.introspect import change_token, introspect
from lakecat.modules import searched
from lakecat.recording import Recorder
from lakecat.reference import CatalogReference
from lakecat.sections.registered import collects
from lakecat.sources.foreign import runs_foreign_code
from lakecat.sources.function import FunctionSource

if TYPE_CHECKING:
    from pathlib import Path

    from lakecat.documented.reads import Read
    from lakecat.documented.tables import DocumentedTables
    from lakecat.errors import LakecatError
    from lakecat.registry import RegisteredTable
    from lakecat.snapshot import Problem, TableSnapshot
    from lakecat.snippets import CatalogImport


@dataclass(frozen=True, slots=True)
class Found:
    """What a table answered.

    Args:
        snapshot: What is known of it.
        reasons: Of each problem, what a library or a user's code said of it, without secrets; it is for no page.
        printed: What was printed meanwhile, as it was: it may hold anything.
        reads: What of catalogs was read for it.
    """

    snapshot: TableSnapshot
    reasons: dict[Problem, str] = field(default_factory=dict)
    printed: str = ""
    reads: tuple[Read, ...] = ()


class Asker:
    """Asks the tables of catalogs.

    Args:
        tables: The tables.
        folder: A folder that is searched for modules last; ``None`` for none.
        imported: How snippets get at the catalog; each catalog's own way where not given.
    """

    def __init__(self, tables: DocumentedTables, *, folder: Path | None, imported: CatalogImport | None) -> None:
        self._tables = tables
        self._folder = folder
        self._imported = imported
        self.columns = functools.cache(self._columns)
        # From now on: modules read tables too, when they are imported.
        self._recorder = Recorder()

    def describe(self, name: str, *, failed: LakecatError | None = None) -> Found:
        """Return what is known of the table of this full name.

        Args:
            name: The name.
            failed: How asking it ended elsewhere; it is not asked again, and what is declared is known of it.
        """
        reasons: dict[Problem, str] = {}
        reference, table = self._tables.reference(name), self._table(name, failed)
        self._recorder.begin()
        with searched(self._folder):
            snapshot = introspect(
                table,
                imported=self._imported or reference.imported,
                reference=str(reference),
                columns_of=self.columns,
                tell=reasons.__setitem__,
            )
            runs = collects() or runs_foreign_code(table.source, "describe")
            files = table.source.files() if runs and isinstance(table.source, FunctionSource) else ()
            reads = reads_of(self._recorder.found(files), self._tables) if runs else ()
        return Found(snapshot, reasons, reads=reads)

    def token(self, name: str, *, failed: LakecatError | None = None) -> tuple[str | None, dict[Problem, str]]:
        """Return a text that is equal while nothing about the table changed, ``None`` if that is not known, and why."""
        reasons: dict[Problem, str] = {}
        with searched(self._folder):
            token = change_token(self._table(name, failed), columns_of=self.columns, tell=reasons.__setitem__)
        return token, reasons

    def token_of_read(self, kind: str, reference: str, name: str) -> str | None:
        """Return what tells whether something that was read of a catalog of its own is the same."""
        with searched(self._folder), contextlib.suppress(CatalogLoadError):
            return token_of_read(kind, CatalogReference.parse(reference).load().registry, name)
        return None

    def close(self) -> None:
        """Record no more what is read."""
        self._recorder.close()

    def _columns(self, name: str) -> tuple[str, ...] | None:
        """Return the names of a table's columns; ``None`` where they are not cheap to know.

        Raises:
            TableNotFoundError: There is no such table.
            AmbiguousTableError: There is more than one.
        """
        return column_names(self._tables.get(name))

    def _table(self, name: str, failed: LakecatError | None) -> RegisteredTable:
        table = self._tables.get(name)
        return table if failed is None else dataclasses.replace(table, source=failed_source(table.source, failed))
