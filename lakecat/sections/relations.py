"""Which tables a table references by its columns, and which reference it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.blocks import Graph, Link, Node, Part, Ref, Text
from lakecat.sections.base import Put
from lakecat.sections.index import REFERENCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lakecat.blocks import Spans
    from lakecat.sections.base import Contribution
    from lakecat.sections.index import Edge, Index
    from lakecat.snapshot import TableSnapshot

_CHIPS, _DRAWN, _LISTED = 3, 12, 100
"""So many tables are named below the description; drawn on each side; and so many references are listed."""


class Relations:
    """Chips below the description, and a part with a drawing and its list."""

    name = "relations"

    def draw(self, table: TableSnapshot, index: Index) -> Iterator[Contribution]:
        """Yield the tables on both sides; nothing where there is none but the table itself."""
        name = table.full_name
        columns = (f"{name}.{column.name}" for column in table.columns or ())
        found = list(dict.fromkeys(edge for column in columns for edge in index.edges(REFERENCES, column)))
        targets = _others(name, (edge.target_table for edge in found))
        sources = _others(name, (edge.source_table for edge in found))
        if targets:
            yield Put("chips", _chip("References", targets), 10)
        if sources:
            yield Put("chips", _chip("Referenced by", sources), 20)
        if targets or sources:
            yield Part("relations", "Relations", (_graph(name, sources, targets, found),), 35)

    def words(self, table: TableSnapshot) -> Iterator[str]:
        """Yield nothing: the other tables are found by their own pages."""
        yield from ()


def _others(name: str, tables: Iterable[str]) -> list[str]:
    return [table for table in dict.fromkeys(tables) if table != name]


def _chip(label: str, tables: list[str]) -> Spans:
    more = len(tables) - _CHIPS
    named = tuple(Ref("table", table) for table in tables[:_CHIPS])
    return (Text(label), *named, *((Text(f"and {more} more"),) if more > 0 else ()))


def _graph(name: str, sources: list[str], targets: list[str], references: list[Edge]) -> Graph:
    """Return the table between those that reference it and those that it references."""
    nodes, links = [Node(f"0 {name}", name, Ref("table", name), 0, is_this=True)], []
    for column, tables in ((-1, sources), (1, targets)):
        for table in tables[:_DRAWN]:
            key = f"{column} {table}"
            nodes.append(Node(key, table, Ref("table", table), column))
            found = (r for r in references if (r.source_table if column < 0 else r.target_table) == table)
            pairs = ", ".join(f"{r.source} → {r.target}" for r in found)
            ends = (key, nodes[0].key) if column < 0 else (nodes[0].key, key)
            links.append(Link(*ends, pairs))
        if (more := len(tables) - _DRAWN) > 0:
            nodes.append(Node(f"{column}", f"{more} more", None, column))
    items: list[Spans] = [
        (Ref("column", r.source), Text(" references "), Ref("column", r.target)) for r in references[:_LISTED]
    ]
    if (more := len(references) - _LISTED) > 0:
        items.append((Text(f"and {more:,} more"),))
    return Graph(f"Relations of {name}", tuple(nodes), tuple(links), tuple(items))
