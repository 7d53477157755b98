"""What a section is: one thing that is known of tables, from its record to what is shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, get_args, runtime_checkable

from lakecat.blocks import Block, Part, Spans

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lakecat.asked import AskedTable
    from lakecat.sections.index import Edge, Index
    from lakecat.snapshot import TableSnapshot

Slot = Literal["state", "head", "chips", "column.name", "column.type", "column.text", "column.values", "column.note"]
"""The places of a page that sections share.

``state`` is what must be known before all else: that a table is deprecated, or has personal data. ``head`` is the line
of facts, ``chips`` the tables that have to do with this one, below its description. The others are cells of the table's
columns, and the note below them. A slot that nobody uses is no column of the grid.
"""


SLOTS: tuple[str, ...] = get_args(Slot)


class Put(NamedTuple):
    """A piece for a slot.

    Args:
        slot: The slot.
        spans: The piece.
        order: Where it stands among the pieces of that slot; of two with the same order, that of the section whose name
            comes first.
        column: The table's column it is about, for a slot of columns.
    """

    slot: Slot
    spans: Spans
    order: int = 0
    column: str | None = None


class Lead(NamedTuple):
    """A block that stands above the parts of a page."""

    block: Block
    order: int = 0


class Detail(NamedTuple):
    """A line of the details: a label, what it says, and where that is known from."""

    label: str
    spans: Spans
    source: str = ""
    order: int = 0


Contribution = Part | Put | Lead | Detail


@runtime_checkable
class Section(Protocol):
    """One thing that is known of tables. It knows no other section.

    ``name`` is that of its record in a snapshot, too. ``lakecat.testing.check_section`` checks all that is said here.
    """

    name: str

    def draw(self, table: TableSnapshot, index: Index, /) -> Iterable[Contribution]:
        """Yield what is shown of it: parts of its own, and pieces for shared slots.

        ``index`` knows what other tables say of this one.
        """

    def words(self, table: TableSnapshot, /) -> Iterable[str]:
        """Yield names by which search finds the table, beside what is shown."""


@runtime_checkable
class HasRecord(Protocol):
    """A section that keeps what it knows in each snapshot, as a record of its own.

    ``draw`` and ``words`` find it by ``table.decoded(name, record, version=version)``.
    """

    name: str
    version: int
    """Of the record; raised by a change that older readers would misread."""
    record: type
    """A frozen dataclass of what JSON can hold."""

    def collect(self, table: AskedTable, /) -> object | None:
        """Return the record of a table, or ``None`` where there is nothing to say; reads no rows.

        ``table.metadata`` is what was declared; ``table.columns``, ``table.statistics`` and others are what the table
        answered. It may raise: that is a problem of the table, and costs this section alone.
        """


@runtime_checkable
class HasEdges(Protocol):
    """A section that says something of *other* tables, whose pages ask for it by ``index.into(role, name)``.

    A site has all tables looked at for it before the first page is made; those that did not change are remembered.
    """

    name: str

    def edges(self, table: TableSnapshot, /) -> Iterable[Edge]:
        """Yield what the table says of others: each edge comes from the table or a column of it.

        The role is any name but "references", which stands for what columns declare.
        """
