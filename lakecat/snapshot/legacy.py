"""Format 1, which lakecat wrote until sections came: one wide object a table. Read, and not written any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lakecat.snapshot.codec import decode
from lakecat.snapshot.records import ColumnSnapshot, Origin, TableSnapshot
from lakecat.snapshot.values import (  # the codec looks at them
    ColumnStatistics,  # noqa: TC001
    Commit,  # noqa: TC001
    Fact,  # noqa: TC001
    Parameter,  # noqa: TC001
    Problem,  # noqa: TC001
    Snippet,  # noqa: TC001
    Statistics,  # noqa: TC001
)

if TYPE_CHECKING:
    from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of format 1."""

    name: str
    dtype: str = ""
    nullable: bool | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    classification: str = ""
    deprecated: str = ""
    primary_key: bool = False
    references: str = ""
    hidden: bool = False
    statistics: ColumnStatistics | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of format 1."""

    name: str
    kind: str
    database: str | None = None
    summary: str = ""
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    deprecated: str = ""
    columns: tuple[Column, ...] | None = None
    columns_from: Literal["declared", "source", ""] = ""
    parameters: tuple[Parameter, ...] = ()
    facts: tuple[Fact, ...] = ()
    statistics: Statistics | None = None
    history: tuple[Commit, ...] = ()
    snippets: tuple[Snippet, ...] = ()
    origin: Origin | None = None
    problems: tuple[Problem, ...] = ()


def decode_legacy_table(raw: bytes, where: str) -> TableSnapshot:
    """Return the snapshot that a JSON object of format 1 holds.

    Raises:
        SnapshotError: It is no JSON, or a value is not of the type of its field.
    """
    table = decode(Table, raw, where)
    fields: dict[str, Any] = {name: getattr(table, name) for name in Table.__dataclass_fields__}
    columns = fields["columns"]
    if columns is not None:
        fields["columns"] = tuple(
            ColumnSnapshot(**{name: getattr(column, name) for name in Column.__dataclass_fields__})
            for column in columns
        )
    return TableSnapshot(**fields)
