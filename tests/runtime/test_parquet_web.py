"""Parquet files of web servers: read in parts, and in bounded time whatever the server does."""

from __future__ import annotations

import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lakecat import ParquetTable
from lakecat.errors import (
    SourceError,
    SourceNotFoundError,
    SourceTimeoutError,
    UnreachableError,
    UnsupportedFeatureError,
)
from lakecat.testing import check_source

from .places import parquet_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = pl.DataFrame({"a": range(5000), "b": [f"text {number}" for number in range(5000)]})
BOUND = 15.0
SHORT = {"timeout": "1s", "connect_timeout": "1s", "retry_timeout": "2s", "max_retries": "1"}


class Server(ThreadingHTTPServer):
    """A server of one file, ``/a folder/t.parquet``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.data = parquet_bytes(ROWS)
        self.tag: str | None = '"1"'
        self.ranges = True
        self.asked: list[str] = []
        self.silent = threading.Event()
        self.ending = threading.Event()

    @property
    def uri(self) -> str:
        """The location of the file."""
        return f"http://127.0.0.1:{self.server_port}/a%20folder/t.parquet"


class Handler(BaseHTTPRequestHandler):
    """Answers HEAD and GET of the file, of parts of it too."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_HEAD(self) -> None:
        """Answer without a body."""
        self._answer(body=False)

    def do_GET(self) -> None:
        """Answer with a body."""
        self._answer(body=True)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self, *, body: bool) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        if self.server.silent.is_set():
            self.server.ending.wait(4 * BOUND)
            self.close_connection = True
            return
        data, status = self.server.data, 200
        if self.path.partition("?")[0] != "/a%20folder/t.parquet":
            data, status = b"", 404
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
        if wanted and status == 200 and self.server.ranges:
            status, start, end = 206, int(wanted[1]), min(int(wanted[2]) + 1, len(data))
            content = f"bytes {start}-{end - 1}/{len(data)}"
            data = data[start:end]
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if status == 206:
            self.send_header("Content-Range", content)
        if self.server.tag:
            self.send_header("ETag", self.server.tag)
        self.end_headers()
        if body:
            self.wfile.write(data)


@pytest.fixture
def server() -> Iterator[Server]:
    """Yield a running server, and end it."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.ending.set()
            server.shutdown()
            thread.join(BOUND)


def within_bound(call: Callable[[], Any]) -> BaseException | None:
    """Call in a thread; return what was raised, and fail if there is no answer in time."""
    raised: list[BaseException | None] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 (the test looks at it)
            raised.append(error)
        else:
            raised.append(None)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(BOUND)
    assert raised, f"no answer after {BOUND:g} seconds"
    return raised[0]


def test_a_file_of_a_web_server(server: Server) -> None:
    """Such a file has rows, columns and figures like any other, and plans give what they give elsewhere."""
    source = ParquetTable("t", uri=server.uri)
    assert_frame_equal(source.scan().collect(), ROWS)
    plan = source.scan().head(50).filter(pl.col("a") > 40).select("b")
    assert_frame_equal(plan.collect(), ROWS.head(50).filter(pl.col("a") > 40).select("b"))
    found = source.statistics()
    assert found.rows is not None
    assert found.bytes is not None
    assert (found.rows.value, found.bytes.value) == (5000, len(server.data))
    assert source.column_statistics()["a"].maximum == "4999"
    check_source(source)


def test_what_a_url_carries(server: Server) -> None:
    """What stands behind the question mark of a signed URL is sent along, and is no glob."""
    assert ParquetTable("t", uri=f"{server.uri}?signature=a*b").scan().collect().height == 5000
    assert all("?signature=a*b" in path for path in server.asked)


@pytest.mark.finding(15)
def test_tokens(server: Server) -> None:
    """The token is made of size and ETag; a server that sends none has none."""
    source = ParquetTable("t", uri=server.uri)
    token = source.change_token()
    assert token is not None
    assert source.change_token() == token
    server.tag = '"2"'
    assert source.change_token() not in (None, token)


def test_what_is_not_there(server: Server) -> None:
    """A file that is not there, and a folder, are errors that say so."""
    with pytest.raises(SourceNotFoundError, match="there is no Parquet table 't' at its location"):
        ParquetTable("t", uri=server.uri.replace("t.parquet", "x.parquet")).scan()
    with pytest.raises(SourceError, match="a web server has no folders; give one file"):
        ParquetTable("t", uri=server.uri.replace("t.parquet", "")).scan()
    server.ranges = False
    with pytest.raises(UnsupportedFeatureError, match="its server gives whole files alone"):
        ParquetTable("t", uri=server.uri).scan()


@pytest.mark.finding(15)
def test_a_silent_server(server: Server) -> None:
    """A server that takes requests and answers none is a time-out, after a few requests."""
    server.silent.set()
    source = ParquetTable("t", uri=server.uri, storage_options=SHORT)
    for ask in (source.scan, source.schema, source.statistics):
        server.asked.clear()
        assert isinstance(within_bound(ask), SourceTimeoutError)
        assert len(server.asked) <= 2


@pytest.mark.finding(15)
def test_a_server_that_falls_silent(server: Server) -> None:
    """A server that is silent only when rows are asked for is waited for no longer."""
    frame = ParquetTable("t", uri=server.uri, storage_options=SHORT).scan()
    server.silent.set()
    error = within_bound(frame.collect)
    assert isinstance(error, Exception)
    assert "did not answer in time" in str(error)


def test_a_server_that_is_not_there() -> None:
    """A port that nobody listens to is unreachable."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    source = ParquetTable("t", uri=f"http://127.0.0.1:{port}/t.parquet", storage_options=SHORT)
    assert isinstance(within_bound(source.scan), UnreachableError)
