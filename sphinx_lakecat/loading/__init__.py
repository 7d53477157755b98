"""Where snapshots come from: from live catalogs, the only code that touches them, from files, or from both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_lakecat.loading.base import Listed, Tables
from sphinx_lakecat.loading.fallback import TablesWithFallback
from sphinx_lakecat.loading.file import StoredTables
from sphinx_lakecat.loading.live import live_tables

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx_lakecat.config import Settings

__all__ = ["Listed", "Tables", "load_tables"]


def load_tables(settings: Settings, folder: Path) -> Tables:
    """Return the tables of the catalogs and files that the settings name; files are looked for from a folder.

    Raises:
        ConfigError: A catalog, or the import of snippets, cannot be understood.
    """
    if not settings.snapshots:
        return live_tables(settings, folder)
    stored = StoredTables(settings.snapshots, folder=folder)
    return TablesWithFallback(live_tables(settings, folder), stored) if settings.catalogs else stored
