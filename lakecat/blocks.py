"""Shapes of what is shown of a table: plain, frozen, and of no medium; nothing in them is escaped yet.

::

    Page ── state, head, lead, chips, parts ── Part ── blocks: Facts | Grid | Tabs | Prose | Graph
                                                       └─ spans: Text | Ref | Markup | Mark | Bar

Sections make them, ``compose`` puts them together, and the renderers of HTML, of docutils nodes and of text draw them
without knowing any section. Spans are named tuples, as a page has hundreds of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Tone = Literal["", "warn", "bad"]
Style = Literal["plain", "code", "strong", "muted", "value"]
Portion = Literal["all", "lead", "rest"]


class Text(NamedTuple):
    """Words as they are.

    Args:
        text: The words.
        style: How they look.
        hint: What a reader may ask about them; a tooltip, or behind them in parentheses.
        full: What stands for them where there is room, such as the whole of a long type; folded where there is none.
    """

    text: str
    style: Style = "plain"
    hint: str = ""
    full: str = ""


class Ref(NamedTuple):
    """A thing of the catalog by kind and name: a link where it has a place.

    Kinds are "table", "column", "kind", "owner" and "tag".
    """

    kind: str
    target: str


class Markup(NamedTuple):
    """A text of somebody who declared a table, in the markup of the site, which parses it.

    Args:
        text: The text.
        about: The table or column that it is about.
        portion: Only its first paragraph, only what follows that, or all of it.
    """

    text: str
    about: Ref
    portion: Portion = "all"


class Mark(NamedTuple):
    """A word in a pill. ``meaning`` says what kind of word it is: a tooltip, or behind it."""

    text: str
    tone: Tone = ""
    meaning: str = ""

    @property
    def words(self) -> str:
        """The word and its meaning, for where there is no tooltip; the meaning alone if it holds the word."""
        if not self.meaning or self.text in self.meaning.split():
            return self.meaning or self.text
        return f"{self.text} ({self.meaning})"


class Bar(NamedTuple):
    """A share of a whole.

    Args:
        share: The share, from 0 to 1.
        text: The words for it: they say it where there is no room for a bar, and to those who do not see one.
    """

    share: float
    text: str


Span = Text | Ref | Markup | Mark | Bar
Spans = tuple[Span, ...]
Cell = tuple[Spans, ...]
"""One or more pieces, which come from one section each."""


class Head(NamedTuple):
    """The head of a column of a grid.

    ``kind`` says what it holds: "name", "type", "text", "number", "value", or "values", whose pieces stand one a line.
    """

    text: str
    kind: str = "value"


class Row(NamedTuple):
    """A row of a grid. ``key`` is the name by which the row is a place, if it is one; a column may be named ``""``."""

    cells: tuple[Cell, ...]
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and what they say; ``source`` is where that is known from."""

    rows: tuple[Fact, ...]


class Fact(NamedTuple):
    """One line of :class:`Facts`."""

    label: str
    spans: Spans
    source: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of cells.

    Args:
        label: What it shows, for those who hear it.
        heads: Its columns.
        rows: Its rows, with a cell for each head.
        note: A sentence below it.
    """

    label: str
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    note: Spans = ()


class Tab(NamedTuple):
    """Code to copy.

    Args:
        label: What kind of code it is.
        language: What colours it.
        code: The code.
        name: What differs between the same code of two tables, so that the rest is coloured once.
        before: Lines that it needs and that nobody need look at, such as imports: folded where there is room for
            little, and copied along.
    """

    label: str
    language: str
    code: str
    name: str = ""
    before: str = ""

    @property
    def whole(self) -> str:
        """All of the code, what it needs before it too."""
        return f"{self.before}\n\n{self.code}" if self.before else self.code


@dataclass(frozen=True, slots=True)
class Tabs:
    """Code in several ways, of which a reader chooses one."""

    items: tuple[Tab, ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph, or a note where it has a tone. ``items`` are a list below it."""

    spans: Spans
    tone: Tone = ""
    items: tuple[Spans, ...] = ()


class Node(NamedTuple):
    """A node of a graph.

    Args:
        key: What lines call it.
        text: What stands in it.
        ref: What it is, where that is a thing of the catalog.
        column: Where it stands from left to right; 0 is that of the table that the page is about.
        is_this: Whether it is that table.
    """

    key: str
    text: str
    ref: Ref | None = None
    column: int = 0
    is_this: bool = False


class Link(NamedTuple):
    """A line of a graph between the keys of two nodes, of which the first stands further left; what it stands for."""

    source: str
    target: str
    meaning: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """A drawing, and the list that says the same: where nothing is drawn, the list is all.

    Args:
        label: What it shows, for those who hear it.
        nodes: Its nodes, those of one column from the top.
        links: Its lines.
        items: The list.
    """

    label: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    items: tuple[Spans, ...]


Block = Facts | Grid | Tabs | Prose | Graph


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page with a title and a place of its own."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    order: int


@dataclass(frozen=True, slots=True)
class Page:
    """All that is shown of one table.

    Args:
        name: The full name of the table.
        kind: Its kind.
        state: What must be known before all else, such as that it is deprecated.
        head: The line of facts; each of its items comes from one section.
        lead: What stands above the parts.
        chips: Other tables that have to do with it, below the lead.
        parts: The parts in their order.
        words: Names by which search finds the table.
        failures: A sentence for each section that cannot be shown; the page says so, too.
    """

    name: str
    kind: str
    state: Cell
    head: Cell
    lead: tuple[Block, ...]
    chips: Cell
    parts: tuple[Part, ...]
    words: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()

    def part(self, anchor: str) -> Part | None:
        """Return the part with an anchor."""
        return next((part for part in self.parts if part.anchor == anchor), None)
