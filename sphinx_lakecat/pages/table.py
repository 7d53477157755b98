"""The page of a table."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from sphinx_lakecat.pages.base import Page
from sphinx_lakecat.rendering.document import Site, TableDocument
from sphinx_lakecat.warnings import Subtype

if TYPE_CHECKING:
    from docutils import nodes

    from sphinx_lakecat.session import Session


class TablePage(Page):
    """What sections say of one table.

    Args:
        docname: Its document.
        table: The table's full name.
    """

    __slots__ = ("table",)

    def __init__(self, docname: str, table: str) -> None:
        super().__init__(docname)
        self.table = table

    @property
    def missed(self) -> str:
        """What is missing without it."""
        return f"page of table {self.table!r}"

    def section(self, session: Session, document: nodes.document) -> nodes.section:
        """Return all parts of the table."""
        name, docname = self.table, self.docname
        table = session.snapshot(name)
        report = functools.partial(session.notes.report, Subtype.MARKUP, docname=docname, table=name)
        place = session.tables.place(name) or (None, None)
        site = Site(session.settings.markup, document, report, place)
        drawn = TableDocument(table, session.tables.index.slice_of(name), site)
        _, silent = session.notes.kept["said"].get(name, ((), ()))
        for failure in (*drawn.page.failures, *silent):
            session.notes.report(Subtype.SECTION_FAILED, f"table {name!r}: {failure}", docname=docname, table=name)
        page = drawn.section()
        page.source, page.line = place
        session.notes.table(name, [c.name for c in table.columns or ()], docname=docname, is_page=True)
        return page
