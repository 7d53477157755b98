"""Names that do not fit on a line, and names that would be markup."""

from __future__ import annotations

import polars as pl

from lakecat import Column, table

LONG = "".join(f"quarterly{i}" for i in range(12))
MARKUP = '<img/src=x/onerror="alert(2)">'

for name in ("long", "markup"):
    text = {"long": LONG, "markup": MARKUP}[name]
    table(
        name=text,
        database=name,
        owner=text,
        tags=[text],
        description=f"One row. {text} See :lakecat:table:`long.{LONG}`.",
        schema=[Column(text, "Int64", classification=text, description=f"``{text}``"), Column("day", "Date")],
    )(lambda: pl.LazyFrame(schema={"day": pl.Date}))
