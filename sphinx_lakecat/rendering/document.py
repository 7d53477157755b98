"""From a record to nodes: a whole page, or a part of one inside prose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes

from lakecat.names import words
from lakecat.plaintext import plain, plain_name
from sphinx_lakecat.anchors import column_anchor, table_anchor
from sphinx_lakecat.rendering.markup import is_one_paragraph, parse_description
from sphinx_lakecat.rendering.nodes import lakecat_cell, lakecat_part
from sphinx_lakecat.rendering.words import has_statistics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lakecat.snapshot import ColumnSnapshot, TableSnapshot


@dataclass(frozen=True, slots=True)
class Markup:
    """How descriptions are parsed for one document.

    Args:
        kind: "rst", "markdown" or "text".
        document: The document that the nodes are for.
        report: Called with one sentence where markup cannot be used.
        place: File and line that later warnings about the nodes, such as of a link that leads nowhere, should name.
    """

    kind: str
    document: nodes.document
    report: Callable[[str], None]
    place: tuple[str | None, int | None] = (None, None)

    def parse(self, text: str, *, what: str, prefix: str) -> list[nodes.Node]:
        """Return the nodes of a description; a problem is reported as that of ``what``."""

        def report(sentence: str) -> None:
            self.report(f"the description of {what}: {sentence}")

        found = parse_description(text, markup=self.kind, document=self.document, prefix=prefix, report=report)
        for node in (node for block in found for node in block.findall(nodes.Element)):
            node.source, node.line = self.place
        return found

    def is_one_paragraph(self, text: str) -> bool:
        """Return whether a description is a plain paragraph, so that it need not be parsed."""
        return is_one_paragraph(text, markup=self.kind)


def table_page(table: TableSnapshot, markup: Markup) -> nodes.section:
    """Return the page of a table.

    ::

    section (table-NAME)
        title, lakecat_part "head", first paragraph of the description, problems
        section (read):       title, lakecat_part "snippets"
        section (columns):    title, lakecat_part "columns"
        section (notes):      title, the rest of the description
        section (statistics): title, lakecat_part "statistics"
        section (history):    title, lakecat_part "history"
        section (details):    title, lakecat_part "details"
    """
    name = table.full_name
    section = nodes.section("", nodes.title("", "", _literal(name)), ids=[table_anchor(name)], classes=["lakecat-page"])
    section += head(table)
    lead, notes = _split(description(table, markup))
    section += lead
    section += problems(table)
    if table.snippets:
        section += _section("read", "Read it", [snippets(table)])
    section += _section("columns", "Columns", [columns(table, markup)])
    if notes:
        section += _section("notes", "Notes", notes)
    if has_statistics(table):
        section += _section("statistics", "Statistics", [_part("statistics", table)])
    if table.history:
        section += _section("history", "History", [_part("history", table)])
    if table.facts or table.statistics or table.origin or table.parameters:
        section += _section("details", "Details", [_part("details", table)])
    return section


def head(table: TableSnapshot) -> nodes.Element:
    """Return the line of facts. Its text child holds the words by which search finds the table."""
    part = _part("head", table)
    part += nodes.Text(" ".join(_search_words(table)))
    return part


def description(table: TableSnapshot, markup: Markup) -> list[nodes.Node]:
    """Return the description, and what a deprecation says."""
    name = table.full_name
    found: list[nodes.Node] = []
    if table.deprecated:
        text = nodes.Text(plain(table.deprecated))
        body = nodes.paragraph("", "", nodes.strong("", "Deprecated. "), text, support_smartquotes=False)
        found.append(nodes.warning("", body))
    if table.description:
        found += markup.parse(table.description, what=f"table {name!r}", prefix=table_anchor(name))
    return found


def problems(table: TableSnapshot) -> list[nodes.Node]:
    """Return a note for readers, with the detail for engineers, for each thing that could not be found out."""
    found: list[nodes.Node] = []
    for message in dict.fromkeys(p.message for p in table.problems):
        details = [
            nodes.list_item("", nodes.paragraph("", "", _literal(p.detail)))
            for p in table.problems
            if p.message == message and p.detail
        ]
        body = [nodes.paragraph("", "", nodes.Text(plain(message)))]
        found.append(nodes.caution("", *body, *([nodes.bullet_list("", *details)] if details else [])))
    return found


def snippets(table: TableSnapshot) -> nodes.Element:
    """Return the snippets, in tabs where there are several."""
    return _part("snippets", table)


def columns(
    table: TableSnapshot, markup: Markup, *, shown: Sequence[ColumnSnapshot] | None = None, anchors: bool = True
) -> nodes.Element:
    """Return the columns, or those that are ``shown``. Cells with markup are children; plain ones stay in it."""
    name = table.full_name
    shown = table.columns if shown is None else shown
    part = _part("columns", table, shown=shown, anchors=anchors)
    plain_texts = []
    for row, column in enumerate(shown or ()):
        if not column.references and markup.is_one_paragraph(column.description):
            # It is drawn from the record, which is faster; search reads it below.
            plain_texts.append(column.description)
            continue
        what, prefix = f"column {f'{name}.{column.name}'!r}", column_anchor(name, column.name)
        cell = lakecat_cell("", row=row)
        cell += markup.parse(column.description, what=what, prefix=prefix) if column.description else []
        if column.references:
            cell += nodes.paragraph(
                "", "", nodes.Text("References "), _reference(column.references, table), nodes.Text(".")
            )
        part += cell
    # One node for all: Sphinx visits each node of a page some hundred times. Search needs each text once.
    part += nodes.Text(plain(" " + "\n".join(dict.fromkeys(plain_texts))))
    return part


def _split(blocks: list[nodes.Node]) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """Return what stands above the snippets, up to the first paragraph, and the notes below the columns."""
    first = next((i for i, block in enumerate(blocks) if isinstance(block, nodes.paragraph)), len(blocks) - 1)
    lead, notes = blocks[: first + 1], blocks[first + 1 :]
    if notes and isinstance(lead[-1], nodes.paragraph):
        more = nodes.reference("", "More below.", internal=True, refid="notes", classes=["lc-more"])
        lead[-1] += [nodes.Text(" "), more]
    return lead, notes


def _section(anchor: str, title: str, children: Iterable[nodes.Node]) -> nodes.section:
    # The same headings stand on every page: search need not know them.
    return nodes.section("", nodes.title("", title, classes=["no-search"]), *children, ids=[anchor])


def _part(name: str, table: TableSnapshot, **attributes: object) -> lakecat_part:
    return lakecat_part("", part=name, table=table, **attributes)


def _literal(text: str) -> nodes.literal:
    text = plain_name(text)
    return nodes.literal(text, text, classes=["notranslate"])


def _reference(target: str, table: TableSnapshot) -> nodes.Node:
    """Return a link to a column. That it leads nowhere is a problem of the table, of which there is a warning."""
    return addnodes.pending_xref(
        "",
        _literal(target),
        refdomain="lakecat",
        reftype="column",
        reftarget=target,
        refexplicit=False,
        refwarn=not any(f"references {target!r}" in problem.detail for problem in table.problems),
        lakecat_reported=False,
    )


def _search_words(table: TableSnapshot) -> Iterable[str]:
    names = [table.full_name, table.owner, *table.tags, table.kind]
    for column in table.columns or ():
        names += [column.name, *column.tags, column.classification]
    seen: dict[str, None] = {}
    for name in names:
        seen |= dict.fromkeys((name, *words(name)))
    return [plain_name(word) for word in seen if word]
