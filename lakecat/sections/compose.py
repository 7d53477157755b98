"""What sections contribute, put together to one page. Only this knows the slots."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from lakecat.blocks import Fact, Facts, Grid, Head, Page, Part, Prose, Row, Text
from lakecat.sections.base import Detail, Lead, Put
from lakecat.sections.contributions import ContributionError, check_contributions
from lakecat.sections.index import Index
from lakecat.sections.registered import BUILT_IN
from lakecat.sections.registered import sections as registered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakecat.blocks import Block, Spans
    from lakecat.sections.base import Section, Slot
    from lakecat.snapshot import TableSnapshot

_T = TypeVar("_T")

# The grid of columns: its slots with their heads, in their order.
_COLUMN: tuple[tuple[Slot, Head], ...] = (
    ("column.name", Head("Column", "name")),
    ("column.type", Head("Type", "type")),
    ("column.text", Head("Description", "text")),
    ("column.values", Head("Values", "values")),
)
_COLUMNS_ORDER, _DETAILS_ORDER, _FAILURES_ORDER = 20, 60, 30


def compose(table: TableSnapshot, index: Index | None = None, *, sections: Sequence[Section] | None = None) -> Page:
    """Return the page of a table. It is the same in whichever order the sections come.

    A section of a third party that fails costs what it would have shown: a note on the page says so.

    Args:
        table: What is known of the table.
        index: What other tables say of it; nothing where not given.
        sections: What draws it; all that are registered where not given.
    """
    gathered = _Gathered(table, index or Index())
    for section in sorted(registered() if sections is None else sections, key=_own_first):
        gathered.add(section)
    return gathered.page()


class _Gathered:
    """What the sections of one table contributed: by slot, with the order and the section of each piece."""

    def __init__(self, table: TableSnapshot, index: Index) -> None:
        self._table = table
        self._index = index
        self._parts: list[tuple[int, str, Part]] = []
        self._leads: list[tuple[int, str, Block]] = []
        self._details: list[tuple[int, str, Fact]] = []
        self._slots: defaultdict[Slot, list[tuple[int, str, Spans]]] = defaultdict(list)
        self._cells: defaultdict[tuple[str, Slot], list[tuple[int, str, Spans]]] = defaultdict(list)
        self._words: dict[str, None] = {}
        self._failures: list[str] = []

    def add(self, section: Section) -> None:
        """Take what a section draws, all of it or nothing."""
        try:
            drawn, words = tuple(section.draw(self._table, self._index)), tuple(section.words(self._table))
            if section not in BUILT_IN:
                columns = [column.name for column in self._table.columns or ()]
                anchors = ["columns", "details", *(part.anchor for _, _, part in self._parts)]
                check_contributions((*drawn, *words), columns=columns, anchors=anchors)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if section in BUILT_IN:
                raise
            why = str(error) if isinstance(error, ContributionError) else f"it raised {type(error).__name__}"
            failure = f"The section {section.name!r} of this page cannot be shown: {why}."
            self._failures.append(failure)
            self._leads.append((_FAILURES_ORDER, section.name, Prose((Text(failure),), "bad")))
            return
        self._words |= dict.fromkeys(words)
        for found in drawn:
            if type(found) is Put:
                where = self._slots[found.slot] if found.column is None else self._cells[found.column, found.slot]
                where.append((found.order, section.name, found.spans))
            elif type(found) is Part:
                self._parts.append((found.order, section.name, found))
            elif type(found) is Lead:
                self._leads.append((found.order, section.name, found.block))
            elif type(found) is Detail:
                fact = Fact(found.label, found.spans, found.source)
                self._details.append((found.order, section.name, fact))

    def page(self) -> Page:
        """Return the page."""
        columns = Part("columns", "Columns", (self._columns(),), _COLUMNS_ORDER)
        parts = [*self._parts, (columns.order, "", columns)]
        if self._details:
            details = Part("details", "Details", (Facts(_in_order(self._details)),), _DETAILS_ORDER)
            parts.append((details.order, "", details))
        return Page(
            self._table.full_name,
            self._table.kind,
            _in_order(self._slots["state"]),
            _in_order(self._slots["head"]),
            _in_order(self._leads),
            _in_order(self._slots["chips"]),
            _in_order(parts),
            tuple(word for word in self._words if word),
            tuple(self._failures),
        )

    def _columns(self) -> Grid | Prose:
        table = self._table
        if table.columns is None:
            return Prose((Text(_unknown(table)),))
        if not table.columns:
            return Prose((Text("This table has no columns."),))
        used = {slot for _, slot in self._cells}
        shown = [(slot, head) for slot, head in _COLUMN if slot in used]
        rows = tuple(
            Row(tuple(_in_order(self._cells.get((column.name, slot), ())) for slot, _ in shown), key=column.name)
            for column in table.columns
        )
        note = tuple(span for piece in _in_order(self._slots["column.note"]) for span in (Text(" "), *piece))[1:]
        return Grid(f"Columns of {table.full_name}", tuple(head for _, head in shown), rows, note)


def _unknown(table: TableSnapshot) -> str:
    """Return why the columns are not shown."""
    needed = [p.name for p in table.parameters if p.default is None]
    if needed and not table.problems:
        return f"The columns are not declared, and the table cannot be asked without a value for {', '.join(needed)}."
    return "The columns are unknown: none are declared, and the data could not be asked for them."


def _in_order(found: Sequence[tuple[int, str, _T]]) -> tuple[_T, ...]:
    if len(found) < 2:
        return (found[0][2],) if found else ()
    # The sort is stable: of one section's pieces with one order, the first stays the first.
    return tuple([thing for _, _, thing in sorted(found, key=_place)])


def _place(found: tuple[int, str, object]) -> tuple[int, str]:
    return found[0], found[1]


def _own_first(section: Section) -> tuple[bool, str]:
    """Return the order in which sections are asked: of two that want one anchor, the same one gets it each time."""
    return section not in BUILT_IN, section.name
