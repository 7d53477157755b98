"""What went wrong, by the texts of the libraries and by real failures."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import polars as pl
import pytest

from lakecat import DeltaTable, ParquetTable
from lakecat.errors import (
    AccessDeniedError,
    CorruptDataError,
    CorruptLogError,
    SourceError,
    SourceTimeoutError,
    UnreachableError,
    UnsupportedFeatureError,
)
from lakecat.sources.failures import failure_of, typed_error

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.finding(18)
@pytest.mark.parametrize(
    ("text", "kind", "sentence"),
    [
        (
            "Failed to parse parquet: External: Generic LocalFileSystem error: No space left on device (os error 28)",
            SourceError,
            "no room is left",
        ),
        ("Generic LocalFileSystem error: Disk quota exceeded (os error 122)", SourceError, "no room is left"),
        ("[Errno 28] No space left on device: '_delta_log/00000000000000000001.json'", SourceError, "no room is left"),
        ("Server returned 403 Forbidden: QuotaExceeded", SourceError, "no room is left"),
        ("Kernel error: Unsupported: Feature 'fooBar' is not supported", UnsupportedFeatureError, "a feature"),
        ("Unsupported table features required: [RowTracking]", UnsupportedFeatureError, "a feature"),
        ("Kernel error: Unsupported minimum reader version 99", UnsupportedFeatureError, "a feature"),
        (
            "called `Result::unwrap()` on an `Err` value: ComputeError(ErrString('unable to parse time zone: +05:30'))",
            UnsupportedFeatureError,
            "a zone that has no name",
        ),
        ("Kernel error: Invalid JSON in _delta_log", CorruptLogError, "its log is damaged"),
        ("parquet: File out of specification: The file must end with PAR1", CorruptDataError, "its data are damaged"),
        ("Server returned 403 Forbidden: AccessDenied", AccessDeniedError, "access is denied"),
    ],
)
def test_texts_of_libraries(text: str, kind: type[SourceError], sentence: str) -> None:
    """The type and the sentence say what is the matter, and the library's text is kept apart from them."""
    error = typed_error(Exception(text), table="events", clean=str)
    assert type(error) is kind
    assert sentence in error.message
    assert text not in error.message


SENT = "Error after {retries} retries in {seconds}s, after {retries} retries, max_retries: 9: error sending request"


@pytest.mark.parametrize(
    ("seconds", "retries", "kind"),
    [
        ("4", 3, SourceTimeoutError),
        ("3.99", 3, UnreachableError),
        ("1.0", 0, SourceTimeoutError),
        ("0.9", 0, UnreachableError),
        ("120.5", 9, SourceTimeoutError),
    ],
)
def test_requests_that_took_long(seconds: str, retries: int, kind: type[SourceError]) -> None:
    """Where nothing is said of why requests failed, those that took a second each were time-outs."""
    error = Exception(SENT.format(seconds=seconds, retries=retries))
    assert type(typed_error(error, table="t", clean=str)) is kind


class PanicException(BaseException):
    """As Rust's extension modules have it."""


@pytest.mark.parametrize(
    ("error", "kind", "message", "reason"),
    [
        (TimeoutError("x"), SourceTimeoutError, "the store did not answer in time", "x"),
        (PermissionError("x"), AccessDeniedError, "access is denied", "x"),
        (ConnectionResetError("x"), UnreachableError, "the store cannot be reached", "x"),
        (PanicException(" x\n y "), SourceError, "its source raised PanicException", "x y"),
        (KeyError("x"), SourceError, "its source raised KeyError", "'x'"),
    ],
)
def test_errors_of_a_source_of_a_third_party(
    error: BaseException, kind: type[SourceError], message: str, reason: str
) -> None:
    """The type of an error says what it can; its text, on one line, is no part of lakecat's sentence."""
    found = failure_of(error, source=object(), table="t")
    assert type(found) is kind
    assert (found.message, found.reason) == (f"table 't' cannot be read: {message}", reason)


def test_what_is_no_failure_of_a_source() -> None:
    """Lakecat's own errors stay what they are, a source may say itself what went wrong, and an interrupt goes on."""
    own = SourceError("own")
    assert failure_of(own, source=object(), table="t") is own
    assert failure_of(OSError("x"), source=SimpleNamespace(failure=lambda error: own), table="t") is own
    with pytest.raises(KeyboardInterrupt):
        failure_of(KeyboardInterrupt(), source=SimpleNamespace(failure=lambda error: own), table="t")
    assert typed_error(own, table="t", clean=str) is own


@pytest.mark.finding(18)
@pytest.mark.parametrize("features", [["fooBar"], ["columnMapping", "shinyNew"], ["deletionVectors", "v9-preview"]])
def test_features_that_nobody_knows(delta: Path, features: list[str]) -> None:
    """A feature of readers that no version here knows is told as that, not as a damaged log, wherever it is met."""
    file = delta / "_delta_log" / f"{0:020}.json"
    actions = [json.loads(line) for line in file.read_text().splitlines()]
    for action in actions:
        if "protocol" in action:
            action["protocol"] = {"minReaderVersion": 3, "minWriterVersion": 7}
            action["protocol"] |= {"readerFeatures": features, "writerFeatures": features}
    file.write_text("\n".join(map(json.dumps, actions)))
    source = DeltaTable("events", uri=delta)
    row = pl.DataFrame({"user_id": [1], "country": ["NO"]})
    for use in (source.scan, source.schema, source.statistics, lambda: source.append(row), source.compact):
        with pytest.raises(UnsupportedFeatureError) as caught:
            use()
        assert features[-1] in str(caught.value)


@pytest.mark.finding(18)
def test_zones_without_a_name(tmp_path: Path) -> None:
    """Times of a zone such as +05:30, which Polars does not have, are read as the same moments in UTC."""
    import datetime

    import pyarrow as pa
    import pyarrow.parquet as pq

    moments = [datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC), None]
    table = pa.table(
        {
            "plain": pa.array(moments, pa.timestamp("us", tz="+05:30")),
            "listed": pa.array([[moments[0]], None], pa.list_(pa.timestamp("ms", tz="-0215"))),
            "held": pa.array([{"at": moments[0]}, None], pa.struct([("at", pa.timestamp("ns", tz="+02:00"))])),
        }
    )
    pq.write_table(table, tmp_path / "zone.parquet")
    lazy = ParquetTable("zone", uri=tmp_path / "zone.parquet").scan()
    assert lazy.collect_schema()["plain"] == pl.Datetime("us", "UTC")
    found = lazy.filter(pl.col("plain").is_not_null()).collect()
    assert found.rows() == [(moments[0], [moments[0]], {"at": moments[0]})]


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder of a file system of its own of 96 kB; skip where none can be made."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = os.geteuid() == 0 and (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", folder], check=False).returncode == 0
    )
    if not mounted:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.finding(18)
def test_a_full_disk(full_disk: Path) -> None:
    """Each write to a disk without room says so, and has changed nothing; what it wrote in part is gone."""
    source = DeltaTable("t", uri=full_disk / "t")
    source.create(schema={"a": pl.Int64})
    source.append(pl.DataFrame({"a": [1]}))
    source.append(pl.DataFrame({"a": [2]}))
    large = pl.DataFrame({"a": [i * 7_368_787 % 1_000_003 for i in range(100_000)]})
    files = sorted(path.name for path in Path(source.uri).iterdir())
    for write in (
        lambda: source.append(large),
        lambda: source.append(large.lazy()),
        lambda: source.overwrite(large.lazy()),
        lambda: source.overwrite(large, predicate="true"),
        lambda: source.merge(large.lazy(), on="a"),
    ):
        with pytest.raises(SourceError, match="no room is left"):
            write()
        assert sorted(source.scan().collect().get_column("a")) == [1, 2]
        assert [name for name in sorted(path.name for path in Path(source.uri).iterdir()) if name not in files] == []
    fill = full_disk / "fill"
    with fill.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(512))
    for write in (source.compact, lambda: source.z_order("a"), lambda: source.delete("a = 1")):
        with pytest.raises(SourceError, match="no room is left"):
            write()
    fill.unlink()
    assert sorted(source.scan().collect().get_column("a")) == [1, 2]
    assert source.compact().files_removed == 2
