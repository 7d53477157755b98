"""Sphinx's settings for lakecat's documentation, whose catalog is the demo lakehouse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakecat import __version__
from lakecat.snapshot import json_schema

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "lakecat"
release = __version__

extensions = ["sphinx_lakecat", "sphinx.ext.doctest"]
lakecat_catalog = "lakehouse"

nitpicky = True
exclude_patterns = ["_build", "_lakehouse*", "adr", "roadmap.md"]

html_theme = "furo"
html_title = "lakecat"
html_show_copyright = False


def publish_schema(app: Sphinx, failed: Exception | None) -> None:
    """Write the JSON Schema of exported catalogs beside the pages, to which the reference links."""
    if failed is None and app.builder.format == "html":
        target = Path(app.outdir) / "snapshots.schema.json"
        target.write_text(json.dumps(json_schema(), indent=2) + "\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect what the documentation does beyond Sphinx's own."""
    app.connect("build-finished", publish_schema)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
