"""Options for stores: names checked, rendered for each library, and bounded where the server is not there."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import deltalake
import polars as pl
import pytest

from lakecat import DeltaTable
from lakecat.config import LakecatConfig, StorageConfig
from lakecat.errors import DeclarationError
from lakecat.options import deltalake as for_deltalake
from lakecat.options import obstore as for_obstore
from lakecat.options import polars as for_polars
from lakecat.options.neutral import OPTION_NAMES, check_options, neutral_options
from lakecat.sources.storage import StoredTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CANARY = "canary-0b6a"
KEYS = {"aws_access_key_id": "id", "aws_secret_access_key": "secret", "aws_region": "us-east-1", "allow_http": "true"}


def rendered(options: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return options as deltalake takes them, and as Polars does."""
    return for_deltalake.render(options), for_polars.render(options)


@pytest.mark.parametrize(
    "options",
    [
        {"AWS_ACCESS_KEY_ID": "a", "AWS_ENDPOINT_URL": "http://localhost", "AWS_ALLOW_HTTP": "true"},
        {"access_key_id": "a", "region": "eu", "virtual_hosted_style_request": "false", "proxy_url": "http://p"},
        {"azure_storage_account_name": "a", "account_key": "b", "sas_token": "c"},
        {"google_service_account": "a", "service_account_key": "b"},
        {"timeout": "5s", "connect_timeout": "500ms", "retry_timeout": "1m 30s", "max_retries": "3"},
        {"max_retries": 3, "retry_timeout_ms": 100, "retry_base_multiplier": 1.5, "backoff_config.init_backoff": "1s"},
        {"AWS_S3_ALLOW_UNSAFE_RENAME": "true", "aws_conditional_put": "etag"},
    ],
)
def test_names_of_both_libraries_are_known(options: dict[str, Any]) -> None:
    """Full names, short aliases and capitals of each store and library pass."""
    check_options(options, "table 'users'")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"aws_acess_key_id": CANARY}, "unknown storage option 'aws_acess_key_id' of table 'users'; did you mean"),
        ({"zzzzzz": CANARY}, "unknown storage option 'zzzzzz' of table 'users'"),
        ({"AWS_REGION": "a", "aws_region": CANARY}, "given twice, also as 'AWS_REGION'"),
        ({"timeout": CANARY}, "must be a duration with its unit"),
        ({"timeout": "5"}, "must be a duration with its unit"),
        ({"max_retries": CANARY}, "must be a whole number"),
        ({"retry_timeout_ms": "1s"}, "must be a whole number"),
        ({"aws_region": [CANARY]}, "is list, not text"),
        ({"AWS_S3_LOCKING_PROVIDER": "dynamodb"}, "deltalake has no such lock any more"),
        ({3: CANARY}, "has a name of type int"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[Any, Any], says: str) -> None:
    """A wrong name or form is an error that names the option and table, and never shows the value."""
    with pytest.raises(DeclarationError) as caught:
        check_options(options, "table 'users'")
    assert says in str(caught.value)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 300 + " …"),
        (" a \n b\t c ", "a b c"),
        ("", "Exception"),
        ("failed\nstack backtrace:\n 0: rust", "failed"),
        ("failed\n   0: rust", "failed"),
        ("failed\n↳ because", "failed : because"),
        ("sent <?xml v?><Error><Code>NoSuchKey</Code><Host>x</Host></Error> back", "sent NoSuchKey back"),
        ("failed in 1.25ms after 2 tries", "failed after 2 tries"),
        ("failed in 1 place", "failed in 1 place"),
    ],
)
def test_texts_of_errors(text: str, found: str) -> None:
    """An error's text is one line, the same each time, without what nobody reads, and cut where it is long."""
    assert StoredTable("t", uri="x").clean(Exception(text)) == found


def test_the_near_name_is_offered() -> None:
    """A slip of the pen gets the name that was meant first."""
    with pytest.raises(DeclarationError, match="did you mean 'aws_secret_access_key'"):
        check_options({"aws_secret_acces_key": "x"}, "table 'users'")


def test_connections_are_shared_and_retries_are_not() -> None:
    """Each library gets the connection and the retry options that it knows, in the form it takes."""
    delta, polars = rendered({**KEYS, "max_retries": "2", "backoff_config.base": "3", "retry_timeout_ms": "700"})
    assert {name: delta[name] for name in KEYS} == KEYS == {name: polars[name] for name in KEYS}
    assert (delta["max_retries"], polars["max_retries"]) == ("2", 2)
    assert delta["backoff_config.base"] == "3"
    assert polars["retry_timeout_ms"] == 700
    assert "retry_timeout_ms" not in delta
    assert not {"backoff_config.base", "retry_timeout"} & polars.keys()
    assert all(isinstance(value, str) for value in delta.values())


def test_what_the_user_says_wins() -> None:
    """A limit that is given is not replaced, whatever its capitals; the others are added."""
    delta, polars = rendered({"TIMEOUT": "60s", "retry_timeout": "90s"})
    assert delta["TIMEOUT"] == "60s"
    assert "timeout" not in delta
    assert polars["timeout"] == "60s"
    assert delta["retry_timeout"] == "90s"
    # Two calls of Polars, each 15 s of retries and 60 s for the last attempt, last as long as one of deltalake.
    assert polars["retry_timeout_ms"] == 15_000
    assert delta["connect_timeout"] == polars["connect_timeout"] == "3000ms"


def test_every_rendered_name_is_one_that_is_accepted() -> None:
    """What a configuration renders, an author could have written."""
    storage = StorageConfig(
        endpoint_url="http://h", access_key_id="a", secret_access_key="b", session_token="c", allow_http=True,  # type: ignore[arg-type]
        skip_signature=True, virtual_hosted_style=True, options={"google_base_url": "x"},  # type: ignore[dict-item]
    )  # fmt: skip
    delta, polars = rendered(neutral_options(storage, "s3://b/t"))
    check_options(delta, "deltalake")
    check_options(polars, "Polars")
    assert delta.keys() | polars.keys() <= OPTION_NAMES
    for options in (delta, polars):
        assert options["aws_session_token"] == "c"
        assert options["aws_region"] == "us-east-1"
        assert options["google_base_url"] == "x"


def test_options_of_other_stores_hold_no_keys_of_s3() -> None:
    """The neutral keys are those of S3; other stores get limits and what ``options`` names."""
    storage = StorageConfig(access_key_id=CANARY, secret_access_key=CANARY, options={"azure_storage_account_key": "k"})  # type: ignore[arg-type, dict-item]
    delta, polars = rendered(neutral_options(storage, "az://b/t"))
    assert CANARY not in delta.values()
    assert polars["azure_storage_account_key"] == "k"


def test_obstore_gets_what_its_kind_of_store_knows() -> None:
    """Of options that name several kinds of store, each location gets its own, and the client its own as well."""
    options = for_deltalake.render(
        {"aws_region": "eu", "AWS_ALLOW_HTTP": "true", "azure_storage_account_key": "k", "proxy_url": "http://p"}
    )
    s3, azure = for_obstore.render(options, "s3://b/t"), for_obstore.render(options, "az://b/t", retries=False)
    assert (s3["config"], azure["config"]) == ({"aws_region": "eu"}, {"azure_storage_account_key": "k"})
    client = {"allow_http": "true", "proxy_url": "http://p", "timeout": "6000ms", "connect_timeout": "3000ms"}
    assert s3["client_options"] == azure["client_options"] == client
    assert (s3["retry_config"]["max_retries"], azure["retry_config"]) == (4, {"max_retries": 0})


@pytest.mark.parametrize("uri", ["lake/users", "/lake/users", "file:///lake/users"])
def test_the_file_system_needs_no_options(uri: str) -> None:
    """Nothing is rendered for a table in the file system."""
    storage = LakecatConfig(environment="local").storage
    assert neutral_options(storage, uri) == {}
    assert DeltaTable("t", uri=uri).options == (None, None)


def _slow_refusals(server: socket.socket, closing: threading.Event) -> None:
    """Answer each request with 404 after a while."""
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        with client:
            client.recv(65536)
            closing.wait(0.5)
            client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture
def endpoints() -> Iterator[dict[str, str]]:
    """Return servers that hang: silent, refusing, never accepting, slow."""
    closing = threading.Event()
    with ExitStack() as stack:
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        slow = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        refusing = stack.enter_context(socket.socket())
        refusing.bind(("127.0.0.1", 0))
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):  # fills the queue, so that no further connection comes about
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        thread = threading.Thread(target=_slow_refusals, args=(slow, closing))
        thread.start()
        servers = {"silent": silent, "refusing": refusing, "unreachable": full, "slow": slow}
        try:
            yield {name: f"http://127.0.0.1:{server.getsockname()[1]}" for name, server in servers.items()}
        finally:
            closing.set()
            slow.shutdown(socket.SHUT_RDWR)
            thread.join()


def _open(library: str, url: str) -> None:
    delta, polars = rendered({**KEYS, "aws_endpoint_url": url})
    if library == "deltalake":
        deltalake.DeltaTable("s3://lake/users", storage_options=delta)
    else:
        pl.scan_parquet("s3://lake/users.parquet", storage_options=polars, glob=False).collect()


def _seconds_until_error(library: str, url: str) -> float:
    begun = time.monotonic()
    with pytest.raises((OSError, pl.exceptions.PolarsError, deltalake.exceptions.DeltaError)):
        _open(library, url)
    return time.monotonic() - begun


def test_no_server_holds_a_reader(endpoints: dict[str, str]) -> None:
    """With the limits that are added by default, a server that does not answer is an error in less than 15 s."""
    cases = [(library, name) for library in ("deltalake", "polars") for name in endpoints]
    with ThreadPoolExecutor(len(cases)) as pool:
        times = list(pool.map(lambda case: _seconds_until_error(case[0], endpoints[case[1]]), cases))
    assert {case: round(taken, 1) for case, taken in zip(cases, times, strict=True) if taken >= 15} == {}
