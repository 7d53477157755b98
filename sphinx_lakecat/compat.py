"""What the extension knows of Sphinx beyond its documented interface: look here when a release of it broke something.

A test reads the other modules: none of them uses a name of Sphinx or docutils that begins with an underscore.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.builders import Builder
    from sphinx.util._pathlib import _StrPath as SourcePath
else:
    try:
        # What `Project.doc2path` returns before Sphinx 10: a path that can be used like text.
        from sphinx.util._pathlib import _StrPath as SourcePath
    except ImportError:
        SourcePath = Path

__all__ = ["SourcePath", "output_file"]


def output_file(builder: Builder, docname: str) -> Path | None:
    """Return the file that a builder writes for a document; ``None`` if it does not write one for each."""
    # Before Sphinx 8.2 the method had another name.
    method = getattr(builder, "get_output_path", None) or getattr(builder, "get_outfilename", None)
    return None if method is None else Path(method(docname))
