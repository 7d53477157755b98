"""How a Delta table is opened: where, with which options, how often, and what is said where it cannot be."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import deltalake
import polars as pl
import pytest

from lakecat import DeltaTable
from lakecat.errors import SourceError, UnreachableError
from lakecat.sources.delta import engine as delta_engine
from lakecat.sources.delta import table as delta_table
from lakecat.sources.delta import times as delta_times
from lakecat.sources.delta.handle import DeltaHandle
from lakecat.sources.delta.native import why_not_native

if TYPE_CHECKING:
    from pathlib import Path

KEYS = {"access_key_id": "a", "secret_access_key": "b", "allow_http": "true"}


class OpenedError(Exception):
    """Raised in the place of opening a table."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, dict[str, Any]]]:
    """Return with what deltalake is asked to open a table, which it then does."""
    calls: list[tuple[Any, dict[str, Any]]] = []
    begin = deltalake.DeltaTable.__init__

    def record(self: deltalake.DeltaTable, location: Any, **options: Any) -> None:
        calls.append((location, options))
        if "://" in str(location):
            raise OpenedError
        begin(self, location, **options)

    monkeypatch.setattr(deltalake.DeltaTable, "__init__", record)
    return calls


@pytest.fixture
def users(tmp_path: Path) -> DeltaTable:
    """Return a table of two commits."""
    for i in (1, 2):
        pl.DataFrame({"id": [i]}).write_delta(str(tmp_path / "users"), mode="append")
    return DeltaTable("users", uri=str(tmp_path / "users"))


def test_a_table_in_a_store_is_opened_there(asked: list[Any]) -> None:
    """It is opened by its URL, with the options as deltalake, not Polars, calls them."""
    table = DeltaTable("users", uri="s3://lake/users", storage_options=KEYS)
    assert table.options[0] != table.options[1]
    with pytest.raises((OpenedError, SourceError)):
        table.scan()
    ((location, options),) = asked
    assert (location, options["storage_options"]) == ("s3://lake/users", table.options[0])


def test_a_table_is_opened_once(users: DeltaTable, asked: list[Any]) -> None:
    """The log is read again after a commit, not at each use."""
    for _ in range(3):
        assert users.scan().collect().height == 2
        assert users.schema() == {"id": pl.Int64}
    assert len(asked) == 1
    pl.DataFrame({"id": [3]}).write_delta(users.uri, mode="append")
    asked.clear()
    assert users.scan().collect().height == 3
    users.schema()
    assert len(asked) == 1


@pytest.mark.parametrize("call", ["scan", "timestamp"])
@pytest.mark.parametrize(
    ("error", "raised"),
    [(ValueError("what happened"), SourceError), (KeyboardInterrupt(), KeyboardInterrupt), (SystemExit(3), SystemExit)],
)
def test_a_failure_is_typed_and_an_interrupt_is_not(
    users: DeltaTable, monkeypatch: pytest.MonkeyPatch, call: str, error: BaseException, raised: type[BaseException]
) -> None:
    """What a library raises becomes an error of lakecat that names the table; what ends a program ends it."""

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(delta_table, "scan_native", fail)
    monkeypatch.setattr(delta_times, "version_at", fail)
    with pytest.raises(raised) as told:
        users.scan(**({} if call == "scan" else {"timestamp": datetime.now(UTC)}))
    if raised is SourceError:
        assert "'users'" in str(told.value)
        assert "what happened" not in told.value.message
    else:
        assert told.value is error


def test_tokens_of_what_cannot_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That nothing lies in a local folder is known; what a store holds that does not answer is not."""
    assert DeltaTable("t", uri=str(tmp_path / "nothing")).change_token() == "nothing there"

    def silent(_: Any) -> Any:
        raise UnreachableError("no answer")

    monkeypatch.setattr(DeltaHandle, "newest", silent)
    assert DeltaTable("t", uri="s3://lake/t", storage_options=KEYS).change_token() is None


def test_rows_of_no_bytes() -> None:
    """A log that tells of rows without bytes gives batches of a usual size."""
    files = pl.DataFrame({"num_records": [3], "size_bytes": [0]}).to_arrow()
    table: Any = SimpleNamespace(get_add_actions=lambda: files)
    assert delta_engine._batch_rows(table) == delta_engine._MOST_ROWS


@pytest.mark.parametrize("value", ["b=c", "=", "a=b=c=d", "b/c", "é %3D"])
def test_values_that_look_like_folders(tmp_path: Path, value: str) -> None:
    """A partition value may hold what parts folders and columns."""
    rows = pl.DataFrame({"a": [value], "x": [1]})
    rows.write_delta(str(tmp_path / "t"), delta_write_options={"partition_by": ["a"]})
    assert why_not_native(deltalake.DeltaTable(tmp_path / "t")) is None
    assert DeltaTable("t", uri=str(tmp_path / "t")).scan().collect().equals(rows)


def test_a_table_is_created_where_it_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table in a store is created by its URL, with deltalake's names of the options."""
    given: list[Any] = []

    def create(location: Any, *_: Any, **options: Any) -> Any:
        given.append((location, options["storage_options"]))
        raise OSError

    monkeypatch.setattr(deltalake.DeltaTable, "create", create)
    table = DeltaTable("users", uri="s3://lake/users", storage_options=KEYS)
    with pytest.raises(SourceError):
        table.create(schema={"id": "Int64"})
    assert given == [("s3://lake/users", table.options[0])]
