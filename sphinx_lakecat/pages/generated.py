"""Which pages a build has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_lakecat.anchors import docnames
from sphinx_lakecat.pages.index import IndexPage, RootPage
from sphinx_lakecat.pages.table import TablePage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx_lakecat.pages.base import Page


class Pages:
    """The generated pages of a build.

    Args:
        tables: The tables that have a page each.
        folder: The folder of the pages; ``""`` for no page at all.
        root: The document of the first page, if the site is to get one.
    """

    def __init__(self, tables: Iterable[str], *, folder: str, root: str = "") -> None:
        self.documents: dict[str, str] = docnames(tables, folder) if folder else {}
        """The document of each table's page."""
        self.index = f"{folder}/index" if folder else ""
        """The document that lists all tables; ``""`` if there are no pages."""
        of_tables = (TablePage(docname, name) for name, docname in self.documents.items())
        others = [IndexPage(self.index)] if folder else []
        found: list[Page] = [*of_tables, *others, *([RootPage(root)] if folder and root else [])]
        self._pages = {page.docname: page for page in found}

    def __iter__(self) -> Iterator[Page]:
        return iter(self._pages.values())

    def __getitem__(self, docname: str) -> Page:
        return self._pages[docname]

    def table_of(self, docname: str) -> str:
        """Return the table whose page a document is; ``""`` if it is not the page of one."""
        page = self._pages.get(docname)
        return page.table if isinstance(page, TablePage) else ""
