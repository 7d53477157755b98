"""The default registry: a dictionary behind one lock."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from lakecat.errors import DuplicateTableError, TableNotFoundError
from lakecat.names import near_names

if TYPE_CHECKING:
    from lakecat.registry.base import RegisteredTable


class CatalogRegistry:
    """Tables in memory; adding and getting take constant time.

    ``Catalog(CatalogRegistry())`` is a catalog of its own.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._tables: dict[str, RegisteredTable] = {}
        self._full_names: dict[str, set[str]] = {}

    def __repr__(self) -> str:
        return f"CatalogRegistry({len(self)} tables)"

    def __len__(self) -> int:
        return len(self._tables)

    def add(self, table: RegisteredTable) -> None:
        """Add a table; see :meth:`lakecat.registry.base.Registry.add`."""
        metadata = table.metadata
        with self._lock:
            before = self._tables.get(metadata.full_name)
            if before is not None:
                old, new = before.metadata.place, metadata.place
                if old is None or new is None or not new.is_same_as(old):
                    raise DuplicateTableError(
                        metadata.full_name, str(old or "an unknown place"), str(new or "an unknown place")
                    )
            self._tables[metadata.full_name] = table
            self._full_names.setdefault(metadata.name, set()).add(metadata.full_name)

    def get(self, name: str) -> RegisteredTable:
        """Return a table; see :meth:`lakecat.registry.base.Registry.get`."""
        with self._lock:
            if (table := self._tables.get(name)) is not None:
                return table
            meant = sorted(self._full_names.get(name, ()))
            if len(meant) == 1:
                return self._tables[meant[0]]
            raise TableNotFoundError(name, len(self._tables), tuple(meant[:3]) or near_names(str(name), self._tables))

    def names(self) -> tuple[str, ...]:
        """Return the full names, sorted."""
        with self._lock:
            return tuple(sorted(self._tables))

    def tables(self) -> tuple[RegisteredTable, ...]:
        """Return the tables, sorted by full name."""
        with self._lock:
            return tuple(table for _, table in sorted(self._tables.items()))
