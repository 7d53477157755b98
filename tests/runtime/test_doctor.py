"""The doctor: what it finds on folders, on stores that behave, and on stores that do not."""

from __future__ import annotations

import contextlib
import re
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from click.testing import CliRunner

from lakecat.cli import main
from lakecat.config import LakecatConfig
from lakecat.doctor import Finding, examine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STEPS = ("environment", "reachable", "credentials", "write", "conditional puts", "writers")
CANARY = "canary-7d1f"
# The limits of the tests: what must time out does so soon.
BRIEF = {"connect_timeout": 1, "timeout": 1, "max_retries": 1, "retry_timeout": 0.1}


class Store(ThreadingHTTPServer):
    """As much of S3 as the doctor asks for, in memory; ``behaviour`` says what is wrong with it."""

    daemon_threads = True

    def __init__(self, behaviour: str) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.behaviour = behaviour
        self.objects: dict[str, bytes] = {}
        self.lock = threading.Lock()
        self.closing = threading.Event()

    def handle_error(self, *_: Any) -> None:
        """Say nothing: clients break their connections off."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Store

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        key = unquote(parts.path).lstrip("/").partition("/")[2]
        with self.server.lock:
            status, answer = self.answer(key, parse_qs(parts.query, keep_blank_values=True), body)
        if status == 0:  # silent until the test is over
            self.server.closing.wait()
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Mon, 02 Jan 2023 00:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815 - names of http.server

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""

    def answer(self, key: str, query: dict[str, list[str]], body: bytes) -> tuple[int, bytes]:
        behaviour, objects = self.server.behaviour, self.server.objects
        if behaviour in ("403", "404", "500"):
            code = {"403": "InvalidAccessKeyId", "404": "NoSuchBucket", "500": "InternalError"}[behaviour]
            echo = self.headers.get("Authorization", "")  # some stores repeat the key in their errors
            return int(behaviour), f"<Error><Code>{code}</Code><Message>{echo}</Message></Error>".encode()
        if "list-type" in query:
            return 200, b"<ListBucketResult></ListBucketResult>"  # nobody but the doctor writes here
        if self.command == "PUT":
            if behaviour == "read-only":
                return 403, b"<Error><Code>AccessDenied</Code></Error>"
            if behaviour == "hangs in the race" and key.endswith("at-once"):
                return 0, b""
            if self.headers.get("If-None-Match") and key in objects and behaviour != "ignores":
                return 412, b"<Error><Code>PreconditionFailed</Code></Error>"
            objects[key] = body
            return 200, b""
        if self.command == "POST" and "delete" in query:
            gone = re.findall(r"<Key>(.*?)</Key>", body.decode())
            for name in gone:
                objects.pop(name, None)
            rows = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in gone)
            return 200, f"<DeleteResult>{rows}</DeleteResult>".encode()
        if self.command == "DELETE":
            objects.pop(key, None)
            return 204, b""
        return (200, objects[key]) if key in objects else (404, b"<Error><Code>NoSuchKey</Code></Error>")


@contextlib.contextmanager
def running(behaviour: str) -> Iterator[Store]:
    """Run a store of this behaviour for a block."""
    with Store(behaviour) as store:
        thread = threading.Thread(target=store.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield store
        finally:
            store.closing.set()
            store.shutdown()
            thread.join()


def on_store(url: str, **more: Any) -> tuple[Finding, ...]:
    """Examine an environment whose tables lie in the store at a URL."""
    storage = {"endpoint_url": url, "access_key_id": f"id-{CANARY}", "secret_access_key": CANARY, **BRIEF}
    return examine(LakecatConfig(environment="local", root="s3://lake/tables", storage=storage, **more))


def verdicts(findings: tuple[Finding, ...]) -> dict[str, bool | None]:
    """Return each finding's verdict; no finding shows a secret, a colour code or the store's own text."""
    assert CANARY not in repr(findings)
    assert not re.search(r"\x1b|Traceback|<Code>", repr(findings))
    return {finding.name: finding.ok for finding in findings}


def messages(findings: tuple[Finding, ...]) -> dict[str, str]:
    """Return each finding's message."""
    return {finding.name: finding.message for finding in findings}


def test_a_store_that_honours_conditional_puts_is_safe() -> None:
    """All steps pass on a store that lets one of several puts win, and nothing of the probe is left."""
    with running("well") as store:
        found = on_store(store.url)
        assert store.objects == {}
    assert verdicts(found) == dict.fromkeys(STEPS, True)
    assert messages(found)["writers"] == "safe for several writers"


def test_a_store_that_ignores_conditions_loses_commits() -> None:
    """A store that accepts each put of one key gets the verdict that commits will be lost."""
    with running("ignores") as store:
        found = on_store(store.url)
        assert store.objects == {}
    assert verdicts(found) == dict.fromkeys(STEPS, True) | {"conditional puts": False, "writers": False}
    assert messages(found)["writers"].startswith("commits will be lost: ")


def test_without_obstore_the_install_line_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the optional library it is known that the store answers, and the rest says what to install."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    with running("well") as store:
        found = on_store(store.url)
        assert store.objects == {}
    assert verdicts(found) == dict.fromkeys(STEPS[:3], True) | dict.fromkeys(STEPS[3:])
    assert "pip install 'lakecat[s3]'" in messages(found)["write"]


@pytest.mark.parametrize(
    ("behaviour", "failed", "says"),
    [
        ("403", "credentials", "the store denies access (InvalidAccessKeyId)"),
        ("404", "write", "the bucket does not exist"),
        ("500", "write", "the server fails with status 500 (InternalError)"),
        ("read-only", "write", "the store denies access (AccessDenied)"),
    ],
)
def test_a_store_that_refuses(behaviour: str, failed: str, says: str) -> None:
    """A refusal is the finding of its own step; later steps are unknown, and the server counts as reachable."""
    with running(behaviour) as store:
        found = on_store(store.url)
    assert verdicts(found)["reachable"] is True
    assert verdicts(found)[failed] is False
    assert messages(found)[failed].startswith(says)
    assert verdicts(found)["writers"] is None
    assert [finding.name for finding in found] == list(STEPS)


def test_nothing_listens() -> None:
    """A port at which nothing listens is unreachable, and the rest unknown."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        found = on_store(f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert verdicts(found)["reachable"] is False
    assert messages(found)["reachable"] == "nothing listens at the address of the server"
    assert set(verdicts(found).values()) == {True, False, None}


def test_a_silent_server_is_given_up() -> None:
    """A server that accepts and never answers is unreachable after the limits of the configuration."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        found = on_store(f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert verdicts(found)["reachable"] is False
    assert messages(found)["reachable"] == "the server does not answer in time"
    assert time.monotonic() - begun < 6


def test_a_server_that_falls_silent_during_the_probe() -> None:
    """Where the server stops answering in the middle, the verdict for writers is unknown and the end comes soon."""
    with running("hangs in the race") as store:
        begun = time.monotonic()
        found = on_store(store.url)
        assert time.monotonic() - begun < 15
    assert verdicts(found)["conditional puts"] is None
    assert "does not answer in time" in messages(found)["conditional puts"]
    assert verdicts(found)["writers"] is None


def test_an_unknown_host() -> None:
    """A name that stands for no host is said to be unknown."""
    found = on_store("http://no-such-host.invalid")
    assert messages(found)["reachable"] == "the name of the server is not known"


@pytest.mark.finding(21)
def test_variables_that_set_nothing_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is not known is a finding of its own, which is no failure, and its value is not told."""
    monkeypatch.setenv("LAKECAT_ROOTT", CANARY)
    found = examine(LakecatConfig(root=str(tmp_path)))
    (told,) = [finding for finding in found if finding.name == "variables"]
    assert told.ok is None
    assert "LAKECAT_ROOTT sets nothing" in told.message
    assert CANARY not in told.message
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 0, done.output
    assert "?       variables" in done.stdout


def test_buckets_are_looked_at(tmp_path: Path) -> None:
    """Each further bucket has a finding of its own, and nothing is written to it."""
    with running("well") as store:
        found = on_store(store.url, buckets={"raw": "s3://raw/x", "here": str(tmp_path), "later": str(tmp_path / "no")})
    assert verdicts(found[len(STEPS) :]) == {"bucket raw": True, "bucket here": True, "bucket later": True}
    assert "not there yet" in found[-1].message
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_safe_and_left_as_it_was(tmp_path: Path) -> None:
    """A folder that is not there yet passes all steps and is not there afterwards either."""
    found = examine(LakecatConfig(root=str(tmp_path / "new" / "lake")))
    assert verdicts(found) == dict.fromkeys(STEPS, True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_tables_keeps_them(tmp_path: Path) -> None:
    """What lies in the root stays; the probe goes."""
    (tmp_path / "users").mkdir()
    assert verdicts(examine(LakecatConfig(root=f"file://{tmp_path}"))) == dict.fromkeys(STEPS, True)
    assert [path.name for path in tmp_path.iterdir()] == ["users"]


def test_a_place_that_cannot_be_a_folder(tmp_path: Path) -> None:
    """A root below a file cannot be written, which is said without a traceback."""
    (tmp_path / "file").write_text("")
    found = examine(LakecatConfig(root=str(tmp_path / "file" / "lake")))
    assert verdicts(found)["write"] is False
    assert messages(found)["write"].startswith("the folder cannot be written: ")
    assert verdicts(found)["writers"] is None
