"""Which registry a catalog stands on, and how it gets there again after it was pickled."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakecat.errors import CatalogLoadError
from lakecat.modules import load_module
from lakecat.registry.current import current_registry

if TYPE_CHECKING:
    from lakecat.registry.base import RegisteredTable, Registry

# A process that was forked from this one has it too, and the tables as well.
_PROCESS = uuid.uuid4().hex


class ChosenRegistry:
    """A registry of one's own, or whichever is in use when it is asked for.

    Pickled, one's own goes with its tables. The one in use stays: of its tables, the names go, and the modules that
    declared them, which the other process imports when it first asks.
    """

    def __init__(self, own: Registry | None = None) -> None:
        self._own = own
        self._left: _Left | None = None

    @property
    def own(self) -> Registry | None:
        """The registry of one's own, if there is one."""
        return self._own

    def get(self) -> Registry:
        """Return the registry.

        Raises:
            CatalogLoadError: It was pickled, and tables that were in use there cannot be had here.
        """
        if self._own is not None:
            return self._own
        registry = current_registry()
        if self._left is not None:
            self._left.restore(registry)
            self._left = None
        return registry

    def __getstate__(self) -> dict[str, Any]:
        left = _Left.of(self.get().tables()) if self._own is None else None
        return {"_own": self._own, "_left": left}


@dataclass(frozen=True, slots=True)
class _Left:
    """Tables that another process had in use: full names, and the modules that declared them."""

    process: str
    modules: dict[str, str]

    @classmethod
    def of(cls, tables: tuple[RegisteredTable, ...]) -> _Left:
        places = {t.metadata.full_name: t.metadata.place for t in tables}
        return cls(_PROCESS, {name: place.runs_in if place else "" for name, place in places.items()})

    def restore(self, registry: Registry) -> None:
        """Import the modules whose tables the registry lacks, where this is another process."""
        if self.process == _PROCESS:
            return
        known = set(registry.names())
        for module in dict.fromkeys(module for name, module in self.modules.items() if name not in known):
            if module and module not in ("__main__", "__mp_main__"):
                load_module(module)
        for name in sorted(self.modules.keys() - set(registry.names())):
            raise CatalogLoadError(
                f"this process has no table {name!r}, which was in the catalog where it was pickled: "
                f"{_whose(self.modules[name])}; declare it in a module that both processes import"
            )


def _whose(module: str) -> str:
    if module in ("__main__", "__mp_main__"):
        return "the program that ran there declared it itself"
    return f"importing {module!r} does not declare it" if module else "nobody knows which module declared it"
