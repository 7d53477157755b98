"""Sphinx's settings for lakecat's documentation, whose catalog is the demo lakehouse."""

from __future__ import annotations

from lakecat import __version__

project = "lakecat"
release = __version__

extensions = ["sphinx_lakecat", "sphinx.ext.doctest"]
lakecat_catalog = "lakehouse"

nitpicky = True
exclude_patterns = ["_build", "_lakehouse*", "adr", "roadmap.md"]

html_theme = "furo"
html_title = "lakecat"
html_show_copyright = False
