"""The newest changes of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.blocks import Grid, Head, Part, Row, Text
from lakecat.snapshot import HistorySection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakecat.asked import AskedTable
    from lakecat.sections.base import Contribution
    from lakecat.sections.index import Index
    from lakecat.snapshot import Commit, TableSnapshot

_HEADS = (Head("Version"), Head("Time"), Head("Operation"), Head("Rows added", "number"))


class History:
    """Commits, the newest first."""

    name, version, record = "history", 1, HistorySection

    def collect(self, table: AskedTable) -> HistorySection | None:
        """Return the newest changes."""
        return HistorySection(commits=table.history) if table.history else None

    def draw(self, table: TableSnapshot, index: Index) -> Iterator[Contribution]:
        """Yield version, time, operation and number of rows added of each known change."""
        if table.history:
            rows = tuple(map(_row, table.history))
            yield Part("history", "History", (Grid("History", _HEADS, rows),), 50)

    def words(self, table: TableSnapshot) -> Iterator[str]:
        """Yield nothing."""
        yield from ()


def _row(commit: Commit) -> Row:
    time = (commit.time or "").replace("T", " ").replace("+00:00", " UTC")
    added = "" if commit.rows_added is None else f"{commit.rows_added:,}"
    texts = (str(commit.version), time, commit.operation, added)
    return Row(tuple(((Text(text),),) if text else () for text in texts))
