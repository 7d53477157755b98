"""Pages for the tables that your code declares.

In ``conf.py``: ``extensions = ["sphinx_lakecat"]`` and ``lakecat_catalog = "package.module"``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import lakecat
from sphinx_lakecat.builder import setup_builder
from sphinx_lakecat.config import setup_config
from sphinx_lakecat.domain import setup_domain
from sphinx_lakecat.drawing import setup_drawing
from sphinx_lakecat.pages import setup_pages
from sphinx_lakecat.rebuild import setup_rebuild
from sphinx_lakecat.reports import setup_reports
from sphinx_lakecat.search import setup_search

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_STATIC = Path(__file__).with_name("static")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Set up the extension; each part adds itself."""
    app.require_sphinx("8.1")
    app.setup_extension("sphinx_design")
    app.setup_extension("sphinx_copybutton")
    setup_config(app)
    setup_domain(app)
    setup_drawing(app)
    setup_pages(app)
    setup_rebuild(app)
    setup_reports(app)
    setup_builder(app)
    setup_search(app)
    app.connect("builder-inited", _add_static)
    return {"version": lakecat.__version__, "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}


def _add_static(app: Sphinx) -> None:
    if app.builder.format == "html":
        app.config.html_static_path.append(str(_STATIC))
        app.add_css_file("lakecat.css")
        app.add_js_file("lakecat.js", loading_method="defer")
