"""What was read of catalogs while a table was asked, as plain data that another process understands."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from lakecat.catalog import Catalog
from lakecat.errors import LakecatError
from lakecat.introspect import change_token

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lakecat import recording
    from lakecat.documented.tables import DocumentedTables
    from lakecat.registry import Registry


class Read(NamedTuple):
    """One thing that was read.

    Args:
        kind: "table"; "name" for one that is no full name, or that there is not; "list" for all names of a catalog.
        catalog: ``""`` for the documented ones, ``module:attribute`` of another, ``None`` if nobody finds it.
        name: The name; ``""`` for a list.
        token: What it was when it was read; ``None`` where its table, or the list of tables, has a token anyhow, or
            where it cannot be told.
    """

    kind: str
    catalog: str | None
    name: str = ""
    token: str | None = None


def reads_of(reads: Iterable[recording.Read], tables: DocumentedTables) -> tuple[Read, ...]:
    """Return what was read as plain data, in an order that does not depend on threads."""
    found: set[Read] = set()
    for kind, registry, what in reads:
        documented = any(registry is each for each in tables.registries)
        name = what.metadata.full_name if kind == "table" else what or ""
        if kind == "table" and name in tables and tables.get(name) is what:
            found.add(Read(kind, "", name))
        elif documented and kind != "table":
            found.add(Read(kind, "", name, repr(tables.find(name)) if kind == "name" else None))
        else:
            catalog = _catalog_of(registry)
            found.add(Read(kind, catalog, name, token_of_read(kind, registry, name) if catalog else None))
    return tuple(sorted(found, key=repr))


def token_of_read(kind: str, registry: Registry, name: str) -> str | None:
    """Return a text that is equal while what was read of a catalog is the same; ``None`` if none can tell."""
    if kind == "list":
        metadata = [table.metadata for table in registry.tables()]
        return repr([(m.full_name, m.kind, m.owner, m.tags) for m in metadata])
    try:
        table = registry.get(name)
    except LakecatError as error:
        return error.code
    return table.metadata.full_name if kind == "name" else change_token(table)


_CATALOGS: dict[int, tuple[Registry, str]] = {}


def _catalog_of(registry: Registry) -> str | None:
    """Return ``module:attribute`` of the catalog with a registry."""
    if id(registry) in _CATALOGS:
        return _CATALOGS[id(registry)][1]
    for module, found in sorted(sys.modules.items()):
        content = getattr(found, "__dict__", {}) if module != "__main__" else {}
        for name, value in list(content.items()):
            # By its type: what stands in a module may answer isinstance by code of its own.
            if value is registry or (issubclass(type(value), Catalog) and value.is_on(registry)):
                _CATALOGS[id(registry)] = registry, f"{module}:{name}"
                return f"{module}:{name}"
    return None
