"""Where a table is declared and where its data lie, as documentation shows it: no path of a machine, no credentials."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from lakecat.plaintext import safe_location
from lakecat.snapshot import Fact, Origin
from lakecat.sources.location import location_of

if TYPE_CHECKING:
    from lakecat.metadata import Place
    from lakecat.registry.base import RegisteredTable


def base_of(place: Place | None) -> Path | None:
    """Return the folder that holds the top package of a module, or the module itself; ``None`` of an unknown place."""
    return None if place is None else _base_of(place.file, place.module)


# Modules are few, and tables are many.
@functools.lru_cache(maxsize=1024)
def _base_of(path: str, module: str) -> Path:
    file = Path(path)
    above = module.count(".") + (file.name == "__init__.py")
    return file.parents[min(above, len(file.parents) - 1)] if module != "__main__" else file.parent


def location_facts(table: RegisteredTable, base: Path | None) -> tuple[Fact, ...]:
    """Return where the data of a table lie, if its source has a location; a path relative to ``base``."""
    uri = location_of(table.source, table=table.metadata.full_name).uri
    return (Fact(label="Location", value=safe_location(uri, base)),) if uri else ()


def origin_of(place: Place | None) -> Origin | None:
    """Return where a table is declared; its file relative to the folder of :func:`base_of`."""
    if place is None:
        return None
    name = _below_base(place.file, place.module)
    return Origin(module=place.module or "__main__", qualname=place.qualname, file=name, line=place.line)


@functools.lru_cache(maxsize=1024)
def _below_base(path: str, module: str) -> str:
    file, root = Path(path), _base_of(path, module)
    return file.relative_to(root).as_posix() if file.is_absolute() and file.is_relative_to(root) else file.name
