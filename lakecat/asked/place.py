"""Where a table is declared and where its data lie, as documentation shows it: no path of a machine, no credentials."""

from __future__ import annotations

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
    if place is None:
        return None
    file = Path(place.file)
    above = place.module.count(".") + (file.name == "__init__.py")
    return file.parents[min(above, len(file.parents) - 1)] if place.module != "__main__" else file.parent


def location_facts(table: RegisteredTable, base: Path | None) -> tuple[Fact, ...]:
    """Return where the data of a table lie, if its source has a location; a path relative to ``base``."""
    uri = location_of(table.source, table=table.metadata.full_name).uri
    return (Fact(label="Location", value=safe_location(uri, base)),) if uri else ()


def origin_of(place: Place | None) -> Origin | None:
    """Return where a table is declared; its file relative to the folder of :func:`base_of`."""
    root = base_of(place)
    if place is None or root is None:
        return None
    file = Path(place.file)
    name = file.relative_to(root).as_posix() if file.is_absolute() and file.is_relative_to(root) else file.name
    return Origin(module=place.module or "__main__", qualname=place.qualname, file=name, line=place.line)
