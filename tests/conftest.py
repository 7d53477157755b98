"""Fixtures for the whole suite: a registry of its own for each test, fresh interpreters, programs of the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


# Examples are drawn anew at each run, so that many runs see more than one does. What fails is kept in `.hypothesis` and
# tried first next time, and printed as a line that brings it back anywhere: `@reproduce_failure`. Tables take time, and
# on a busy machine more of it. `--hypothesis-profile=fuzz` searches longer.
settings.register_profile(
    "ci", max_examples=50, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("fuzz", settings.get_profile("ci"), max_examples=1000)
settings.load_profile("ci")


class RunPython(Protocol):
    """What the fixture `run_python` returns."""

    def __call__(
        self,
        code_or_args: str | Sequence[str | os.PathLike[str]],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run code (text) or arguments (a sequence, such as `["-m", "lakecat"]`) in a fresh interpreter."""


@pytest.fixture(autouse=True)
def own_registry() -> Iterator[None]:
    """Give each test an empty registry, so that no test sees another's tables."""
    import lakecat

    with lakecat.use_registry(lakecat.CatalogRegistry()):
        yield


@pytest.fixture
def run_python(tmp_path: Path) -> RunPython:
    """Return a function that runs a fresh interpreter (by default in an empty folder) to its end."""
    empty = tmp_path / "run_python"

    def run(
        code_or_args: str | Sequence[str | os.PathLike[str]],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        if cwd is None:
            empty.mkdir(exist_ok=True)
        arguments = ["-c", code_or_args] if isinstance(code_or_args, str) else list(code_or_args)
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=cwd or empty,
            env={**os.environ, "PYTHONUTF8": "1", **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def node() -> str:
    """Return the path of the Node executable."""
    return _program("Node", "node", "nodejs")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium or Chrome executable."""
    return _program("Chromium", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def _program(what: str, *names: str) -> str:
    """Find a program of the machine; without it skip with a reason, or fail where LAKECAT_REQUIRE_ALL is set."""
    for name in names:
        if path := shutil.which(name):
            return path
    reason = f"{what} is not installed: none of {', '.join(names)} is on the PATH"
    if os.environ.get("LAKECAT_REQUIRE_ALL"):
        pytest.fail(f"{reason}, and LAKECAT_REQUIRE_ALL is set")
    pytest.skip(reason)
