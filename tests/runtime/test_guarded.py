"""The rules of staging and production hold for each table at the gate, whoever says where it lies."""

from __future__ import annotations

import importlib
import json
import os
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import Catalog, CatalogRegistry, DeltaTable, LakecatError, ModuleDatabase, ParquetTable
from lakecat.config import ConfigurationError, LakecatConfig, use_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CANARY = "canary-8a22"
HERE = (
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "localhost.localdomain",
    "ip6-localhost",
    "127.0.0.1",
    "127.0.0.1.",
    "127.9.9.9",
    "127.1",
    "127.0.1",
    "0.0.0.0",
    "0",
    "0x7f.1",
    "0x7f.0x0.0x0.0x1",
    "0X7F000001",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[2002:7f00:1::]",
    "[::1%25lo]",
    "%6c%6fcalhost",
    "%31%32%37.0.0.1",
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
    "127\u30020\u30020\u30021",
    "\u2460\u2461\u2466.0.0.1",
    "local\u00adhost",
    "\uff4c\uff4f\uff43alhost",
    socket.gethostname(),
)
ELSEWHERE = (
    "store.example",
    "store.example.",
    "localhost.example",
    "127.0.0.1.example",
    "128.0.0.1",
    "10.0.0.1",
    "[2001:db8::1]",
    "[::ffff:10.0.0.1]",
    "notlocalhost",
    "0x80.1",
    "127.0.0.0.1",
    "s\u00fcd.example",
)
PRODUCTION: dict[str, Any] = {"environment": "production", "root": "s3://lake"}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work without variables of stores or of lakecat."""
    for name in list(os.environ):
        if name.upper().startswith(("AWS_", "AZURE_", "GOOGLE_", "LAKECAT_")):
            monkeypatch.delenv(name)


@pytest.fixture
def production(tmp_path: Path) -> Iterator[Path]:
    """Let production hold; return its audit log."""
    log = tmp_path / "audit.jsonl"
    with use_config(LakecatConfig(**PRODUCTION, audit_log=log)):
        yield log


def catalog_of(*sources: Any) -> Catalog:
    """Return a catalog of its own with these tables."""
    own = Catalog(CatalogRegistry())
    for source in sources:
        own.add_table(source, database="crm")
    return own


@pytest.mark.finding(27)
@pytest.mark.parametrize("host", HERE)
def test_this_machine_has_many_names(host: str, production: Path) -> None:
    """Whatever form the address of this machine has, it is no endpoint in production, of a configuration or a table."""
    for where in (host, f"{host}:9000", f"{host}/x"):
        url = f"https://{where}"
        with pytest.raises(ConfigurationError, match="must not be on this machine"):
            LakecatConfig(**PRODUCTION, audit_log="audit.jsonl", storage={"endpoint_url": url})
        table = DeltaTable("t", uri="s3://lake/t", storage_options={"aws_endpoint_url": url})
        with pytest.raises(ConfigurationError, match=r"table 'crm\.t' cannot be used: its storage option"):
            catalog_of(table).table("t")


@pytest.mark.parametrize("host", ELSEWHERE)
def test_other_machines_are_no_concern(host: str) -> None:
    """What only looks like this machine is allowed."""
    for where in (host, f"{host}:9000", f"{host}/127.0.0.1"):
        storage = {"endpoint_url": f"https://{where}"}
        LakecatConfig(**PRODUCTION, audit_log="audit.jsonl", storage=storage)


@pytest.mark.finding(27)
@pytest.mark.parametrize(
    "url",
    [
        "https://store.example\\@127.0.0.1",
        "https://127.0.0.1\\.store.example",
        "https://:9000",
        "https://a?@127.0.0.1",
        "HTTPS://127.0.0.1",
    ],
)
def test_urls_that_are_read_in_two_ways_are_refused(url: str) -> None:
    """A URL whose host depends on who reads it is no endpoint, in any environment."""
    for environment in ("embedded", "production"):
        with pytest.raises(ConfigurationError, match="must be a URL such as"):
            LakecatConfig(**PRODUCTION | {"environment": environment}, audit_log="a", storage={"endpoint_url": url})


S3 = "s3://lake/t"
REFUSED: dict[str, Callable[[Path], dict[str, Any]]] = {
    "a path": lambda folder: {"uri": folder / "t.parquet"},
    "a relative path": lambda folder: {"uri": "t"},
    "a file URL": lambda folder: {"uri": f"file://{folder}/t.parquet"},
    "a file URL in capitals": lambda folder: {"uri": f"FILE://{folder}/t.parquet"},
    "plain HTTP": lambda folder: {"uri": "http://store.example/t.parquet"},
    "plain HTTP in capitals": lambda folder: {"uri": "HTTP://store.example/t.parquet"},
    "HTTPS to this machine": lambda folder: {"uri": "https://127.0.0.1/t.parquet"},
    "an endpoint": lambda folder: {"uri": S3, "storage_options": {"aws_endpoint_url": "http://127.0.0.1:9"}},
    "an endpoint in capitals": lambda folder: {"uri": S3, "storage_options": {"AWS_ENDPOINT": "https://[::1]"}},
    "an endpoint with no prefix": lambda folder: {"uri": S3, "storage_options": {"endpoint": "http://s3.example"}},
    "an endpoint of S3": lambda folder: {"uri": S3, "storage_options": {"endpoint_url_s3": "http://s3.example"}},
    "HTTP is allowed": lambda folder: {"uri": S3, "storage_options": {"allow_http": "true"}},
    "HTTP is allowed by a number": lambda folder: {"uri": S3, "storage_options": {"AWS_ALLOW_HTTP": "1"}},
    "any certificate": lambda folder: {"uri": S3, "storage_options": {"allow_invalid_certificates": "true"}},
    "an emulator": lambda folder: {"uri": "az://lake/t", "storage_options": {"azure_storage_use_emulator": "true"}},
    "Google's server": lambda folder: {"uri": "gs://lake/t", "storage_options": {"google_base_url": "http://127.1"}},
    "options alone": lambda folder: {"storage_options": {"allow_http": "true"}},
}


@pytest.mark.finding(27)
@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("kind", [DeltaTable, ParquetTable])
@pytest.mark.parametrize("environment", ["production", "staging"])
def test_a_table_is_refused_where_it_is_read(environment: str, kind: type, name: str, tmp_path: Path) -> None:
    """A table that says itself that it lies elsewhere is refused on each way to it, and told without its secrets."""
    arguments = REFUSED[name](tmp_path)
    if "storage_options" in arguments:
        arguments["storage_options"] |= {"aws_access_key_id": CANARY, "aws_secret_access_key": CANARY}
    own = catalog_of(kind(name="t", **arguments))
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "t.parquet")
    ways: list[Callable[[], Any]] = [
        lambda: own.table("t"),
        lambda: own.table("crm.t"),
        lambda: own.db("crm").table("t"),
        lambda: own.sql("SELECT * FROM t"),
    ]
    with use_config(LakecatConfig(**{**PRODUCTION, "environment": environment}, audit_log=tmp_path / "log")):
        for way in ways:
            with pytest.raises(ConfigurationError, match=r"table 'crm\.t' cannot be used: ") as caught:
                way()
            assert environment in str(caught.value)
            assert CANARY not in str(caught.value)


@pytest.mark.finding(27)
@pytest.mark.parametrize("says", ["its uri must be the URL of a store", "its storage option 'aws_endpoint_url' must"])
@pytest.mark.parametrize(
    "change", ["create", "append", "overwrite", "delete", "merge", "compact", "vacuum", "restore", "describe"]
)
def test_a_table_is_refused_where_it_is_changed(change: str, says: str, tmp_path: Path, production: Path) -> None:
    """No change is made where no table is read, and the audit log has the attempt."""
    table = DeltaTable("t", uri=tmp_path / "t")
    if "option" in says:
        table = DeltaTable("t", uri=S3, storage_options={"aws_endpoint_url": "http://127.0.0.1:9"})
    frame = pl.DataFrame({"a": [1]})
    arguments: dict[str, Any] = {
        "create": {"schema": {"a": pl.Int64}},
        "append": {"frame": frame},
        "overwrite": {"frame": frame},
        "merge": {"frame": frame, "on": "a"},
        "delete": {"predicate": "a = 1"},
        "restore": {"version": 0},
        "describe": {"description": "x"},
    }
    with pytest.raises(ConfigurationError, match=f"table 't' cannot be used: {says}"):
        getattr(table, change)(**arguments.get(change, {}))
    assert not (tmp_path / "t").exists()
    (record,) = map(json.loads, production.read_text().splitlines())
    assert (record["action"], record["outcome"]) == (change, "configuration")


class Silent(BaseHTTPRequestHandler):
    """Answers everything with 404, and counts."""

    hits: list[str]

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """Run a server on this machine; return its URL and the paths that it was asked for."""
    hits: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Silent,), {"hits": hits})) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{found.server_port}", hits
        finally:
            found.shutdown()
            thread.join()


@pytest.mark.finding(27)
@pytest.mark.parametrize(
    ("endpoint", "allow"),
    [
        ("AWS_ENDPOINT_URL", "AWS_ALLOW_HTTP"),
        ("AWS_ENDPOINT", "AWS_ALLOW_HTTP"),
        ("AWS_ENDPOINT_URL_S3", "AWS_ALLOW_HTTP"),
        ("aws_endpoint_url", "aws_allow_http"),
        ("ENDPOINT_URL", "ALLOW_HTTP"),
    ],
)
def test_variables_of_the_store_move_no_table_to_this_machine(
    endpoint: str, allow: str, server: tuple[str, list[str]], production: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The libraries of stores go by variables of their own: where these lead to this machine, no table is read."""
    url, hits = server
    monkeypatch.setenv(endpoint, url)
    monkeypatch.setenv(allow, "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", CANARY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    monkeypatch.setenv("AWS_REGION", "x")
    with pytest.raises(ConfigurationError, match=f"the variable {endpoint}|the variable {allow}"):
        catalog_of(DeltaTable("t", uri="s3://lake/t")).table("t")
    assert hits == []


def test_what_says_the_same_counts_instead_of_a_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server that the configuration or the table gives is the one that is asked, so a variable is none of it."""
    from lakecat.environments import check_location

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    config = LakecatConfig(**PRODUCTION, audit_log=tmp_path / "log", storage={"endpoint_url": "https://store.example"})
    check_location(config, "t", "s3://lake/t", {})
    check_location(config, "t", "s3://lake/t", {"AWS_ENDPOINT": "https://store.example"})
    check_location(config, "t", "gs://lake/t", {"google_bucket": "lake"})
    with pytest.raises(ConfigurationError, match="the variable AWS_ENDPOINT_URL"):
        check_location(config, "t", "s3://lake/t", {"aws_region": "x"})
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(ConfigurationError, match="the variable AWS_ENDPOINT_URL_S3"):
        check_location(config, "t", "s3://lake/t", {})


def test_a_function_lies_nowhere(production: Path) -> None:
    """A table that a function makes is read in production, as nobody knows where the function reads."""
    own = Catalog(CatalogRegistry())
    own.add_table(lambda x=1: pl.LazyFrame({"x": [x]}), "t")
    assert own.table("t").collect().item() == 1


@pytest.mark.parametrize("environment", ["embedded", "local", "development"])
def test_other_environments_allow_what_they_did(environment: str, parquet: Path) -> None:
    """Outside of staging and production, a table may lie at a path."""
    with use_config(LakecatConfig(environment=environment, root="s3://lake")):
        assert catalog_of(ParquetTable("t", uri=parquet)).table("t").collect().height == 3


def test_a_module_is_no_way_round(make_module: Callable[..., Path], production: Path, tmp_path: Path) -> None:
    """The database of a module goes through the same gate."""
    source = f"lakecat.register_static_table(lakecat.DeltaTable('t', uri={str(tmp_path)!r}))"
    make_module("guarded_tables", f"import lakecat\n{source}\n")
    module = importlib.import_module("guarded_tables")
    with pytest.raises(LakecatError, match="cannot be used: its uri must be the URL"):
        ModuleDatabase(module).table("t")
