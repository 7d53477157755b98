"""Where the code of these pages runs: an empty folder and an empty registry for each page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lakecat import CatalogRegistry, use_registry

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def doctest_namespace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Return the names that a page starts with: ``__file__``, as its code is meant to be saved in files there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(Path(__file__).parent)  # the demo can be imported
    with use_registry(CatalogRegistry()):
        yield {"__file__": str(tmp_path / "page.py"), "__name__": "page"}
    for name in [name for name in sys.modules if name.partition(".")[0] == "lakehouse"]:
        del sys.modules[name]  # the next page's registry is another one
