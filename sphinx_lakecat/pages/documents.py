"""Generated pages as documents of Sphinx, and how a build begins and ends."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.parsers import Parser, RSTParser

from sphinx_lakecat.compat import (
    choose_post_transforms,
    forget_doctree,
    keep_few_doctrees,
    log_no_events,
    remember_settings,
    remember_templates,
    remember_titles,
)
from sphinx_lakecat.config import read_settings
from sphinx_lakecat.domain import lakecat_domain
from sphinx_lakecat.idle import leave_out_idle, needed
from sphinx_lakecat.loading import load_tables
from sphinx_lakecat.pages.generated import Pages
from sphinx_lakecat.pages.project import SUFFIX, CatalogProject, marker
from sphinx_lakecat.session import Session, session_of

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment


_USUAL = gc.get_threshold()
_FOR_LOADING = (200_000, 50, 1_000)
"""How often it does while what lives until the build ends is loaded: a fifth of a build in which nothing changed."""
_FOR_PAGES = (3_000, 20, 1_000)
"""How often Python looks for garbage while pages are made, each of which is some thousands of objects in circles."""


class CatalogParser(Parser):
    """Builds a document from its name; there is no text to parse."""

    supported = ("lakecat-table",)
    # Descriptions are parsed with the settings of reStructuredText.
    settings_spec = RSTParser.settings_spec

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Fill the document with what its page shows."""
        env: BuildEnvironment = document.settings.env
        session = session_of(env)
        # A page that no toctree names is no mistake here.
        env.metadata[env.docname]["orphan"] = "True"
        document += session.pages[env.docname].section(session, document)
        leave_out_idle(session, document, env.docname)


def _load_quickly(_app: Sphinx, _config: Config) -> None:
    """Look for garbage rarely while the environment and the catalogs are loaded; until this or a later build ends.

    A build that fails before it begins does not end.
    """
    # What was frozen for an earlier build in this process may be collected again.
    gc.unfreeze()
    gc.set_threshold(*_FOR_LOADING)


def _begin(app: Sphinx) -> None:
    """Load the catalogs, and let the project have their pages."""
    remember_settings(CatalogParser)
    remember_templates(app.builder)
    remember_titles(app.builder)
    log_no_events(app)
    keep_few_doctrees(app.builder)
    settings = read_settings(app)
    tables = load_tables(settings, Path(app.confdir))
    folder = settings.folder if settings.catalogs or settings.snapshots else ""
    root = app.config.root_doc if getattr(app.builder, "generates_root", False) else ""
    pages = Pages(tables.names, folder=folder, root=root)
    generated = (page.docname for page in pages)
    app.project = app.env.project = CatalogProject(app.project, generated, marker=marker(Path(app.doctreedir)))
    domain = lakecat_domain(app.env)
    session = domain.session = Session(app.builder, settings, tables, pages, app.project, domain.notes)
    choose_post_transforms(app, lambda transforms, docname: needed(transforms, session, docname))
    # The environment and the catalog live until the build ends: looking through them for garbage again and again, and
    # once more at exit, takes a third of a build in which nothing changed.
    gc.freeze()
    gc.set_threshold(*_FOR_PAGES)


def _forget_written(app: Sphinx, _doctree: nodes.document, docname: str) -> None:
    forget_doctree(app.env, docname)


def _end(app: Sphinx, error: Exception | None) -> None:
    gc.set_threshold(*_USUAL)
    session_of(app.env).tables.close()


def _forget_inclusion(app: Sphinx, _doctree: nodes.document) -> None:
    """Take back that the index is to be drawn again with each table: its token says when.

    Sphinx looks through all such entries for each document that it reads.
    """
    session, index = session_of(app.env), app.env.docname
    if index != session.pages.index or index not in session.generated:
        return
    for docname in session.pages.documents.values():
        including = app.env.files_to_rebuild.get(docname, set())
        including.discard(index)
        if not including:
            app.env.files_to_rebuild.pop(docname, None)


def _place_replaced(app: Sphinx, _doctree: nodes.document) -> None:
    """Let a document that replaces a generated one need no toctree either: that it replaces one is the one warning."""
    pages, docname = session_of(app.env).pages, app.env.docname
    if pages.table_of(docname) or docname == pages.index:
        app.env.metadata[docname].setdefault("orphan", "")


def setup_documents(app: Sphinx) -> None:
    """Add the parser of generated documents, and begin and end each build."""
    app.add_source_suffix(SUFFIX, "lakecat-table")
    app.add_source_parser(CatalogParser)
    app.connect("config-inited", _load_quickly)
    app.connect("builder-inited", _begin)
    app.connect("build-finished", _end)
    app.connect("doctree-resolved", _forget_written, priority=900)
    # After Sphinx's own collectors.
    app.connect("doctree-read", _forget_inclusion, priority=900)
    app.connect("doctree-read", _place_replaced, priority=900)
