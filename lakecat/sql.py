"""SQL over the tables of a registry, run by Polars."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from lakecat.reading import read_table

if TYPE_CHECKING:
    from lakecat.registry import Registry

_UNKNOWN = re.compile(r"relation ['\"](.+?)['\"] was not found")


def query(sql: str, registry: Registry) -> pl.LazyFrame:
    """Return the result of a query, lazily. Filters and column choices reach the files.

    Only the tables that the query reads are opened.

    Raises:
        TableNotFoundError: The query names a table that is not in the registry.
    """
    frames: dict[str, pl.LazyFrame] = {}
    while True:
        try:
            frame = pl.SQLContext(frames).execute(sql, eager=False)
            frame.collect_schema()  # Polars looks tables up when it resolves the plan, not before
        except pl.exceptions.SQLInterfaceError as error:
            # Polars, not a guess at the text, says which names are tables; one more is known each time around.
            unknown = _UNKNOWN.search(str(error))
            if unknown is None or unknown[1] in frames:
                raise
            name = unknown[1]
        else:
            return frame
        frames[name] = read_table(registry.get(name), registry)
