"""What an environment's audit log, log level and strict checks do."""

from __future__ import annotations

import contextlib
import getpass
import json
import logging
import os
import platform
import stat
import subprocess
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import (
    AuditLogError,
    Catalog,
    Column,
    DeltaTable,
    ParquetTable,
    SchemaMismatchError,
    SourceNotFoundError,
    TableFunctionError,
    TableNotFoundError,
    register_static_table,
    table,
)
from lakecat.config import LakecatConfig, use_config
from lakecat.errors import LakecatError
from lakecat.observe import observed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[Path]:
    """Return the audit log of the configuration that holds in a test."""
    path = tmp_path / "audit.jsonl"
    with use_config(LakecatConfig(root=str(tmp_path), audit_log=path)):
        yield path


def records(path: Path) -> list[dict[str, Any]]:
    """Return the records of an audit log."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_reads_are_recorded(audit: Path, delta: Path, frame: pl.DataFrame) -> None:
    """Each way to a table through a catalog is one record: who, when, which table, where and with what parameters."""
    register_static_table(DeltaTable("events", uri=delta), database="lake")

    @table
    def users(country: str = "NO") -> pl.DataFrame:
        """Users."""
        return frame.filter(country=country)

    before = datetime.now(UTC)
    catalog = Catalog()
    catalog.table("events", version=0)
    catalog.db("lake").table("events")
    catalog.sql("SELECT user_id FROM users")
    catalog.table("users", country="PT")
    catalog.describe_table("events")
    found = records(audit)
    assert [(r["action"], r["table"], r["params"]) for r in found] == [
        ("read", "lake.events", {"version": 0}),
        ("read", "lake.events", {}),
        ("read", "users", {}),
        ("read", "users", {"country": "PT"}),
    ]
    assert found[0]["location"] == str(delta)
    assert all(r["outcome"] == "ok" and r["user"] and r["process"] and r["environment"] == "embedded" for r in found)
    assert all(before <= datetime.fromisoformat(r["time"]) <= datetime.now(UTC) for r in found)


def test_changes_are_recorded(audit: Path, delta: Path, frame: pl.DataFrame) -> None:
    """A change is recorded with the version that it made and the rows that it touched."""
    source = DeltaTable("events", uri=delta)
    source.append(frame)
    source.delete("country = 'PT'")
    source.restore(version=0)
    source.vacuum()
    found = records(audit)
    assert [r["action"] for r in found] == ["append", "delete", "restore", "vacuum"]
    assert [r.get("version") for r in found] == [1, 2, 3, None]
    assert (found[0]["rows_added"], found[1]["rows_deleted"]) == (3, 2)


# Each change that a table offers, on rows of its own columns.
CHANGES: dict[str, Callable[[DeltaTable, pl.DataFrame], Any]] = {
    "append": lambda source, frame: source.append(frame),
    "overwrite": lambda source, frame: source.overwrite(frame),
    "delete": lambda source, frame: source.delete("country = 'PT'"),
    "merge": lambda source, frame: source.merge(frame, on=frame.columns[0]),
    "compact": lambda source, frame: source.compact(),
    "z_order": lambda source, frame: source.z_order(frame.columns[:1]),
    "restore": lambda source, frame: source.restore(version=0),
    "vacuum": lambda source, frame: source.vacuum(),
}


@pytest.mark.parametrize("action", CHANGES)
def test_each_change_is_recorded(audit: Path, delta: Path, frame: pl.DataFrame, action: str) -> None:
    """No way to change a table goes past the audit log, and each is one record."""
    with contextlib.suppress(LakecatError):  # what cannot be done is recorded too
        CHANGES[action](DeltaTable("events", uri=delta), frame)
    assert [r["action"] for r in records(audit)] == [action]


def test_failures_are_recorded(audit: Path, tmp_path: Path, delta: Path, frame: pl.DataFrame) -> None:
    """What fails is recorded with its code; a name that no table has is not."""
    register_static_table(ParquetTable("gone", uri=tmp_path / "gone.parquet"))
    with pytest.raises(SourceNotFoundError):
        Catalog().table("gone")
    with pytest.raises(SchemaMismatchError):
        DeltaTable("events", uri=delta).append(frame.select("user_id"))
    with pytest.raises(TableNotFoundError):
        Catalog().table("unknown")
    assert [(r["action"], r["outcome"]) for r in records(audit)] == [
        ("read", "not_found"),
        ("append", "schema_mismatch"),
    ]


def test_secrets_are_not_recorded(audit: Path) -> None:
    """Neither credentials of a location nor parameters that look secret are told."""
    with observed(
        "read", "t", location="s3://KEY:CANARY@bucket/x?sig=CANARY", params={"api_token": "CANARY", "n": [1]}
    ):
        pass
    (record,) = records(audit)
    assert "CANARY" not in audit.read_text()
    assert record["params"] == {"api_token": "***", "n": "list"}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (1.5, 1.5),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 200 + "…"),
        ("größe", "größe"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, tzinfo=UTC), "2026-01-31 00:00:00+00:00"),
        (time(1, 2), "01:02:00"),
        ({"a": 1}, "dict"),
        (type("X" * 300, (), {})(), "X" * 200 + "…"),
    ],
)
def test_values_of_parameters_in_the_audit_log(audit: Path, value: Any, told: Any) -> None:
    """Single values are recorded as they are, long texts cut; of everything else only the type, and of some nothing."""
    with observed("read", "größe", params={"p": value, "hidden": value}, untold=["hidden"]):
        pass
    (record,) = records(audit)
    assert record["params"] == {"p": told, "hidden": "***"}
    assert "größe" in audit.read_text(encoding="utf-8"), "people read it, too"


def test_a_record_says_who_did_it_where(audit: Path) -> None:
    """A record names user, host and process, and what the action added to it; a foreign error by its type."""
    with observed("read", "t", location="a/b c?d") as details:
        details["rows"] = 3
    with contextlib.suppress(ZeroDivisionError), observed("read", "t") as details:
        details["rows"] = 1 // 0
    first, second = records(audit)
    assert (first["host"], first["process"], first["user"]) == (platform.node(), os.getpid(), getpass.getuser())
    assert (first["location"], first["rows"], first["outcome"]) == ("a/b c?d", 3, "ok")
    assert (second["outcome"], "rows" in second) == ("ZeroDivisionError", False)


def test_others_do_not_read_the_audit_log(audit: Path) -> None:
    """The file is made for its owner and group, and a mask of the process takes away from that alone."""
    before = os.umask(0)
    try:
        with observed("read", "t"):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE(audit.stat().st_mode) == 0o640


@pytest.mark.parametrize("fails", [False, True])
def test_messages_say_how_long_it_took(caplog: pytest.LogCaptureFixture, tmp_path: Path, fails: bool) -> None:
    """A message has the milliseconds that passed, no more than there were, and the record beside it."""
    start = perf_counter()
    with use_config(LakecatConfig(root=str(tmp_path), log_level="DEBUG")), contextlib.suppress(ValueError):  # noqa: SIM117
        with observed("append", "t"):
            inner = perf_counter()
            while perf_counter() < inner + 0.002:
                pass
            if fails:
                raise ValueError
    whole = (perf_counter() - start) * 1000
    (message,) = caplog.records
    assert message.getMessage().endswith(" ms")
    milliseconds = float(message.getMessage().rpartition(", ")[2].removesuffix(" ms"))
    assert 1.9 <= milliseconds <= whole + 0.1
    assert message.lakecat["outcome"] == ("ValueError" if fails else "ok")  # type: ignore[attr-defined]


def test_nothing_is_done_that_cannot_be_recorded(tmp_path: Path, delta: Path, frame: pl.DataFrame) -> None:
    """Where the audit log cannot be opened, no table is handed out and none is changed."""
    register_static_table(source := DeltaTable("events", uri=delta))
    with use_config(LakecatConfig(root=str(tmp_path), audit_log=tmp_path / "no" / "audit.jsonl")):
        for act in (lambda: Catalog().table("events"), lambda: source.append(frame)):
            with pytest.raises(AuditLogError, match=r"nothing was done: the audit log .* cannot be written"):
                act()
    assert Catalog().table("events").collect().height == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
def test_what_could_not_be_recorded_is_said(tmp_path: Path, delta: Path, frame: pl.DataFrame) -> None:
    """A change that stands although the disk was full afterwards is an error that says which change it was."""
    with use_config(LakecatConfig(root=str(tmp_path), audit_log=Path("/dev/full"))):
        with pytest.raises(AuditLogError, match=r"append of table 'events' \(ok\) is not in the audit log '/dev/full'"):
            DeltaTable("events", uri=delta).append(frame)
        with pytest.raises(SchemaMismatchError) as caught:
            DeltaTable("events", uri=delta).append(frame.select("user_id"))
    assert "is not in the audit log" in caught.value.__notes__[0]
    assert DeltaTable("events", uri=delta).scan().collect().height == 6


READ_OFTEN = """
import sys
from pathlib import Path
from lakecat.config import LakecatConfig, use_config
from lakecat.errors import LakecatError
from lakecat.observe import observed

folder, number = sys.argv[1:]
with use_config(LakecatConfig(root=folder, audit_log=Path(folder) / "audit.jsonl")):
    for _ in range(50):
        with observed("read", number * 500):
            pass
"""


def test_processes_do_not_mix_their_lines(tmp_path: Path) -> None:
    """Lines of several processes that write at once stay whole, and none is lost."""
    commands = [[sys.executable, "-c", READ_OFTEN, str(tmp_path), str(n)] for n in range(4)]
    processes = [subprocess.Popen(command) for command in commands]
    assert [process.wait(60) for process in processes] == [0] * 4
    tables = [record["table"] for record in records(tmp_path / "audit.jsonl")]
    assert sorted(tables) == sorted(f"{n}" * 500 for n in range(4) for _ in range(50))


@pytest.mark.parametrize(
    ("level", "seen"),
    [
        ("DEBUG", ["read of table 'events': ok", "append of table 'events': ok", "read of table 'gone': not_found"]),
        ("INFO", ["append of table 'events': ok", "read of table 'gone': not_found"]),
        ("ERROR", []),
    ],
)
def test_log_level(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, delta: Path, frame: pl.DataFrame, level: Any, seen: list[str]
) -> None:
    """Reads are debug messages, changes are info, what fails is a warning; the environment says which there are."""
    register_static_table(source := DeltaTable("events", uri=delta))
    register_static_table(DeltaTable("gone", uri=tmp_path / "gone"))
    with use_config(LakecatConfig(root=str(tmp_path), log_level=level)):
        Catalog().table("events")
        source.append(frame)
        with pytest.raises(SourceNotFoundError):
            Catalog().table("gone")
    assert [record.getMessage().rpartition(",")[0] for record in caplog.records] == seen


def test_a_program_without_logging_sees_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A library does not write to the terminal by itself."""
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    try:
        with use_config(LakecatConfig(root=str(tmp_path), log_level="DEBUG")), pytest.raises(SourceNotFoundError):
            DeltaTable("gone").delete("true")
    finally:
        root.handlers = handlers
    assert capfd.readouterr() == ("", "")


DECLARED = [Column("user_id", pl.String), Column("countri", pl.String)]


def test_strict_checks_refuse_what_is_not_declared(tmp_path: Path, delta: Path) -> None:
    """With strict checks a table whose data are not as declared is refused, and all differences are named."""
    register_static_table(DeltaTable("events", uri=delta), schema=DECLARED)
    with use_config(LakecatConfig(root=str(tmp_path), checks="strict")), pytest.raises(SchemaMismatchError) as caught:
        Catalog().table("events")
    assert str(caught.value) == (
        "table 'events' is not what is declared: column 'user_id' is declared as String, and the data have Int64; "
        "column 'countri' is declared, and the data have none of that name; did you mean 'country'?"
    )
    assert caught.value.columns == ("user_id", "countri")
    assert Catalog().table("events").collect().height == 3  # relaxed: the page says it, the analyst goes on


@pytest.mark.parametrize("schema", [None, [Column("country", None)], {"user_id": pl.Int64}])
def test_strict_checks_let_pass_what_is_declared(tmp_path: Path, delta: Path, schema: Any) -> None:
    """Columns that nobody declared, and dtypes that were left open, are as they are."""
    register_static_table(DeltaTable("events", uri=delta), schema=schema)
    with use_config(LakecatConfig(root=str(tmp_path), checks="strict")):
        assert Catalog().table("events").collect().height == 3


def test_strict_checks_of_functions(tmp_path: Path) -> None:
    """A function's frame is held to its declaration too; one whose columns cannot be told is a typed error."""

    @table(schema={"a": pl.Int64})
    def wrong() -> pl.LazyFrame:
        """Another dtype."""
        return pl.LazyFrame({"a": ["x"]})

    @table(schema={"a": pl.Int64})
    def broken() -> pl.LazyFrame:
        """A column that is not there."""
        return pl.LazyFrame({"b": [1]}).select(pl.col("https://u:CANARY@x.example/"))

    with use_config(LakecatConfig(root=str(tmp_path), checks="strict")):
        with pytest.raises(SchemaMismatchError, match="declared as Int64, and the data have String"):
            Catalog().table("wrong")
        with pytest.raises(
            TableFunctionError, match="the frame that the function of table 'broken' returned"
        ) as caught:
            Catalog().table("broken")
    assert "CANARY" not in str(caught.value)
