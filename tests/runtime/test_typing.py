"""What a type checker sees."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lakecat

# Polars is left out, as it takes ten seconds to check and nothing here depends on its types.
CONFIG = "[mypy]\nfollow_imports = silent\n[mypy-polars.*]\nfollow_imports = skip\n"
SOURCE = """
from lakecat import table

@table
def plain(month: int, *, day: str = "") -> list[int]:
    return [month]

@table(owner="growth", tags=["pii"])
def called() -> dict[str, int]:
    return {}

reveal_type(plain)
reveal_type(called())
plain("no")
"""


def test_the_function_keeps_its_type(tmp_path: Path) -> None:
    """For a type checker a decorated function has the parameters and the result that it was written with."""
    pytest.importorskip("mypy", reason="mypy belongs to the dependency group lint")
    (tmp_path / "mypy.ini").write_text(CONFIG)
    (tmp_path / "typed.py").write_text(SOURCE)
    home = Path(lakecat.__file__).parents[1]
    env = dict(os.environ) if "site-packages" in home.parts else {**os.environ, "MYPYPATH": str(home)}
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--cache-dir", os.devnull, "typed.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=env)
    lines = [line.split(": ", 1)[1] for line in done.stdout.splitlines() if ": " in line]
    assert [line for line in lines if not line.startswith("note: See")] == [
        'note: Revealed type is "def (month: int, *, day: str =) -> list[int]"',
        'note: Revealed type is "dict[str, int]"',
        'error: Argument 1 to "plain" has incompatible type "str"; expected "int"  [arg-type]',
    ], done.stdout + done.stderr
