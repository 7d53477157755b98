"""Writes the files of format 1 beside it, by the code of revision f3785fb.

``PYTHONPATH=CHECKOUT python tests/snapshots/format_1.py``
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import polars as pl

from lakecat import Catalog, DeltaTable, ParquetTable, register_static_table, table
from lakecat.metadata import Column
from lakecat.snapshot import (
    ColumnSnapshot,
    ColumnStatistics,
    Commit,
    Fact,
    Figure,
    Origin,
    Parameter,
    Problem,
    Snippet,
    Statistics,
    TableSnapshot,
    to_json,
)

HERE = Path(__file__).parent

EVERYTHING = TableSnapshot(
    name="users",
    kind="delta",
    database="shop",
    summary="One row for each user.",
    description="One row for each user.\n\nMore of “it”: größe, \ud800, 😀.",
    owner="growth",
    tags=("core", "people"),
    deprecated="Use accounts.",
    columns=(
        ColumnSnapshot(
            name="id",
            dtype="Int64",
            nullable=False,
            description="The *number*.",
            tags=("key",),
            classification="internal",
            deprecated="Use uuid.",
            statistics=ColumnStatistics(
                null_count=Figure(value=0, provenance="exact", source="Parquet footers"),
                minimum="1",
                maximum="9",
                bounds="exact",
            ),
        ),
        ColumnSnapshot(name="name.first", statistics=ColumnStatistics(minimum="a")),
        ColumnSnapshot(name="größe"),
    ),
    columns_from="source",
    parameters=(
        Parameter(name="day", annotation="str", default="'2026-01-01'"),
        Parameter(name="region"),
    ),
    facts=(Fact(label="Location", value="s3://bucket/users"),),
    statistics=Statistics(
        rows=Figure(value=12, provenance="approximate", source="Delta log"),
        bytes=Figure(value=3400, provenance="exact", source="Delta log"),
        files=Figure(value=2, provenance="exact", source="Delta log"),
        last_change="2026-01-02T03:04:05+00:00",
        version=7,
    ),
    history=(
        Commit(version=7, time="2026-01-02T03:04:05+00:00", operation="WRITE", rows_added=5),
        Commit(version=6),
    ),
    snippets=(
        Snippet(label="Python", language="python", code="catalog.table('users')\n"),
        Snippet(label="SQL", language="sql", code="select * from users", verified=False),
    ),
    origin=Origin(module="shop.tables", qualname="users", file="shop/tables.py", line=12),
    problems=(Problem(code="schema_mismatch", message="It is not as declared.", detail="column 'x' is gone"),),
)

LEAST = (
    TableSnapshot(name="a", kind="k", columns=None),
    TableSnapshot(name="b", kind="k", columns=()),
    TableSnapshot(name="", kind=""),
)


def real(folder: Path) -> Catalog:
    """Return a catalog of three real tables."""
    rows = pl.DataFrame({"day": ["a", "b"], "number": [1, None]})
    rows.write_parquet(folder / "rows.parquet")
    rows.write_delta(folder / "rows")
    register_static_table(ParquetTable("footers", uri=folder / "rows.parquet"), owner="growth")
    register_static_table(
        DeltaTable("log", uri=folder / "rows"), tags=["core"], schema=[Column("day", description="A day.")]
    )

    @table(schema={"number": "Int64"})
    def function(limit: int, day: str = "a") -> pl.LazyFrame:
        """Some rows, as many as are wanted."""
        return rows.lazy().head(limit)

    return Catalog()


if __name__ == "__main__":
    (HERE / "format_1.json").write_text(to_json([EVERYTHING, *LEAST]), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        real(Path(folder)).export_catalog_metadata(HERE / "format_1_real.json")
    sys.stdout.write("written\n")
