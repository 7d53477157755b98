"""A table in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.display import notebook
from lakecat.sections.compose import compose

if TYPE_CHECKING:
    from lakecat.snapshot import TableSnapshot


def page(table: TableSnapshot) -> str:
    """Return the page of a table as HTML that stands alone."""
    return notebook.draw(compose(table))
