"""The columns of a table: name, marks, type and description."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from lakecat.blocks import Mark, Markup, Ref, Text
from lakecat.dtypes import said_dtype
from lakecat.sections.base import Put
from lakecat.sections.index import REFERENCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lakecat.blocks import Span, Spans
    from lakecat.sections.base import Contribution
    from lakecat.sections.index import Index
    from lakecat.snapshot import ColumnSnapshot, TableSnapshot

_NAMED = 2
"""So many columns that reference one are named in its row; more are counted, and listed among the relations."""


class Columns:
    """What stands in the row of each column, and which classes of data the table contains."""

    name = "columns"

    def draw(self, table: TableSnapshot, index: Index) -> Iterator[Contribution]:
        """Yield the cells of each column."""
        columns = table.columns or ()
        for label in dict.fromkeys(c.classification for c in columns if c.classification):
            yield Put("state", (Mark(label, meaning="classification"),), 10)
        keys = [c.name for c in columns if c.primary_key]
        for column in columns:
            name = column.name
            yield Put("column.name", (Text(name, "code"), *_marks(column, keys)), 0, name)
            yield Put("column.type", _type(column.dtype, not_null=column.nullable is False), 0, name)
            if column.deprecated:
                yield Put("column.text", (Text("Deprecated.", "strong"), Text(f" {column.deprecated}")), 0, name)
            if column.description:
                text = Markup(column.description, Ref("column", f"{table.full_name}.{name}"))
                yield Put("column.text", (text,), 10, name)
            if column.references:
                yield Put("column.text", (Text("→ "), Ref("column", column.references)), 20, name)
            if users := index.into(REFERENCES, f"{table.full_name}.{name}"):
                yield Put("column.text", tuple(_users(users)), 30, name)
        if note := " ".join(_notes(table, keys)):
            yield Put("column.note", (Text(note),))

    def words(self, table: TableSnapshot) -> Iterator[str]:
        """Yield names, tags and classifications of the columns."""
        for column in table.columns or ():
            yield from (column.name, *column.tags, column.classification)


def _users(users: Sequence[str]) -> Iterator[Span]:
    """Yield which columns reference one: a few by name, else how many they are."""
    yield Text("← ")
    if len(users) > _NAMED:
        yield Text(f"{len(users):,} reference it")
        return
    for i, user in enumerate(users):
        if i:
            yield Text(", ")
        yield Ref("column", user)


def _marks(column: ColumnSnapshot, keys: list[str]) -> Iterator[Span]:
    if column.primary_key:
        place = f"{keys.index(column.name) + 1}/{len(keys)}"
        several = len(keys) > 1
        meaning = f"part {place.replace('/', ' of ')} of the primary key" if several else "primary key"
        yield Mark(f"key {place}" if several else "key", meaning=meaning)
    if column.classification:
        yield Mark(column.classification, meaning=f"classification{', values hidden' * column.hidden}")
    yield from (Mark(tag, meaning="tag") for tag in column.tags)
    if column.deprecated:
        yield Mark("deprecated", "warn")


@functools.lru_cache(maxsize=1024)
def _type(dtype: str, *, not_null: bool) -> Spans:
    if not dtype:
        return (Text("unknown", "muted"),)
    said = said_dtype(dtype)
    shown = Text(said, "code", full=dtype if said != dtype else "")
    return (shown, Text("not null", "muted")) if not_null else (shown,)


def _notes(table: TableSnapshot, keys: list[str]) -> Iterator[str]:
    """Yield what holds for all columns, so that no row need say it."""
    columns = table.columns or ()
    if len(keys) > 1:
        yield f"The primary key is {', '.join(keys[:-1])} and {keys[-1]} together."
    known = {c.nullable for c in columns}
    if known == {True}:
        yield "Any column may be NULL."
    elif {True, False} <= known:
        yield "A column that is not marked as not null may be NULL."
    if columns and table.columns_from == "declared":
        yield "As declared in the code; not compared with data."
