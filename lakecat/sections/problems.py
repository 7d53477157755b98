"""What could not be found out about a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.blocks import Prose, Text
from lakecat.sections.base import Lead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakecat.sections.base import Contribution
    from lakecat.sections.index import Index
    from lakecat.snapshot import TableSnapshot


class Problems:
    """A note for readers, with the details for engineers, for each thing that is unknown."""

    name = "problems"

    def draw(self, table: TableSnapshot, index: Index) -> Iterator[Contribution]:
        """Yield a note for each sentence."""
        for message in dict.fromkeys(p.message for p in table.problems):
            details = tuple((Text(p.detail, "code"),) for p in table.problems if p.message == message and p.detail)
            yield Lead(Prose((Text(message),), "bad", details), 20)

    def words(self, table: TableSnapshot) -> Iterator[str]:
        """Yield nothing."""
        yield from ()
