"""Where snapshots come from: from live catalogs, the only code that touches them, or from a file."""

from __future__ import annotations

from sphinx_lakecat.loading.base import Listed, Tables
from sphinx_lakecat.loading.live import TableStore, load_tables, setup_loading

__all__ = ["Listed", "TableStore", "Tables", "load_tables", "setup_loading"]
