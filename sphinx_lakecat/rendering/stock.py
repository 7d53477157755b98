"""Stock docutils nodes from records, for every writer that is not HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes

from lakecat.plaintext import plain, plain_name
from sphinx_lakecat.anchors import column_anchor
from sphinx_lakecat.rendering import words
from sphinx_lakecat.rendering.nodes import lakecat_cell, lakecat_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lakecat.snapshot import ColumnSnapshot, TableSnapshot


def expand(part: lakecat_part, uri: Callable[[str, str], str | None]) -> list[nodes.Node]:
    """Return the nodes that stand for a part: paragraphs, lists, literal blocks, and a table of columns.

    Args:
        part: The part.
        uri: Returns the URI of an object from the page on which the part stands, by kind and name; ``None`` where no
            page has a place for it.
    """
    part["uri"] = uri
    return _EXPAND[part["part"]](part)


def _head(part: lakecat_part) -> list[nodes.Node]:
    table: TableSnapshot = part["table"]
    facts = [
        ("Kind", table.kind),
        ("Database", table.database or ""),
        ("Owner", table.owner),
        ("Tags", ", ".join(table.tags)),
    ]
    facts += [("Contains", ", ".join(words.classifications(table)))]
    return [_fields([(label, value, "") for label, value in facts if value])]


def _snippets(part: lakecat_part) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    for snippet in part["table"].snippets:
        found.append(nodes.paragraph("", "", nodes.Text(f"{plain_name(snippet.label)}:")))
        code = plain(words.code(snippet))
        found.append(nodes.literal_block(code, code, language=snippet.language))
    return found


def _columns(part: lakecat_part) -> list[nodes.Node]:
    """Build the table of columns.

    ::

    table > tgroup > colspec…, thead > row > entry…, tbody > row (target, entry…)…
    """
    table: TableSnapshot = part["table"]
    columns: Sequence[ColumnSnapshot] | None = part["shown"]
    if not columns:
        text = words.unknown_columns(table) if columns is None else "This table has no columns."
        return [nodes.paragraph("", "", nodes.Text(text))]
    cells = {child["row"]: child for child in part.children if isinstance(child, lakecat_cell)}
    group = nodes.tgroup("", *(nodes.colspec("", colwidth=width) for width in (25, 20, 15, 40)), cols=4)
    group += nodes.thead("", nodes.row("", *(_entry(title) for title in ("Column", "Type", "Null", "Description"))))
    body = nodes.tbody()
    for row, column in enumerate(columns):
        name = plain_name(column.name)
        first = nodes.paragraph("", "", nodes.literal(name, name))
        if part["anchors"]:
            first.insert(0, nodes.target("", "", ids=[column_anchor(table.full_name, column.name)]))
        if marks := _marks(column):
            first += nodes.Text(f" ({marks})")
        described = (
            [child.deepcopy() for child in cells[row].children] if row in cells else _paragraph(column.description)
        )
        if column.deprecated:
            described = [*_paragraph(f"Deprecated. {column.deprecated}"), *described]
        null = words.nullability(column)
        body += nodes.row(
            "", nodes.entry("", first), _entry(column.dtype, literal=True), _entry(null), nodes.entry("", *described)
        )
    group += body
    return [nodes.table("", group)]


def _details(part: lakecat_part) -> list[nodes.Node]:
    return [_fields(list(words.details(part["table"])))]


def _list(part: lakecat_part) -> list[nodes.Node]:
    items = []
    for row in part["rows"]:
        name, uri = plain_name(row.name), part["uri"]("table", row.name)
        link: nodes.Node = nodes.literal(name, name)
        if uri is not None:
            link = nodes.reference("", "", link, internal=True, refuri=uri)
        text = (" (deprecated)" if row.deprecated else "") + (f": {plain(row.summary)}" if row.summary else "")
        items.append(nodes.list_item("", nodes.paragraph("", "", link, nodes.Text(text))))
    return [nodes.bullet_list("", *items)]


def _statistics(part: lakecat_part) -> list[nodes.Node]:
    table: TableSnapshot = part["table"]
    found = _rows(("Column", "Nulls", "Smallest", "Largest"), words.statistics(table))
    return [found, *_paragraph(words.statistics_source(table))]


def _history(part: lakecat_part) -> list[nodes.Node]:
    return [_rows(("Version", "Time", "Operation", "Rows added"), words.history(part["table"]))]


def _rows(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> nodes.table:
    group = nodes.tgroup("", *(nodes.colspec("", colwidth=25) for _ in heads), cols=len(heads))
    group += nodes.thead("", nodes.row("", *(_entry(head) for head in heads)))
    group += nodes.tbody("", *(nodes.row("", *(_entry(text) for text in row)) for row in rows))
    return nodes.table("", group)


_EXPAND: dict[str, Callable[[lakecat_part], list[nodes.Node]]] = {
    "head": _head,
    "snippets": _snippets,
    "columns": _columns,
    "statistics": _statistics,
    "history": _history,
    "details": _details,
    "list": _list,
    "filter": lambda _part: [],
}


def _marks(column: ColumnSnapshot) -> str:
    said = [("primary key" if title == "primary key" else text) for text, title in words.marks(column)]
    return ", ".join(plain_name(text) for text in (*said, *(["values hidden"] if column.hidden else [])))


def _fields(facts: Sequence[tuple[str, str, str]]) -> nodes.field_list:
    return nodes.field_list(
        "",
        *(
            nodes.field(
                "",
                nodes.field_name("", plain_name(label)),
                nodes.field_body("", *_paragraph(f"{value} ({source})" if source else value)),
            )
            for label, value, source in facts
        ),
    )


def _paragraph(text: str) -> list[nodes.Node]:
    return [nodes.paragraph("", "", nodes.Text(plain(text)))] if text else []


def _entry(text: str, *, literal: bool = False) -> nodes.entry:
    text = plain_name(text)
    if not text:
        return nodes.entry()
    return nodes.entry("", nodes.paragraph("", "", nodes.literal(text, text) if literal else nodes.Text(text)))
