"""Blocks as stock docutils nodes: notes and paragraphs for all writers, the rest for every writer that is not HTML."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from docutils import nodes

from lakecat.blocks import Bar, Facts, Graph, Grid, Mark, Markup, Prose, Ref, Tabs, Text
from lakecat.plaintext import plain, plain_name

if TYPE_CHECKING:
    from lakecat.blocks import Block, Cell, Head, Page, Span, Spans

Draw = Callable[[Markup | Ref], list[nodes.Node]]
"""Returns the nodes of what only the site can draw."""


def draw(block: Block, drawn: Draw, place: Callable[[str], str]) -> list[nodes.Node]:
    """Return the nodes of a block: paragraphs, lists, literal blocks, tables.

    Args:
        block: The block.
        drawn: Returns the nodes of a text in markup, or of a reference.
        place: Returns the id of a row by its key; ``""`` for none.
    """
    if isinstance(block, Grid):
        return _grid(block, drawn, place)
    if isinstance(block, Facts):
        return [_facts(block, drawn)]
    if isinstance(block, Tabs):
        return _tabs(block)
    if isinstance(block, Graph):
        items = (nodes.list_item("", nodes.paragraph("", "", *spans(item, drawn))) for item in block.items)
        return [nodes.bullet_list("", *items)]
    return prose(block, drawn)


def head(page: Page, drawn: Draw) -> list[nodes.Node]:
    """Return what must be known before all else, and the line of facts."""
    return [*_line(page.state, drawn), *_line(page.head, drawn)]


def chips(page: Page, drawn: Draw) -> list[nodes.Node]:
    """Return the tables that have to do with a table."""
    return _line(page.chips, drawn, between=" ")


def _line(items: Cell, drawn: Draw, *, between: str = "") -> list[nodes.Node]:
    paragraph = nodes.paragraph()
    for i, item in enumerate(items):
        paragraph += [nodes.Text(" · ")] if i else []
        paragraph += spans(item, drawn, between=between)
    return [paragraph] if items else []


def plain_span(span: Markup | Ref, uri: Callable[[str, str], str | None]) -> list[nodes.Node]:
    """Return a text without markup as a paragraph, and a thing of the catalog as a link, where it has a place."""
    if isinstance(span, Markup):
        return [nodes.paragraph("", "", nodes.Text(plain(span.text)))]
    name = plain_name(span.target)
    content = nodes.literal(name, name) if span.kind in ("table", "column") else nodes.Text(name)
    where = uri(span.kind, span.target)
    return [content if where is None else nodes.reference("", "", content, internal=True, refuri=where)]


def prose(block: Prose, drawn: Draw) -> list[nodes.Node]:
    """Return a paragraph, or a note with a list."""
    body = _paragraph(block.spans, drawn) if block.spans else []
    if block.items:
        items = (nodes.list_item("", nodes.paragraph("", "", *spans(item, drawn))) for item in block.items)
        body = [*body, nodes.bullet_list("", *items)]
    if block.tone:
        return [nodes.warning("", *body) if block.tone == "warn" else nodes.caution("", *body)]
    return body


def spans(found: Spans, drawn: Draw, *, prose: bool = False, between: str = "") -> list[nodes.Node]:
    """Return the inline nodes of spans."""
    out: list[nodes.Node] = []
    for span in found:
        if between and out:
            out.append(nodes.Text(between))
        if isinstance(span, Text):
            out += _text(span, prose=prose)
        elif isinstance(span, Mark):
            out.append(nodes.Text(plain_name(span.words)))
        elif isinstance(span, Bar):
            out.append(nodes.Text(plain_name(span.text)))
        else:
            out += _inline(drawn(span))
    return out


def _text(span: Text, *, prose: bool) -> list[nodes.Node]:
    text = plain(span.full or span.text) if prose else plain_name(span.full or span.text)
    if span.style == "code":
        return [nodes.literal(text, text, classes=["notranslate"])]
    if span.style == "strong":
        return [nodes.strong("", text)]
    return [nodes.Text(_said(text, span.hint))]


def _said(text: str, hint: str) -> str:
    return f"{text} ({plain_name(hint)})" if hint else text


def _inline(found: list[nodes.Node]) -> list[nodes.Node]:
    """Return the children of a lone paragraph, as it stands inside another."""
    return list(found[0].children) if len(found) == 1 and isinstance(found[0], nodes.paragraph) else found


def _paragraph(piece: Spans, drawn: Draw) -> list[nodes.Node]:
    """Return a piece as a paragraph; of a text in markup the blocks that it is."""
    if len(piece) == 1 and isinstance(piece[0], Markup):
        return drawn(piece[0])
    return [nodes.paragraph("", "", *spans(piece, drawn, prose=True), support_smartquotes=False)]


def _grid(grid: Grid, drawn: Draw, place: Callable[[str], str]) -> list[nodes.Node]:
    """Build a table.

    ::

    table > tgroup > colspec…, thead > row > entry…, tbody > row (target, entry…)…
    """
    group = nodes.tgroup("", *(nodes.colspec("", colwidth=_WIDTHS.get(h.kind, 20)) for h in grid.heads))
    group["cols"] = len(grid.heads)
    heads = (nodes.entry("", nodes.paragraph("", "", nodes.Text(head.text))) for head in grid.heads)
    group += nodes.thead("", nodes.row("", *heads))
    body = nodes.tbody()
    for row in grid.rows:
        entries = [_entry(cell, head, drawn) for cell, head in zip(row.cells, grid.heads, strict=True)]
        if row.key is not None and (identity := place(row.key)):
            target = nodes.target("", "", ids=[identity])
            entries[0].children[0].insert(0, target)  # type: ignore[attr-defined]
        body += nodes.row("", *entries)
    group += body
    note = [nodes.paragraph("", "", *spans(grid.note, drawn, prose=True))] if grid.note else []
    return [nodes.table("", group), *note]


_WIDTHS = {"name": 25, "type": 30, "text": 45}


def _entry(cell: Cell, head: Head, drawn: Draw) -> nodes.entry:
    if head.kind == "text":
        # Cells are narrow, and in text emphasis is characters: words stay whole.
        pieces = (tuple(map(_unstyled, piece)) for piece in cell)
        return nodes.entry("", *(node for piece in pieces for node in _paragraph(piece, drawn)))
    found: list[nodes.Node] = []
    for piece in cell:
        found += [nodes.Text(" ")] if found else []
        found += spans(piece, drawn, between=" ")
    return nodes.entry("", nodes.paragraph("", "", *found)) if found else nodes.entry()


def _unstyled(span: Span) -> Span:
    return Text(span.text, "plain", span.hint, span.full) if isinstance(span, Text) else span


def _facts(facts: Facts, drawn: Draw) -> nodes.Node:
    fields = []
    for fact in facts.rows:
        said = spans(fact.spans, drawn, prose=True)
        source = [nodes.Text(f" ({plain_name(fact.source)})")] if fact.source else []
        body = nodes.field_body("", nodes.paragraph("", "", *said, *source))
        fields.append(nodes.field("", nodes.field_name("", plain_name(fact.label)), body))
    return nodes.field_list("", *fields)


def _tabs(tabs: Tabs) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    for tab in tabs.items:
        found.append(nodes.paragraph("", "", nodes.Text(f"{plain_name(tab.label)}:")))
        code = plain(tab.whole)
        found.append(nodes.literal_block(code, code, language=tab.language))
    return found
