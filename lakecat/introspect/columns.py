"""What was declared about columns and what the data say, brought together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.contract import mismatches
from lakecat.snapshot import ColumnSnapshot, ColumnStatistics, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakecat.metadata import Column


def merge_columns(
    declared: tuple[Column, ...] | None,
    found: tuple[Column, ...] | None,
    figures: Mapping[str, ColumnStatistics] | None = None,
) -> tuple[ColumnSnapshot, ...] | None:
    """Return the columns for documentation: those of the data, in their order, with what was declared about them.

    Where the data are unknown, the declared ones stand alone; where nothing is known, ``None``.
    """
    if found is None:
        return None if declared is None else tuple(_snapshot(c, c) for c in declared)
    notes = {c.name: c for c in declared or ()}
    return tuple(_snapshot(notes.get(c.name, c), c, (figures or {}).get(c.name)) for c in found)


def check_declared(declared: tuple[Column, ...] | None, found: tuple[Column, ...] | None) -> tuple[Problem, ...]:
    """Return a problem for each declared column that the data do not have, or have with another dtype."""
    actual = None if found is None else {column.name: column.dtype for column in found}
    return () if actual is None else tuple(_mismatch(detail) for _, detail in mismatches(declared, actual))


def _mismatch(detail: str) -> Problem:
    return Problem(
        code="schema_mismatch",
        message="What is declared about this table's columns is not what its data have.",
        detail=detail,
    )


def _snapshot(note: Column, actual: Column, figures: ColumnStatistics | None = None) -> ColumnSnapshot:
    """Return a column of the data with an author's note on it (which may be the column itself)."""
    dtype = actual.dtype if actual.dtype is not None else note.dtype
    return ColumnSnapshot(
        name=actual.name,
        dtype="" if dtype is None else str(dtype),
        nullable=actual.nullable if note.nullable is None else note.nullable,
        description=note.description or actual.description,
        tags=note.tags,
        classification=note.classification,
        deprecated=note.deprecated,
        primary_key=note.primary_key,
        references=note.references,
        statistics=figures,
    )
