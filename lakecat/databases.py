"""Parts of a catalog: the tables of one database, or of one module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakecat.errors import TableNotFoundError
from lakecat.names import full_name, near_names
from lakecat.reading import read_table
from lakecat.registry import RegisteredTable, Registry, current_registry

if TYPE_CHECKING:
    from types import ModuleType

    import polars as pl


class Database:
    """The tables of a registry that were declared with ``database=name``."""

    def __init__(self, name: str, registry: Registry) -> None:
        self.name = name
        self._registry = registry

    def __repr__(self) -> str:
        return f"Database({self.name!r})"

    def table(self, name: str, **params: Any) -> pl.LazyFrame:
        """Return a table of this database; see :meth:`lakecat.Catalog.table`."""
        return read_table(self._registry.get(full_name(name, self.name)), self._registry, **params)

    def list_tables(self) -> list[str]:
        """Return the names of the tables, without the database, sorted."""
        return [t.metadata.name for t in self._registry.tables() if t.metadata.database == self.name]


class ModuleDatabase:
    """The tables that one module, or a package with all its modules, declared.

    Args:
        module: The imported module.
        registry: Where its tables are; the registry in use where none is given.
    """

    def __init__(self, module: ModuleType, registry: Registry | None = None) -> None:
        self.name = module.__name__
        self._registry = registry

    def __repr__(self) -> str:
        return f"ModuleDatabase({self.name})"

    def table(self, name: str, **params: Any) -> pl.LazyFrame:
        """Return a table that the module declared; see :meth:`lakecat.Catalog.table`."""
        registry = current_registry() if self._registry is None else self._registry
        tables = {t.metadata.full_name: t for t in self._tables()}
        if name not in tables:
            raise TableNotFoundError(name, len(tables), near_names(name, tables))
        return read_table(tables[name], registry, **params)

    def list_tables(self) -> list[str]:
        """Return the full names of the tables, sorted."""
        return [t.metadata.full_name for t in self._tables()]

    def _tables(self) -> list[RegisteredTable]:
        registry = current_registry() if self._registry is None else self._registry
        places = ((t, t.metadata.place.module if t.metadata.place else "") for t in registry.tables())
        return [t for t, module in places if module == self.name or module.startswith(self.name + ".")]
