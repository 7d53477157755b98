"""What every registry does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from lakecat.redaction import held_secrets, keep_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakecat.metadata import TableMetadata
    from lakecat.sources.base import TableSource


@dataclass(frozen=True, slots=True)
class RegisteredTable:
    """What was declared about a table, and the object that reads it."""

    metadata: TableMetadata
    source: TableSource

    def __post_init__(self) -> None:
        """Let no text that is redacted from now on hold a secret of the source."""
        keep_secret(held_secrets(self.source))


@runtime_checkable
class Registry(Protocol):
    """A set of tables by full name. Safe to use from several threads."""

    def add(self, table: RegisteredTable) -> None:
        """Add a table; it replaces one that an earlier run of the same module declared, as after a reload.

        Raises:
            DuplicateTableError: The name is taken, by another module or in the same run of this one.
        """

    def get(self, name: str) -> RegisteredTable:
        """Return the table of this full name, or of this name in the only database that has it.

        Raises:
            TableNotFoundError: There is none.
            AmbiguousTableError: Several databases have one, and there is none of this full name.
        """

    def names(self) -> tuple[str, ...]:
        """Return the full names, sorted."""

    def tables(self) -> tuple[RegisteredTable, ...]:
        """Return the tables, sorted by full name."""

    def __len__(self) -> int:
        """Return the number of tables."""


FIELDS = ("kind", "tag", "owner", "database")
"""What tables are found by, beside their names."""


@runtime_checkable
class Finds(Protocol):
    """What a registry may do besides: find tables by what is declared of them, without a look at all of them."""

    def find(
        self, *, kind: str | None = None, tag: str | None = None, owner: str | None = None, database: str | None = None
    ) -> tuple[RegisteredTable, ...]:
        """Return the tables that have all that is given, sorted by full name."""

    def has(self, field: str, value: str) -> bool:
        """Return whether a table has this value of one of :data:`FIELDS`."""

    def known(self, field: str) -> tuple[str, ...]:
        """Return the values of one of :data:`FIELDS` that tables have, sorted."""


def finder(registry: Registry) -> Finds:
    """Return what finds the tables of a registry: itself, if it can, or one that looks at all of them."""
    return registry if isinstance(registry, Finds) else _Walk(registry)


def fields_of(metadata: TableMetadata) -> Mapping[str, tuple[str, ...]]:
    """Return the values of :data:`FIELDS` that a table has."""
    database = () if metadata.database is None else (metadata.database,)
    return {"kind": (metadata.kind,), "tag": metadata.tags, "owner": (metadata.owner,), "database": database}


class _Walk:
    """Finds tables by looking at each."""

    def __init__(self, registry: Registry) -> None:
        self._tables = registry.tables()

    def find(self, **wanted: str | None) -> tuple[RegisteredTable, ...]:
        asked = {field: value for field, value in wanted.items() if value is not None}
        fields = ((table, fields_of(table.metadata)) for table in self._tables)
        return tuple(table for table, have in fields if all(value in have[field] for field, value in asked.items()))

    def has(self, field: str, value: str) -> bool:
        return any(value in fields_of(table.metadata)[field] for table in self._tables)

    def known(self, field: str) -> tuple[str, ...]:
        return tuple(sorted({value for table in self._tables for value in fields_of(table.metadata)[field]}))
