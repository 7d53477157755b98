"""What the generated pages hold."""

from __future__ import annotations

import functools
import gc
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.parsers import Parser, RSTParser

from sphinx_lakecat.anchors import docnames
from sphinx_lakecat.autocatalog.project import SUFFIX, CatalogProject, marker
from sphinx_lakecat.compat import remember_settings, remember_titles
from sphinx_lakecat.domain import lakecat_domain
from sphinx_lakecat.loading import load_tables
from sphinx_lakecat.rendering.document import Site, TableDocument
from sphinx_lakecat.rendering.index import IndexRow, index_page, root_page
from sphinx_lakecat.warnings import Subtype

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from sphinx_lakecat.domain import LakecatDomain
    from sphinx_lakecat.loading import Tables


@dataclass(frozen=True, slots=True)
class CatalogPages:
    """The generated documents of a build.

    Args:
        tables: The table of each document.
        index: The document that lists all tables; ``""`` if pages are off.
        root: The first page of a site that has none; ``""`` if it has.
        documents: The document of each table.
    """

    tables: dict[str, str]
    index: str = ""
    root: str = ""
    documents: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "documents", {name: docname for docname, name in self.tables.items()})


class CatalogParser(Parser):
    """Builds a document from its name; there is no text to parse."""

    supported = ("lakecat-table",)
    # Descriptions are parsed with the settings of reStructuredText.
    settings_spec = RSTParser.settings_spec

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Fill the document with the page of its table, the index, or the first page."""
        env: BuildEnvironment = document.settings.env
        docname = env.docname
        domain = lakecat_domain(env)
        pages = domain.pages
        # A page that no toctree names is no mistake here.
        env.metadata[docname]["orphan"] = "True"
        if docname == pages.root:
            named = env.config.project != "Project name not set"
            document += root_page(env.config.project if named else "Data catalog", pages.index, _rows(domain))
        elif docname == pages.index:
            document += _index(domain, docname)
        else:
            document += _table(domain, docname, document)


def _table(domain: LakecatDomain, docname: str, document: nodes.document) -> nodes.section:
    name = domain.pages.tables[docname]
    table = domain.snapshot(name)
    report = functools.partial(domain.report, Subtype.MARKUP, docname=docname, table=name)
    place = domain.store.place(name) or (None, None)
    site = Site(domain.env.config.lakecat_description_markup, document, report, place)
    drawn = TableDocument(table, domain.store.index.slice_of(name), site)
    for failure in drawn.page.failures:
        domain.report(Subtype.SECTION_FAILED, f"table {name!r}: {failure}", docname=docname, table=name)
    page = drawn.section()
    page.source, page.line = place
    domain.note_table(name, [c.name for c in table.columns or ()], docname=docname, is_page=True)
    return page


def _index(domain: LakecatDomain, docname: str) -> nodes.section:
    rows = _rows(domain)
    domain.note_index({r.owner for r in rows if r.owner}, {tag for r in rows for tag in r.tags}, docname=docname)
    return index_page(rows, domain.store.failures)


def _rows(domain: LakecatDomain) -> list[IndexRow]:
    documents = domain.pages.documents
    return [
        IndexRow(row.name, documents[row.name], row.kind, row.summary, row.owner, row.tags, row.deprecated)
        for row in domain.store.listed()
    ]


def _load(app: Sphinx) -> None:
    """Load the catalogs, and let the project have their pages."""
    domain = lakecat_domain(app.env)
    # What was frozen for an earlier build in this process may be collected again.
    gc.unfreeze()
    remember_settings(CatalogParser)
    remember_titles(app.builder)
    domain.builder, domain.store, domain.reasons = app.builder, load_tables(app), {}
    domain.pages = _pages(app, domain.store)
    generated = {*domain.pages.tables, domain.pages.index, domain.pages.root} - {""}
    app.project = app.env.project = CatalogProject(app.project, generated, marker=marker(Path(app.doctreedir)))
    # The environment and the catalog live until the build ends: looking through them for garbage again and again, and
    # once more at exit, takes a third of a build in which nothing changed.
    gc.freeze()


def _close(app: Sphinx, error: Exception | None) -> None:
    lakecat_domain(app.env).store.close()


def _pages(app: Sphinx, store: Tables) -> CatalogPages:
    folder = app.config.lakecat_autocatalog
    if not folder or not (app.config.lakecat_catalog or app.config.lakecat_snapshot):
        return CatalogPages({})
    root = app.config.root_doc if getattr(app.builder, "generates_root", False) else ""
    tables = {docname: name for name, docname in docnames(store.names, folder).items()}
    return CatalogPages(tables, index=f"{folder}/index", root=root)


def _forget_inclusion(app: Sphinx, _doctree: nodes.document) -> None:
    """Take back that the index is to be drawn again with each table: its token says when.

    Sphinx looks through all such entries for each document that it reads.
    """
    pages = lakecat_domain(app.env).pages
    docname = app.env.docname
    if docname != pages.index or docname not in lakecat_domain(app.env).generated:
        return
    for docname in pages.tables:
        including = app.env.files_to_rebuild.get(docname, set())
        including.discard(pages.index)
        if not including:
            app.env.files_to_rebuild.pop(docname, None)


def _place_replaced(app: Sphinx, _doctree: nodes.document) -> None:
    """Let a document that replaces a generated one need no toctree either: that it replaces one is the one warning."""
    pages, docname = lakecat_domain(app.env).pages, app.env.docname
    if docname in pages.tables or docname == pages.index:
        app.env.metadata[docname].setdefault("orphan", "")


def setup_pages(app: Sphinx) -> None:
    """Add the parser of generated documents."""
    app.add_source_suffix(SUFFIX, "lakecat-table")
    app.add_source_parser(CatalogParser)
    app.connect("builder-inited", _load)
    app.connect("build-finished", _close)
    # After Sphinx's own collectors.
    app.connect("doctree-read", _forget_inclusion, priority=900)
    app.connect("doctree-read", _place_replaced, priority=900)
