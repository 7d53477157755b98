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
