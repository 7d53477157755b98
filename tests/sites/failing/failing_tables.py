"""Tables that fail while documentation is made, beside one that does not."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from lakecat import Column, DeltaTable, ParquetTable, register_static_table, table

HERE = Path(__file__).parent


@table(owner="analytics", tags=["report"])
def raises() -> pl.LazyFrame:
    """One row for each day. Its function needs a service that is not there."""
    message = "the service is not there"
    raise ConnectionError(message)


register_static_table(
    ParquetTable("gone", uri=HERE / "gone.parquet"),
    owner="operations",
    description="One row for each flight. Its file is gone.",
    schema=[Column("tailnum", "String", classification="personal", description="Tail number."), Column("day", "Date")],
)
register_static_table(
    DeltaTable("no_table", uri=HERE), owner="operations", description="A folder that holds no Delta table."
)


@table(owner="analytics", schema={"day": "Date"})
def whole() -> pl.LazyFrame:
    """One row for each day. Nothing is wrong with it."""
    return pl.LazyFrame(schema={"day": pl.Date})
