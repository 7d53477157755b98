"""The generated pages: which there are, what they hold, and when they are read again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_lakecat.autocatalog.indices import setup_indices
from sphinx_lakecat.autocatalog.outdated import setup_outdated
from sphinx_lakecat.autocatalog.pages import setup_pages
from sphinx_lakecat.autocatalog.reports import setup_reports
from sphinx_lakecat.autocatalog.sidebar import setup_sidebar
from sphinx_lakecat.autocatalog.surroundings import setup_surroundings

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup_autocatalog(app: Sphinx) -> None:
    """Add the generated pages."""
    setup_pages(app)
    setup_outdated(app)
    setup_surroundings(app)
    setup_reports(app)
    setup_sidebar(app)
    setup_indices(app)
