"""Headings of generated pages: they stand in the doctree, and are put among a page's contents while it is written.

Sphinx keeps the table of contents of each document in its environment, which each build loads. Of a table page that is
some 15 KB in memory, most of them for headings that all pages have and nothing but the page itself shows. In a tree
that is numbered, these headings get no number.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.transforms import SphinxContentsFilter

from sphinx_lakecat.session import session_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx


def _keep_the_title(app: Sphinx, _doctree: nodes.document) -> None:
    """Keep of the contents of a plain table page the entry of its title alone."""
    session, env = session_of(app.env), app.env
    docname = env.docname
    if docname in session.plain and docname in session.generated and session.pages.table_of(docname):
        for inner in list(env.tocs[docname].findall(nodes.bullet_list))[1:]:
            inner.parent.remove(inner)


def whole_contents(docname: str, doctree: nodes.document, title: nodes.bullet_list) -> nodes.bullet_list:
    """Return the table of contents of a page as Sphinx makes it.

    Args:
        docname: The document.
        doctree: What is written.
        title: The contents with the entry of the title alone.
    """
    whole = title.deepcopy()
    # What a handler added while the document was resolved is not among Sphinx's contents either.
    for item, section in zip(whole.children, _sections(doctree), strict=False):
        assert isinstance(item, nodes.list_item)
        item.extend(_entries(docname, doctree, section))
    return whole


def _entries(docname: str, doctree: nodes.document, section: nodes.Element) -> list[nodes.Node]:
    items = []
    for inner in _sections(section):
        visitor = SphinxContentsFilter(doctree)
        inner[0].walkabout(visitor)
        link = nodes.reference(
            "",
            "",
            *visitor.get_entry_text(),
            internal=True,
            refuri=docname,
            anchorname=f"#{inner['ids'][0]}",
        )
        entry = nodes.list_item("", addnodes.compact_paragraph("", "", link))
        entry += _entries(docname, doctree, inner)
        items.append(entry)
    return [nodes.bullet_list("", *items)] if items else []


def _sections(node: nodes.Element) -> Iterator[nodes.section]:
    return (child for child in node.children if isinstance(child, nodes.section))


def give_contents(app: Sphinx) -> None:
    """Let a builder of HTML find all headings of the page that it writes."""
    builder, env, session = app.builder, app.env, session_of(app.env)
    if not isinstance(builder, StandaloneHTMLBuilder):
        return
    write = builder.write_doc

    @functools.wraps(write)
    def write_doc(docname: str, doctree: nodes.document) -> None:
        kept = env.tocs.get(docname) if session.pages.table_of(docname) and docname in session.generated else None
        if kept is None or len(list(kept.findall(nodes.reference))) == env.toc_num_entries[docname]:
            write(docname, doctree)
            return
        env.tocs[docname] = whole_contents(docname, doctree, kept)
        try:
            write(docname, doctree)
        finally:
            env.tocs[docname] = kept

    builder.write_doc = write_doc  # type: ignore[method-assign]


def setup_contents(app: Sphinx) -> None:
    """Keep titles alone, after all that looks at headings while a page is read."""
    app.connect("doctree-read", _keep_the_title, priority=950)
    app.connect("write-started", lambda app, _: give_contents(app), priority=900)
