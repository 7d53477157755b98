"""What tables say of each other: one index over the catalog, made before any page is drawn."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lakecat.metadata import Column
    from lakecat.sections.base import HasEdges
    from lakecat.snapshot import ColumnSnapshot, TableSnapshot


REFERENCES = "references"
"""The role of what a column references, as it was declared."""


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
            yield Edge(REFERENCES, f"{table}.{column.name}", column.references)


def said_by(sections: Iterable[HasEdges], table: TableSnapshot) -> tuple[tuple[Edge, ...], tuple[str, ...]]:
    """Return what sections say of other tables, sorted, and a sentence for each that fails: nothing of it is taken."""
    edges: set[Edge] = set()
    failures = []
    for section in sections:
        try:
            found = tuple(section.edges(table))
            check_edges(found, table.full_name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (a third party's code may raise anything)
            why = str(error) if isinstance(error, EdgeError) else f"it raised {type(error).__name__}"
            failures.append(f"The section {section.name!r} cannot say anything of other tables: {why}.")
            continue
        # Plain ones: they are kept between builds, in which the package may be gone.
        edges.update(Edge(*map(str, edge)) for edge in found)
    return tuple(sorted(edges)), tuple(failures)


class EdgeError(ValueError):
    """What is no edge of a table; the text says what is wrong with it."""


def check_edges(found: Iterable[object], table: str) -> None:
    """Check what a section says.

    Raises:
        EdgeError: It is no edge, or not one of the table.
    """
    for edge in found:
        if not isinstance(edge, Edge) or not all(isinstance(text, str) for text in edge):
            raise EdgeError(f"it gave {type(edge).__name__}, not an Edge of three texts")
        if edge.role == REFERENCES:
            raise EdgeError(f"the role {REFERENCES!r} stands for what columns declare")
        if edge.source != table and not edge.source.startswith(f"{table}."):
            raise EdgeError(f"an edge comes from {edge.source!r}, which is neither {table!r} nor a column of it")
