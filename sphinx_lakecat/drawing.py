"""Where blocks meet Sphinx's writers: HTML writers draw them, for all others they become stock nodes."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from sphinx_lakecat.anchors import column_anchor
from sphinx_lakecat.domain import lakecat_domain
from sphinx_lakecat.rendering import html, stock
from sphinx_lakecat.rendering.blocks import Composed
from sphinx_lakecat.rendering.lists import list_nodes
from sphinx_lakecat.rendering.nodes import lakecat_cell, lakecat_part
from sphinx_lakecat.session import session_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx
    from sphinx.highlighting import PygmentsBridge
    from sphinx.writers.html5 import HTML5Translator

    from lakecat.blocks import Markup, Ref


def _visit_part(translator: HTML5Translator, part: lakecat_part) -> None:
    composed: Composed | None = getattr(translator, "lakecat_composed", None)
    if composed is None:
        composed = translator.lakecat_composed = Composed()  # type: ignore[attr-defined]
    translator.body.append(html.draw(part, _page(translator, part), composed))
    raise nodes.SkipNode


def _page(translator: HTML5Translator, part: lakecat_part) -> html.Page:
    builder = translator.builder
    translator.lakecat_parts = number = getattr(translator, "lakecat_parts", -1) + 1  # type: ignore[attr-defined]
    return html.Page(
        part,
        uri=functools.partial(lakecat_domain(builder.env).uri, builder, builder.current_docname),
        highlight=_highlighter(translator.highlighter),
        walk=functools.partial(_walk, translator),
        number=number,
        permalink=builder.config.html_permalinks_icon if builder.config.html_permalinks else "",
    )


def _walk(translator: HTML5Translator, cell: lakecat_cell) -> tuple[str, bool]:
    children, is_block = cell.children, bool(cell.children)
    if len(children) == 1 and isinstance(children[0], nodes.paragraph):
        children, is_block = children[0].children, False
    before, translator.body = translator.body, []
    try:
        for child in children:
            child.walkabout(translator)
        return "".join(translator.body), is_block
    finally:
        translator.body = before


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
        if session_of(self.env).builder.format == "html":
            return
        composed = Composed()
        for part in list(self.document.findall(lakecat_part)):
            part.replace_self(self._expanded(part, composed))

    def _expanded(self, part: lakecat_part, composed: Composed) -> list[nodes.Node]:
        uri = functools.partial(lakecat_domain(self.env).uri, session_of(self.env).builder, self.env.docname)
        cells = {child["span"]: child for child in part.children if isinstance(child, lakecat_cell)}

        def drawn(span: Markup | Ref) -> list[nodes.Node]:
            if (cell := cells.get(span)) is not None:
                return [child.deepcopy() for child in cell.children]
            return stock.plain_span(span, uri)

        def place(key: str) -> str:
            return column_anchor(part["table"].full_name, key) if part["anchors"] else ""

        if part["part"] == "head":
            return stock.head(composed.page(part), drawn)
        if part["part"] == "chips":
            return stock.chips(composed.page(part), drawn)
        if part["part"] in ("list", "filter"):
            return list_nodes(part, drawn)
        return stock.draw(composed.block(part), drawn, place)


def setup_drawing(app: Sphinx) -> None:
    """Add the nodes, and how they are drawn."""
    app.add_node(lakecat_part, html=(_visit_part, None))
    app.add_node(lakecat_cell)
    app.add_post_transform(ExpandParts)
