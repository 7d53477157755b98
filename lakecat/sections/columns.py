"""The columns of a table: name, marks, type and description."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from lakecat.blocks import Mark, Markup, Ref, Text
from lakecat.sections.base import Put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakecat.blocks import Span, Spans
    from lakecat.sections.base import Contribution
    from lakecat.sections.index import Index
    from lakecat.snapshot import ColumnSnapshot, TableSnapshot

_LONG = 40
"""Above this number of characters, a dtype is folded."""

_NAMED = 5
"""So many columns that reference one are named."""

_NULLABILITY = {True: "nullable", False: "not null", None: ""}


class Columns:
    """What stands in the row of each column, and which classes of data the table contains."""

    name = "columns"

    def draw(self, table: TableSnapshot, index: Index) -> Iterator[Contribution]:
        """Yield the cells of each column."""
        columns = table.columns or ()
        for label in dict.fromkeys(c.classification for c in columns if c.classification):
            yield Put("state", (Mark(label, meaning="classification"),), 10)
        for column in columns:
            name = column.name
            marks = tuple(_marks(column))
            yield Put("column.name", (Text(name, "code"), *marks), 0, name)
            yield Put("column.type", _type(column.dtype, column.nullable), 0, name)
            if column.deprecated:
                yield Put("column.text", (Text("Deprecated.", "strong"), Text(f" {column.deprecated}")), 0, name)
            if column.description:
                text = Markup(column.description, Ref("column", f"{table.full_name}.{name}"))
                yield Put("column.text", (text,), 10, name)
            if column.references:
                target = Ref("column", column.references)
                yield Put("column.text", (Text("References "), target, Text(".")), 20, name)
            if users := index.into("references", f"{table.full_name}.{name}"):
                yield Put("column.text", tuple(_users(users)), 30, name)
        if columns and table.columns_from == "declared":
            yield Put("column.note", (Text("As declared in the code; not compared with data."),))

    def words(self, table: TableSnapshot) -> Iterator[str]:
        """Yield names, tags and classifications of the columns."""
        for column in table.columns or ():
            yield from (column.name, *column.tags, column.classification)


def _users(users: tuple[str, ...]) -> Iterator[Span]:
    """Yield which columns reference one: a few by name, of the others how many they are."""
    yield Text("Referenced by ")
    for i, user in enumerate(users[:_NAMED]):
        if i:
            yield Text(" and " if i == len(users) - 1 else ", ")
        yield Ref("column", user)
    more = len(users) - _NAMED
    yield Text(f" and {more} more." if more > 0 else ".")


def _marks(column: ColumnSnapshot) -> Iterator[Span]:
    if column.primary_key:
        yield Mark("key", meaning="primary key")
    if column.classification:
        yield Mark(column.classification, meaning=f"classification{', values hidden' * column.hidden}")
    yield from (Mark(tag, meaning="tag") for tag in column.tags)
    if column.deprecated:
        yield Mark("deprecated")


@functools.lru_cache(maxsize=1024)
def _type(dtype: str, nullable: bool | None) -> Spans:
    if not dtype:
        shown = Text("unknown", "muted")
    elif len(dtype) <= _LONG:
        shown = Text(dtype, "code")
    else:
        shown = Text(dtype.partition("(")[0], "code", full=dtype)
    null = _NULLABILITY[nullable]
    return (shown, Text(null, "muted")) if null else (shown,)
