"""Code to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.blocks import Part, Tab, Tabs
from lakecat.snapshot import SnippetsSection
from lakecat.snippets import import_of, make_snippets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakecat.asked import AskedTable
    from lakecat.sections.base import Contribution
    from lakecat.sections.index import Index
    from lakecat.snapshot import Snippet, TableSnapshot


class Snippets:
    """How the table is read."""

    name, version, record = "snippets", 1, SnippetsSection

    def collect(self, table: AskedTable) -> SnippetsSection:
        """Return the code; it is known to run where nothing failed."""
        imported = table.imported or import_of(table.metadata.place)
        made = make_snippets(
            table.metadata, table.parameters, imported=imported, reference=table.reference, failed=table.failed
        )
        return SnippetsSection(snippets=made)

    def draw(self, table: TableSnapshot, index: Index) -> Iterator[Contribution]:
        """Yield the snippets, in tabs."""
        if table.snippets:
            items = tuple(Tab(s.label, s.language, *_code(s, table.full_name)) for s in table.snippets)
            yield Part("read", "Read it", (Tabs(items),), 10)

    def words(self, table: TableSnapshot) -> Iterator[str]:
        """Yield nothing: the same code stands on every page."""
        yield from ()


def _code(snippet: Snippet, name: str) -> tuple[str, str, str]:
    """Return the code, the name in it, and the imports above it; where something must be filled in, with a comment."""
    before, line, code = snippet.code.partition("\n\n")
    if not line or not all(each.startswith(("import ", "from ")) for each in before.splitlines()):
        before, code = "", snippet.code
    missing = not snippet.verified and "..." in code
    return f"# Give each parameter that is ... a value.\n{code}" if missing else code, name, before
