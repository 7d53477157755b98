"""All ordered pairs of operations that two writers do at once to a Delta table on disk."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from ..delta_pairs import PAIRS, check_pair, make_table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a table to copy."""
    folder = tmp_path_factory.mktemp("template") / "sales"
    make_table(folder)
    return folder


@pytest.mark.finding(2)
@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda name: name)
def test_pairs(first: str, second: str, template: Path, tmp_path: Path) -> None:
    """What two writers do at once has the rows of one after the other, or is a conflict, and leaves nothing behind."""

    def make() -> dict[str, Any]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        shutil.copytree(template, folder)
        return {"uri": folder}

    check_pair(first, second, make)
    for folder in tmp_path.iterdir():
        log = "".join(path.read_text() for path in (folder / "_delta_log").glob("*.json"))
        left = [path for path in folder.glob("lakecat-*/**/*") if path.is_file()]
        assert [path.name for path in left if path.name not in log] == []
        assert not list(folder.glob("lakecat-*/_delta_log"))
