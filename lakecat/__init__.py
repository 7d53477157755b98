"""Code as a catalog: declare tables in Python, read them with Polars.

``@table`` on a function, or ``register_static_table`` with a Delta or Parquet table, and ``Catalog().table(name)`` is a
LazyFrame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.catalog import Catalog, default_catalog, get_table
from lakecat.databases import ModuleDatabase
from lakecat.decorator import register_static_table, table
from lakecat.environments import ConfigurationError
from lakecat.errors import (
    AccessDeniedError,
    AmbiguousTableError,
    AuditLogError,
    CatalogLoadError,
    CommitConflictError,
    CorruptDataError,
    CorruptLogError,
    DeclarationError,
    DuplicateTableError,
    EncryptedDataError,
    LakecatError,
    MissingDataError,
    NotADeltaTableError,
    PluginError,
    SchemaMismatchError,
    SnapshotError,
    SourceError,
    SourceNotFoundError,
    SourceTimeoutError,
    TableFunctionError,
    TableNotFoundError,
    TableParameterError,
    UnreachableError,
    UnsupportedFeatureError,
)
from lakecat.metadata import Column, TableMetadata, TableType
from lakecat.registry import CatalogRegistry, use_registry
from lakecat.snapshot import Fact, TableSnapshot
from lakecat.sources.delta import DeltaTable
from lakecat.sources.installed import source_of
from lakecat.sources.parquet import ParquetTable
from lakecat.version import __version__ as __version__

if TYPE_CHECKING:
    from lakecat.config import LakecatConfig, current_config, use_config


__all__ = [
    "AccessDeniedError",
    "AmbiguousTableError",
    "AuditLogError",
    "Catalog",
    "CatalogLoadError",
    "CatalogRegistry",
    "Column",
    "CommitConflictError",
    "ConfigurationError",
    "CorruptDataError",
    "CorruptLogError",
    "DeclarationError",
    "DeltaTable",
    "DuplicateTableError",
    "EncryptedDataError",
    "Fact",
    "LakecatConfig",
    "LakecatError",
    "MissingDataError",
    "ModuleDatabase",
    "NotADeltaTableError",
    "ParquetTable",
    "PluginError",
    "SchemaMismatchError",
    "SnapshotError",
    "SourceError",
    "SourceNotFoundError",
    "SourceTimeoutError",
    "TableFunctionError",
    "TableMetadata",
    "TableNotFoundError",
    "TableParameterError",
    "TableSnapshot",
    "TableType",
    "UnreachableError",
    "UnsupportedFeatureError",
    "current_config",
    "default_catalog",
    "get_table",
    "register_static_table",
    "source_of",
    "table",
    "use_config",
    "use_registry",
]


def __getattr__(name: str) -> object:
    """Import the configuration when it is first asked for, as it brings pydantic."""
    if name in ("LakecatConfig", "current_config", "use_config"):
        from lakecat import config

        return getattr(config, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
