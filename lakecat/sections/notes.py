"""What somebody wrote about a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.blocks import Markup, Part, Prose, Ref
from lakecat.sections.base import Lead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakecat.sections.base import Contribution
    from lakecat.sections.index import Index
    from lakecat.snapshot import TableSnapshot


class Notes:
    """Its description: the first paragraph above all, what follows in a part of its own."""

    name = "notes"

    def draw(self, table: TableSnapshot, index: Index) -> Iterator[Contribution]:
        """Yield the first paragraph of the description, and the rest of it."""
        if not table.description:
            return
        text = Markup(table.description, Ref("table", table.full_name), "lead")
        yield Lead(Prose((text,)), 10)
        yield Part("notes", "Notes", (Prose((text._replace(portion="rest"),)),), 30)

    def words(self, table: TableSnapshot) -> Iterator[str]:
        """Yield nothing: what is shown is found anyway."""
        yield from ()
