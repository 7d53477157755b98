"""Declaring in a notebook or at a prompt: a cell that runs again replaces its tables."""

from __future__ import annotations

import ast
import linecache
from typing import TYPE_CHECKING, Any

import pytest

from lakecat import DuplicateTableError
from lakecat.registry import current_registry

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunPython

HEAD = """
import polars as pl
from lakecat import get_table, table
"""


def run_cell(text: str, number: int, notebook: dict[str, Any], *, name: str = "") -> None:
    """Run a cell as IPython does: its text is kept by name, and each of its statements is compiled on its own."""
    name = name or f"<ipython-input-{number}-{abs(hash(text)):x}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    for statement in ast.parse(text).body:
        exec(compile(ast.Module([statement], []), name, "exec"), notebook)


CELL = HEAD + "@table(owner={0!r})\ndef users(): return pl.LazyFrame()\n"


@pytest.mark.parametrize("on_disk", [False, True], ids=["", "a debugger wrote the cells to files"])
@pytest.mark.parametrize("name", ["", "/tmp/ipykernel_7/1234.py"], ids=["a name a run", "a name a text"])
def test_a_cell_that_runs_again_replaces(name: str, on_disk: bool, tmp_path: Path) -> None:
    """A cell of a notebook can be run as often as one likes, and edited in between."""
    notebook = {"__name__": "__main__"}
    if on_disk and name:
        name = str(tmp_path / "1234.py")
        for cell in ("1234.py", "5678.py"):
            (tmp_path / cell).touch()
    run_cell(CELL.format("a"), 1, notebook, name=name)
    run_cell(CELL.format("a"), 2, notebook, name=name)
    run_cell("\n\n" + CELL.format("b"), 3, notebook, name=name.replace("1234", "5678"))
    assert current_registry().get("users").metadata.owner == "b"


@pytest.mark.parametrize("name", ["", "/tmp/ipykernel_7/1234.py"], ids=["a name a run", "a name a text"])
def test_a_cell_that_declares_a_name_twice_is_refused(name: str) -> None:
    """Two tables of one name in one cell are an error, also when it runs again."""
    notebook = {"__name__": "__main__"}
    text = CELL.format("a") + "\n@table(owner='b')\ndef users(): return pl.LazyFrame()\n"
    for number in range(2):
        with pytest.raises(DuplicateTableError):
            run_cell(text, number, notebook, name=name)


def test_lines_at_a_prompt(tmp_path: Path, run_python: RunPython) -> None:
    """At Python's own prompt a definition replaces the one before it."""
    code = """
import code, sys
console = code.InteractiveConsole({"__name__": "__main__"})
for line in open("lines.txt"):
    console.push(line.rstrip("\\n"))
"""
    (tmp_path / "lines.txt").write_text(
        "import polars as pl\n"
        "from lakecat import get_table, table\n"
        "@table\ndef users(): return pl.LazyFrame({'i': [1]})\n\n"
        "@table\ndef users(): return pl.LazyFrame({'i': [2]})\n\n"
        "print(get_table('users').collect().item())\n"
    )
    done = run_python(code, cwd=tmp_path)
    assert (done.stdout, "Error" in done.stderr) == ("2\n", False), done.stderr
