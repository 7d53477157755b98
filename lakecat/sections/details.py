"""What a source says about itself, and where a table is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.blocks import Text
from lakecat.sections.base import Detail
from lakecat.snapshot import DetailsSection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakecat.asked import AskedTable
    from lakecat.sections.base import Contribution
    from lakecat.sections.index import Index
    from lakecat.snapshot import TableSnapshot


class Details:
    """Facts of the source, such as its location, and the line of code."""

    name, version, record = "details", 1, DetailsSection

    def collect(self, table: AskedTable) -> DetailsSection | None:
        """Return where the data lie, and what the source says about itself."""
        facts = (*table.location, *table.facts)
        return DetailsSection(facts=facts) if facts else None

    def draw(self, table: TableSnapshot, index: Index) -> Iterator[Contribution]:
        """Yield the facts first, the line of code last."""
        for fact in table.facts:
            yield Detail(fact.label, (Text(fact.value),), "", 10)
        if origin := table.origin:
            yield Detail("Declared in", (Text(f"{origin.file}, line {origin.line}"),), "", 90)

    def words(self, table: TableSnapshot) -> Iterator[str]:
        """Yield nothing."""
        yield from ()
