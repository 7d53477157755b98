"""What a table is: its kind, database, owner and tags, and that it is deprecated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.blocks import Mark, Prose, Ref, Text
from lakecat.sections.base import Lead, Put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakecat.blocks import Span
    from lakecat.sections.base import Contribution
    from lakecat.sections.index import Index
    from lakecat.snapshot import TableSnapshot


class Identity:
    """The first items of the line of facts, and that it is deprecated."""

    name = "identity"

    def draw(self, table: TableSnapshot, index: Index) -> Iterator[Contribution]:
        """Yield kind, state, database, owner and tags, and what the deprecation says."""
        yield Put("head", (Ref("kind", table.kind),), 0)
        if table.deprecated:
            yield Put("state", (Mark("deprecated", "warn"),), 0)
            yield Lead(Prose((Text("Deprecated.", "strong"), Text(f" {table.deprecated}")), "warn"), 0)
        if table.database:
            yield Put("head", (Text("database "), Text(table.database, "value")), 30)
        if table.owner:
            yield Put("head", (Text("owner "), Ref("owner", table.owner)), 40)
        if table.tags:
            yield Put("head", tuple(_spaced([Text("tags"), *(Ref("tag", tag) for tag in table.tags)])), 50)

    def words(self, table: TableSnapshot) -> Iterator[str]:
        """Yield the table's name, its owner, tags and kind."""
        yield from (table.full_name, table.owner, *table.tags, table.kind)


def _spaced(spans: list[Span]) -> Iterator[Span]:
    for i, span in enumerate(spans):
        if i:
            yield Text(" ")
        yield span
