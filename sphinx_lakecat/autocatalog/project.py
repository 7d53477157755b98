"""Documents that no file of the source folder holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.project import Project
from sphinx.util._pathlib import _StrPath

if TYPE_CHECKING:
    from collections.abc import Iterable

SUFFIX = ".lakecat-table"
MARKER = Path(__file__).with_name(f"generated{SUFFIX}")
"""The file that all generated documents are said to come from. Its text is not used; its age is the package's."""


class CatalogProject(Project):
    """A project that also has generated documents; a file of the source folder with the same name counts before one."""

    def __init__(self, project: Project, generated: Iterable[str]) -> None:
        super().__init__(project.srcdir, project.source_suffix)
        self.restore(project)
        self._generated = frozenset(generated)
        self.generated = self._generated

    def discover(self, exclude_paths: Iterable[str] = (), include_paths: Iterable[str] = ("**",)) -> set[str]:
        """Find the documents of the source folder, and add the generated ones."""
        found = super().discover(exclude_paths, include_paths)
        self.generated = self._generated - found
        self.docnames |= self.generated
        return self.docnames

    def doc2path(self, docname: str, absolute: bool) -> _StrPath:
        """Return a document's file; that of a generated one is the marker."""
        if docname in self.generated:
            # The relative one stands in the search index, which must not hold a path of this machine.
            return _StrPath(MARKER) if absolute else _StrPath(f"{docname}{SUFFIX}")
        return super().doc2path(docname, absolute)
