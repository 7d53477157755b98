"""Small tables for the tests of the runtime."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import polars as pl
import pytest

from lakecat import DeltaTable

from .places import Disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def frame() -> pl.DataFrame:
    """Return three rows of two columns."""
    return pl.DataFrame({"user_id": [1, 2, 3], "country": ["NO", "PT", "NO"]})


@pytest.fixture
def delta(tmp_path: Path, frame: pl.DataFrame) -> Path:
    """Return the folder of a Delta table with one commit."""
    path = tmp_path / "events"
    frame.write_delta(path)
    return path


@pytest.fixture
def parquet(tmp_path: Path, frame: pl.DataFrame) -> Path:
    """Return a Parquet file."""
    path = tmp_path / "users.parquet"
    frame.write_parquet(path)
    return path


@pytest.fixture
def hive(tmp_path: Path, frame: pl.DataFrame) -> Path:
    """Return a folder of Parquet files partitioned by country, with the marker files that Spark leaves."""
    root = tmp_path / "hive"
    for country in ("NO", "PT"):
        folder = root / f"country={country}"
        folder.mkdir(parents=True)
        frame.filter(country=country).drop("country").write_parquet(folder / "part-0.parquet")
        (folder / ".part-0.parquet.crc").write_bytes(b"crc")
    (root / "_SUCCESS").touch()
    return root


@pytest.fixture
def make_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Return a function that writes a module into a folder on the import path; its imports are forgotten afterwards."""
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    # Sources that differ only in their contents are compiled anew, whatever their times.
    monkeypatch.setattr("sys.dont_write_bytecode", True)

    def make(name: str, source: str) -> Path:
        path = folder.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
        return path

    before = set(sys.modules)
    yield make
    for name in sys.modules.keys() - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            del sys.modules[name]


@pytest.fixture
def events(delta: Path) -> DeltaTable:
    """Return the table of three rows: users 1 and 3 in NO, 2 in PT."""
    return DeltaTable("events", uri=delta)


@pytest.fixture
def place(tmp_path: Path) -> Disk:
    """Return a place for the files of Parquet tables: here a folder."""
    return Disk(tmp_path / "place")
