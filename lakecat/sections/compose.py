"""What sections contribute, put together to one page. Only this knows the slots."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from lakecat.blocks import Fact, Facts, Grid, Head, Page, Part, Prose, Row, Text
from lakecat.names import words
from lakecat.sections.base import Detail, Lead, Put
from lakecat.sections.registered import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lakecat.blocks import Block, Cell, Spans
    from lakecat.sections.base import Section, Slot
    from lakecat.snapshot import TableSnapshot

_T = TypeVar("_T")

# The grid of columns: its slots with their heads, in their order.
_COLUMN: tuple[tuple[Slot, Head], ...] = (
    ("column.name", Head("Column", "name")),
    ("column.type", Head("Type", "type")),
    ("column.text", Head("Description", "text")),
    ("column.values", Head("Values", "value")),
)
_COLUMNS_ORDER, _DETAILS_ORDER = 20, 60


def compose(table: TableSnapshot, sections: Sequence[Section] = SECTIONS) -> Page:
    """Return the page of a table. It is the same in whichever order the sections come.

    Args:
        table: What is known of the table.
        sections: What draws it; all that are registered where not given.
    """
    parts: list[tuple[int, str, Part]] = []
    leads: list[tuple[int, str, Block]] = []
    details: list[tuple[int, str, Fact]] = []
    slots: defaultdict[Slot, list[tuple[int, str, Spans]]] = defaultdict(list)
    cells: defaultdict[tuple[str, Slot], list[tuple[int, str, Spans]]] = defaultdict(list)
    for section in sections:
        for found in section.draw(table):
            if type(found) is Put:
                where = cells[found.column, found.slot] if found.column is not None else slots[found.slot]
                where.append((found.order, section.name, found.spans))
            elif type(found) is Part:
                parts.append((found.order, section.name, found))
            elif type(found) is Lead:
                leads.append((found.order, section.name, found.block))
            elif type(found) is Detail:
                details.append((found.order, section.name, Fact(found.label, found.spans, found.source)))
    note = tuple(span for piece in _sorted(slots["column.note"]) for span in piece)
    parts.append((_COLUMNS_ORDER, "", Part("columns", "Columns", (_columns(table, cells, note),), _COLUMNS_ORDER)))
    if details:
        parts.append((_DETAILS_ORDER, "", Part("details", "Details", (Facts(_in_order(details)),), _DETAILS_ORDER)))
    return Page(table.full_name, table.kind, _sorted(slots["head"]), _in_order(leads), _in_order(parts))


def search_words(table: TableSnapshot, sections: Sequence[Section] = SECTIONS) -> tuple[str, ...]:
    """Return the names by which search finds a table, and the words in them, each once."""
    seen: dict[str, None] = {}
    for section in sections:
        for name in section.words(table):
            seen |= dict.fromkeys((name, *words(name)))
    return tuple(word for word in seen if word)


def _columns(
    table: TableSnapshot, cells: dict[tuple[str, Slot], list[tuple[int, str, Spans]]], note: Spans
) -> Grid | Prose:
    if table.columns is None:
        return Prose((Text(_unknown(table)),))
    if not table.columns:
        return Prose((Text("This table has no columns."),))
    used = {slot for _, slot in cells}
    shown = [(slot, head) for slot, head in _COLUMN if slot in used]
    rows = tuple(
        Row(tuple(_sorted(cells.get((column.name, slot), [])) for slot, _ in shown), key=column.name)
        for column in table.columns
    )
    return Grid(f"Columns of {table.full_name}", tuple(head for _, head in shown), rows, note)


def _unknown(table: TableSnapshot) -> str:
    """Return why the columns are not shown."""
    needed = [p.name for p in table.parameters if p.default is None]
    if needed and not table.problems:
        return f"The columns are not declared, and the table cannot be asked without a value for {', '.join(needed)}."
    return "The columns are unknown: none are declared, and the data could not be asked for them."


def _sorted(pieces: list[tuple[int, str, Spans]]) -> Cell:
    # The sort is stable: of one section's pieces with one order, the first stays the first.
    return (
        tuple(spans for _, _, spans in sorted(pieces, key=_place)) if len(pieces) > 1 else tuple(p[2] for p in pieces)
    )


def _in_order(found: Iterable[tuple[int, str, _T]]) -> tuple[_T, ...]:
    return tuple(thing for _, _, thing in sorted(found, key=_place))


def _place(found: tuple[int, str, object]) -> tuple[int, str]:
    return found[0], found[1]
