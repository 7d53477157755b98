"""Blocks as HTML: strings that are escaped here and joined, an order of magnitude faster than tables of docutils."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Protocol

from lakecat.blocks import Bar, Facts, Graph, Grid, Mark, Markup, Prose, Ref, Tabs, Text
from lakecat.display.graph import svg
from lakecat.plaintext import plain, plain_name

if TYPE_CHECKING:
    from lakecat.blocks import Block, Cell, Head, Page, Span, Spans, Tab

MANY_ROWS = 20
"""Above this number, rows that are places get a filter and scroll in a box of their own."""


class Medium(Protocol):
    """The page on which blocks are drawn: what only it knows."""

    number: int
    """A number that no other block of the page has, for ids."""

    def ref(self, ref: Ref) -> str:
        """Return the HTML of a thing of the catalog, a link where it has a place."""

    def uri(self, ref: Ref) -> str | None:
        """Return where a thing of the catalog is; ``None`` where it has no place."""

    def markup(self, markup: Markup) -> tuple[str, bool]:
        """Return the HTML of a text in markup, and whether it is more than the inside of a paragraph."""

    def code(self, tab: Tab) -> str:
        """Return the HTML of code."""

    def place(self, key: str) -> tuple[str, str]:
        """Return the id of a row with a key, and its permalink; ``""`` for none."""


def draw(block: Block, medium: Medium) -> str:
    """Return the HTML of a block."""
    if isinstance(block, Grid):
        return _grid(block, medium)
    if isinstance(block, Tabs):
        return _tabs(block, medium)
    if isinstance(block, Facts):
        return _facts(block, medium)
    if isinstance(block, Graph):
        return _graph(block, medium)
    return _prose(block, medium)


def head(page: Page, medium: Medium) -> str:
    """Return the HTML of what must be known before all else, and of the line of facts."""
    state = f'<p class="lc-state">{" ".join(spans(item, medium) for item in page.state)}</p>\n' if page.state else ""
    return f"{state}{_list('lc-head', page.head, medium)}"


def chips(page: Page, medium: Medium) -> str:
    """Return the HTML of the tables that have to do with a table."""
    return _list("lc-chips", page.chips, medium, between=" ") if page.chips else ""


def _list(kind: str, items: Cell, medium: Medium, *, between: str = "") -> str:
    return (
        f'<ul class="{kind}">{"".join([f"<li>{spans(item, medium, between=between)}</li>" for item in items])}</ul>\n'
    )


def spans(found: Spans, medium: Medium, *, prose: bool = False, between: str = "") -> str:
    """Return the HTML of spans inside a paragraph.

    Args:
        found: The spans.
        medium: The page.
        prose: Whether they are sentences, in which line breaks mean nothing.
        between: What stands between two of them.
    """
    return between.join([_span(span, medium, prose) for span in found])


def link(ref: Ref, uri: str | None) -> str:
    """Return the HTML of a thing of the catalog: a link if it has a place."""
    name = escape(plain_name(ref.target))
    content = f"<code>{name}</code>" if ref.kind in ("table", "column") else name
    if uri is None:
        return f'<span class="lc-{ref.kind}">{content}</span>'
    return f'<a class="lc-{ref.kind}" href="{escape(uri)}">{content}</a>'


def _span(span: Span, medium: Medium, prose: bool) -> str:
    kind = type(span)
    if kind is Text:
        return _text(span, prose)  # type: ignore[arg-type]
    if kind is Mark:
        return _mark(span)  # type: ignore[arg-type]
    if kind is Ref:
        return medium.ref(span)  # type: ignore[arg-type]
    if kind is Bar:
        return _bar(span)  # type: ignore[arg-type]
    return medium.markup(span)[0]  # type: ignore[arg-type]


def _text(span: Text, prose: bool) -> str:
    text = escape(plain(span.text) if prose else plain_name(span.text))
    style = span.style
    if style == "plain" and not span.hint:
        return text
    if style == "code":
        if not span.full:
            return f"<code>{text}</code>"
        full = escape(plain_name(span.full))
        return f"<details><summary><code>{text}</code></summary><code>{full}</code></details>"
    if style == "strong":
        return f"<strong>{text}</strong>"
    title = f' title="{escape(plain_name(span.hint))}"' if span.hint else ""
    return f'<span class="{"lc-null" if style == "muted" else "lc-value"}"{title}>{text}</span>'


def _mark(mark: Mark) -> str:
    title = f' title="{escape(plain_name(mark.meaning))}"' if mark.meaning else ""
    tone = f" lc-{mark.tone}" if mark.tone else ""
    return f'<span class="lc-badge{tone}"{title}>{escape(plain_name(mark.text))}</span>'


def _bar(bar: Bar) -> str:
    # The words say it all.
    meter = f'<meter aria-hidden="true" class="lc-bar" max="1" min="0" value="{bar.share:.4g}"></meter>'
    return f"{meter} {escape(plain_name(bar.text))}"


def _grid(grid: Grid, medium: Medium) -> str:
    """Return a table in a box that scrolls; with a filter if it has many rows that are places."""
    keyed = any(row.key is not None for row in grid.rows)
    many = keyed and len(grid.rows) > MANY_ROWS
    label = escape(plain_name(grid.label))
    out = []
    if many:
        text = f"Filter {len(grid.rows)} columns"
        out.append(
            f'<input aria-label="{text}" class="lc-filter" hidden="hidden" placeholder="{text}" type="search" />\n'
        )
    out.append(
        f'<div aria-label="{label}" class="lc-scroll{" lc-many" * many}" role="region" tabindex="0">'
        f'<table class="{"lc-columns" if keyed else "lc-rows"} docutils">\n<thead><tr>'
    )
    out += [f'<th scope="col"{_class(head, of_head=True)}>{escape(head.text)}</th>' for head in grid.heads]
    out.append("</tr></thead>\n<tbody>\n")
    opened = [(head, f"<td{_class(head)}>") for head in grid.heads]
    for row in grid.rows:
        identity, permalink = medium.place(row.key) if row.key is not None else ("", "")
        out.append(f'<tr id="{identity}">' if identity else "<tr>")
        for (head, start), cell in zip(opened, row.cells, strict=True):
            out.append(f"{start}{_cell(cell, head, medium)}{permalink}</td>")
            permalink = ""
        out.append("</tr>\n")
    out.append("</tbody>\n</table></div>\n")
    if grid.note:
        out.append(f'<p class="lc-source">{spans(grid.note, medium, prose=True)}</p>\n')
    return "".join(out)


def _class(head: Head, *, of_head: bool = False) -> str:
    return "" if head.kind == "value" or (of_head and head.kind != "number") else f' class="lc-{head.kind}"'


def _cell(cell: Cell, head: Head, medium: Medium) -> str:
    if head.kind == "values":
        return "".join([f"<div>{spans(piece, medium)}</div>" for piece in cell])
    if head.kind != "text":
        return " ".join([spans(piece, medium, between=" ") for piece in cell])
    if len(cell) == 1:
        return spans(cell[0], medium, prose=True)
    return "".join([_paragraph(piece, medium) for piece in cell])


def _paragraph(piece: Spans, medium: Medium) -> str:
    """Return a piece as a paragraph; of markup that is more than one, the blocks that it is."""
    if len(piece) == 1 and type(piece[0]) is Markup:
        text, is_block = medium.markup(piece[0])
        return text if is_block else f"<p>{text}</p>"
    return f"<p>{spans(piece, medium, prose=True)}</p>"


def _tabs(tabs: Tabs, medium: Medium) -> str:
    """Return the markup that sphinx-design gives tabs, so that its style and script apply; without, all tabs show."""
    out = ['<div class="sd-tab-set docutils lc-snippets">\n']
    for i, tab in enumerate(tabs.items):
        item = f"lc-tab-{medium.number}-{i}"
        checked = ' checked="checked"' if i == 0 else ""
        sync = escape(re.sub(r"\W+", "-", tab.label.lower()))
        out.append(
            f'<input{checked} id="{item}" name="lc-tabs-{medium.number}" type="radio" />'
            f'<label aria-controls="{item}-content" class="sd-tab-label" data-sync-group="lakecat" '
            f'data-sync-id="{sync}" for="{item}">{escape(plain_name(tab.label))}</label>'
            f'<div class="sd-tab-content docutils" id="{item}-content">\n{_code(tab, medium)}</div>\n'
        )
    return "".join([*out, "</div>\n"])


def _code(tab: Tab, medium: Medium) -> str:
    """Return code below the lines that it needs, which are folded, and a button for a script that copies both."""
    code = medium.code(tab)
    if tab.before:
        before = medium.code(tab._replace(code=f"{tab.before}\n"))
        code = f'<details class="lc-before"><summary>Imports</summary>\n{before}</details>\n{code}'
    button = '<button aria-live="polite" class="lc-copy" hidden="hidden" type="button">Copy</button>'
    return f'<div class="lc-code">{code}{button}</div>\n'


def _facts(facts: Facts, medium: Medium) -> str:
    out = ['<dl class="lc-details">\n']
    for fact in facts.rows:
        source = f' <span class="lc-source">{escape(plain(fact.source))}</span>' if fact.source else ""
        said = spans(fact.spans, medium, prose=True)
        out.append(f"<div><dt>{escape(plain_name(fact.label))}</dt><dd>{said}{source}</dd></div>\n")
    return "".join([*out, "</dl>\n"])


def _graph(graph: Graph, medium: Medium) -> str:
    label = escape(plain_name(graph.label))
    items = "".join([f"<li>{spans(item, medium)}</li>" for item in graph.items])
    return (
        f'<figure class="lc-graph"><div aria-label="{label}" class="lc-scroll" role="region" tabindex="0">\n'
        f"{svg(graph, medium.uri)}</div>\n<details><summary>As a list</summary><ul>{items}</ul></details></figure>\n"
    )


def _prose(prose: Prose, medium: Medium) -> str:
    body = _paragraph(prose.spans, medium) if prose.spans else ""
    if prose.items:
        body += "<ul>" + "".join(f"<li>{spans(item, medium)}</li>" for item in prose.items) + "</ul>"
    return f'<div class="lc-note lc-{prose.tone}">{body}</div>\n' if prose.tone else f"{body}\n"
