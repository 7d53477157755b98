"""Parts of a catalog: the tables of one database, or of one module."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from lakecat.errors import TableNotFoundError
from lakecat.names import full_name, near_names
from lakecat.reading import read_table
from lakecat.registry import CatalogRegistry, ChosenRegistry, finder

if TYPE_CHECKING:
    from types import ModuleType

    import polars as pl

    from lakecat.registry import RegisteredTable, Registry


class Database:
    """The tables of a registry that were declared with ``database=name``."""

    def __init__(self, name: str, registry: Registry) -> None:
        self.name = name
        self._registry = registry

    def __repr__(self) -> str:
        return f"Database({self.name!r})"

    def table(self, name: str, /, **params: Any) -> pl.LazyFrame:
        """Return a table of this database, by its name or its full name; see :meth:`lakecat.Catalog.table`."""
        return read_table(self._find(name), self._registry, **params)

    def list_tables(self) -> list[str]:
        """Return the names of the tables, without the database, sorted."""
        return [table.metadata.name for table in finder(self._registry).find(database=self.name)]

    def _find(self, name: str) -> RegisteredTable:
        full = full_name(name, self.name)
        for asked in (full, name):
            with contextlib.suppress(TableNotFoundError):
                found = self._registry.get(asked)
                # A registry finds a name in other databases too, and a full name may be cut in more than one way.
                if found.metadata.database == self.name and found.metadata.full_name == asked:
                    return found
        near = tuple(full_name(one, self.name) for one in near_names(name, self.list_tables()))
        raise TableNotFoundError(full, len(self._registry), near)


class ModuleDatabase:
    """The tables that one module, or a package with all its modules, declared.

    Args:
        module: The imported module.
        registry: Where its tables are; the registry in use where none is given.
    """

    def __init__(self, module: ModuleType, registry: Registry | None = None) -> None:
        self.name = module.__name__
        self._chosen = ChosenRegistry(registry)

    def __repr__(self) -> str:
        return f"ModuleDatabase({self.name})"

    def table(self, name: str, /, **params: Any) -> pl.LazyFrame:
        """Return a table that the module declared; see :meth:`lakecat.Catalog.table`."""
        return read_table(self._find(name), self._chosen.get(), **params)

    def list_tables(self) -> list[str]:
        """Return the full names of the tables, sorted."""
        return [t.metadata.full_name for t in self._tables()]

    def _tables(self) -> list[RegisteredTable]:
        return [table for table in self._chosen.get().tables() if self._has(table)]

    def _find(self, name: str) -> RegisteredTable:
        with contextlib.suppress(TableNotFoundError):
            # What the whole catalog knows by that name, and is of this module, is the only one of it too.
            if self._has(found := self._chosen.get().get(name)):
                return found
        own = CatalogRegistry()
        for table in self._tables():
            own.add(table)
        return own.get(name)

    def _has(self, table: RegisteredTable) -> bool:
        return table.metadata.place is not None and table.metadata.place.is_in(self.name)
