"""Parquet tables."""

from __future__ import annotations

from lakecat.sources.parquet.table import ParquetTable as ParquetTable
