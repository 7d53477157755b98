"""The patches of wrong edits still fit the code; that their tests fail by them is shown by `nox -s mutants`."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .patches import ROOT, read

PATCHES = sorted(Path(__file__).parent.glob("*.patch"))


def test_there_are_patches() -> None:
    """The folder holds some."""
    assert PATCHES


@pytest.mark.parametrize("path", PATCHES, ids=lambda path: path.stem)
def test_a_patch_applies_and_names_a_test(path: Path) -> None:
    """It changes the packages alone, and the test that it names is there."""
    patch = read(path)
    file, _, name = patch.test.partition("::")
    assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text(encoding="utf-8")
    changed = re.findall(r"^\+\+\+ b/(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert changed
    assert all(name.startswith(("lakecat/", "sphinx_lakecat/")) for name in changed)
    if not (ROOT / "lakecat").is_dir() or shutil.which("git") is None:
        pytest.skip("the packages are not beside the tests, or there is no git")
    done = subprocess.run(
        ["git", "apply", "--check", "-C1", str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
