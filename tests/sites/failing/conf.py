"""A small site of tables that fail, so that the demo need not hold any."""

from __future__ import annotations

project = "Failing tables"
extensions = ["sphinx_lakecat"]
lakecat_catalog = "failing_tables"
html_theme = "furo"
html_show_copyright = False
