"""The inventory and the search index are written again only when something in them may have changed.

Since 8.2, Sphinx writes both in each build, from all objects of all documents: for thousands of tables, much of a build
in which nothing changed.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from sphinx.application import ENV_PICKLE_FILENAME
from sphinx.builders.html import INVENTORY_FILENAME, StandaloneHTMLBuilder

from sphinx_lakecat.compat import output_file
from sphinx_lakecat.session import session_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def _spare(app: Sphinx) -> None:
    builder = app.builder
    if isinstance(builder, StandaloneHTMLBuilder):
        inventory, index = app.outdir / INVENTORY_FILENAME, app.outdir / builder.searchindex_filename
        builder.dump_inventory = _unless_current(app, inventory, builder.dump_inventory)  # type: ignore[method-assign]
        builder.dump_search_index = _unless_current(app, index, builder.dump_search_index)  # type: ignore[method-assign]


def _unless_current(app: Sphinx, file: Path, dump: Callable[[], None]) -> Callable[[], None]:
    @functools.wraps(dump)
    def write() -> None:
        if not _is_current(app, file):
            dump()

    return write


def _is_current(app: Sphinx, file: Path) -> bool:
    """Tell whether a file was written after the environment was last saved, and after each page.

    It is older where this build read or wrote a document, where another builder did, and where a build was broken off.
    """
    if session_of(app.env).purged:
        return False
    pages = (output_file(app.builder, docname) for docname in app.env.found_docs)
    try:
        written = file.stat().st_mtime_ns
        return all(
            other is not None and other.stat().st_mtime_ns < written
            for other in (app.doctreedir / ENV_PICKLE_FILENAME, *pages)
        )
    except OSError:
        return False


def _note_purged(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    # Sphinx does not save the environment where documents were removed and none was read.
    session_of(env).purged = True


def setup_indices(app: Sphinx) -> None:
    """Write indices only where they may have changed."""
    app.connect("builder-inited", _spare)
    app.connect("env-purge-doc", _note_purged)
