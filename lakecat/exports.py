"""Records in the formats of other tools, which installed packages bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat import plugins

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lakecat.plugins import Plugin
    from lakecat.snapshot import TableSnapshot

GROUP = "lakecat.exporters"
"""The entry points by which a package adds formats: each names a function of snapshots that returns text."""


def find_exporter(form: str) -> Plugin:
    """Return what a package brings for a format; nothing is imported.

    Raises:
        PluginError: No package brings it, or several do.
    """
    return plugins.find(GROUP, form)


def export(form: str, snapshots: Iterable[TableSnapshot]) -> str:
    """Return snapshots in a format.

    Args:
        form: The name of the format, as the package calls it.
        snapshots: The tables; all are read before the exporter is called.

    Raises:
        PluginError: No package brings the format, or its exporter fails; one that ends the program fails too.
    """
    exporter = find_exporter(form)
    make = exporter.load()
    # A problem of the last table must be known before anything is written, however far an exporter looks.
    tables = list(snapshots)
    with plugins.blamed(f"exporter {exporter} failed"):
        found = make(tables)
        pieces = [found] if isinstance(found, str) else list(found)
        if others := [piece for piece in pieces if not isinstance(piece, str)]:
            raise TypeError(f"it gave {type(others[0]).__name__}, not text")
        text = "".join(pieces)
        text.encode("utf-8")  # half a surrogate in a name cannot be written
    return text
