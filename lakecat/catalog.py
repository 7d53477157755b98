"""Tables by name: :class:`Catalog`."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakecat.contract import columns_by_table
from lakecat.databases import Database, ModuleDatabase
from lakecat.declaration import Declaration
from lakecat.decorator import add_function, add_source, calling_place
from lakecat.errors import TableNotFoundError
from lakecat.introspect import introspect
from lakecat.names import near_names
from lakecat.reading import read_table
from lakecat.registry import ChosenRegistry, finder
from lakecat.snapshot import TableSnapshot, to_json
from lakecat.snippets import CatalogImport
from lakecat.sql import query
from lakecat.textfile import check_writable, write_whole

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping

    import polars as pl

    from lakecat.metadata import Place
    from lakecat.registry import Registry
    from lakecat.sources.base import TableSource
    from lakecat.sources.declared import ChangeToken


class Catalog:
    """All tables of a registry, by name.

    Args:
        registry: The registry; the one in use where none is given, looked up at each call, so that ``Catalog()`` can
            be made before tables are declared. Such a catalog can be pickled: in the other process it imports the
            modules that declared the tables.
        databases: Databases by name, such as ``{"demo": ModuleDatabase(my_tables)}``.
    """

    def __init__(
        self, registry: Registry | None = None, *, databases: Mapping[str, ModuleDatabase] | None = None
    ) -> None:
        self._chosen = ChosenRegistry(registry)
        self._databases = dict(databases or {})

    def __repr__(self) -> str:
        return f"Catalog({len(self.registry)} tables)"

    @property
    def registry(self) -> Registry:
        """The registry behind this catalog.

        Raises:
            CatalogLoadError: The catalog was pickled, and tables that it had there cannot be had here.
        """
        return self._chosen.get()

    def is_on(self, registry: Registry) -> bool:
        """Return whether this catalog has a registry of its own, and it is this one."""
        return self._chosen.own is registry

    def table(self, name: str, /, **params: Any) -> pl.LazyFrame:
        """Return a table as a LazyFrame; no row is read before it is collected.

        Args:
            name: The table's full name, ``database.name`` where it has a database; or its name alone, where no other
                table has that name.
            **params: Parameters of the table, such as ``version=3`` of a Delta table.

        Raises:
            TableNotFoundError: There is no such table; the message has near names.
            AmbiguousTableError: Several databases have a table of that name; the message has them all.
            TableParameterError: A parameter is unknown or missing.
            TableFunctionError: The table's function raised, or returned no frame.
            SourceError: The data cannot be read; or, with strict checks, are not what is declared.
            ConfigurationError: The table lies where the environment allows none, or the configuration cannot be.
            AuditLogError: The environment has an audit log, and it cannot be written.
        """
        return read_table(self.registry.get(name), self.registry, **params)

    def list_tables(
        self, kind: str | None = None, tag: str | None = None, owner: str | None = None, database: str | None = None
    ) -> list[str]:
        """Return the full names of the tables, sorted; only those of a kind, tag, owner and database where given."""
        found = finder(self.registry).find(kind=kind, tag=tag, owner=owner, database=database)
        return [table.metadata.full_name for table in found]

    def describe_table(self, name: str) -> TableSnapshot:
        """Return what is known about a table, from its declaration and its metadata; reads no row.

        What cannot be read is a problem of the result, not an exception. The function of a table whose columns nobody
        declared is called, here and now: only the command line and builds of documentation call it in a process of its
        own, as that loads the catalog anew by its name, which one of a notebook or a program does not have.

        Raises:
            TableNotFoundError: There is no such table.
        """
        find = self.registry.get
        imported = self._imported(find(name).metadata.place)
        return introspect(find(name), imported=imported, columns_of=columns_by_table(find))

    def add_table(
        self,
        obj: TableSource | Callable[..., Any],
        name: str | None = None,
        *,
        description: str | None = None,
        tags: Iterable[str] | None = None,
        owner: str | None = None,
        schema: Any = None,
        database: str | None = None,
        examples: Mapping[str, Any] | None = None,
        deprecated: str = "",
        change_token: ChangeToken | None = None,
    ) -> None:
        """Add a source or a function to the registry of this catalog.

        That of ``Catalog()`` is the registry in use, which ``@table`` and every other ``Catalog()`` share: the table
        is then there for all of them. ``Catalog(CatalogRegistry())`` is a catalog of its own.

        Args:
            obj: A table source, as for :func:`lakecat.register_static_table`, or a function that returns a frame.
            description: What one row is; what the function or object says of itself where none is given.
                reStructuredText in documentation.
            tags: Free labels; the object's own where none are given.
            owner: Who answers for the table; the object's own where none is given.
            schema: The columns: a mapping of names to Polars dtypes or their names, a ``pl.Schema``, a ``pa.Schema``,
                or Columns, whose dtypes may be left to the data.
            name: The table's name; that of the function or object where none is given.
            database: The database it belongs to.
            examples: Values of parameters with which the snippets of documentation run.
            deprecated: Why not to use it any more, and what to use.
            change_token: What tells documentation of changes that a function's code and the tables that it reads do not
                show: a path of a file or folder, several, or a function without parameters that returns a text (of a
                database, say), or ``None`` for "always read again". An object has a method of that name instead.

        Raises:
            DeclarationError: It is neither, or a value that cannot be.
            DuplicateTableError: The name is taken, and this is no reload of the module that took it.

        Example:
            >>> from lakecat import CatalogRegistry
            >>> own = Catalog(CatalogRegistry())
            >>> own.add_table(lambda: pl.LazyFrame({"x": [1]}), "numbers")
            >>> own.list_tables()
            ['numbers']
        """
        declared = Declaration(
            description=description,
            tags=tags,
            owner=owner,
            schema=schema,
            name=name,
            database=database,
            examples=examples,
            deprecated=deprecated,
            change_token=change_token,
        )
        if not hasattr(obj, "scan") and callable(obj) and not isinstance(obj, type):
            # A function has no tags and no owner of its own.
            declared = dataclasses.replace(declared, tags=tags or (), owner=owner or "")
            add_function(obj, declared, registry=self.registry)
        else:
            add_source(obj, declared, registry=self.registry, place=calling_place())  # type: ignore[arg-type]

    def db(self, name: str) -> Database | ModuleDatabase:
        """Return the database of this name: one given to this catalog, or the tables declared with ``database=name``.

        Raises:
            TableNotFoundError: There is no such database.
        """
        if name in self._databases:
            return self._databases[name]
        find = finder(self.registry)
        if not find.has("database", name):
            near = near_names(name, [*find.known("database"), *self._databases])
            raise TableNotFoundError(f"{name}.*", len(self.registry), tuple(f"{n}.*" for n in near))
        return Database(name, self.registry)

    def sql(self, sql: str) -> pl.LazyFrame:
        """Return the result of a SQL query over tables of this catalog, lazily.

        Raises:
            TableNotFoundError: The query names a table that is not here.
            polars.exceptions.SQLSyntaxError: The query cannot be parsed.
        """
        return query(sql, self.registry)

    def snapshots(self, *, imported: CatalogImport | None = None, reference: str = "") -> tuple[TableSnapshot, ...]:
        """Return the snapshots of all tables, sorted by full name; opens the metadata of each."""
        columns_of = columns_by_table(self.registry.get)
        return tuple(
            introspect(
                table,
                imported=imported or self._imported(table.metadata.place),
                reference=reference,
                columns_of=columns_of,
            )
            for table in self.registry.tables()
        )

    def _imported(self, place: Place | None) -> CatalogImport | None:
        """Return how a program gets at this catalog: as a variable of a module, if it has a registry of its own.

        ``None`` means by the module that declares a table, as for every catalog of the registry in use.
        """
        own = self._chosen.own
        if own is None or place is None:
            return None
        # The declaring module first: it surely was imported, and it may hold the catalog under a name of its own.
        modules = [place.module, *sorted(name for name in sys.modules if name != place.module)]
        for module in modules:
            names = vars(sys.modules[module]) if module in sys.modules else {}
            for name, value in sorted(names.items()) if module != "__main__" else ():
                if isinstance(value, Catalog) and value._chosen.own is own:
                    first = () if module == place.module else (f"import {place.module}  # declares the table",)
                    return CatalogImport((*first, f"from {module} import {name}"), name)
        return CatalogImport(complete=False)

    def export_catalog_metadata(self, path: str | os.PathLike[str] | None = None) -> dict[str, Any]:
        """Return the snapshots of all tables as plain data; write them as JSON to ``path``, whole or not at all.

        Raises:
            OSError: The file cannot be written; there is no folder for it, for one. The old file is as before.
        """
        if path is not None:
            check_writable(Path(path))
        text = to_json(self.snapshots())
        if path is not None:
            write_whole(Path(path), text)
        data: dict[str, Any] = json.loads(text)
        return data


default_catalog = Catalog()
"""The catalog of the registry in use."""


def get_table(name: str, /, **params: Any) -> pl.LazyFrame:
    """Return a table of the default catalog; see :meth:`Catalog.table`."""
    return default_catalog.table(name, **params)
