"""Records in the formats of other tools, which installed packages bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat import plugins
from lakecat.errors import PluginError
from lakecat.redaction import redact, text_of

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
        snapshots: The tables. The exporter may go through them once.

    Raises:
        PluginError: No package brings the format, or its exporter fails.
    """
    exporter = find_exporter(form)
    make = exporter.load()
    try:
        found = make(snapshots)
        pieces = [found] if isinstance(found, str) else list(found)
        if others := [piece for piece in pieces if not isinstance(piece, str)]:
            raise TypeError(f"it gave {type(others[0]).__name__}, not text")
    except Exception as error:
        sentence = f"exporter {exporter} failed: it raised {type(error).__name__}"
        raise PluginError(sentence, " ".join(redact(text_of(error)).split())) from error
    return "".join(pieces)
