"""The tables of several catalogs as one set: the first catalog that has a name wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.errors import AmbiguousTableError, TableNotFoundError
from lakecat.names import OwnNames, near_names

if TYPE_CHECKING:
    from pathlib import Path

    from lakecat.reference import CatalogReference
    from lakecat.registry import RegisteredTable, Registry


class DocumentedTables:
    """Tables by full name, or by their own name where no other has it."""

    def __init__(self) -> None:
        self._tables: dict[str, tuple[RegisteredTable, CatalogReference]] = {}
        self._own_names = OwnNames()
        self.registries: list[Registry] = []
        """The registries of all catalogs."""

    def __contains__(self, name: str) -> bool:
        return name in self._tables

    def add(self, table: RegisteredTable, reference: CatalogReference) -> CatalogReference | None:
        """Add a table; return the catalog of another one that has its name, which stays."""
        name = table.metadata.full_name
        if (before := self._tables.get(name)) is not None:
            return before[1] if before[0] is not table else None
        self._tables[name] = table, reference
        self._own_names.add(table.metadata.name, name)
        return None

    def load(self, reference: CatalogReference, folder: Path | None) -> list[tuple[RegisteredTable, CatalogReference]]:
        """Add the tables of a catalog; return those that another catalog has under the same name, and which that is.

        Args:
            reference: The catalog.
            folder: A folder that is searched for modules last.

        Raises:
            CatalogLoadError: It cannot be loaded.
        """
        registry = reference.load(path=folder).registry
        self.registries.append(registry)
        added = ((table, self.add(table, reference)) for table in registry.tables())
        return [(table, first) for table, first in added if first is not None]

    def names(self) -> tuple[str, ...]:
        """Return the full names, sorted."""
        return tuple(sorted(self._tables))

    def find(self, name: str) -> tuple[str, ...]:
        """Return the full names of the tables that a name may mean: an exact one alone, else those it is a part of."""
        return self._own_names.meant(name, self._tables)

    def get(self, name: str) -> RegisteredTable:
        """Return a table by its full name, or by its name where no other has it.

        Raises:
            TableNotFoundError: There is none.
            AmbiguousTableError: There is more than one.
        """
        meant = self.find(name)
        if not meant:
            raise TableNotFoundError(name, len(self._tables), near_names(name, self._tables))
        if len(meant) > 1:
            raise AmbiguousTableError(name, len(self._tables), meant)
        return self._tables[meant[0]][0]

    def reference(self, name: str) -> CatalogReference:
        """Return the catalog of the table of this full name."""
        return self._tables[name][1]
