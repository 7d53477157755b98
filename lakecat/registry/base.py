"""What every registry does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from lakecat.redaction import held_secrets, keep_secret

if TYPE_CHECKING:
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
        """Add a table; one declared at the same place replaces the older one, as a module may be loaded again.

        Raises:
            DuplicateTableError: The name is taken by a table declared at another place.
        """

    def get(self, name: str) -> RegisteredTable:
        """Return the table of this full name, or of this name in the only database that has it.

        Raises:
            TableNotFoundError: There is none, or more than one.
        """

    def names(self) -> tuple[str, ...]:
        """Return the full names, sorted."""

    def tables(self) -> tuple[RegisteredTable, ...]:
        """Return the tables, sorted by full name."""

    def __len__(self) -> int:
        """Return the number of tables."""
