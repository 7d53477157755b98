"""A store that refuses, is silent, or goes away: a typed error, in bounded time, that gives nothing away."""

from __future__ import annotations

import contextvars
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import polars as pl
import pytest

from lakecat import Catalog, CatalogRegistry, DeltaTable, ParquetTable
from lakecat.errors import SourceError

from .ceph import SECRET
from .processes import free_port
from .relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import RunPython

    from .ceph import Gateway

# What is promised (deltalake and Polars alone wait for more than 180 s).
BOUND = 15.0
WRONG_SECRET = "canary-WRONG-secret"
TOKEN = "canary-session-token"
NOT_TO_BE_SHOWN = (SECRET, quote(SECRET), quote(SECRET, safe=""), WRONG_SECRET, TOKEN)
KINDS = ("delta", "parquet", "parquet folder", "parquet glob")
# Each wait for a silent server takes its time: one of a kind will do where its answers break off, with short time-outs.
ONE_OF_EACH = KINDS[:2]
SHORT = {"timeout": "2s", "connect_timeout": "2s"}


class Outcome(NamedTuple):
    """What a call gave within the bound: a value, or an error."""

    value: Any
    error: BaseException | None


def within_bound(function: Callable[[], Any]) -> Outcome:
    """Call a function in a thread of its own and return what came of it; fail if nothing has after `BOUND` seconds."""
    outcomes: list[Outcome] = []

    def run() -> None:
        try:
            outcomes.append(Outcome(function(), None))
        except BaseException as error:  # noqa: BLE001 - a panic of Polars is a BaseException; the test looks at it
            outcomes.append(Outcome(None, error))

    start = time.monotonic()
    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True)
    thread.start()
    thread.join(BOUND)
    assert outcomes, f"no answer after {time.monotonic() - start:.0f} s"
    return outcomes[0]


def assert_gives_nothing_away(error: BaseException) -> None:
    """Check that an error and its whole traceback hold no secret."""
    for text in (str(error), repr(error), "".join(traceback.format_exception(error))):
        assert [secret for secret in NOT_TO_BE_SHOWN if secret in text] == []


def assert_typed(error: BaseException | None, *codes: str) -> None:
    """Check that an error is lakecat's with one of these codes: one clean line, without secrets."""
    assert isinstance(error, SourceError), f"not a SourceError: {error!r}"
    assert error.code in codes, f"{error.code}: {error}"
    assert len(str(error).splitlines()) == 1
    assert "backtrace" not in str(error).lower()
    assert "\x1b" not in "".join(traceback.format_exception(error))
    assert_gives_nothing_away(error)


def catalog_of(kind: str, bucket: str, options: dict[str, str], *, name: str = "t") -> Catalog:
    """Return a catalog of one table `t` of a kind, at the place in the bucket where `stored` puts one."""
    catalog = Catalog(CatalogRegistry())
    if kind == "delta":
        catalog.add_table(DeltaTable("t", uri=f"s3://{bucket}/{name}", storage_options=options))
    else:
        place = {"parquet": f"{name}/0.parquet", "parquet folder": name, "parquet glob": f"{name}/*.parquet"}[kind]
        catalog.add_table(ParquetTable(name="t", uri=f"s3://{bucket}/p-{place}", storage_options=options))
    return catalog


@pytest.fixture(scope="module")
def stored(s3: Gateway) -> str:
    """Return a bucket with a table of each kind: `t` of a few rows, `big` of several files that are slow to pack."""
    bucket = s3.bucket()
    small = pl.DataFrame({"id": [1, 2, 3]})
    ids = pl.int_range(200_000, eager=True).alias("id")
    big = pl.DataFrame({"id": ids, "text": ids.hash(seed=1).cast(pl.String)})
    for name, frame in (("t", small), ("big", big)):
        for number in range(3):
            frame.write_delta(f"s3://{bucket}/{name}", mode="append", storage_options=s3.options())
            frame.write_parquet(f"s3://{bucket}/p-{name}/{number}.parquet", storage_options=s3.options())
    return bucket


FAULTS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "wrong secret": ({"aws_secret_access_key": WRONG_SECRET, "aws_session_token": TOKEN}, ("access_denied",)),
    "unknown key": ({"aws_access_key_id": "NOBODY"}, ("access_denied",)),
    "missing bucket": ({}, ("not_found",)),
    "missing table": ({}, ("not_found", "not_a_delta_table")),
    "refused port": ({"aws_endpoint_url": "REFUSED"}, ("unreachable",)),
    "unknown host": ({"aws_endpoint_url": "http://no-such-host.invalid"}, ("unreachable",)),
    "not HTTPS": ({"aws_endpoint_url": "HTTPS"}, ("unreachable",)),
}


def faulty(kind: str, fault: str, s3: Gateway, bucket: str) -> Catalog:
    """Return a catalog of a table with a fault of `FAULTS`."""
    options = s3.options(**FAULTS[fault][0])
    places = {"REFUSED": f"http://127.0.0.1:{free_port()}", "HTTPS": s3.endpoint.replace("http:", "https:")}
    options["aws_endpoint_url"] = places.get(options["aws_endpoint_url"], options["aws_endpoint_url"])
    where = "no-such-bucket" if fault == "missing bucket" else bucket
    return catalog_of(kind, where, options, name="none" if fault == "missing table" else "t")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_table_itself_raises(s3: Gateway, stored: str, kind: str, fault: str) -> None:
    """What keeps a table's metadata from being read is raised by ``table()``, typed, not by ``collect()`` later."""
    catalog = faulty(kind, fault, s3, stored)
    assert_typed(within_bound(lambda: catalog.table("t")).error, *FAULTS[fault][1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_description_says_what_is_wrong(s3: Gateway, stored: str, kind: str, fault: str) -> None:
    """``describe_table()`` raises nothing; its problem has the error's code, and no text of it gives anything away."""
    catalog = faulty(kind, fault, s3, stored)
    snapshot, error = within_bound(lambda: catalog.describe_table("t"))
    assert error is None
    assert {problem.code for problem in snapshot.problems} <= set(FAULTS[fault][1])
    assert len(snapshot.problems) == 1
    assert [s for s in (*NOT_TO_BE_SHOWN, "\x1b", "backtrace") if s in repr(snapshot)] == []


@pytest.mark.finding(23)
@pytest.mark.parametrize("kind", KINDS)
def test_hanging_server_times_out(faults: Gateway, stored: str, kind: str) -> None:
    """A server that takes connections and answers nothing is a time-out, for ``table()`` and ``describe_table()``."""
    catalog = catalog_of(kind, stored, faults.options())
    assert within_bound(lambda: catalog.table("t").collect()).error is None
    faults.pause()
    assert_typed(within_bound(lambda: catalog.table("t")).error, "timed_out")
    snapshot, error = within_bound(lambda: catalog.describe_table("t"))
    assert error is None
    assert [problem.code for problem in snapshot.problems] == ["timed_out"]


@pytest.mark.parametrize("kind", KINDS)
def test_stopped_server(faults: Gateway, stored: str, kind: str) -> None:
    """A server that goes between ``table()`` and ``collect()`` fails that in bounded time; it is unreachable then."""
    catalog = catalog_of(kind, stored, faults.options())
    frame = catalog.table("t")
    faults.stop()
    outcome = within_bound(frame.collect)
    assert isinstance(outcome.error, Exception)  # one of Polars' own, as the frame is Polars'
    assert_gives_nothing_away(outcome.error)
    assert_typed(within_bound(lambda: catalog.table("t")).error, "unreachable")
    snapshot, error = within_bound(lambda: catalog.describe_table("t"))
    assert error is None
    assert [problem.code for problem in snapshot.problems] == ["unreachable"]
    faults.start()
    assert within_bound(lambda: frame.collect().height).value == (3 if kind == "parquet" else 9)
    assert catalog.describe_table("t").problems == ()


@pytest.mark.parametrize("then", ["close", "hang"])
@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_break_in_the_middle_of_a_scan(s3: Gateway, stored: str, kind: str, then: Any) -> None:
    """Data that break off in the middle of a file raise an error in bounded time: never fewer rows."""
    with Relay(s3.port) as relay:
        options = s3.options(aws_endpoint_url=relay.endpoint, **SHORT)
        frame = catalog_of(kind, stored, options, name="big").table("t")
        relay.trip_after(100_000, then)
        outcome = within_bound(frame.collect)
        assert relay.tripped.is_set()
        assert isinstance(outcome.error, Exception)
        assert_gives_nothing_away(outcome.error)


@pytest.mark.parametrize(("then", "code"), [("close", "unreachable"), ("hang", "timed_out")])
@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_break_in_the_middle_of_metadata(s3: Gateway, stored: str, kind: str, then: Any, code: str) -> None:
    """A log or a footer that breaks off is the store's fault; it is not called damaged data."""
    with Relay(s3.port) as relay:
        within_bound(lambda: catalog_of(kind, stored, s3.options(aws_endpoint_url=relay.endpoint)).table("t"))
        needed = relay.passed
    assert needed > 0, "table() has read nothing"
    with Relay(s3.port) as relay:
        relay.trip_after(needed * 3 // 4, then)
        options = s3.options(aws_endpoint_url=relay.endpoint, **SHORT)
        outcome = within_bound(lambda: catalog_of(kind, stored, options).table("t"))
        assert relay.tripped.is_set()
        assert_typed(outcome.error, code)


@pytest.mark.parametrize("damage", ["missing", "truncated"])
def test_damaged_data_file(s3: Gateway, bucket: str, frame: pl.DataFrame, damage: str) -> None:
    """A data file that is gone or cut short is not seen by ``table()``; collecting raises, and gives no rows."""
    for _ in range(2):
        frame.write_delta(f"s3://{bucket}/t", mode="append", storage_options=s3.options())
    (path, *_) = (f"{bucket}/{key}" for key in s3.client.keys(bucket) if key.endswith(".parquet"))
    if damage == "missing":
        s3.client.delete(path)
    else:
        data = s3.client.get(path)
        s3.client.put(path, data[: len(data) // 2])
    frame_read = catalog_of("delta", bucket, s3.options()).table("t")
    outcome = within_bound(frame_read.collect)
    assert isinstance(outcome.error, Exception)
    assert_gives_nothing_away(outcome.error)


def test_log_with_a_gap(s3: Gateway, bucket: str, frame: pl.DataFrame) -> None:
    """A log in which a commit is missing is refused; the table is not read as if that commit had never been."""
    for _ in range(4):
        frame.write_delta(f"s3://{bucket}/t", mode="append", storage_options=s3.options())
    s3.client.delete(f"{bucket}/t/_delta_log/{2:020}.json")
    catalog = catalog_of("delta", bucket, s3.options())
    assert_typed(within_bound(lambda: catalog.table("t")).error, "corrupt_log")


@pytest.mark.parametrize("kind", ONE_OF_EACH)
@pytest.mark.parametrize("fault", ["wrong secret", "missing table", "refused port"])
def test_command_line_gives_nothing_away(
    s3: Gateway, stored: str, kind: str, fault: str, tmp_path: Path, run_python: RunPython
) -> None:
    """``lakecat show`` of a table that cannot be read writes neither a secret nor colours nor a traceback."""
    source = next(iter(faulty(kind, fault, s3, stored).registry.tables())).source
    assert isinstance(source, DeltaTable | ParquetTable)
    made = f"{type(source).__name__}(name='t', uri={source.uri!r}, storage_options={dict(source.storage_options)!r})"
    code = f"from lakecat import *\nregister_static_table({made})\n"
    (tmp_path / "lake_of_faults.py").write_text(code, encoding="utf-8")
    done = run_python(["-m", "lakecat", "show", "t", "--catalog", "lake_of_faults"], cwd=tmp_path, timeout=2 * BOUND)
    printed = done.stdout + done.stderr
    assert "unknown" in done.stdout
    assert [s for s in (*NOT_TO_BE_SHOWN, "\x1b", "Traceback", "backtrace") if s in printed] == []
