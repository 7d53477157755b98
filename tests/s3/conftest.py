"""A real S3 server for the tests of this folder, started once, and tables to put on it."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import ParquetTable

from ..runtime.places import Place
from .ceph import Ceph, Gateway, missing_programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def ceph() -> Iterator[Ceph]:
    """Return a running Ceph; without its programs skip, or fail where LAKECAT_REQUIRE_ALL is set."""
    if missing := missing_programs():
        reason = f"Ceph is not installed: {', '.join(missing)} not on the PATH"
        if os.environ.get("LAKECAT_REQUIRE_ALL"):
            pytest.fail(f"{reason}, and LAKECAT_REQUIRE_ALL is set")
        pytest.skip(reason)
    # Not pytest's own folder: a socket's path may have 107 bytes and no more.
    with tempfile.TemporaryDirectory(prefix="ceph-") as folder:
        ceph = Ceph(Path(folder))
        try:
            ceph.start()
            yield ceph
        finally:
            ceph.stop()


@pytest.fixture(scope="session")
def s3(ceph: Ceph) -> Gateway:
    """Return the S3 server; nobody pauses or stops it."""
    return ceph.main


@pytest.fixture
def faults(ceph: Ceph) -> Iterator[Gateway]:
    """Return a second server of the same buckets, to pause and to stop; it is well again afterwards."""
    yield ceph.faults
    ceph.faults.recover()


@pytest.fixture
def bucket(s3: Gateway) -> str:
    """Return the name of an empty bucket."""
    return s3.bucket()


@pytest.fixture
def frame() -> pl.DataFrame:
    """Return rows of the dtypes that lakes hold, with nulls and a column to partition by."""
    days = ["2026-01-01", "2026-01-02", "2026-01-02", "2026 01/03 é%"]
    return pl.DataFrame(
        {
            "id": pl.Series([1, 2, 3, 4], dtype=pl.Int64),
            "name": ["a", None, "ø", ""],
            "price": pl.Series([Decimal("1.50"), None, Decimal("-2.25"), Decimal("0.01")], dtype=pl.Decimal(10, 2)),
            "born": [date(1970, 1, 1), date(2026, 2, 28), None, date(1600, 1, 1)],
            "seen": pl.Series([datetime(2026, 1, 1, 12, tzinfo=UTC), None, None, datetime(2026, 1, 2, tzinfo=UTC)]),
            "parts": [["x"], [], None, ["y", "z"]],
            "day": days,
        },
        schema_overrides={"seen": pl.Datetime("us", "UTC"), "parts": pl.List(pl.String)},
    )


@pytest.fixture
def upload(s3: Gateway, bucket: str) -> Callable[[Path], str]:
    """Return a function that copies a file or a folder into the bucket as it is, and returns the copy's URI."""

    def copy(path: Path) -> str:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                s3.client.put(f"{bucket}/{file.relative_to(path.parent).as_posix()}", file.read_bytes())
        return f"s3://{bucket}/{path.name}"

    return copy


class Bucket(Place):
    """A bucket."""

    def __init__(self, server: Gateway, name: str) -> None:
        self._server = server
        self._name = name

    def put_bytes(self, path: str, data: bytes) -> None:
        """Write or replace an object."""
        self._server.client.put(f"{self._name}/{path}", data)

    def delete(self, path: str) -> None:
        """Remove an object."""
        self._server.client.delete(f"{self._name}/{path}")

    def table(self, path: str, **arguments: Any) -> ParquetTable:
        """Return a new table `t` at a key."""
        return ParquetTable("t", uri=f"s3://{self._name}/{path}", storage_options=self._server.options(), **arguments)


@pytest.fixture
def place(s3: Gateway, bucket: str) -> Bucket:
    """Return a place for the files of Parquet tables: here a bucket."""
    return Bucket(s3, bucket)
