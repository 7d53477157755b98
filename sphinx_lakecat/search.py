"""What makes building Sphinx's search index cheap: names of tables and columns repeat the same words on every page."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_WORDS = 100_000


def _remember_stems(app: Sphinx, *_: Any) -> None:
    """Let the indexer, which is new in each build, find the stem of a word once, not once a page."""
    language = getattr(getattr(app.builder, "indexer", None), "lang", None)
    if language is not None and not hasattr(language.stem, "cache_info"):
        language.stem = functools.lru_cache(maxsize=_WORDS)(language.stem)


def setup_search(app: Sphinx) -> None:
    """Make indexing cheap. The event comes before a document is indexed, and in the process that indexes."""
    app.connect("doctree-resolved", _remember_stems)
