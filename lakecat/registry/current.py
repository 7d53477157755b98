"""The registry that declarations go to: one for the process, unless a block of code chose its own."""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from typing import TYPE_CHECKING

from lakecat.registry.memory import CatalogRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakecat.registry.base import Registry

_OF_THE_PROCESS = CatalogRegistry()
_CURRENT: ContextVar[Registry | None] = ContextVar("lakecat_registry", default=None)


def current_registry() -> Registry:
    """Return the registry to which declarations go here and now."""
    chosen = _CURRENT.get()
    return _OF_THE_PROCESS if chosen is None else chosen


@contextlib.contextmanager
def use_registry(registry: Registry) -> Iterator[Registry]:
    """Let declarations in a ``with`` block go to ``registry``. Other threads keep theirs.

    Example:
        >>> with use_registry(CatalogRegistry()) as registry:
        ...     len(registry)
        0
    """
    before = _CURRENT.set(registry)
    try:
        yield registry
    finally:
        _CURRENT.reset(before)
