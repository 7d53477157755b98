"""What the extension asks of the tables of a build, wherever they come from."""

from __future__ import annotations

import abc
import functools
import hashlib
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import lakecat
from lakecat.names import near_names
from lakecat.sections.index import Index, said_by
from lakecat.sections.registered import installed, speaking

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

    from lakecat.sections.index import Edge
    from lakecat.snapshot import Problem, TableSnapshot


ReadOf = tuple[str, str | None, str, str | None]
"""Kind, catalog, name and token of something that was read."""


Said = tuple[tuple["Edge", ...], tuple[str, ...]]
"""What sections of packages say of other tables, and a sentence for each that failed."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list of tables says of one. Known from the declaration alone: nothing is opened."""

    name: str
    kind: str
    summary: str
    owner: str
    tags: tuple[str, ...]
    deprecated: bool


class Tables(abc.ABC):
    """The tables of a build: their names at once, the rest when asked for."""

    names: tuple[str, ...]
    """Full names, sorted."""
    failures: list[str]
    """The catalogs that could not be loaded."""
    told: dict[str, dict[Problem, str]]
    """What is wrong with each table, and what a library or a user's code said of it, which is on no page."""
    unread: dict[str, frozenset[Problem]]
    """Of each table that was asked for, the problems that say that it, or a part of it, could not be read."""

    reads: dict[str, tuple[ReadOf, ...]]
    """What of catalogs was read while each table was asked; see :class:`lakecat.documented.Read`."""

    @abc.abstractmethod
    def __contains__(self, name: str) -> bool:
        """Return whether there is a table of this full name."""

    @abc.abstractmethod
    def find(self, name: str) -> tuple[str, ...]:
        """Return the full names of the tables that a name may mean: an exact one alone, else those it is a part of."""

    @abc.abstractmethod
    def listed(self) -> tuple[Listed, ...]:
        """Return a line for each table, sorted by name."""

    @abc.abstractmethod
    def token(self, name: str) -> str | None:
        """Return a text that is equal while nothing about the table changed; ``None`` if that is not known."""

    @abc.abstractmethod
    def snapshot(self, name: str) -> TableSnapshot:
        """Return what is known about a table; what went wrong is a problem of it."""

    @abc.abstractmethod
    def place(self, name: str) -> tuple[str, int] | None:
        """Return the file and line where a table is declared."""

    @abc.abstractmethod
    def keep(self, name: str, snapshot: TableSnapshot) -> None:
        """Keep a snapshot for processes forked later."""

    index: Index
    """What tables say of each other, by whom it is said of; there after :meth:`connect`."""

    def tokens(self) -> dict[str, str | None]:
        """Return for each table a text that is equal while nothing about it changed; ``None`` if that is not known."""
        return {name: self.token(name) for name in self.names}

    def connect(self, said: dict[str, Said], moved: Set[str]) -> None:
        """Make the index of what tables say of each other, before any page is made.

        Args:
            said: What sections of packages said of other tables at the last build. It is brought up to date: what moved
                and what is new is asked for it.
            moved: The tables that may say something else.
        """
        sections = speaking()
        for name in said.keys() - (set(self.names) if sections else set()):
            del said[name]
        for name in self.names if sections else ():
            if name in moved or name not in said:
                snapshot = self.snapshot(name)
                self.keep(name, snapshot)
                said[name] = said_by(sections, snapshot)
        edges = itertools.chain(self.edges(), (edge for edges, _ in said.values() for edge in edges))
        self.index = Index(edges, self.find)

    def close(self) -> None:  # noqa: B027 (most hold nothing)
        """End what was started to answer."""

    @abc.abstractmethod
    def has_moved(self, read: ReadOf) -> bool:
        """Return whether something that was read while a table was asked is not what it was then."""

    @abc.abstractmethod
    def edges(self) -> Iterable[Edge]:
        """Yield what columns of the tables reference; nothing is opened for it."""

    def location(self, name: str) -> str | None:
        """Return where a table is declared, as ``file:line``."""
        place = self.place(name)
        return None if place is None else f"{place[0]}:{place[1]}"

    def why_not(self, name: str, *, counted: bool = False) -> str:
        """Return a sentence for a name that means no table, or more than one."""
        meant = self.find(name)
        if meant:
            return f"table {name!r} is ambiguous: it may be {' or '.join(map(repr, meant))}; write the full name"
        near = near_names(name, self.names)
        hint = f"; did you mean {', '.join(map(repr, near))}?" if near else ""
        count = f" ({len(self.names)} tables)" if counted else ""
        return f"there is no table {name!r} in the catalog{count}{hint}"

    def list_token(self) -> str:
        """Return a text that is equal while the list of tables is the same."""
        listed = repr((self.listed(), self.failures, package_token()))
        return hashlib.sha256(listed.encode(errors="surrogatepass")).hexdigest()


@functools.cache
def package_token() -> str:
    """Return a digest of the code that makes pages, which is the same where the same version is installed anew."""
    digest = hashlib.sha256()
    for folder in (Path(lakecat.__file__).parent, Path(__file__).parents[1]):
        for file in sorted(folder.rglob("*.py")):
            digest.update(file.read_bytes())
    digest.update(installed().encode(errors="surrogatepass"))
    return digest.hexdigest()[:16]
