"""Which Sphinx the extension needs, and what one reads who has an older one."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import NewProject

OLDER = ("8.0.2", "7.4.7", "6.2.1")
CONF = 'import sphinx\n\nsphinx.version_info = ({}, "final", 0)\nextensions = ["sphinx_lakecat"]\n'


def needed(pyproject: Path) -> str:
    """Return the Sphinx that the package asks for."""
    extra = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["optional-dependencies"]["docs"]
    return next(text.removeprefix("sphinx>=") for text in extra if text.startswith("sphinx>="))


@pytest.mark.parametrize("builder", ["html", "autocatalog"])
@pytest.mark.parametrize("version", OLDER)
def test_older_sphinx_gets_one_sentence(project: NewProject, pyproject: Path, version: str, builder: str) -> None:
    """Which version is needed is said in one sentence, before anything of the extension fails, and nothing is built."""
    built = project({"conf.py": CONF.format(", ".join(version.split("."))), "index.rst": "T\n=\n"}).build(
        builder=builder
    )
    assert built.status == 2
    said = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", built.errors).split())
    assert f"The sphinx_lakecat extension used by this project needs at least Sphinx v{needed(pyproject)};" in said
    assert not list(built.outdir.glob("*.html"))
