"""What sources answer when they are asked about a table: plain values, from the standard library alone.

``None`` is unknown. They hold no live object, and compare equal where they say the same. Those that come in numbers
have no slots: the codec's library fills objects without them three times as fast.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number and where it comes from.

    Args:
        value: The number: a count, or bytes, as the field that holds it says.
        provenance: ``exact``, or ``approximate`` where the source gives a bound or an unverified sum.
        source: What it was read from, such as "Delta log" or "Parquet footers".
    """

    value: int
    provenance: Literal["exact", "approximate"]
    source: str


@dataclass(frozen=True, kw_only=True)
class ColumnStatistics:
    """What metadata say of a column's values; ``None`` is unknown.

    Args:
        null_count: Number of values that are missing.
        minimum: A value that none is below, as text.
        maximum: A value that none is above, as text.
        bounds: ``exact`` if the two are values of the column; ``approximate`` if they only bound it, as logs do.
    """

    null_count: Figure | None = None
    minimum: str | None = None
    maximum: str | None = None
    bounds: Literal["exact", "approximate"] = "approximate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Figures of a whole table, read without reading its rows. ``None`` is unknown.

    Args:
        rows: Number of rows.
        bytes: Size of the data files in bytes.
        files: Number of data files.
        last_change: Time of the last commit, ISO 8601 in UTC.
        version: Number of the last commit.
    """

    rows: Figure | None = None
    bytes: Figure | None = None
    files: Figure | None = None
    last_change: str | None = None
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One change of a table.

    Args:
        version: Its number.
        time: When it was made, ISO 8601 in UTC; ``None`` is unknown.
        operation: What it was, in the words of its writer.
        rows_added: How many rows it added, if the writer says so.
    """

    version: int
    time: str | None = None
    operation: str = ""
    rows_added: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a table; ``default`` is its Python text, or ``None`` where a value must be given.

    Of one that stands for a hidden column, or whose name is that of a secret, the default is an ellipsis and ``hidden``
    says why.
    """

    name: str
    annotation: str = ""
    default: str | None = None
    hidden: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """Code to copy. ``language`` is a name that Pygments knows; ``verified`` says that it runs as it stands."""

    label: str
    language: str
    code: str
    verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A label and a value that documentation shows as they are; both are plain text."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that could not be found out.

    Args:
        code: A short name of the kind of problem; in Sphinx, the subtype of the warning.
        message: One sentence for a reader: what is unknown, and why.
        detail: What an engineer needs to know, in one line.
        extra: What a newer version wrote: names of fields, and their JSON.
    """

    code: str
    message: str
    detail: str = ""
    extra: tuple[tuple[str, str], ...] = field(default=(), metadata={"elsewhere": True})
