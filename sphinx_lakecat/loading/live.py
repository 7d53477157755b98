"""Snapshots of live catalogs. The only module of the extension that touches them."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import ConfigError

from lakecat.contract import columns_by_table
from lakecat.errors import AmbiguousTableError, CatalogLoadError, TableNotFoundError
from lakecat.introspect import change_token, introspect
from lakecat.introspect.text import summary_of
from lakecat.modules import searched
from lakecat.names import near_names
from lakecat.plaintext import redact
from lakecat.reference import CatalogReference
from lakecat.snippets import CatalogImport
from sphinx_lakecat.loading.base import Listed, Tables, package_token
from sphinx_lakecat.warnings import Subtype, warn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.config import Config

    from lakecat.registry import RegisteredTable
    from lakecat.snapshot import Problem, TableSnapshot


@dataclass(frozen=True, slots=True)
class _Found:
    table: RegisteredTable
    reference: CatalogReference


class TableStore(Tables):
    """The tables of a build: their names at once, the rest when asked for.

    Args:
        references: The catalogs.
        folder: The folder of ``conf.py``; modules in it are found.
        imported: How snippets get at the catalog; each catalog's own way where not given.
    """

    def __init__(
        self, references: Iterable[CatalogReference], *, folder: Path, imported: CatalogImport | None = None
    ) -> None:
        self._folder = folder
        self._imported = imported
        self._found: dict[str, _Found] = {}
        self._kept: dict[str, TableSnapshot] = {}
        self._without_token: dict[str, dict[Problem, str]] = {}
        self._columns_of = columns_by_table(self._get)
        self.failures: list[str] = []
        self.unread: dict[str, frozenset[Problem]] = {}
        self.told: dict[str, dict[Problem, str]] = {}
        """What is wrong with each table, and what a library or a user's code said of it, which is on no page."""
        for reference in references:
            self._load(reference)
        self.names: tuple[str, ...] = tuple(sorted(self._found))
        self._of_bare_name: dict[str, list[str]] = {}
        for name in self.names:
            self._of_bare_name.setdefault(self._found[name].table.metadata.name, []).append(name)
        self._package = package_token()

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def find(self, name: str) -> tuple[str, ...]:
        """Return the full names of the tables that a name may mean: an exact one alone, else those it is a part of."""
        return (name,) if name in self._found else tuple(self._of_bare_name.get(name, ()))

    def listed(self) -> tuple[Listed, ...]:
        """Return a line for each table, sorted by name."""
        return self._listed

    @functools.cached_property
    def _listed(self) -> tuple[Listed, ...]:
        metadata = ((name, self._found[name].table.metadata) for name in self.names)
        return tuple(
            Listed(name, m.kind, summary_of(m.description), m.owner, m.tags, bool(m.deprecated)) for name, m in metadata
        )

    def token(self, name: str) -> str | None:
        """Return a text that is equal while nothing about the table changed; ``None`` if that is not known."""
        found = self._found[name]
        reasons = self._without_token.setdefault(name, {})
        token = change_token(found.table, columns_of=self._columns_of, tell=reasons.__setitem__)
        return None if token is None else f"{found.reference} {self._package} {token}"

    def snapshot(self, name: str) -> TableSnapshot:
        """Return what is known about a table; what went wrong is a problem of it."""
        if (kept := self._kept.get(name)) is not None:
            return kept
        found = self._found[name]
        reasons: dict[Problem, str] = {}
        with searched(self._folder):
            snapshot = introspect(
                found.table,
                imported=self._imported or found.reference.imported,
                reference=str(found.reference),
                columns_of=self._columns_of,
                tell=reasons.__setitem__,
            )
        self.unread[name] = frozenset(reasons)
        told = {problem: reasons.get(problem, "") for problem in snapshot.problems}
        # Of a table that fails otherwise too, that is what matters.
        self.told[name] = told or self._without_token.get(name, {})
        return snapshot

    def keep(self, name: str, snapshot: TableSnapshot) -> None:
        """Keep a snapshot for processes forked later: Polars must not be used after a fork."""
        self._kept[name] = snapshot

    def place(self, name: str) -> tuple[str, int] | None:
        """Return the file and line where a table is declared."""
        place = self._found[name].table.metadata.place if name in self._found else None
        return None if place is None else (place.file, place.line)

    def _get(self, name: str) -> RegisteredTable:
        """Return a table by its full name, or by its name where no other has it.

        Raises:
            TableNotFoundError: There is none.
            AmbiguousTableError: There is more than one.
        """
        meant = self.find(name)
        if not meant:
            raise TableNotFoundError(name, len(self._found), near_names(name, self.names))
        if len(meant) > 1:
            raise AmbiguousTableError(name, len(self._found), meant)
        return self._found[meant[0]].table

    def _load(self, reference: CatalogReference) -> None:
        try:
            tables = reference.load(path=self._folder).registry.tables()
        except CatalogLoadError as error:
            place = f"{error.file}:{error.line or 1}" if error.file else f"{self._folder / 'conf.py'}:1"
            # What the import raised may quote a URL of a store.
            warn(Subtype.IMPORT_FAILED, redact(str(error)), location=place)
            self.failures.append(str(reference))
            return
        for table in tables:
            name = table.metadata.full_name
            before = self._found.get(name)
            if before is None:
                self._found[name] = _Found(table, reference)
            elif before.table is not table:
                both = f"{before.reference} and {reference}"
                text = f"table {name!r} is declared by two catalogs, {both}; the first one is shown"
                warn(
                    Subtype.DUPLICATE_TABLE, text, location=str(table.metadata.place or f"{self._folder / 'conf.py'}:1")
                )


def load_tables(app: Sphinx) -> TableStore:
    """Return the tables of the catalogs that ``conf.py`` names."""
    return TableStore(catalog_references(app.config), folder=Path(app.confdir), imported=snippet_import(app.config))


def catalog_references(config: Config) -> list[CatalogReference]:
    """Return the catalogs that ``lakecat_catalog`` names.

    Raises:
        ConfigError: The value does not name catalogs.
    """
    value = config.lakecat_catalog
    texts = [value] if isinstance(value, str) else list(value)
    try:
        return [CatalogReference.parse(text) for text in texts if text]
    except (CatalogLoadError, AttributeError) as error:
        raise ConfigError(f"lakecat_catalog in conf.py: {error}") from None


def snippet_import(config: Config) -> CatalogImport | None:
    """Return how snippets import the catalog, if ``lakecat_snippet_import`` says so.

    The expression is the last name that the lines bind; of a class named ``Catalog``, an object.

    Raises:
        ConfigError: The value is no import.
    """
    text = config.lakecat_snippet_import.strip()
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


def check_settings(config: Config) -> None:
    """Check that the settings name catalogs.

    Raises:
        ConfigError: They do not.
    """
    catalog_references(config)
    snippet_import(config)
