"""Where parts of records meet Sphinx's writers: HTML writers draw them, for all others they become stock nodes."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from sphinx_lakecat.domain import lakecat_domain
from sphinx_lakecat.rendering import html, stock
from sphinx_lakecat.rendering.nodes import lakecat_cell, lakecat_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx
    from sphinx.highlighting import PygmentsBridge
    from sphinx.writers.html5 import HTML5Translator


def _visit_part(translator: HTML5Translator, part: lakecat_part) -> None:
    html.draw(part, translator.body.append, _page(translator))
    raise nodes.SkipNode


def _page(translator: HTML5Translator) -> html.Page:
    builder = translator.builder
    translator.lakecat_parts = number = getattr(translator, "lakecat_parts", -1) + 1  # type: ignore[attr-defined]
    return html.Page(
        uri=functools.partial(lakecat_domain(builder.env).uri, builder, builder.current_docname),
        highlight=_highlighter(translator.highlighter),
        walk=functools.partial(_walk, translator),
        number=number,
        permalink=builder.config.html_permalinks_icon if builder.config.html_permalinks else "",
    )


def _walk(translator: HTML5Translator, cell: lakecat_cell) -> None:
    # A lone paragraph in a cell needs no space around it.
    children = cell.children
    if len(children) == 1 and isinstance(children[0], nodes.paragraph):
        children = children[0].children
    for child in children:
        child.walkabout(translator)


@functools.lru_cache(maxsize=4)
def _highlighter(bridge: PygmentsBridge) -> Callable[[str, str], str]:
    def highlight(code: str, language: str) -> str:
        html = f'<div class="highlight-{language} notranslate">{bridge.highlight_block(code, language)}</div>\n'
        # Code is shown as it is, and half a surrogate in a name cannot be written in UTF-8: as a reference it can.
        return html.encode("utf-8", "xmlcharrefreplace").decode("utf-8")

    return highlight


class ExpandParts(SphinxPostTransform):
    """Puts stock nodes in the place of parts, for writers that do not draw HTML."""

    default_priority = 5
    # Before references are resolved, so that those in cells are.

    def run(self, **kwargs: Any) -> None:
        """Expand all parts of the document."""
        builder = lakecat_domain(self.env).builder
        if builder.format == "html":
            return
        uri = functools.partial(lakecat_domain(self.env).uri, builder, self.env.docname)
        for part in list(self.document.findall(lakecat_part)):
            part.replace_self(stock.expand(part, uri))


def setup_drawing(app: Sphinx) -> None:
    """Add the nodes, and how they are drawn."""
    app.add_node(lakecat_part, html=(_visit_part, None))
    app.add_node(lakecat_cell)
    app.add_post_transform(ExpandParts)
