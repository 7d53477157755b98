"""Where snapshots come from. The only module of the extension that touches live catalogs."""

from __future__ import annotations

import ast
import functools
import time
from typing import TYPE_CHECKING

from sphinx.errors import ConfigError
from sphinx.util import logging

from lakecat.classification import public_at_once
from lakecat.documented import CarefulAsker, DocumentedTables, Limits, Read
from lakecat.errors import CatalogLoadError
from lakecat.modules import searched
from lakecat.plaintext import redact
from lakecat.project import at_once
from lakecat.reference import CatalogReference
from lakecat.sections.index import references
from lakecat.snippets import CatalogImport
from lakecat.summary import summary_of
from sphinx_lakecat.loading.base import Listed, ReadOf, Tables, package_token
from sphinx_lakecat.warnings import Subtype, warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lakecat.sections.index import Edge
    from lakecat.snapshot import Problem, TableSnapshot
    from sphinx_lakecat.config import Settings

_LOGGER = logging.getLogger(__name__)


class TableStore(Tables):
    """The tables of a build: their names at once, the rest when asked for.

    Args:
        references: The catalogs.
        folder: The folder of ``conf.py``; modules in it are found.
        imported: How snippets get at the catalog; each catalog's own way where not given.
        seconds: How long the code of one table may take.
        memory: How many bytes the process may hold that runs such code.
    """

    def __init__(
        self,
        references: Iterable[CatalogReference],
        *,
        folder: Path,
        imported: CatalogImport | None = None,
        seconds: float = Limits.seconds,
        memory: int = Limits.memory,
    ) -> None:
        self._folder = folder
        self._tables = DocumentedTables()
        self._kept: dict[str, TableSnapshot] = {}
        self._without_token: dict[str, dict[Problem, str]] = {}
        self.failures: list[str] = []
        self.unread: dict[str, frozenset[Problem]] = {}
        self.told: dict[str, dict[Problem, str]] = {}
        """What is wrong with each table, and what a library or a user's code said of it, which is on no page."""
        self.reads: dict[str, tuple[tuple[str, str | None, str, str | None], ...]] = {}
        """What of catalogs was read while each table was asked."""
        start = time.monotonic()
        loaded = [reference for reference in references if self._load(reference)]
        self.names = self._tables.names()
        self._package = package_token()
        to_start = Limits.to_start + 3 * (time.monotonic() - start)
        limits = Limits(seconds, memory, to_start)
        self._asker = CarefulAsker(
            self._tables, loaded, folder=folder, imported=imported, limits=limits, tell=_tell_unavailable
        )

    def __contains__(self, name: str) -> bool:
        return name in self._tables

    def find(self, name: str) -> tuple[str, ...]:
        """Return the full names of the tables that a name may mean: an exact one alone, else those it is a part of."""
        return self._tables.find(name)

    def listed(self) -> tuple[Listed, ...]:
        """Return a line for each table, sorted by name."""
        return self._listed

    @functools.cached_property
    def _listed(self) -> tuple[Listed, ...]:
        metadata = ((name, self._tables.get(name).metadata) for name in self.names)
        return tuple(
            Listed(name, m.kind, summary_of(m.description), m.owner, m.tags, bool(m.deprecated)) for name, m in metadata
        )

    def tokens(self) -> dict[str, str | None]:
        """Return the token of each table."""
        with at_once(), public_at_once(), searched(self._folder):
            return super().tokens()

    def token(self, name: str) -> str | None:
        """Return a text that is equal while nothing about the table changed; ``None`` if that is not known."""
        token, self._without_token[name] = self._asker.token(name)
        return None if token is None else f"{self._tables.reference(name)} {self._package} {token}"

    def snapshot(self, name: str) -> TableSnapshot:
        """Return what is known about a table; what went wrong is a problem of it."""
        if (kept := self._kept.get(name)) is not None:
            return kept
        found = self._asker.describe(name)
        for sentence in found.printed.splitlines():
            _LOGGER.info("table %r %s", name, sentence)
        self.reads[name] = tuple((r.kind, r.catalog, r.name, r.token) for r in found.reads)
        self.unread[name] = frozenset(found.reasons)
        told = {problem: found.reasons.get(problem, "") for problem in found.snapshot.problems}
        # Of a table that fails otherwise too, that is what matters.
        self.told[name] = told or self._without_token.get(name, {})
        return found.snapshot

    def has_moved(self, read: ReadOf) -> bool:
        """Return whether what a :class:`Read` tells of is another now; of documented tables and lists, tokens tell."""
        kind, catalog, name, token = read
        if catalog == "":
            return kind == "name" and repr(self.find(name)) != token
        return catalog is None or token is None or self._asker.token_of_read(Read(*read)) != token

    def keep(self, name: str, snapshot: TableSnapshot) -> None:
        """Keep a snapshot for processes forked later: Polars must not be used after a fork."""
        self._kept[name] = snapshot

    def edges(self) -> Iterator[Edge]:
        """Yield what columns reference, as it was declared."""
        for name in self.names:
            yield from references(name, self._tables.get(name).metadata.columns or ())

    def close(self) -> None:
        """End the process that calls functions."""
        self._asker.close()

    def place(self, name: str) -> tuple[str, int] | None:
        """Return the file and line where a table is declared."""
        place = self._tables.get(name).metadata.place if name in self._tables else None
        return None if place is None else (place.file, place.line)

    def _load(self, reference: CatalogReference) -> bool:
        """Add the tables of a catalog; return whether it could be loaded."""
        try:
            others = self._tables.load(reference, self._folder)
        except CatalogLoadError as error:
            place = f"{error.file}:{error.line or 1}" if error.file else f"{self._folder / 'conf.py'}:1"
            # What the import raised may quote a URL of a store.
            warn(Subtype.IMPORT_FAILED, redact(str(error)), location=place)
            self.failures.append(str(reference))
            return False
        for table, first in others:
            both = f"{first} and {reference}"
            text = f"table {table.metadata.full_name!r} is declared by two catalogs, {both}; the first one is shown"
            warn(Subtype.DUPLICATE_TABLE, text, location=str(table.metadata.place or f"{self._folder / 'conf.py'}:1"))
        return True


def _tell_unavailable(reference: str, why: str) -> None:
    text = "lakecat: functions of %s are called in this process, as another one cannot load them: %s"
    _LOGGER.info(text, reference, why)


def live_tables(settings: Settings, folder: Path) -> TableStore:
    """Return the tables of the catalogs that the settings name.

    Raises:
        ConfigError: They name no catalog, or no import.
    """
    return TableStore(
        catalog_references(settings.catalogs),
        folder=folder,
        imported=snippet_import(settings.snippet_import),
        seconds=settings.seconds,
        memory=settings.memory,
    )


def catalog_references(texts: Iterable[str]) -> list[CatalogReference]:
    """Return the catalogs of ``lakecat_catalog``.

    Raises:
        ConfigError: A text does not name a catalog.
    """
    try:
        return [CatalogReference.parse(text) for text in texts]
    except CatalogLoadError as error:
        raise ConfigError(f"lakecat_catalog in conf.py: {error}") from None


def snippet_import(text: str) -> CatalogImport | None:
    """Return how snippets import the catalog, if ``lakecat_snippet_import`` says so.

    The expression is the last name that the lines bind; of a class named ``Catalog``, an object.

    Raises:
        ConfigError: The text is no import.
    """
    if not text:
        return None
    try:
        last = ast.parse(text).body[-1]
    except (SyntaxError, IndexError):
        last = None
    if not isinstance(last, (ast.Import, ast.ImportFrom)):
        raise ConfigError(
            f"lakecat_snippet_import in conf.py is no import: {text!r}; write a line such as 'from shop import catalog'"
        )
    name = last.names[-1].asname or last.names[-1].name
    return CatalogImport(lines=tuple(text.splitlines()), expression="Catalog()" if name == "Catalog" else name)
