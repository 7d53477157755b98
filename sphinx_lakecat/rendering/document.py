"""From a record to nodes: a whole page, or a part of one inside prose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes

from lakecat.blocks import Graph, Grid, Markup, Prose, Ref, Text
from lakecat.names import words
from lakecat.plaintext import plain, plain_name
from lakecat.sections.compose import compose
from lakecat.sections.index import Index
from sphinx_lakecat.anchors import column_anchor, table_anchor
from sphinx_lakecat.rendering import stock
from sphinx_lakecat.rendering.markup import is_one_paragraph, parse_description
from sphinx_lakecat.rendering.nodes import lakecat_cell, lakecat_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lakecat.blocks import Page, Spans
    from lakecat.sections.index import Edge
    from lakecat.snapshot import TableSnapshot


_NONE_SHOWN = Prose((Text("No column is shown here."),))


@dataclass(frozen=True, slots=True)
class Site:
    """How descriptions are parsed for one document.

    Args:
        markup: "rst", "markdown" or "text".
        document: The document that the nodes are for.
        report: Called with one sentence where markup cannot be used.
        place: File and line that later warnings about the nodes, such as of a link that leads nowhere, should name.
    """

    markup: str
    document: nodes.document
    report: Callable[[str], None]
    place: tuple[str | None, int | None] = (None, None)

    def parse(self, text: str, *, about: Ref, prefix: str) -> list[nodes.Node]:
        """Return the nodes of a description; a problem is reported as that of the table or column it is about."""

        def report(sentence: str) -> None:
            self.report(f"the description of {about.kind} {about.target!r}: {sentence}")

        found = parse_description(text, markup=self.markup, document=self.document, prefix=prefix, report=report)
        for node in (node for block in found for node in block.findall(nodes.Element)):
            node.source, node.line = self.place
        return found

    def is_one_paragraph(self, text: str) -> bool:
        """Return whether a description is a plain paragraph, so that it need not be parsed."""
        return is_one_paragraph(text, markup=self.markup)


class TableDocument:
    """The nodes of one table.

    Args:
        table: The record.
        said: What other tables say of it.
        site: How descriptions are parsed.
    """

    def __init__(self, table: TableSnapshot, said: tuple[Edge, ...], site: Site) -> None:
        self.page: Page = compose(table, Index(said))
        self._said = said
        self._table = table
        self._site = site
        self._halves: tuple[str, list[nodes.Node], list[nodes.Node]] | None = None

    def section(self) -> nodes.section:
        """Return the page of the table.

        ::

        section (table-NAME)
            title, lakecat_part "head", what stands above the parts, lakecat_part "chips"
            section (ANCHOR): title, paragraphs, notes and lakecat_part nodes, for each part that shows something
        """
        name = self._table.full_name
        title = nodes.title("", "", _literal(name))
        section = nodes.section("", title, ids=[table_anchor(name)], classes=["lakecat-page"])
        section += self.head()
        section += self.lead()
        section += self.chips()
        for part in self.page.parts:
            if found := self.part(part.anchor):
                # The same headings stand on every page: search need not know them.
                title = nodes.title("", plain_name(part.title), classes=["no-search"])
                section += nodes.section("", title, *found, ids=[part.anchor])
        return section

    def head(self) -> nodes.Element:
        """Return the line of facts. Its text child holds the words by which search finds the table."""
        part = lakecat_part("", part="head", table=self._table, said=self._said)
        for item in (*self.page.state, *self.page.head):
            part += self._cells(item)
        found = dict.fromkeys(word for name in self.page.words for word in (name, *words(name)))
        part += nodes.Text(" ".join(map(plain_name, found)))
        return part

    def lead(self, *, described: bool = True, whole: bool = False) -> list[nodes.Node]:
        """Return what stands above the parts.

        Args:
            described: With what was declared, not what could not be found out alone.
            whole: With all of the description, not its first paragraph alone.
        """
        blocks = (b for b in self.page.lead if isinstance(b, Prose) and (described or b.tone == "bad"))
        return [node for block in blocks for node in self._prose(block, whole=whole)]

    def chips(self) -> list[nodes.Node]:
        """Return the tables that have to do with this one; nothing if there are none."""
        if not self.page.chips:
            return []
        links = _references(self.page.chips)
        return [lakecat_part("", part="chips", table=self._table, said=self._said, links=links)]

    def part(self, anchor: str, *, shown: Sequence[str] | None = None, anchors: bool = True) -> list[nodes.Node]:
        """Return what a part shows, nothing if there is no such part.

        Args:
            anchor: The part.
            shown: Keys of the rows to show, in their order; ``None`` for all.
            anchors: Whether these rows are places to which links lead.
        """
        part = self.page.part(anchor)
        found: list[nodes.Node] = []
        for index, block in enumerate(part.blocks if part else ()):
            if isinstance(block, Grid) and shown is not None and not shown:
                block = _NONE_SHOWN  # noqa: PLW2901
            if isinstance(block, Prose):
                found += self._prose(block)
                continue
            drawn = lakecat_part(
                "", part=anchor, block=index, table=self._table, said=self._said, shown=shown, anchors=anchors
            )
            if isinstance(block, Grid):
                drawn += self._grid(block, shown)
            elif isinstance(block, Graph):
                drawn["links"] = _references(block.items)
            found.append(drawn)
        return found

    def _grid(self, grid: Grid, shown: Sequence[str] | None) -> Iterator[nodes.Node]:
        """Yield what only Sphinx can draw of a grid, and the plain texts in it, which search reads."""
        texts = []
        for row in grid.rows:
            if shown is not None and row.key not in shown:
                continue
            for piece in (piece for cell in row.cells for piece in cell):
                yield from self._cells(piece)
                texts += [
                    span.text for span in piece if isinstance(span, Markup) and self._site.is_one_paragraph(span.text)
                ]
        # One node for all: Sphinx visits each node of a page some hundred times. Search needs each text once.
        yield nodes.Text(plain(" " + "\n".join(dict.fromkeys(texts))))

    def _cells(self, spans: tuple[object, ...]) -> Iterator[lakecat_cell]:
        """Yield a node for each span that only Sphinx can draw; others are drawn from the record, which is faster."""
        for span in spans:
            if isinstance(span, Markup) and not self._site.is_one_paragraph(span.text):
                yield lakecat_cell("", *self._parsed(span), span=span)
            elif isinstance(span, Ref) and span.kind in ("table", "column"):
                # Sphinx draws a link inside a paragraph alone.
                yield lakecat_cell("", nodes.paragraph("", "", self._reference(span)), span=span)

    def _prose(self, prose: Prose, *, whole: bool = False) -> list[nodes.Node]:
        only = prose.spans[0] if len(prose.spans) == 1 else None
        if not isinstance(only, Markup) or prose.tone:
            return stock.prose(prose, self._drawn)
        if only.portion == "all":
            return self._parsed(only)
        lead, rest = self._split(only)
        if whole:
            return [*lead, *rest]
        if only.portion == "rest":
            return rest
        if rest and lead and isinstance(lead[-1], nodes.paragraph):
            more = nodes.reference("", "More", internal=True, refid="notes", classes=["lc-more"])
            lead[-1] += [nodes.Text(" "), more]
        return lead

    def _split(self, markup: Markup) -> tuple[list[nodes.Node], list[nodes.Node]]:
        """Return the nodes of a text up to its first paragraph, and those that follow; parsed once for both."""
        if self._halves is None or self._halves[0] != markup.text:
            blocks = self._parsed(markup)
            first = next((i for i, block in enumerate(blocks) if isinstance(block, nodes.paragraph)), len(blocks) - 1)
            self._halves = markup.text, blocks[: first + 1], blocks[first + 1 :]
        return self._halves[1:]

    def _drawn(self, span: Markup | Ref) -> list[nodes.Node]:
        return self._parsed(span) if isinstance(span, Markup) else [self._reference(span)]

    def _parsed(self, markup: Markup) -> list[nodes.Node]:
        name, about = self._table.full_name, markup.about
        is_column = about.kind == "column"
        prefix = column_anchor(name, about.target.removeprefix(f"{name}.")) if is_column else table_anchor(name)
        return self._site.parse(markup.text, about=about, prefix=prefix)

    def _reference(self, ref: Ref) -> nodes.Node:
        """Return a link. That it leads nowhere is a problem of the table, of which there is a warning."""
        return addnodes.pending_xref(
            "",
            _literal(ref.target),
            refdomain="lakecat",
            reftype=ref.kind,
            reftarget=ref.target,
            refexplicit=False,
            refwarn=not any(f"references {ref.target!r}" in problem.detail for problem in self._table.problems),
            lakecat_reported=False,
        )


def _references(items: Iterable[Spans]) -> tuple[Ref, ...]:
    """Return the references among spans: these are tables of the catalog, to which the writer finds the way itself."""
    return tuple(dict.fromkeys(span for spans in items for span in spans if isinstance(span, Ref)))


def _literal(text: str) -> nodes.literal:
    text = plain_name(text)
    return nodes.literal(text, text, classes=["notranslate"])
