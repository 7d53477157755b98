"""The builder ``autocatalog``: the HTML site of a folder that needs to hold no more than a ``conf.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx.builders.html import StandaloneHTMLBuilder

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class AutocatalogBuilder(StandaloneHTMLBuilder):
    """Builds what ``html`` builds, and a first page if the source folder has none."""

    name = "autocatalog"
    generates_root = True


def setup_builder(app: Sphinx) -> None:
    """Add the builder."""
    app.add_builder(AutocatalogBuilder)
