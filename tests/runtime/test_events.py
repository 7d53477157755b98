"""One event for each read of a table and each change, and those who listen: in their own block, threads included."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import json
import logging
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import (
    AuditLogError,
    Catalog,
    CatalogRegistry,
    DeltaTable,
    LakecatError,
    ModuleDatabase,
    SchemaMismatchError,
    SourceNotFoundError,
    TableFunctionError,
    TableParameterError,
    get_table,
    register_static_table,
    table,
)
from lakecat.config import ConfigurationError, LakecatConfig, use_config
from lakecat.events import TableEvent, listening
from lakecat.sources.function import FunctionSource

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def numbers() -> pl.LazyFrame:
    """Return a frame."""
    return pl.LazyFrame({"n": [1]})


@pytest.fixture
def catalog() -> Catalog:
    """Return a catalog of its own with three tables of functions; `upper` reads `lower`, and `top` reads `upper`."""
    own = Catalog(CatalogRegistry())
    own.add_table(numbers, "lower", database="db", deprecated="take upper")
    own.add_table(lambda: own.table("lower"), "upper")
    own.add_table(lambda: own.sql("SELECT * FROM upper"), "top")
    return own


def heard(act: Callable[[], Any]) -> list[TableEvent]:
    """Return the events that are heard while something is done."""
    events: list[TableEvent] = []
    with listening(events.append):
        act()
    return events


def names(act: Callable[[], Any]) -> list[str]:
    """Return the tables of the events that are heard while something is done, in their order."""
    return [event.table for event in heard(act)]


def test_each_way_to_a_table_is_one_event() -> None:
    """By a catalog, its databases, SQL, a module's database and the default catalog: each read is told once."""
    table(database="db")(numbers)
    ways: list[Callable[[], Any]] = [
        lambda: Catalog().table("numbers"),
        lambda: Catalog().table("db.numbers"),
        lambda: Catalog().db("db").table("numbers"),
        lambda: Catalog().sql("SELECT * FROM numbers AS a, numbers AS b"),
        lambda: ModuleDatabase(sys.modules[numbers.__module__]).table("numbers"),
        lambda: get_table("numbers"),
    ]
    assert [names(way) for way in ways] == [["db.numbers"]] * len(ways)


def test_an_event_says_what_was_done(delta: Path, frame: pl.DataFrame) -> None:
    """It has table, source, place, parameters and environment, and says how long it took and how it came out."""
    register_static_table(source := DeltaTable("events", uri=delta), owner="growth")
    registry = Catalog().registry
    (event,) = heard(lambda: Catalog().table("events", version=0))
    assert (event.action, event.table, event.outcome, event.environment) == ("read", "events", "ok", "embedded")
    assert (event.location, dict(event.params)) == (str(delta), {"version": 0})
    assert event.source is source
    assert event.declared is registry.get("events")
    assert event.registry is registry
    assert event.seconds > 0
    (change,) = heard(lambda: source.append(frame))
    assert (change.action, change.table, change.source, change.declared) == ("append", "events", source, None)
    assert (change.details["version"], change.details["rows_added"]) == (1, 3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.outcome = "other"  # type: ignore[misc]


def test_reads_inside_of_reads_are_told(catalog: Catalog) -> None:
    """A function's table that reads others is told after them, whichever way it reads them."""
    assert names(lambda: catalog.table("top")) == ["db.lower", "upper", "top"]
    assert names(lambda: catalog.describe_table("top")) == ["db.lower", "upper"]


def test_other_catalogs_are_heard(catalog: Catalog) -> None:
    """A table of another catalog is told with the registry in which it stands."""
    other = Catalog(CatalogRegistry())
    other.add_table(lambda: catalog.table("lower"), "mine")
    events = heard(lambda: other.table("mine"))
    assert [event.registry for event in events] == [catalog.registry, other.registry]


def in_a_thread(act: Callable[[], Any]) -> None:
    """Do something in a thread of its own."""
    thread = threading.Thread(target=act)
    thread.start()
    thread.join()


def in_a_thread_of_a_thread(act: Callable[[], Any]) -> None:
    """Do something in a thread that another thread begins."""
    in_a_thread(lambda: in_a_thread(act))


def in_a_pool(act: Callable[[], Any]) -> None:
    """Do something in a pool."""
    with ThreadPoolExecutor(2) as pool:
        pool.submit(act).result()


def in_a_loop(act: Callable[[], Any]) -> None:
    """Do something in a thread of an event loop."""
    asyncio.run(asyncio.to_thread(act))


@pytest.mark.parametrize("where", [in_a_thread, in_a_thread_of_a_thread, in_a_pool, in_a_loop])
def test_threads_that_a_block_begins_are_heard(where: Callable[..., None], catalog: Catalog) -> None:
    """What a function reads in threads belongs to it."""
    catalog.add_table(lambda: where(lambda: catalog.table("upper")) or numbers(), "threads")
    assert names(lambda: catalog.table("threads")) == ["db.lower", "upper", "threads"]


def test_a_pool_that_was_there_before_is_heard(catalog: Catalog) -> None:
    """Also a thread that began before the block works for it."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        assert names(lambda: pool.submit(catalog.table, "lower").result()) == ["db.lower"]


def test_two_blocks_at_once_hear_their_own(catalog: Catalog) -> None:
    """Threads that listen each for themselves do not hear each other."""
    both = threading.Barrier(2, timeout=30)

    def listen(name: str) -> list[str]:
        def act() -> None:
            both.wait()
            for _ in range(20):
                catalog.table(name)
            both.wait()

        return names(act)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(listen, ["lower", "upper"]))
    assert found == [["db.lower"] * 20, ["db.lower", "upper"] * 20]


def test_a_block_inside_of_a_block_is_heard_by_both(catalog: Catalog) -> None:
    """The outer one hears all, the inner one what it encloses."""
    outer, inner = [], []
    with listening(lambda event: outer.append(event.table)):
        catalog.table("lower")
        with listening(lambda event: inner.append(event.table)):
            catalog.table("upper")
        catalog.table("lower")
    catalog.table("top")
    assert (outer, inner) == (["db.lower", "db.lower", "upper", "db.lower"], ["db.lower", "upper"])


def test_after_its_block_nobody_hears(catalog: Catalog) -> None:
    """A block that is over hears nothing, also from work that took its context along."""
    events: list[TableEvent] = []
    with listening(events.append):
        taken = contextvars.copy_context()
    taken.run(catalog.table, "lower")
    with pytest.raises(ZeroDivisionError), listening(events.append):
        raise ZeroDivisionError
    catalog.table("lower")
    assert events == []


def test_who_listens_everywhere_hears_every_block(catalog: Catalog) -> None:
    """A listener for the whole process hears what other threads do within blocks of their own."""
    events: list[str] = []
    with listening(lambda event: events.append(event.table), everywhere=True):
        in_a_thread(lambda: names(lambda: catalog.table("lower")))
    assert events == ["db.lower"]


class Lost:
    """Cannot say where it lies."""

    kind, name = "lost", "lost"
    schema = change_token = facts = scan = lambda self, **params: None

    @property
    def uri(self) -> str:
        """Fail."""
        raise RuntimeError("no idea")


def failing() -> pl.LazyFrame:
    """Fail."""
    raise ValueError("no")


@pytest.mark.parametrize(
    ("name", "params", "outcome"),
    [
        ("gone", {}, "not_found"),
        ("failing", {}, "function_failed"),
        ("numbers", {"x": 1}, "parameter"),
        ("lost", {}, "unreadable"),
        ("strict", {}, "schema_mismatch"),
    ],
)
def test_a_read_that_fails_is_told_too(name: str, params: dict[str, Any], outcome: str, tmp_path: Path) -> None:
    """Whatever fails, the event says how the read came out, and the error is the reader's."""
    own = Catalog(CatalogRegistry())
    for source in (DeltaTable("gone", uri=tmp_path / "gone"), failing, numbers, Lost()):
        own.add_table(source)
    own.add_table(numbers, "strict", schema={"n": pl.String})
    config = LakecatConfig(root=str(tmp_path), checks="strict" if name == "strict" else "relaxed")
    events: list[TableEvent] = []
    with use_config(config), listening(events.append), pytest.raises(LakecatError):
        own.table(name, **params)
    assert [(event.table, event.outcome) for event in events] == [(name, outcome)]


@pytest.mark.parametrize("refusal", ["audit_log", "configuration"])
def test_a_read_that_is_refused_is_told_too(refusal: str, tmp_path: Path, delta: Path) -> None:
    """Where the environment does not let a table be read, listeners hear of it."""
    register_static_table(DeltaTable("events", uri=delta))
    more: dict[str, Any] = {"audit_log": tmp_path / "no" / "log"}
    if refusal == "configuration":
        more = {"environment": "production", "audit_log": tmp_path / "log"}
    events: list[TableEvent] = []
    with (
        use_config(LakecatConfig(root="s3://lake", **more)),
        listening(events.append),
        pytest.raises((AuditLogError, ConfigurationError)),
    ):
        Catalog().table("events")
    assert [event.outcome for event in events] == [refusal]


def test_an_event_tells_no_secret(tmp_path: Path) -> None:
    """Neither credentials of a location nor parameters that look secret are in an event that somebody prints."""
    source = DeltaTable("t", uri="s3://K:CANARY@lake/t", storage_options={"aws_secret_access_key": "CANARY"})
    own = Catalog(CatalogRegistry())
    own.add_table(source)
    events: list[TableEvent] = []
    with listening(events.append), pytest.raises(LakecatError):
        own.table("t", api_token="CANARY")
    (event,) = events
    assert "CANARY" not in repr(event)
    assert (event.location, dict(event.params)) == ("s3://***@lake/t", {"api_token": "***"})


def test_what_a_listener_raises_comes_out_of_the_read(catalog: Catalog, tmp_path: Path) -> None:
    """A listener may refuse, as a warning that is an error does; the audit log and the others heard it before."""

    def warn(event: TableEvent) -> None:
        if event.declared is not None and (why := event.declared.metadata.deprecated):
            warnings.warn(f"table {event.table!r} is deprecated: {why}", DeprecationWarning, stacklevel=2)

    events: list[TableEvent] = []
    log = tmp_path / "log"
    with (
        use_config(LakecatConfig(root=str(tmp_path), audit_log=log)),
        listening(warn),
        listening(events.append),
        pytest.raises(DeprecationWarning, match=r"table 'db\.lower' is deprecated: take upper"),
    ):
        catalog.table("lower")
    assert [event.outcome for event in events] == ["ok"]
    assert [json.loads(line)["outcome"] for line in log.read_text().splitlines()] == ["ok"]


def test_a_listener_hides_no_failure(tmp_path: Path) -> None:
    """Where the read failed, that is what the reader is told; what a listener raises then is a note of it."""
    own = Catalog(CatalogRegistry())
    own.add_table(DeltaTable("gone", uri=tmp_path / "gone"))

    def fall(event: TableEvent) -> None:
        raise ZeroDivisionError("the listener fell")

    with listening(fall), pytest.raises(SourceNotFoundError) as caught:
        own.table("gone")
    assert caught.value.__notes__ == ["a listener failed: ZeroDivisionError: the listener fell"]


def test_the_log_and_the_audit_log_are_listeners_like_others(
    catalog: Catalog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What they say of a read is what the event says."""
    config = LakecatConfig(root=str(tmp_path), audit_log=tmp_path / "log", log_level="DEBUG")
    with caplog.at_level(logging.DEBUG, "lakecat"), use_config(config):
        (event,) = heard(lambda: catalog.table("lower"))
    (record,) = map(json.loads, (tmp_path / "log").read_text().splitlines())
    told = {name: getattr(event, name) for name in ("action", "table", "location", "outcome", "environment")}
    assert {name: record[name] for name in told} == told
    (message,) = caplog.messages
    assert message == f"read of table 'db.lower': ok, {event.seconds * 1000:.1f} ms"


def test_without_listeners_nothing_is_kept(catalog: Catalog) -> None:
    """A process that never listens keeps no event alive."""
    from lakecat import events

    heard(lambda: catalog.table("lower"))
    assert events._LISTENING == []
    assert isinstance(catalog.registry.get("lower").source, FunctionSource)


ERRORS = (SchemaMismatchError, TableFunctionError, TableParameterError)


def test_outcomes_are_codes_of_errors() -> None:
    """What an event calls an outcome is the code of the error that was raised."""
    assert {error.code for error in ERRORS} == {"schema_mismatch", "function_failed", "parameter"}
