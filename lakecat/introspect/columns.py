"""What was declared about columns and what the data say, brought together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.dtypes import dtype_text
from lakecat.snapshot import ColumnSnapshot

if TYPE_CHECKING:
    from lakecat.classification import HiddenColumns
    from lakecat.metadata import Column


def merge_columns(
    declared: tuple[Column, ...] | None,
    found: tuple[Column, ...] | None,
    hidden: HiddenColumns,
) -> tuple[ColumnSnapshot, ...] | None:
    """Return the columns for documentation: those of the data, in their order, with what was declared about them.

    Where the data are unknown, the declared ones stand alone; where nothing is known, ``None``. Of a hidden column
    nothing that tells of values is taken over.
    """
    if found is None:
        return None if declared is None else tuple(_snapshot(c, c, hidden) for c in declared)
    notes = {c.name: c for c in declared or ()}
    return tuple(_snapshot(notes.get(c.name, c), c, hidden) for c in found)


def _snapshot(note: Column, actual: Column, hidden: HiddenColumns) -> ColumnSnapshot:
    """Return a column of the data with an author's note on it (which may be the column itself)."""
    why = hidden.of(actual.name)
    return ColumnSnapshot(
        name=actual.name,
        dtype=dtype_text(actual.dtype if actual.dtype is not None else note.dtype, values=not why),
        nullable=actual.nullable if note.nullable is None else note.nullable,
        description=note.description or actual.description,
        tags=note.tags or actual.tags,
        classification=note.classification or actual.classification or why,
        deprecated=note.deprecated or actual.deprecated,
        primary_key=note.primary_key or actual.primary_key,
        references=note.references or actual.references,
        hidden=bool(why),
    )
