"""What a section may contribute, checked: that of a third party may be anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from lakecat.blocks import (
    Bar,
    Block,
    Fact,
    Facts,
    Graph,
    Grid,
    Head,
    Link,
    Mark,
    Markup,
    Node,
    Part,
    Prose,
    Ref,
    Row,
    Span,
    Tab,
    Tabs,
    Text,
)
from lakecat.sections.base import SLOTS, Detail, Lead, Put

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_SPANS = get_args(Span)
_BLOCKS = get_args(Block)


class ContributionError(ValueError):
    """A contribution that cannot be drawn; the text says what is wrong with it."""


def check_contributions(found: Sequence[object], *, columns: Collection[str], anchors: Collection[str]) -> None:
    """Check what a section drew.

    Args:
        found: Its contributions, and its words.
        columns: The columns that the table has.
        anchors: The anchors of parts of other sections.

    Raises:
        ContributionError: One of them cannot be drawn.
    """
    taken = set(anchors)
    for one in found:
        if isinstance(one, str):
            continue  # a word for search
        if isinstance(one, Put):
            _check(one.slot in SLOTS, f"there is no slot {one.slot!r}; slots are {', '.join(SLOTS)}")
            of_columns = one.slot.startswith("column.") and one.slot != "column.note"
            _check(of_columns == (one.column is not None), f"a piece for {one.slot!r} has the column {one.column!r}")
            _check(one.column is None or one.column in columns, f"the table has no column {one.column!r}")
            _spans(one.spans)
            _check(isinstance(one.order, int), f"an order is {one.order!r}, not a number")
        elif isinstance(one, Part):
            _check(one.anchor not in taken, f"another part has the anchor {one.anchor!r}")
            _check(one.anchor.isascii() and one.anchor.replace("-", "_").isidentifier(), f"{one.anchor!r} is no anchor")
            taken.add(one.anchor)
            _texts(one.title)
            for block in one.blocks:
                _block(block)
        elif isinstance(one, Lead):
            _check(isinstance(one.block, Prose), f"what stands above the parts is {_name(one.block)}, not Prose")
            _block(one.block)
        elif isinstance(one, Detail):
            _texts(one.label, one.source)
            _spans(one.spans)
        else:
            raise ContributionError(f"it gave {_name(one)}, not Part, Put, Lead or Detail")


def _block(block: object) -> None:
    _check(isinstance(block, _BLOCKS), f"a block is {_name(block)}")
    if isinstance(block, Grid):
        _texts(block.label)
        _check(all(isinstance(head, Head) for head in block.heads), "the heads of a grid are no heads")
        for row in block.rows:
            _check(isinstance(row, Row), f"a row of a grid is {_name(row)}")
            _check(row.key is None, "rows of a grid of a section are no columns, so they have no key")
            _check(len(row.cells) == len(block.heads), f"a row has {len(row.cells)} cells for {len(block.heads)} heads")
            for piece in (piece for cell in row.cells for piece in cell):
                _spans(piece)
        _spans(block.note)
    elif isinstance(block, Facts):
        for fact in block.rows:
            _check(isinstance(fact, Fact), f"a fact is {_name(fact)}")
            _texts(fact.label, fact.source)
            _spans(fact.spans)
    elif isinstance(block, Tabs):
        for tab in block.items:
            _check(isinstance(tab, Tab), f"a tab is {_name(tab)}")
            _texts(tab.label, tab.language, tab.code, tab.name, tab.before)
    elif isinstance(block, Graph):
        _graph(block)
    elif isinstance(block, Prose):
        _check(block.tone in ("", "warn", "bad"), f"there is no tone {block.tone!r}")
        for spans in (block.spans, *block.items):
            _spans(spans)


def _graph(graph: Graph) -> None:
    _texts(graph.label)
    columns: dict[str, int] = {}
    for node in graph.nodes:
        _check(isinstance(node, Node), f"a node of a graph is {_name(node)}")
        _texts(node.key, node.text)
        _check(isinstance(node.column, int), f"the column of a node is {node.column!r}, not a number")
        _check(node.key not in columns, f"two nodes of a graph have the key {node.key!r}")
        _spans(() if node.ref is None else (node.ref,))
        columns[node.key] = node.column
    for link in graph.links:
        _check(isinstance(link, Link), f"a line of a graph is {_name(link)}")
        for key in (link.source, link.target):
            _check(key in columns, f"a line of a graph leads to {key!r}, which is no node of it")
        where = columns[link.source], columns[link.target]
        _check(
            where[0] < where[1],
            f"a line of a graph leads from column {where[0]} to column {where[1]}, not to the right",
        )
        _texts(link.meaning)
    for item in graph.items:
        _spans(item)


def _spans(found: object) -> None:
    _check(isinstance(found, tuple), f"spans are {_name(found)}, not a tuple")
    assert isinstance(found, tuple)
    for span in found:
        _check(isinstance(span, _SPANS), f"a span is {_name(span)}")
        if isinstance(span, Text):
            _texts(span.text, span.style, span.hint, span.full)
        elif isinstance(span, Ref):
            _texts(span.kind, span.target)
        elif isinstance(span, Mark):
            _texts(span.text, span.tone, span.meaning)
        elif isinstance(span, Bar):
            _texts(span.text)
            is_share = isinstance(span.share, int | float) and 0 <= span.share <= 1
            _check(is_share, f"the share of a bar is {span.share!r}, not a number from 0 to 1")
        elif isinstance(span, Markup):
            _texts(span.text)
            _spans((span.about,))


def _texts(*found: object) -> None:
    for text in found:
        _check(isinstance(text, str), f"a text is {_name(text)}")


def _check(is_so: bool, sentence: str) -> None:
    if not is_so:
        raise ContributionError(sentence)


def _name(thing: object) -> str:
    return type(thing).__name__
