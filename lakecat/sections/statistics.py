"""Figures of a table and of its columns, which its log or footers have; nothing is computed from rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.blocks import Bar, Text
from lakecat.sections.base import Detail, Put
from lakecat.snapshot import StatisticsSection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakecat.asked import AskedTable
    from lakecat.blocks import Span, Spans
    from lakecat.sections.base import Contribution
    from lakecat.sections.index import Index
    from lakecat.snapshot import ColumnSnapshot, Figure, TableSnapshot
    from lakecat.snapshot import Statistics as TableFigures


class Statistics:
    """Rows, size and version in the line of facts; in the row of each column, how complete it is, and its bounds."""

    name, version, record = "statistics", 1, StatisticsSection

    def collect(self, table: AskedTable) -> StatisticsSection | None:
        """Return the figures of the table and of its columns."""
        known, figures = table.statistics, table.column_statistics
        columns = {c.name: figures[c.name] for c in table.columns or () if c.name in figures}
        return StatisticsSection(table=known, columns=columns) if known or columns else None

    def draw(self, table: TableSnapshot, index: Index) -> Iterator[Contribution]:
        """Yield figures; what is unknown stays away, and of a hidden column it is said that it is hidden."""
        if known := table.statistics:
            if known.rows:
                number = f"{about(known.rows)}{known.rows.value:,} row{'' if known.rows.value == 1 else 's'}"
                yield Put("head", (Text(number, "value", provenance(known.rows)),), 60)
            if known.bytes:
                text = f"{about(known.bytes)}{size(known.bytes.value)}"
                yield Put("head", (Text(text, "value", provenance(known.bytes)),), 61)
            if known.last_change:
                yield Put("head", (Text(f"changed {known.last_change[:10]}", "value"),), 62)
            if known.version is not None:
                yield Put("head", (Text(f"v{known.version}", "value"),), 63)
            yield from _details(known)
        columns = table.columns or ()
        if any(c.statistics for c in columns) or (known is not None and any(c.hidden for c in columns)):
            counted = known.rows if known is not None else None
            whole = counted.value if counted is not None and counted.provenance == "exact" else 0
            for column in columns:
                for i, piece in enumerate(_values(column, whole)):
                    yield Put("column.values", piece, i, column.name)
            if note := _source(table):
                yield Put("column.note", (Text(note),), 10)

    def words(self, table: TableSnapshot) -> Iterator[str]:
        """Yield nothing: nobody searches for a number of rows."""
        yield from ()


def _details(known: TableFigures) -> Iterator[Detail]:
    if known.rows:
        yield Detail("Rows", (Text(f"{known.rows.value:,}"),), provenance(known.rows), 20)
    if known.bytes:
        text = f"{size(known.bytes.value)} ({known.bytes.value:,} bytes)"
        yield Detail("Size", (Text(text),), provenance(known.bytes), 21)
    if known.files:
        yield Detail("Files", (Text(f"{known.files.value:,}"),), provenance(known.files), 22)
    if known.version is not None:
        yield Detail("Version", (Text(str(known.version)),), "", 23)
    if known.last_change:
        yield Detail("Last change", (Text(known.last_change),), "", 24)


def about(figure: Figure) -> str:
    """Return "about " for a figure that is not exact."""
    return "about " if figure.provenance == "approximate" else ""


def provenance(figure: Figure) -> str:
    """Return where a figure comes from, in a few words."""
    return f"{figure.provenance}, from: {figure.source}"


def size(value: int) -> str:
    """Return a number of bytes in the largest decimal unit that leaves at least one whole.

    Example:
        >>> size(5_300_000)
        '5.3 MB'
    """
    number = float(value)
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} PB"


def _values(column: ColumnSnapshot, rows: int) -> Iterator[Spans]:
    """Yield how many rows have a value, and the smallest and largest one."""
    if column.hidden:
        yield (Text(f"hidden ({column.classification})", "muted"),)
        return
    known = column.statistics
    if known is None:
        return
    if known.null_count is not None:
        yield (_complete(known.null_count.value, rows),)
    if known.minimum is not None or known.maximum is not None:
        bounds = ['""' if bound == "" else bound or "…" for bound in (known.minimum, known.maximum)]
        yield (Text(bounds[0] if bounds[0] == bounds[1] else f"{bounds[0]} … {bounds[1]}", "value"),)


def _complete(nulls: int, rows: int) -> Span:
    """Return the share of rows that have a value; where it is not known of how many, how many have none."""
    if not 0 <= nulls <= rows or not rows:  # a source may say anything
        return Text(f"{nulls:,} NULL", "value")
    return Bar(1 - nulls / rows, percent(rows - nulls, rows))


def percent(part: int, whole: int) -> str:
    """Return a share in percent, in which few are never none, and many never all.

    Example:
        >>> percent(1, 3), percent(1, 3000), percent(2999, 3000), percent(3, 3)
        ('33.3 %', 'under 0.1 %', '99.9 %', '100 %')
    """
    if part in (0, whole):
        return "100 %" if part else "0 %"
    tenths = 1000 * part // whole
    return f"{tenths / 10:.1f} %" if tenths else "under 0.1 %"


def _source(table: TableSnapshot) -> str:
    """Return where the statistics of columns come from, and what smallest and largest mean."""
    known = [column.statistics for column in table.columns or () if column.statistics is not None]
    if not known:
        return ""
    sources = dict.fromkeys(figure.null_count.source for figure in known if figure.null_count is not None)
    origin = f"Values are from: {', '.join(sources)}; they are" if sources else "Values are"
    bounds = "" if all(figure.bounds == "exact" for figure in known) else _BOUNDS
    return f"{origin} not computed from the rows{bounds}. A percentage is that of rows that have a value."


_BOUNDS = ": smallest and largest are approximate bounds"
