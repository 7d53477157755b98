"""The generated pages: which there are, what they hold, and how they become documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_lakecat.pages.contents import setup_contents
from sphinx_lakecat.pages.documents import setup_documents
from sphinx_lakecat.pages.sidebar import setup_sidebar
from sphinx_lakecat.pages.stamped import setup_stamped

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup_pages(app: Sphinx) -> None:
    """Add the generated pages."""
    setup_documents(app)
    setup_contents(app)
    setup_sidebar(app)
    setup_stamped(app)
