"""Where snapshots come from: from live catalogs, the only code that touches them, from files, or from both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_lakecat.loading.base import Listed, Tables
from sphinx_lakecat.loading.fallback import TablesWithFallback
from sphinx_lakecat.loading.file import snapshot_files, stored_tables
from sphinx_lakecat.loading.live import check_settings
from sphinx_lakecat.loading.live import load_tables as live_tables

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

__all__ = ["Listed", "Tables", "load_tables", "setup_loading"]


def load_tables(app: Sphinx) -> Tables:
    """Return the tables of the catalogs and files that ``conf.py`` names."""
    if not snapshot_files(app.config):
        return live_tables(app)
    if not app.config.lakecat_catalog:
        return stored_tables(app)
    return TablesWithFallback(live_tables(app), stored_tables(app))


def _check(app: Sphinx, config: Config) -> None:
    check_settings(config)
    snapshot_files(config)


def setup_loading(app: Sphinx) -> None:
    """Check that the settings name catalogs and files before a build; they are loaded when it begins."""
    app.connect("config-inited", _check, priority=900)
