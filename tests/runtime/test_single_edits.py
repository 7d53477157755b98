"""Promises that one small edit of the code would break: each of these edits is a patch in ``tests/mutants``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import deltalake
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from lakecat import Catalog, Column, DeltaTable, ParquetTable, SchemaMismatchError, register_static_table
from lakecat.config import LakecatConfig, use_config

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunPython


def test_the_audit_log_says_that_strict_checks_refused_a_table(tmp_path: Path, delta: Path) -> None:
    """A table that is refused as not what is declared is no successful read in the log."""
    register_static_table(DeltaTable("events", uri=delta), schema=[Column("user_id", pl.String)])
    audit = tmp_path / "audit.jsonl"
    with use_config(LakecatConfig(root=str(tmp_path), checks="strict", audit_log=audit)):
        with pytest.raises(SchemaMismatchError) as caught:
            Catalog().table("events")
        assert [json.loads(line)["outcome"] for line in audit.read_text().splitlines()] == [caught.value.code]


PARTLY_WRITTEN = """
import resource, signal, sys
from pathlib import Path
from lakecat import AuditLogError
from lakecat.config import LakecatConfig, use_config
from lakecat.observe import observed

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
with use_config(LakecatConfig(root=sys.argv[1], audit_log=Path(sys.argv[1]) / "audit.jsonl")):
    try:
        with observed("read", "events" * 100):
            pass
    except AuditLogError as error:
        print(error)
print((Path(sys.argv[1]) / "audit.jsonl").stat().st_size)
"""


def test_a_record_of_which_a_part_was_written_is_an_error(tmp_path: Path, run_python: RunPython) -> None:
    """Where only the first bytes of a line find room, the system calls that a success; the reader is told."""
    done = run_python(["-c", PARTLY_WRITTEN, str(tmp_path)])
    assert not done.returncode, done.stderr
    said, size = done.stdout.splitlines()
    assert size == "100"
    assert "which cannot be written (only a part of the line fits)" in said


class Unreachable:
    """A source that fails, and counts how often it is asked."""

    kind = "unreachable"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def _fail(self, what: str) -> Any:
        self.asked.append(what)
        raise TimeoutError("no answer")

    def scan(self, **params: Any) -> pl.LazyFrame:
        return self._fail("scan")  # type: ignore[no-any-return]

    def schema(self) -> Any:
        return self._fail("schema")

    def facts(self) -> Any:
        return self._fail("facts")

    def change_token(self) -> None:
        return None

    def columns(self) -> Any:
        return self._fail("columns")

    def statistics(self) -> Any:
        return self._fail("statistics")

    def column_statistics(self) -> Any:
        return self._fail("column_statistics")

    def history(self, *, limit: int = 10) -> Any:
        return self._fail("history")

    def problems(self) -> Any:
        return self._fail("problems")

    def stored_description(self) -> Any:
        return self._fail("stored_description")


def test_a_source_that_failed_is_asked_nothing_more() -> None:
    """Each question to a store that does not answer would take its time-out again."""
    source = Unreachable()
    register_static_table(source, "t")
    assert len(Catalog().describe_table("t").problems) == 1
    assert source.asked == ["columns"]


def test_bounds_of_decimals_by_old_writers_are_not_shown(tmp_path: Path) -> None:
    """Writers before parquet-mr 1.10 compared decimals in bytes without their sign; bounds of newer ones hold."""
    values = pa.array([1, 2, 3], pa.int64()).cast(pa.decimal128(38, 2))
    path = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(pa.table({"d": values, "n": [1, 2, 3]}), path)
    assert ParquetTable("t", uri=path).column_statistics()["d"].minimum == "1.00"
    data = path.read_bytes()
    ours = pyarrow.parquet.read_metadata(path).created_by.encode()
    # In the footer's encoding a length stands before the text: a text of the same length leaves all else in place.
    for written, minimum in ((b"parquet-mr version 1.8.0", None), (b"parquet-mr version 1.10.1", "1.00")):
        assert data.count(ours) == 1
        path.write_bytes(data.replace(ours, written.ljust(len(ours))))
        found = ParquetTable("t", uri=path).column_statistics()
        assert (found["d"].minimum if "d" in found else None) == minimum
        assert found["n"].minimum == "1"


def test_bounds_of_floats_that_were_widened_are_not_shown(tmp_path: Path) -> None:
    """What was a Float32 has bounds in the log that were rounded as such: none of the Float64 that it is now."""
    path = tmp_path / "t"
    schema = pa.schema([pa.field("x", pa.float64()), pa.field("n", pa.int64())])
    deltalake.write_deltalake(path, pa.table([[0.5, 1.5], [1, 2]], schema=schema))
    assert DeltaTable("t", uri=path).column_statistics()["x"].minimum == "0.5"
    log = path / "_delta_log" / f"{0:020d}.json"
    actions = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    for action in actions:
        if "protocol" in action:
            action["protocol"] = {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": ["typeWidening"],
                "writerFeatures": ["typeWidening"],
            }
    log.write_text("\n".join(map(json.dumps, actions)), encoding="utf-8")
    found = DeltaTable("t", uri=path).column_statistics()
    assert (found["x"].minimum, found["x"].maximum) == (None, None)
    assert found["n"].minimum == "1"
