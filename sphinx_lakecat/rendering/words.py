"""The words and figures of a table page, the same for every writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.plaintext import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakecat.snapshot import ColumnSnapshot, Figure, Snippet, TableSnapshot

MANY_COLUMNS = 20
"""Above this number, columns get a filter and scroll in their own box."""

LONG_DTYPE = 40
"""Above this number of characters, a dtype is folded."""

_NULLABILITY = {True: "nullable", False: "not null", None: ""}


def nullability(column: ColumnSnapshot) -> str:
    """Return "nullable", "not null", or nothing where it is not known."""
    return _NULLABILITY[column.nullable]


def classifications(table: TableSnapshot) -> list[str]:
    """Return the classifications of the table's columns, each once."""
    return list(dict.fromkeys(c.classification for c in table.columns or () if c.classification))


def hidden(column: ColumnSnapshot) -> str:
    """Return what stands in the place of a column's values, if they are hidden."""
    return f"hidden (classified as {plain_name(column.classification)})" if column.hidden else ""


def marks(column: ColumnSnapshot) -> Iterator[tuple[str, str]]:
    """Yield the marks of a column with what they are: key, classification, tags, deprecation."""
    if column.primary_key:
        yield "key", "primary key"
    if column.classification:
        yield column.classification, "classification, values hidden" if column.hidden else "classification"
    for tag in column.tags:
        yield tag, "tag"
    if column.deprecated:
        yield "deprecated", ""


def code(snippet: Snippet) -> str:
    """Return the code of a snippet; where something must be filled in, with a comment that says so."""
    missing = not snippet.verified and "..." in snippet.code
    return f"# Give each parameter that is ... a value.\n{snippet.code}" if missing else snippet.code


def has_statistics(table: TableSnapshot) -> bool:
    """Return whether there is anything to say of the values of columns, and be it that they are hidden."""
    columns = table.columns or ()
    return any(c.statistics for c in columns) or (table.statistics is not None and any(c.hidden for c in columns))


def unknown_columns(table: TableSnapshot) -> str:
    """Return why the columns are not shown."""
    needed = [p.name for p in table.parameters if p.default is None]
    if needed and not table.problems:
        return f"The columns are not declared, and the table cannot be asked without a value for {', '.join(needed)}."
    return "The columns are unknown: none are declared, and the data could not be asked for them."


def provenance(figure: Figure) -> str:
    """Return where a figure comes from, in a few words."""
    return f"{figure.provenance}, from: {figure.source}"


def head_figures(table: TableSnapshot) -> Iterator[tuple[str, Figure | None]]:
    """Yield the figures for the line of facts: rows, size, last change, version. What is unknown stays away."""
    if (known := table.statistics) is None:
        return
    if known.rows:
        yield f"{_about(known.rows)}{known.rows.value:,} row{'' if known.rows.value == 1 else 's'}", known.rows
    if known.bytes:
        yield f"{_about(known.bytes)}{size(known.bytes.value)}", known.bytes
    if known.last_change:
        yield f"changed {known.last_change[:10]}", None
    if known.version is not None:
        yield f"version {known.version}", None


def statistics(table: TableSnapshot) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, number of nulls, smallest and largest value of each column of which anything is known, or hidden."""
    for column in table.columns or ():
        if column.hidden:
            yield column.name, "", hidden(column), hidden(column)
        elif (known := column.statistics) is not None:
            nulls = "" if known.null_count is None else f"{known.null_count.value:,}"
            yield column.name, nulls, known.minimum or "", known.maximum or ""


def statistics_source(table: TableSnapshot) -> str:
    """Return where the statistics of columns come from, and what smallest and largest mean."""
    known = [column.statistics for column in table.columns or () if column.statistics is not None]
    sources = dict.fromkeys(figure.null_count.source for figure in known if figure.null_count is not None)
    origin = f"From: {', '.join(sources)}. " if sources else ""
    if not known:
        return ""
    if all(figure.bounds == "exact" for figure in known):
        return f"{origin}Not computed from the rows."
    return f"{origin}Not computed from the rows: smallest and largest are approximate bounds."


def history(table: TableSnapshot) -> Iterator[tuple[str, str, str, str]]:
    """Yield version, time, operation and number of rows added of each known change, the newest first."""
    for commit in table.history:
        time = (commit.time or "").replace("T", " ").replace("+00:00", " UTC")
        yield str(commit.version), time, commit.operation, "" if commit.rows_added is None else f"{commit.rows_added:,}"


def details(table: TableSnapshot) -> Iterator[tuple[str, str, str]]:
    """Yield label, value and source of all that is known beside the columns."""
    for fact in table.facts:
        yield fact.label, fact.value, ""
    if known := table.statistics:
        if known.rows:
            yield "Rows", f"{known.rows.value:,}", provenance(known.rows)
        if known.bytes:
            yield "Size", f"{size(known.bytes.value)} ({known.bytes.value:,} bytes)", provenance(known.bytes)
        if known.files:
            yield "Files", f"{known.files.value:,}", provenance(known.files)
        if known.version is not None:
            yield "Version", str(known.version), ""
        if known.last_change:
            yield "Last change", known.last_change, ""
    for parameter in table.parameters:
        annotation = f": {parameter.annotation}" if parameter.annotation else ""
        default = f" = {parameter.default}" if parameter.default is not None else ", required"
        yield (
            "Parameter",
            f"{parameter.name}{annotation}{default}",
            f"hidden: {parameter.hidden}" * bool(parameter.hidden),
        )
    if origin := table.origin:
        yield "Declared in", f"{origin.file}, line {origin.line}", ""


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


def _about(figure: Figure) -> str:
    return "about " if figure.provenance == "approximate" else ""
