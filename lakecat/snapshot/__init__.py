"""What documentation knows of a table: plain records, and their form as JSON.

A :class:`TableSnapshot` is a small core and sections. A section stays JSON until somebody asks for its record, and is
handed on as it is by everybody who does not know it.
"""

from __future__ import annotations

from lakecat.snapshot.document import FORMAT_VERSION, from_json, to_json
from lakecat.snapshot.lines import Line, SnapshotFile, SnapshotHeader, TableHead, read, read_header, to_lines, write
from lakecat.snapshot.records import (
    ColumnSnapshot,
    DetailsSection,
    HistorySection,
    Origin,
    ParametersSection,
    SnippetsSection,
    StatisticsSection,
    TableSnapshot,
)
from lakecat.snapshot.schema import json_schema
from lakecat.snapshot.section import Section
from lakecat.snapshot.values import (
    ColumnStatistics,
    Commit,
    Fact,
    Figure,
    Parameter,
    Problem,
    Snippet,
    Statistics,
)

__all__ = [
    "FORMAT_VERSION",
    "ColumnSnapshot",
    "ColumnStatistics",
    "Commit",
    "DetailsSection",
    "Fact",
    "Figure",
    "HistorySection",
    "Line",
    "Origin",
    "Parameter",
    "ParametersSection",
    "Problem",
    "Section",
    "SnapshotFile",
    "SnapshotHeader",
    "Snippet",
    "SnippetsSection",
    "Statistics",
    "StatisticsSection",
    "TableHead",
    "TableSnapshot",
    "from_json",
    "json_schema",
    "read",
    "read_header",
    "to_json",
    "to_lines",
    "write",
]
