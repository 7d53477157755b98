"""Blocks as plain text, for a terminal and a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.blocks import Bar, Facts, Graph, Grid, Mark, Markup, Ref, Tabs, Text
from lakecat.plaintext import plain, plain_name
from lakecat.summary import without_markup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lakecat.blocks import Block, Cell, Page, Span, Spans, Tab


def page(found: Page) -> str:
    """Return a page: the table and its kind, the other facts, and a title above each part."""
    lines = [f"{plain_name(found.name)}  ({plain_name(found.kind)})"]
    if found.state:
        lines.append(head(found.state))
    if facts := head(tuple(item for item in found.head if item != (Ref("kind", found.kind),))):
        lines.append(facts)
    for block in found.lead:
        lines += ["", *draw(block)]
    if found.chips:
        lines += ["", *(spans(item, between=" ") for item in found.chips)]
    for part in found.parts:
        body = [line for block in part.blocks for line in draw(block)]
        if any(body):
            lines += ["", plain_name(part.title), "-" * len(plain_name(part.title)), *body]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def head(items: Cell) -> str:
    """Return the line of facts, or of what must be known before these."""
    return " · ".join(spans(item) for item in items)


def draw(block: Block) -> list[str]:
    """Return the lines of a block."""
    if isinstance(block, Grid):
        return list(_grid(block))
    if isinstance(block, Facts):
        rows = [(plain_name(fact.label), _said(spans(fact.spans, prose=True), fact.source)) for fact in block.rows]
        return list(_aligned(rows))
    if isinstance(block, Tabs):
        return [line for i, tab in enumerate(block.items) for line in _tab(tab, first=i == 0)]
    if isinstance(block, Graph):
        return [f"- {spans(item)}" for item in block.items]
    lines = spans(block.spans, prose=True).splitlines()
    return [*lines, *(f"- {spans(item)}" for item in block.items)]


def spans(found: Spans, *, prose: bool = False, between: str = "") -> str:
    """Return spans as text."""
    return between.join(text for span in found if (text := _span(span, prose=prose)))


def _span(span: Span, *, prose: bool) -> str:
    if isinstance(span, Text):
        text = span.full or span.text
        return _said(plain(text) if prose else plain_name(text), span.hint)
    if isinstance(span, Mark):
        return plain_name(span.words)
    if isinstance(span, Ref):
        return plain_name(span.target)
    if isinstance(span, Bar):
        return plain_name(span.text)
    return portion(span)


def portion(markup: Markup) -> str:
    """Return the part of a text that is asked for, without its inline markup."""
    lead, _, rest = plain(without_markup(markup.text.strip())).partition("\n\n")
    return {"all": f"{lead}\n\n{rest}" if rest else lead, "lead": lead, "rest": rest}[markup.portion]


def _said(text: str, hint: str) -> str:
    return f"{text} ({plain_name(hint)})" if hint else text


def _tab(tab: Tab, *, first: bool) -> Iterator[str]:
    if not first:
        yield ""
    yield f"{plain_name(tab.label)}:"
    yield ""
    yield from (f"    {line}" for line in plain(tab.whole).splitlines())


def _grid(grid: Grid) -> Iterator[str]:
    heads = [head.text for head in grid.heads]
    rows = [[_cell(cell, head.kind) for head, cell in zip(grid.heads, row.cells, strict=True)] for row in grid.rows]
    yield from _aligned([heads, *rows])
    if grid.note:
        yield ""
        yield spans(grid.note, prose=True)


def _cell(cell: Cell, kind: str) -> str:
    text = " ".join(spans(piece, prose=kind == "text", between="" if kind == "text" else " ") for piece in cell)
    return " ".join(text.split())


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows with their cells below each other; the last cell is as long as it is."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
