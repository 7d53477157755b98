"""What is made anew in a build that follows another: pages that are read, pages that are written, indices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_lakecat.rebuild.indices import setup_indices
from sphinx_lakecat.rebuild.surroundings import setup_surroundings
from sphinx_lakecat.rebuild.tokens import setup_tokens

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup_rebuild(app: Sphinx) -> None:
    """Make anew what changed, and only that."""
    setup_tokens(app)
    setup_surroundings(app)
    setup_indices(app)
