"""The default registry: a dictionary behind one lock."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from lakecat.errors import AmbiguousTableError, DuplicateTableError, TableNotFoundError
from lakecat.names import OwnNames, near_names
from lakecat.recording import note_read
from lakecat.registry.base import FIELDS, fields_of

if TYPE_CHECKING:
    from lakecat.metadata import Place
    from lakecat.registry.base import RegisteredTable


class CatalogRegistry:
    """Tables in memory; adding and getting take constant time, finding what the found ones take.

    ``Catalog(CatalogRegistry())`` is a catalog of its own. It is pickled with its tables, where these can be.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._tables: dict[str, RegisteredTable] = {}
        self._own_names = OwnNames()
        self._found_by: dict[str, dict[str, set[str]]] = {field: {} for field in FIELDS}

    def __getstate__(self) -> dict[str, Any]:
        return {"tables": self.tables()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        CatalogRegistry.__init__(self)
        for table in state["tables"]:
            self.add(table)

    def __repr__(self) -> str:
        return f"CatalogRegistry({len(self)} tables)"

    def __len__(self) -> int:
        return len(self._tables)

    def add(self, table: RegisteredTable) -> None:
        """Add a table; see :meth:`lakecat.registry.base.Registry.add`."""
        name, place = table.metadata.full_name, table.metadata.place
        with self._lock:
            if (before := self._tables.get(name)) is not None:
                old = before.metadata.place
                if old is None or place is None or not place.replaces(old):
                    raise DuplicateTableError(name, *_places(old, place))
                # The same full name may be cut otherwise, as "a.b" without a database.
                self._own_names.remove(before.metadata.name, name)
                self._forget(name, before)
            self._tables[name] = table
            self._own_names.add(table.metadata.name, name)
            for field, values in fields_of(table.metadata).items():
                for value in values:
                    self._found_by[field].setdefault(value, set()).add(name)

    def _forget(self, name: str, table: RegisteredTable) -> None:
        for field, values in fields_of(table.metadata).items():
            for value in values:
                names = self._found_by[field][value]
                names.discard(name)
                if not names:
                    del self._found_by[field][value]

    def get(self, name: str) -> RegisteredTable:
        """Return a table; see :meth:`lakecat.registry.base.Registry.get`."""
        if not isinstance(name, str):
            raise TableNotFoundError(name, len(self._tables))
        with self._lock:
            table = self._tables.get(name)
            meant: tuple[str, ...] = ()
            if table is None:
                note_read("name", self, name)
                meant = self._own_names.meant(name, self._tables)
                table = self._tables[meant[0]] if len(meant) == 1 else None
            if table is not None:
                note_read("table", self, table)
                return table
            if meant:
                raise AmbiguousTableError(name, len(self._tables), meant)
            raise TableNotFoundError(name, len(self._tables), near_names(name, self._tables))

    def find(
        self, *, kind: str | None = None, tag: str | None = None, owner: str | None = None, database: str | None = None
    ) -> tuple[RegisteredTable, ...]:
        """Return the tables that have all that is given; see :meth:`lakecat.registry.base.Finds.find`."""
        given = {"kind": kind, "tag": tag, "owner": owner, "database": database}
        asked = [(field, value) for field, value in given.items() if value is not None]
        with self._lock:
            if not asked:
                return self.tables()
            note_read("list", self, None)
            # What is no text, and may have no hash, is no value of a table.
            found = [
                self._found_by[field].get(value, set()) if isinstance(value, str) else set() for field, value in asked
            ]
            found.sort(key=len)
            return tuple(self._tables[name] for name in sorted(found[0].intersection(*found[1:])))

    def has(self, field: str, value: str) -> bool:
        """Return whether a table has this value; see :meth:`lakecat.registry.base.Finds.has`."""
        note_read("list", self, None)
        return isinstance(value, str) and value in self._found_by[field]

    def known(self, field: str) -> tuple[str, ...]:
        """Return the values that tables have, sorted; see :meth:`lakecat.registry.base.Finds.known`."""
        note_read("list", self, None)
        with self._lock:
            return tuple(sorted(self._found_by[field]))

    def names(self) -> tuple[str, ...]:
        """Return the full names, sorted."""
        note_read("list", self, None)
        with self._lock:
            return tuple(sorted(self._tables))

    def tables(self) -> tuple[RegisteredTable, ...]:
        """Return the tables, sorted by full name."""
        note_read("list", self, None)
        with self._lock:
            return tuple(table for _, table in sorted(self._tables.items()))


def _places(old: Place | None, new: Place | None) -> tuple[str, str]:
    """Return two places as text: where a helper declares both, those that called the helper."""
    if old is not None and new is not None and str(old) == str(new) and old.execution and new.execution:
        return str(old.execution), str(new.execution)
    return str(old or "an unknown place"), str(new or "an unknown place")
