"""HTML straight from records: an order of magnitude faster than docutils tables, as no nodes are built for it."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from lakecat.plaintext import plain, plain_name
from sphinx_lakecat.anchors import column_anchor
from sphinx_lakecat.rendering import words
from sphinx_lakecat.rendering.nodes import lakecat_cell

if TYPE_CHECKING:
    from lakecat.snapshot import ColumnSnapshot, Figure, TableSnapshot
    from sphinx_lakecat.rendering.nodes import lakecat_part

Write = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Page:
    """What drawing needs to know of the page it draws on.

    Args:
        uri: Returns the URI of an object, by kind and name, from this page; ``None`` where no page has a place for it.
        highlight: Returns the HTML of code in a language.
        walk: Draws a node's children with the theme's own writer.
        number: A number that no other part of the page has, for ids.
        permalink: The text of a permalink; ``""`` for none.
    """

    uri: Callable[[str, str], str | None]
    highlight: Callable[[str, str], str]
    walk: Callable[[lakecat_cell], None]
    number: int
    permalink: str


def draw(part: lakecat_part, write: Write, page: Page) -> None:
    """Write a part of a table as HTML."""
    _DRAW[part["part"]](part, write, page)


def _draw_head(part: lakecat_part, write: Write, page: Page) -> None:
    table: TableSnapshot = part["table"]
    items = [f'<span class="lc-kind">{_name(table.kind)}</span>']
    if table.deprecated:
        items.append('<span class="lc-badge lc-warn">deprecated</span>')
    items += [f'<span class="lc-badge">{_name(label)}</span>' for label in words.classifications(table)]
    if table.database:
        items.append(f'database <span class="lc-value">{_name(table.database)}</span>')
    if table.owner:
        items.append(f"owner {_link(page, 'owner', table.owner)}")
    if table.tags:
        items.append("tags " + " ".join(_link(page, "tag", tag) for tag in table.tags))
    items += [_figure(*figure) for figure in words.head_figures(table)]
    write('<ul class="lc-head">' + "".join(f"<li>{item}</li>" for item in items) + "</ul>\n")


def _draw_snippets(part: lakecat_part, write: Write, page: Page) -> None:
    """Write the markup that sphinx-design gives tabs, so that its style and script apply; without, all tabs show."""
    table: TableSnapshot = part["table"]
    write('<div class="sd-tab-set docutils lc-snippets">\n')
    for i, snippet in enumerate(table.snippets):
        item = f"lc-tab-{page.number}-{i}"
        checked = ' checked="checked"' if i == 0 else ""
        label = _name(snippet.label)
        sync = escape(re.sub(r"\W+", "-", snippet.label.lower()))
        code = words.code(snippet)
        write(
            f'<input{checked} id="{item}" name="lc-tabs-{page.number}" type="radio" />'
            f'<label aria-controls="{item}-content" class="sd-tab-label" data-sync-group="lakecat" '
            f'data-sync-id="{sync}" for="{item}">{label}</label>'
            f'<div class="sd-tab-content docutils" id="{item}-content">\n'
            f"{_highlighted(code, snippet.language, table.full_name, page)}</div>\n"
        )
    write("</div>\n")


def _highlighted(code: str, language: str, name: str, page: Page) -> str:
    """Return highlighted code. Snippets differ by the table's name alone: the rest is highlighted once."""
    if not re.fullmatch(r"\w+", name, re.ASCII) or _PLACEHOLDER in code:
        return page.highlight(code, language)
    pattern = re.compile(rf"\b{name}\b")
    template = pattern.sub(_PLACEHOLDER, code)
    return _highlight_template(template, language, page.highlight).replace(_PLACEHOLDER, name)


_PLACEHOLDER = "lakecat_placeholder_x"


@functools.lru_cache(maxsize=64)
def _highlight_template(template: str, language: str, highlight: Callable[[str, str], str]) -> str:
    return highlight(template, language)


def _draw_columns(part: lakecat_part, write: Write, page: Page) -> None:
    table: TableSnapshot = part["table"]
    columns: Sequence[ColumnSnapshot] | None = part["shown"]
    if columns is None:
        write(f"<p>{escape(words.unknown_columns(table))}</p>\n")
        return
    if not columns:
        write("<p>This table has no columns.</p>\n")
        return
    cells = {child["row"]: child for child in part.children if isinstance(child, lakecat_cell)}
    described = bool(cells) or any(c.description or c.deprecated for c in columns)
    if len(columns) > words.MANY_COLUMNS:
        label = f"Filter {len(columns)} columns"
        write(f'<input aria-label="{label}" class="lc-filter" hidden="hidden" placeholder="{label}" type="search" />\n')
    many = " lc-many" if len(columns) > words.MANY_COLUMNS else ""
    label = f"Columns of {_name(table.full_name)}"
    write(f'<div aria-label="{label}" class="lc-scroll{many}" role="region" tabindex="0">')
    write('<table class="lc-columns docutils">\n<thead><tr>')
    write(
        '<th scope="col">Column</th><th scope="col">Type</th>'
        + ('<th scope="col">Description</th>' if described else "")
    )
    write("</tr></thead>\n<tbody>\n")
    for row, column in enumerate(columns):
        anchor = escape(column_anchor(table.full_name, column.name))
        identity = f' id="{anchor}"' if part["anchors"] else ""
        link = _permalink(anchor, page) if part["anchors"] else ""
        write(f'<tr{identity}><td class="lc-name"><code>{_name(column.name)}</code>{_marks(column)}{link}</td>')
        write(f'<td class="lc-type">{_dtype(column.dtype)}{_nullability(column)}</td>')
        if described:
            write('<td class="lc-text">')
            if column.deprecated:
                write(f"<p><strong>Deprecated.</strong> {_text(column.deprecated)}</p>")
            if (cell := cells.get(row)) is not None:
                page.walk(cell)
            else:
                write(_text(column.description))
            write("</td>")
        write("</tr>\n")
    write("</tbody>\n</table></div>\n")
    if table.columns_from == "declared":
        write('<p class="lc-source">As declared in the code; not compared with data.</p>\n')


def _draw_details(part: lakecat_part, write: Write, page: Page) -> None:
    table: TableSnapshot = part["table"]
    write('<dl class="lc-details">\n')
    for label, value, source in words.details(table):
        note = f' <span class="lc-source">{_text(source)}</span>' if source else ""
        write(f"<div><dt>{_name(label)}</dt><dd>{_text(value)}{note}</dd></div>\n")
    write("</dl>\n")


def _draw_filter(part: lakecat_part, write: Write, page: Page) -> None:
    label = f"Filter {part['count']} tables"
    write(
        f'<input aria-label="{label}" class="lc-filter lc-filter-tables" hidden="hidden" placeholder="{label}" '
        'type="search" />\n'
    )


def _draw_list(part: lakecat_part, write: Write, page: Page) -> None:
    items = []
    for row in part["rows"]:
        link = _link(page, "table", row.name, f"<code>{_name(row.name)}</code>")
        marks = [f'<span class="lc-kind">{_name(row.kind)}</span>'] + (
            ['<span class="lc-badge lc-warn">deprecated</span>'] if row.deprecated else []
        )
        tags = "".join(f" {_link(page, 'tag', tag)}" for tag in row.tags) if part["tags"] else ""
        text = f'<span class="lc-text">{_text(row.summary)}</span>' if row.summary else ""
        items.append(f"<li>{link} {' '.join(marks)}{text}{tags}</li>\n")
    write(f'<ul class="lc-list">\n{"".join(items)}</ul>\n')


def _draw_statistics(part: lakecat_part, write: Write, page: Page) -> None:
    table: TableSnapshot = part["table"]
    _draw_rows(
        write, "Statistics of columns", ("Column", "Nulls", "Smallest", "Largest"), words.statistics(table), "lrll"
    )
    if source := words.statistics_source(table):
        write(f'<p class="lc-source">{escape(source)}</p>\n')


def _draw_history(part: lakecat_part, write: Write, page: Page) -> None:
    _draw_rows(write, "History", ("Version", "Time", "Operation", "Rows added"), words.history(part["table"]), "lllr")


def _draw_rows(write: Write, label: str, heads: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> None:
    classes = [' class="lc-number"' if side == "r" else "" for side in align]
    write(f'<div aria-label="{label}" class="lc-scroll" role="region" tabindex="0"><table class="lc-rows docutils">\n')
    cells = "".join(f'<th scope="col"{kind}>{head}</th>' for head, kind in zip(heads, classes, strict=True))
    write(f"<thead><tr>{cells}</tr></thead>\n<tbody>\n")
    for row in rows:
        cells = "".join(f"<td{kind}>{_name(text)}</td>" for text, kind in zip(row, classes, strict=True))
        write(f"<tr>{cells}</tr>\n")
    write("</tbody>\n</table></div>\n")


_DRAW: dict[str, Callable[[lakecat_part, Write, Page], None]] = {
    "head": _draw_head,
    "snippets": _draw_snippets,
    "columns": _draw_columns,
    "statistics": _draw_statistics,
    "history": _draw_history,
    "details": _draw_details,
    "list": _draw_list,
    "filter": _draw_filter,
}


def _marks(column: ColumnSnapshot) -> str:
    return "".join(
        f' <span class="lc-badge" title="{_name(title)}">{_name(text)}</span>' for text, title in words.marks(column)
    )


def _nullability(column: ColumnSnapshot) -> str:
    text = words.nullability(column)
    return f'<span class="lc-null">{text}</span>' if text else ""


def _dtype(dtype: str) -> str:
    if not dtype:
        return '<span class="lc-null">unknown</span>'
    if len(dtype) <= words.LONG_DTYPE:
        return f"<code>{_name(dtype)}</code>"
    outer = dtype.partition("(")[0]
    return f"<details><summary><code>{_name(outer)}</code></summary><code>{_name(dtype)}</code></details>"


def _permalink(anchor: str, page: Page) -> str:
    if not page.permalink:
        return ""
    return f'<a class="headerlink" href="#{anchor}" title="Link to this column">{page.permalink}</a>'


def _link(page: Page, kind: str, name: str, content: str = "") -> str:
    uri, content = page.uri(kind, name), content or _name(name)
    if uri is None:
        return f'<span class="lc-{kind}">{content}</span>'
    return f'<a class="lc-{kind}" href="{escape(uri)}">{content}</a>'


def _figure(text: str, figure: Figure | None) -> str:
    title = f' title="{escape(words.provenance(figure))}"' if figure else ""
    return f'<span class="lc-value"{title}>{escape(text)}</span>'


def _name(text: str) -> str:
    return escape(plain_name(text))


def _text(text: str) -> str:
    return escape(plain(text))
