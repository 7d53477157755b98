"""Places to put the files of a Parquet table: a folder of the disk. The suite of stores has one of its own."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING, Any

import pyarrow.parquet

from lakecat import ParquetTable

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl


class Place:
    """A place for files; paths are below it, with slashes."""

    def put_bytes(self, path: str, data: bytes) -> None:
        """Write or replace a file."""
        raise NotImplementedError

    def delete(self, path: str) -> None:
        """Remove a file."""
        raise NotImplementedError

    def table(self, path: str, **arguments: Any) -> ParquetTable:
        """Return a new table `t` at a path."""
        raise NotImplementedError

    def put(self, path: str, frame: pl.DataFrame, **options: Any) -> None:
        """Write a frame as a file."""
        self.put_bytes(path, parquet_bytes(frame, **options))


class Disk(Place):
    """A folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put_bytes(self, path: str, data: bytes) -> None:
        """Write or replace a file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    def delete(self, path: str) -> None:
        """Remove a file, and the folders that it leaves empty."""
        (self.folder / path).unlink()
        for folder in (self.folder / path).parents:
            if folder == self.folder or any(folder.iterdir()):
                break
            shutil.rmtree(folder)

    def table(self, path: str, **arguments: Any) -> ParquetTable:
        """Return a new table `t` at a path."""
        return ParquetTable("t", uri=f"{self.folder}/{path}", **arguments)


def parquet_bytes(frame: pl.DataFrame, **options: Any) -> bytes:
    """Return a frame as a Parquet file."""
    made = io.BytesIO()
    frame.write_parquet(made, **options)
    return made.getvalue()


def flawed_bytes(frame: pl.DataFrame) -> bytes:
    """Return a file whose footer states one row more than its row groups have: of such a file Polars is not asked."""
    made = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(frame.to_arrow(), made, store_schema=False)
    data: bytes = made.getvalue().to_pybytes()
    size = int.from_bytes(data[-8:-4], "little")
    footer = data[-8 - size :]
    assert frame.height < 63
    # Thrift: the field after the schema, of type i64; numbers are doubled.
    changed = footer.replace(bytes([0x16, 2 * frame.height]), bytes([0x16, 2 * frame.height + 2]), 1)
    assert changed != footer
    return data[: -8 - size] + changed
