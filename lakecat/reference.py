"""Catalogs by name, as settings and the command line write them: where they stand, or that of an installed one.

``package.module`` and ``package.module:attribute`` say where; an installed package gives its catalog a name by an entry
point of the group ``lakecat.catalogs``.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakecat import plugins
from lakecat.catalog import Catalog
from lakecat.errors import CatalogLoadError, PluginError
from lakecat.modules import load_module, searched
from lakecat.names import near_names
from lakecat.registry import Registry
from lakecat.snippets import CatalogImport

if TYPE_CHECKING:
    from pathlib import Path

_GROUP = "lakecat.catalogs"

__all__ = ["CatalogReference", "searched"]


@dataclass(frozen=True, slots=True)
class CatalogReference:
    """Where a catalog is to be found.

    Args:
        module: A module that can be imported and whose import declares tables.
        attribute: The name of a Catalog in it; ``""`` means the current registry.
    """

    module: str
    attribute: str = ""

    @classmethod
    def parse(cls, text: str) -> CatalogReference:
        """Return the reference that ``module[:attribute]`` writes, or to the catalog that has this name.

        A module that can be found comes first. Packages are looked at only where there is none.

        Raises:
            CatalogLoadError: It is not written so, and no installed catalog has this name, or several have it.
        """
        name = text.strip()
        module, colon, attribute = name.partition(":")
        parts = [*module.split("."), *(attribute.split(".") if colon else ())]
        is_written = all(part.isidentifier() for part in parts)
        may_be_installed = name and (not is_written or (len(parts) == 1 and not _is_module(name)))
        if may_be_installed and name in [plugin.name for plugin in plugins.installed(_GROUP)]:
            try:
                found = plugins.find(_GROUP, name)
            except PluginError as error:
                raise CatalogLoadError(error.message) from None
            return cls(found.module, found.attribute)
        if not is_written:
            raise CatalogLoadError(
                f"{text!r} names no catalog; write 'package.module' or 'package.module:attribute'{_installed()}"
            )
        return cls(module, attribute)

    def __str__(self) -> str:
        return f"{self.module}:{self.attribute}" if self.attribute else self.module

    @property
    def imported(self) -> CatalogImport:
        """How a program gets at this catalog."""
        if self.attribute:
            first = self.attribute.partition(".")[0]
            return CatalogImport(lines=(f"from {self.module} import {first}",), expression=self.attribute)
        lines = (f"import {self.module}  # declares the tables", "from lakecat import Catalog")
        return CatalogImport(lines=lines, expression="Catalog()")

    def load(self, *, path: Path | None = None) -> Catalog:
        """Import the module and return the catalog.

        Args:
            path: A folder that is searched for modules last, while the module is imported.

        Raises:
            CatalogLoadError: The import failed, with the file and line where it did, or the attribute is no catalog.
        """
        with searched(path):
            try:
                module = load_module(self.module)
            except CatalogLoadError as error:
                if "." in self.module or self.attribute or _is_module(self.module) or not _installed():
                    raise
                raise CatalogLoadError(f"{error.message}{_installed()}") from None
        if not self.attribute:
            return Catalog()
        found: object = module
        for name in self.attribute.split("."):
            if not hasattr(found, name):
                near = near_names(name, [n for n in dir(found) if not n.startswith("_")])
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise CatalogLoadError(
                    f"module {self.module!r} has no {self.attribute!r}{hint}", getattr(module, "__file__", None), 1
                )
            found = getattr(found, name)
        if isinstance(found, Catalog):
            return found
        if isinstance(found, Registry):
            return Catalog(found)
        raise CatalogLoadError(f"{self} is {type(found).__name__}, not a Catalog", getattr(module, "__file__", None), 1)


def _is_module(name: str) -> bool:
    """Return whether there is a top module of this name; it is not imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # one that was put together by hand has no spec
        return True


def _installed() -> str:
    """Return what to say of the catalogs that installed packages bring, if any does."""
    return f"; {plugins.listed(_GROUP)}" if plugins.installed(_GROUP) else ""
