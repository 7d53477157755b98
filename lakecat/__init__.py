"""Code as a catalog: declare tables in Python, read them with Polars.

``@table`` on a function, or ``register_static_table`` with a Delta or Parquet table, and ``Catalog().table(name)`` is a
LazyFrame.
"""

from __future__ import annotations

from lakecat.catalog import Catalog, default_catalog, get_table
from lakecat.databases import ModuleDatabase
from lakecat.decorator import register_static_table, table
from lakecat.errors import (
    CatalogLoadError,
    DeclarationError,
    DuplicateTableError,
    LakecatError,
    SnapshotError,
    SourceError,
    SourceNotFoundError,
    TableFunctionError,
    TableNotFoundError,
    TableParameterError,
)
from lakecat.metadata import Column, TableMetadata, TableType
from lakecat.registry import CatalogRegistry, use_registry
from lakecat.snapshot import Fact, TableSnapshot
from lakecat.sources.delta import DeltaTable
from lakecat.sources.parquet import ParquetTable

__version__ = "0.1.0"

__all__ = [
    "Catalog",
    "CatalogLoadError",
    "CatalogRegistry",
    "Column",
    "DeclarationError",
    "DeltaTable",
    "DuplicateTableError",
    "Fact",
    "LakecatError",
    "ModuleDatabase",
    "ParquetTable",
    "SnapshotError",
    "SourceError",
    "SourceNotFoundError",
    "TableFunctionError",
    "TableMetadata",
    "TableNotFoundError",
    "TableParameterError",
    "TableSnapshot",
    "TableType",
    "default_catalog",
    "get_table",
    "register_static_table",
    "table",
    "use_registry",
]
