"""A small site of tables with names that nobody would choose."""

from __future__ import annotations

project = "Ugly tables"
extensions = ["sphinx_lakecat"]
lakecat_catalog = "ugly_tables"
html_theme = "alabaster"
html_show_copyright = False
