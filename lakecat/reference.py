"""Catalogs by name: ``package.module`` or ``package.module:attribute``, as settings and the command line write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakecat.catalog import Catalog
from lakecat.errors import CatalogLoadError
from lakecat.modules import load_module, searched
from lakecat.names import near_names
from lakecat.registry import Registry
from lakecat.snippets import CatalogImport

if TYPE_CHECKING:
    from pathlib import Path

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
        """Return the reference that ``module[:attribute]`` writes.

        Raises:
            CatalogLoadError: It is not written so.
        """
        module, colon, attribute = text.strip().partition(":")
        names = [*module.split("."), *(attribute.split(".") if colon else ())]
        if not all(name.isidentifier() for name in names):
            raise CatalogLoadError(f"{text!r} names no catalog; write 'package.module' or 'package.module:attribute'")
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
            module = load_module(self.module)
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
