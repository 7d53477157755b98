"""Delta Lake tables."""

from __future__ import annotations

from lakecat.sources.delta.table import DeltaTable as DeltaTable
