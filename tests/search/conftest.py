"""The demo site, and its own search run by Node."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
HARNESS = Path(__file__).with_name("harness.js")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built demo site."""
    folder = tmp_path_factory.mktemp("search")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-d", str(folder / "doctrees")]
    done = subprocess.run(
        [*command, str(ROOT / "docs"), str(folder / "site")],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture(scope="session")
def search(node: str) -> Callable[[Path, list[str]], dict[str, list[dict[str, object]]]]:
    """Return a function that puts queries to a site's own search, and gives the hits of each, best first."""

    def run(site: Path, queries: list[str]) -> dict[str, list[dict[str, object]]]:
        done = subprocess.run(
            [node, str(HARNESS), str(site)],
            input=json.dumps(queries),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, list[dict[str, object]]] = json.loads(done.stdout)
        return found

    return run
