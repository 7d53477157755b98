"""Where declared tables are kept: one protocol, its implementations, and the registry in use."""

from __future__ import annotations

from lakecat.registry.base import RegisteredTable, Registry, finder
from lakecat.registry.chosen import ChosenRegistry
from lakecat.registry.current import current_registry, use_registry
from lakecat.registry.memory import CatalogRegistry

__all__ = [
    "CatalogRegistry",
    "ChosenRegistry",
    "RegisteredTable",
    "Registry",
    "current_registry",
    "finder",
    "use_registry",
]
