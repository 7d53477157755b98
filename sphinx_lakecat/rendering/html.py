"""Blocks as HTML on a page of the site: what only the site can draw, and the lists of the index."""

from __future__ import annotations

import functools
import re
from html import escape
from typing import TYPE_CHECKING

from lakecat.blocks import Mark, Ref, Text
from lakecat.display import html
from lakecat.plaintext import plain
from sphinx_lakecat.anchors import column_anchor
from sphinx_lakecat.rendering.nodes import lakecat_cell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lakecat.blocks import Markup, Span, Tab
    from sphinx_lakecat.rendering.blocks import Composed
    from sphinx_lakecat.rendering.nodes import lakecat_part


class Page:
    """The page on which a part is drawn.

    Args:
        part: The part.
        uri: Returns the URI of an object, by kind and name, from this page; ``None`` where no page has a place for it.
        highlight: Returns the HTML of code in a language.
        walk: Returns the HTML of a node's children, drawn by the theme's own writer, and whether they are more than the
            inside of a paragraph.
        number: A number that no other part of the page has, for ids.
        permalink: The text of a permalink; ``""`` for none.
    """

    def __init__(
        self,
        part: lakecat_part,
        *,
        uri: Callable[[str, str], str | None],
        highlight: Callable[[str, str], str],
        walk: Callable[[lakecat_cell], tuple[str, bool]],
        number: int,
        permalink: str,
    ) -> None:
        self.number = number
        self._part = part
        self._uri = uri
        self._highlight = highlight
        self._walk = walk
        self._permalink = permalink
        self._cells: Mapping[object, lakecat_cell] = {
            child["span"]: child for child in part.children if isinstance(child, lakecat_cell)
        }

    def ref(self, ref: Ref) -> str:
        """Return a reference; Sphinx resolved those that it knows."""
        cell = self._cells.get(ref)
        return self._walk(cell)[0] if cell is not None else html.link(ref, self._uri(ref.kind, ref.target))

    def uri(self, ref: Ref) -> str | None:
        """Return the URI of a thing of the catalog."""
        return self._uri(ref.kind, ref.target)

    def markup(self, markup: Markup) -> tuple[str, bool]:
        """Return a description: what it was parsed to, or the one paragraph that it is."""
        cell = self._cells.get(markup)
        return self._walk(cell) if cell is not None else (escape(plain(markup.text)), False)

    def place(self, key: str) -> tuple[str, str]:
        """Return the anchor of a column and its permalink, if its anchors are here."""
        if not self._part["anchors"]:
            return "", ""
        anchor = escape(column_anchor(self._part["table"].full_name, key))
        if not self._permalink:
            return anchor, ""
        link = f'<a class="headerlink" href="#{anchor}" title="Link to this column">{self._permalink}</a>'
        return anchor, link

    def code(self, tab: Tab) -> str:
        """Return highlighted code. Snippets differ by the table's name alone: the rest is highlighted once."""
        if not re.fullmatch(r"\w+", tab.name, re.ASCII) or _PLACEHOLDER in tab.code:
            return self._highlight(tab.code, tab.language)
        # One expression for all names: to make one for each takes longer than all else here.
        template = _WORD.sub(lambda word: _PLACEHOLDER if word[0] == tab.name else word[0], tab.code)
        return _highlight_template(template, tab.language, self._highlight).replace(_PLACEHOLDER, tab.name)


_PLACEHOLDER = "lakecat_placeholder_x"
_WORD = re.compile(r"\w+")


@functools.lru_cache(maxsize=64)
def _highlight_template(template: str, language: str, highlight: Callable[[str, str], str]) -> str:
    return highlight(template, language)


def draw(part: lakecat_part, page: Page, composed: Composed) -> str:
    """Return the HTML of a part."""
    if part["part"] == "head":
        return html.head(composed.page(part), page)
    if part["part"] == "chips":
        return html.chips(composed.page(part), page)
    if part["part"] == "filter":
        label = f"Filter {part['count']} tables"
        return (
            f'<input aria-label="{label}" class="lc-filter lc-filter-tables" hidden="hidden" placeholder="{label}" '
            'type="search" />\n'
        )
    if part["part"] == "list":
        return _list(part, page)
    return html.draw(composed.block(part), page)


def _list(part: lakecat_part, page: Page) -> str:
    items = []
    for row in part["rows"]:
        spans: list[Span] = [Ref("table", row.name), Text(" "), Ref("kind", row.kind)]
        spans += [Text(" "), Mark("deprecated", "warn")] if row.deprecated else []
        tags: list[Span] = [span for tag in row.tags for span in (Text(" "), Ref("tag", tag))] if part["tags"] else []
        text = f'<span class="lc-text">{escape(plain(row.summary))}</span>' if row.summary else ""
        items.append(f"<li>{html.spans(tuple(spans), page)}{text}{html.spans(tuple(tags), page)}</li>\n")
    return f'<ul class="lc-list">\n{"".join(items)}</ul>\n'
