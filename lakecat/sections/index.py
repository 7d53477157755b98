"""What tables say of each other: one index over the catalog, made before any page is drawn."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lakecat.metadata import Column
    from lakecat.snapshot import ColumnSnapshot


class Edge(NamedTuple):
    """What one table or column says of another: ``("references", "flights.carrier", "airlines.carrier")``."""

    role: str
    source: str
    target: str


class Index:
    """Edges by what they say something of. Its size is that of the edges: it holds no records.

    Args:
        edges: The edges of all tables, or those that one page needs.
    """

    def __init__(self, edges: Iterable[Edge] = ()) -> None:
        self._into: defaultdict[str, list[Edge]] = defaultdict(list)
        self._of_table: defaultdict[str, list[Edge]] = defaultdict(list)
        for edge in edges:
            self._into[edge.target].append(edge)
            # Only the catalog knows whether "a.b" is a column of a table, or a table of a database.
            for table in {edge.target, edge.target.rpartition(".")[0]}:
                self._of_table[table].append(edge)

    def into(self, role: str, target: str) -> tuple[str, ...]:
        """Return what says something of a table or column, by its role, sorted by name."""
        found = self._into.get(target)
        return tuple(sorted(edge.source for edge in found if edge.role == role)) if found else ()

    def slice_of(self, table: str) -> tuple[Edge, ...]:
        """Return all that is said of a table and its columns, sorted: its page changes with it."""
        return tuple(sorted(self._of_table.get(table, ())))


def references(table: str, columns: Iterable[Column | ColumnSnapshot]) -> Iterator[Edge]:
    """Yield what the columns of a table reference, as it was declared."""
    for column in columns:
        if column.references:
            yield Edge("references", f"{table}.{column.name}", column.references)
