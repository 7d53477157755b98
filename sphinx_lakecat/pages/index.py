"""The pages that list all tables: the index, and the first page of a site that has none of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_lakecat.noted import LIST
from sphinx_lakecat.pages.base import Page
from sphinx_lakecat.rendering.lists import index_page, root_page

if TYPE_CHECKING:
    from docutils import nodes

    from sphinx_lakecat.session import Session


class IndexPage(Page):
    """All tables, by owner and by tag."""

    __slots__ = ()

    @property
    def missed(self) -> str:
        """What is missing without it."""
        return "index: owners and tags are listed nowhere"

    def section(self, session: Session, document: nodes.document) -> nodes.section:
        """Return the lists, and the places of owners and tags."""
        rows = session.tables.listed()
        owners, tags = {row.owner for row in rows if row.owner}, {tag for row in rows for tag in row.tags}
        session.notes.use(LIST, docname=self.docname)
        session.notes.listing(owners, tags, docname=self.docname)
        return index_page(rows, [session.pages.documents[row.name] for row in rows], session.tables.failures)


class RootPage(Page):
    """All tables by name, and the way to the index."""

    __slots__ = ()

    @property
    def missed(self) -> str:
        """Nothing: it is for sites that have no first page."""
        return ""

    def section(self, session: Session, document: nodes.document) -> nodes.section:
        """Return the list below the name of the project."""
        session.notes.use(LIST, docname=self.docname)
        return root_page(session.settings.project or "Data catalog", session.pages.index, session.tables.listed())
