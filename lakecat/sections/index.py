"""What tables say of each other: one index over the catalog, made before any page is drawn."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lakecat.metadata import Column
    from lakecat.sections.base import HasEdges
    from lakecat.snapshot import ColumnSnapshot, TableSnapshot


REFERENCES = "references"
"""The role of what a column references, as it was declared."""


class Edge(NamedTuple):
    """What one table or column says of another: ``("references", "flights.carrier", "airlines.carrier")``.

    The index adds which tables that are: names of columns may hold dots.
    """

    role: str
    source: str
    target: str
    source_table: str = ""
    target_table: str = ""


class Index:
    """Edges by what they say something of. Its size is that of the edges: it holds no records.

    Args:
        edges: The edges of all tables, or those that one page needs.
        meant: Returns the full names of tables that a name may mean. Targets are known by full names then, whatever
            those who said something wrote, and there are slices.
    """

    def __init__(self, edges: Iterable[Edge] = (), meant: Callable[[str], tuple[str, ...]] | None = None) -> None:
        self._of_name: defaultdict[str, list[Edge]] = defaultdict(list)
        self._of_table: defaultdict[str, list[Edge]] = defaultdict(list)
        for edge in edges:
            known = edge if meant is None else _resolved(edge, meant)
            if known is None:
                continue  # it says something of nothing
            for name in {known.source, known.target}:
                self._of_name[name].append(known)
            for name in {known.source_table, known.target_table}:
                self._of_table[name].append(known)

    def into(self, role: str, target: str) -> tuple[str, ...]:
        """Return what says something of a table or column, by its role, sorted by name."""
        return tuple(edge.source for edge in self.edges(role, target) if edge.target == target)

    def edges(self, role: str, name: str) -> tuple[Edge, ...]:
        """Return what a table or column says of others, and what is said of it, by its role; sorted."""
        return tuple(sorted(edge for edge in self._of_name.get(name, ()) if edge.role == role))

    def slice_of(self, table: str) -> tuple[Edge, ...]:
        """Return all that a table and its columns say, and that is said of them, sorted: its page changes with it."""
        return tuple(sorted(self._of_table.get(table, ())))


def _resolved(edge: Edge, meant: Callable[[str], tuple[str, ...]]) -> Edge | None:
    """Return an edge by the full names of the tables at its ends; ``None`` if one of them is none."""
    # Who says something is known: "a.b" may be a table of a database, and a column of another table.
    source = (edge.source_table, edge.source) if edge.source_table else _table_of(edge.source, meant)
    target = _table_of(edge.target, meant)
    if source is None or target is None:
        return None
    return Edge(edge.role, source[1], target[1], source[0], target[0])


def _table_of(name: str, meant: Callable[[str], tuple[str, ...]]) -> tuple[str, str] | None:
    """Return the table that a name is or is a column of, and the name by the full name of that table.

    Only the catalog knows whether "a.b" is a column of a table, or a table of a database; names of both may hold dots.
    """
    if len(found := meant(name)) == 1:
        return found[0], found[0]
    for i in reversed([i for i, letter in enumerate(name) if letter == "."]):
        if len(found := meant(name[:i])) == 1:
            return found[0], found[0] + name[i:]
    return None


def references(table: str, columns: Iterable[Column | ColumnSnapshot]) -> Iterator[Edge]:
    """Yield what the columns of a table reference, as it was declared."""
    for column in columns:
        if column.references:
            yield Edge(REFERENCES, f"{table}.{column.name}", column.references, table)


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
        edges.update(Edge(str(edge.role), str(edge.source), str(edge.target), table.full_name) for edge in found)
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
