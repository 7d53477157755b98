"""A sidebar whose size does not grow with the number of tables.

Sphinx draws the whole tree of documents for each page, and some themes show all of it: time and size in the square of
the number of pages. Here the generated pages are left out of the tree, and the sidebar of table pages is drawn once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sphinx import addnodes

from sphinx_lakecat.session import session_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

    from sphinx_lakecat.session import Session


def _leave_out_tables(app: Sphinx, builder: Builder) -> None:
    """Take the tables out of the index's entry in the tree; after the environment was saved, and only for HTML.

    Pages such as the search page are drawn in each build, one in which no document changed too.
    """
    env, session = app.env, session_of(app.env)
    index = session.pages.index
    # The toctrees of somebody's own index are meant.
    if is_compact(session) and index in session.generated and index in env.tocs:
        for toctree in list(env.tocs[index].findall(addnodes.toctree)):
            toctree.parent.remove(toctree)


def _draw_once(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Give table pages, which are all at one depth and none of which the tree shows, one drawing of it."""
    session = session_of(app.env)
    if pagename not in session.generated:
        return
    # Generated pages have no source to show, to download or to edit; themes ask each of these for that.
    context["sourcename"] = context["page_source_suffix"] = ""
    context["show_source"] = context["has_source"] = context["display_vcs_links"] = False
    if session.pages.table_of(pagename) and not is_in_tree(app.env, pagename):
        # Which table is next by the alphabet is nobody's question.
        context["prev"] = context["next"] = None
        context["rellinks"] = [link for link in context["rellinks"] if link[2] not in "NP"]
    if (
        not session.pages.table_of(pagename)
        or not is_compact(session)
        or "toctree" not in context
        or is_in_tree(app.env, pagename)
    ):
        return
    drawn = app.builder.__dict__.setdefault("_lakecat_sidebars", {})
    for name in ("toctree", "css_tag", "js_tag"):
        context[name] = _once(context[name], drawn.setdefault(name, {}))


def _once(draw: Callable[..., Any], drawn: dict[Any, Any]) -> Callable[..., Any]:
    """Return a function of a page that finds what was drawn for another page of the same folder."""

    def find(*args: Any, **options: Any) -> Any:
        key = (args, tuple(sorted(options.items())))
        if key not in drawn:
            drawn[key] = draw(*args, **options)
        return drawn[key]

    return find


def is_in_tree(env: BuildEnvironment, docname: str) -> bool:
    """Return whether somebody's own toctree names a page, so that the sidebar marks it."""
    including = env.files_to_rebuild.get(docname, ())
    return any(docname in env.toctree_includes.get(other, ()) for other in including)


def is_compact(session: Session) -> bool:
    """Return whether the sidebar leaves the table pages out."""
    return (
        session.settings.compact_sidebar
        and session.builder.format == "html"
        and session.builder.name not in ("epub", "singlehtml")
    )


def setup_sidebar(app: Sphinx) -> None:
    """Make the sidebar compact, before a theme asks for it."""
    app.connect("write-started", _leave_out_tables)
    app.connect("html-page-context", _draw_once, priority=100)
