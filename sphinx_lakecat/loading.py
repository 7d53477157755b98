"""Where snapshots come from. The only module of the extension that touches live catalogs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakecat.errors import CatalogLoadError
from lakecat.introspect import change_token, introspect
from lakecat.introspect.text import summary_of
from lakecat.names import near_names
from lakecat.reference import CatalogReference, searched
from lakecat.registry import RegisteredTable
from lakecat.snippets import CatalogImport
from sphinx_lakecat.config import catalog_references, snippet_import
from sphinx_lakecat.warnings import Subtype, subtype_of, warn

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from lakecat.snapshot import TableSnapshot


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list of tables says of one. Known from the declaration alone: nothing is opened."""

    name: str
    kind: str
    summary: str
    owner: str
    tags: tuple[str, ...]
    deprecated: bool


@dataclass(frozen=True, slots=True)
class _Found:
    table: RegisteredTable
    reference: CatalogReference


class TableStore:
    """The tables of a build: their names at once, the rest when asked for.

    Args:
        references: The catalogs.
        folder: The folder of ``conf.py``; modules in it are found.
        imported: How snippets get at the catalog; each catalog's own way where not given.
    """

    def __init__(self, references: Iterable[CatalogReference], *, folder: Path, imported: CatalogImport | None = None) -> None:
        self._folder = folder
        self._imported = imported
        self._found: dict[str, _Found] = {}
        self._kept: dict[str, TableSnapshot] = {}
        self._reported: set[str] = set()
        self.failures: list[str] = []
        for reference in references:
            self._load(reference)
        self.names: tuple[str, ...] = tuple(sorted(self._found))

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def near(self, name: str) -> tuple[str, ...]:
        """Return up to three names that look like ``name``."""
        return near_names(name, self.names)

    def listed(self) -> tuple[Listed, ...]:
        """Return a line for each table, sorted by name."""
        metadata = ((name, self._found[name].table.metadata) for name in self.names)
        return tuple(Listed(name, m.kind, summary_of(m.description), m.owner, m.tags, bool(m.deprecated)) for name, m in metadata)

    def token(self, name: str) -> str | None:
        """Return a text that is equal while nothing about the table changed; ``None`` if that is not known."""
        found = self._found[name]
        token = change_token(found.table)
        return None if token is None else f"{found.reference} {token}"

    def list_token(self) -> str:
        """Return a text that is equal while the list of tables is the same."""
        return hashlib.sha256(repr((self.listed(), self.failures)).encode(errors="surrogatepass")).hexdigest()

    def snapshot(self, name: str) -> TableSnapshot:
        """Return what is known about a table. What went wrong is warned of, once, at the place of its declaration."""
        if (kept := self._kept.get(name)) is not None:
            return kept
        found = self._found[name]
        with searched(self._folder):
            snapshot = introspect(found.table, imported=self._imported or found.reference.imported, reference=str(found.reference))
        if name not in self._reported:
            self._reported.add(name)
            for problem in snapshot.problems:
                text = problem.detail or problem.message
                text = text if repr(name) in text else f"table {name!r}: {text}"
                warn(subtype_of(problem.code), text, location=self.location(name))
        return snapshot

    def keep(self, names: Iterable[str]) -> None:
        """Take the snapshots of these tables now, for processes that are forked later: Polars must not be used after a fork."""
        for name in names:
            self._kept[name] = self.snapshot(name)

    def location(self, name: str) -> str | None:
        """Return where a table is declared, as ``file:line``."""
        place = self._found[name].table.metadata.place
        return None if place is None else str(place)

    def declaring_file(self, name: str) -> Path | None:
        """Return the file that declares a table, if there is one."""
        place = self._found[name].table.metadata.place
        return Path(place.file) if place is not None and Path(place.file).is_file() else None

    def _load(self, reference: CatalogReference) -> None:
        try:
            catalog = reference.load(path=self._folder)
        except CatalogLoadError as error:
            place = f"{error.file}:{error.line or 1}" if error.file else f"{self._folder / 'conf.py'}:1"
            warn(Subtype.IMPORT_FAILED, str(error), location=place)
            self.failures.append(str(reference))
            return
        for table in catalog.registry.tables():
            name = table.metadata.full_name
            before = self._found.get(name)
            if before is None:
                self._found[name] = _Found(table, reference)
            elif before.table is not table:
                text = f"table {name!r} is declared by two catalogs, {before.reference} and {reference}; the first one is shown"
                warn(Subtype.DUPLICATE_TABLE, text, location=str(table.metadata.place or f"{self._folder / 'conf.py'}:1"))


def load_tables(app: Sphinx) -> TableStore:
    """Return the tables of the catalogs that ``conf.py`` names."""
    return TableStore(catalog_references(app.config), folder=Path(app.confdir), imported=snippet_import(app.config))
