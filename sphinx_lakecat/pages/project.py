"""Documents that no file of the source folder holds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sphinx.project import Project

from sphinx_lakecat.compat import SourcePath

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SUFFIX = ".lakecat-table"
_TEXT = "The pages of tables come from Python declarations; this file stands for them where Sphinx wants a file.\n"
_AGE = 946_684_800


def marker(folder: Path) -> Path:
    """Return the file that all generated documents are said to come from, made if need be. Its text is not used.

    Its age is always the same, so that pages are not read again because a package or a checkout is new.
    """
    file = folder / f"generated{SUFFIX}"
    if not file.is_file() or int(file.stat().st_mtime) != _AGE:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(_TEXT, encoding="utf-8")
        os.utime(file, (_AGE, _AGE))
    return file


class CatalogProject(Project):
    """A project that also has generated documents; a file of the source folder with the same name counts before one."""

    def __init__(self, project: Project, generated: Iterable[str], *, marker: Path) -> None:
        super().__init__(project.srcdir, project.source_suffix)
        self.restore(project)
        self._generated = frozenset(generated)
        self.generated = self._generated
        self._marker = marker

    def discover(self, exclude_paths: Iterable[str] = (), include_paths: Iterable[str] = ("**",)) -> set[str]:
        """Find the documents of the source folder, and add the generated ones."""
        # The marker is no document, also where the output lies in the source folder.
        found = super().discover([*exclude_paths, f"*{SUFFIX}", f"**/*{SUFFIX}"], include_paths)
        self.generated = self._generated - found
        self.docnames |= self.generated
        return self.docnames

    def doc2path(self, docname: str, absolute: bool) -> SourcePath:
        """Return a document's file; that of a generated one is the marker."""
        if docname in self.generated:
            # The relative one stands in the search index, which must not hold a path of this machine.
            return SourcePath(self._marker) if absolute else SourcePath(f"{docname}{SUFFIX}")
        return super().doc2path(docname, absolute)
