"""Footers read by another process: what it answers, and what happens when it cannot."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import polars as pl
import pytest

from lakecat.errors import CorruptDataError, SourceTimeoutError
from lakecat.sources.isolation import FooterProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def process() -> Iterator[FooterProcess]:
    """Yield a process, and end it."""
    process = FooterProcess()
    yield process
    process.close()


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Write a file with a column that repeats."""
    pl.DataFrame({"id": [1, 2, None], "tags": [["a"], [], None]}).write_parquet(tmp_path / "t.parquet")
    return str(tmp_path / "t.parquet")


def test_answers(process: FooterProcess, file: str) -> None:
    """It answers one question after another, about columns that are not nested and about first records."""
    assert process.ask("columns", [file]) == {"id": [1, "1", "2"]}
    assert process.ask("first record", [file]) == {}
    assert process.ask("columns", [file, file]) == {"id": [2, "1", "2"]}


def test_errors_and_then_answers(process: FooterProcess, file: str, tmp_path: Path) -> None:
    """What it cannot read is an error with the reason; it goes on afterwards."""
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(OSError, match="magic bytes not found"):
        process.ask("columns", [str(tmp_path / "bad.parquet")])
    assert process.ask("columns", [file]) != {}


def test_a_file_that_takes_too_long(process: FooterProcess, file: str, tmp_path: Path) -> None:
    """A file that never ends is given up, and the next one is read by a new process."""
    os.mkfifo(tmp_path / "pipe.parquet")
    with pytest.raises(SourceTimeoutError, match="more than 1 seconds"):
        process.ask("columns", [str(tmp_path / "pipe.parquet")], seconds=1)
    assert process.ask("columns", [file]) == {"id": [1, "1", "2"]}


def test_a_process_that_dies(file: str) -> None:
    """Where the process is ended, that is an error with its last words, not a crash."""
    process = FooterProcess(memory=2**20)
    with pytest.raises(CorruptDataError, match="ended the process that did it"):
        process.ask("columns", [file])
    process.close()
