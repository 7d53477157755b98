"""A third party's table that says where it lies is treated as ours are: page, audit, errors, rules, secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from pydantic import SecretStr

from lakecat import Catalog, DeltaTable, Fact, LakecatError, SourceError, register_static_table, table
from lakecat.config import ConfigurationError, LakecatConfig, use_config
from lakecat.introspect import change_token
from lakecat.redaction import redact
from lakecat.sources.base import HasLocation, HasStorageOptions, TableSource, refuse_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CANARY = "zugvogel-im-november"
"""A secret without a shape: only one who knows that it is one can take it out."""
SAFE_URI = "s3://lake/storks"
URI = f"s3://KEY:{CANARY}@lake/storks"
OPTIONS = {"aws_secret_access_key": CANARY, "aws_region": "eu-north-1"}


class Storks:
    """A third party's store: it inherits from nothing, and asks a server that puts its secrets into errors."""

    kind, name = "stork", "storks"

    def __init__(self, uri: Any = SAFE_URI, storage_options: Any = None, fails: bool = False) -> None:
        self.uri, self.storage_options, self.fails = uri, storage_options or {}, fails

    def scan(self, /, **params: Any) -> pl.LazyFrame:
        refuse_parameters(params, (), self.name)
        if self.fails:
            raise RuntimeError(f"login at {self.uri} with {CANARY} refused")
        return pl.LazyFrame({"wings": [2]})

    def schema(self) -> pl.Schema:
        return self.scan().collect_schema()

    def facts(self) -> list[Fact]:
        return [Fact(label="Login", value=f"with {CANARY}")]

    def change_token(self) -> str:
        return "1"


class Slotted(Storks):
    """Keeps its parts where no dictionary of attributes has them."""

    __slots__ = ("_hidden_uri", "_kept")

    def __init__(self, uri: Any = SAFE_URI, storage_options: Any = None, fails: bool = False) -> None:
        self._hidden_uri, self._kept = uri, storage_options or {}
        self.fails = fails

    @property
    def uri(self) -> Any:  # type: ignore[override]
        return self._hidden_uri

    @property
    def storage_options(self) -> Any:  # type: ignore[override]
        return self._kept


KINDS = [Storks, Slotted]
HELD: dict[str, dict[str, Any]] = {
    "a user": {"uri": URI},
    "a query": {"uri": f"{SAFE_URI}?sig={CANARY}"},
    "an option": {"storage_options": OPTIONS},
    "an option that is no text": {"storage_options": {"aws_secret_access_key": SecretStr(CANARY)}},
    "an option that is a URL": {"storage_options": {"aws_endpoint": f"https://u:{CANARY}@store.example"}},
    "an option and a path": {"uri": Path("/lake/storks"), "storage_options": OPTIONS},
}


def located(kind: type, how: str, *, fails: bool = False) -> Any:
    """Return a source that holds the secret in one way."""
    return kind(fails=fails, **HELD[how])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", HELD)
@pytest.mark.parametrize("fails", [True, False], ids=["fails", "works"])
def test_no_secret_of_a_third_party_gets_out(
    kind: type, how: str, fails: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its page, its errors, the log and the audit log are without its secret, however it holds that."""
    register_static_table(located(kind, how, fails=fails))
    catalog, log = Catalog(), tmp_path / "audit.jsonl"
    shown = [repr(catalog.describe_table("storks")), json.dumps(catalog.export_catalog_metadata())]
    shown.append(str(change_token(catalog.registry.get("storks"))))
    with use_config(LakecatConfig(root=str(tmp_path), audit_log=log, log_level="DEBUG")):
        if fails:
            with pytest.raises(SourceError) as caught:
                catalog.table("storks")
            shown += [str(caught.value), repr(caught.value), repr(caught.value.__cause__)]
        else:
            assert catalog.table("storks").collect().height == 1
    shown += [log.read_text(), caplog.text]
    assert [text for text in shown if CANARY in text] == []


def test_its_page_says_where_it_lies() -> None:
    """The location is a fact of the page, without credentials, and a path is relative or cut."""
    register_static_table(Storks(URI))
    register_static_table(Storks(Path("/very/far/away/storks")), "far")
    facts = {name: Catalog().describe_table(name).facts for name in ("storks", "far")}
    assert facts["storks"][0] == Fact(label="Location", value="s3://***@lake/storks")
    assert facts["far"][0] == Fact(label="Location", value="…/away/storks")


def test_it_moves_and_its_token_with_it() -> None:
    """A page is made anew when the table lies elsewhere, though its data are the same."""
    own = [Storks("s3://lake/a"), Storks("s3://lake/b")]
    for i, source in enumerate(own):
        register_static_table(source, f"t{i}", description="x")
    tokens = [change_token(Catalog().registry.get(f"t{i}")) for i in range(2)]
    assert tokens[0] != tokens[1]


def test_its_reads_are_audited_with_the_place(tmp_path: Path) -> None:
    """The line of the audit log has the location of a third party's table, without credentials."""
    register_static_table(Storks(URI))
    with use_config(LakecatConfig(root=str(tmp_path), audit_log=tmp_path / "log")):
        Catalog().table("storks")
    (record,) = map(json.loads, (tmp_path / "log").read_text().splitlines())
    assert record["location"] == "s3://***@lake/storks"


REFUSED: dict[str, dict[str, Any]] = {
    "a path": {"uri": "storks"},
    "a path object": {"uri": Path("storks")},
    "this machine": {"uri": "https://127.0.0.1/storks"},
    "plain HTTP": {"uri": "http://store.example/storks"},
    "an endpoint": {"storage_options": {"aws_endpoint_url": "http://127.0.0.1:9"}},
    "an endpoint that is hidden": {"storage_options": {"aws_endpoint_url": SecretStr("http://127.0.0.1:9")}},
    "HTTP is allowed": {"storage_options": {"aws_allow_http": True}},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", REFUSED)
@pytest.mark.parametrize("environment", ["staging", "production"])
def test_the_rules_of_production_hold_for_it(environment: str, how: str, kind: type, tmp_path: Path) -> None:
    """Where ours would be refused it is too, before it is asked for anything, and the audit log has the attempt."""
    register_static_table(kind(fails=True, **REFUSED[how]))
    log = tmp_path / "log"
    with (
        use_config(LakecatConfig(environment=environment, root="s3://lake", audit_log=log)),
        pytest.raises(ConfigurationError, match="table 'storks' cannot be used: its "),
    ):
        Catalog().table("storks")
    (record,) = map(json.loads, log.read_text().splitlines())
    assert record["outcome"] == "configuration"


def test_an_allowed_place_is_read(tmp_path: Path) -> None:
    """A table in a store elsewhere is read in production."""
    register_static_table(Storks())
    with use_config(LakecatConfig(environment="production", root="s3://lake", audit_log=tmp_path / "log")):
        assert Catalog().table("storks").collect().height == 1


class Lost(Storks):
    """Cannot say where it lies."""

    @property
    def uri(self) -> Any:  # type: ignore[override]
        """Fail."""
        raise self._error

    @uri.setter
    def uri(self, value: Any) -> None:
        self._error = value


@pytest.mark.parametrize("error", [RuntimeError, AttributeError, KeyError])
def test_who_cannot_say_where_it_lies_is_not_read(error: type[Exception], tmp_path: Path) -> None:
    """A location that fails is no way around the rules: the table is not read, and its page says what happened."""
    register_static_table(Lost(error(f"the registrar fell over {CANARY}"), OPTIONS))
    with use_config(LakecatConfig(environment="production", root="s3://lake", audit_log=tmp_path / "log")):
        with pytest.raises(LakecatError, match=f"table 'storks' cannot be read: its source raised {error.__name__}"):
            Catalog().table("storks")
        found = Catalog().describe_table("storks")
    assert f"asking for its location raised {error.__name__}" in {problem.detail for problem in found.problems}
    assert CANARY not in repr(found)


@pytest.mark.parametrize("uri", [5, b"s3://lake", ["s3://lake"]], ids=["a number", "bytes", "a list"])
def test_a_location_is_text(uri: Any) -> None:
    """What is neither text nor a path is an error that says so, where the table is read and on its page."""
    register_static_table(Storks(uri))
    with pytest.raises(SourceError, match=f"table 'storks' cannot be read: its uri is {type(uri).__name__}, not text"):
        Catalog().table("storks")
    assert any("its uri is" in problem.detail for problem in Catalog().describe_table("storks").problems)


@pytest.mark.parametrize("options", [5, "aws_region=x"], ids=["a number", "text"])
def test_options_are_a_mapping(options: Any) -> None:
    """Options of another form are an error that says so, without their value."""
    register_static_table(Storks(storage_options=options))
    with pytest.raises(SourceError, match=f"its storage_options is {type(options).__name__}, not a mapping"):
        Catalog().table("storks")


@pytest.mark.parametrize("uri", [None, "", "  "])
def test_none_is_nowhere(uri: Any, tmp_path: Path) -> None:
    """A table whose location is empty lies nowhere: no fact, no rule, and it is read."""
    register_static_table(Storks(uri))
    assert [fact.label for fact in Catalog().describe_table("storks").facts] == ["Login"]
    with use_config(LakecatConfig(environment="production", root="s3://lake", audit_log=tmp_path / "log")):
        assert Catalog().table("storks").collect().height == 1


def test_a_secret_is_known_wherever_its_text_turns_up() -> None:
    """Once it was read, no text that others wrote shows its secret, as the error of a function that reads it."""
    register_static_table(Slotted(URI, OPTIONS))

    @table
    def nests() -> pl.LazyFrame:
        """Read the storks, and fail."""
        Catalog().table("storks")
        raise ValueError(f"no nest for {CANARY}")

    with pytest.raises(LakecatError) as caught:
        Catalog().table("nests")
    assert CANARY not in str(caught.value)
    assert CANARY not in redact(f"told {CANARY}")


def test_the_secrets_of_the_environment_are_its_own_too(tmp_path: Path) -> None:
    """A third party's table in a store goes by the environment's keys, short ones included; none is shown."""

    class Key(Storks):
        def scan(self, /, **params: Any) -> pl.LazyFrame:
            raise RuntimeError("the key 90125 is refused")

    register_static_table(Key())
    keys = {"access_key_id": "x90125x", "secret_access_key": "90125"}
    with use_config(LakecatConfig(root="s3://lake", storage=keys)), pytest.raises(SourceError) as caught:
        Catalog().table("storks")
    assert "90125" not in str(caught.value)


def test_ours_are_no_special_case() -> None:
    """Delta tables have the capabilities that a third party's have; a table of a function has neither."""
    parts: list[Callable[[Any], bool]] = [
        lambda source: isinstance(source, HasLocation),
        lambda source: isinstance(source, HasStorageOptions),
        lambda source: isinstance(source, TableSource),
    ]
    sources: Mapping[str, Any] = {"delta": DeltaTable("t", uri="x"), "stork": Storks(), "slots": Slotted()}
    assert {name: [has(source) for has in parts] for name, source in sources.items()} == dict.fromkeys(
        sources, [True] * 3
    )


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"bucket": "lake"}, "DeltaTable('t', bucket='lake')"),
        ({}, "DeltaTable('t', bucket=None)"),
        ({"uri": "s3://lake/t?token=secret"}, "DeltaTable('t', uri='s3://lake/t?***')"),
    ],
)
def test_a_table_shows_where_it_is(given: dict[str, Any], shown: str) -> None:
    """What stands for a table in a terminal says where it was declared to be, without what may be a secret."""
    assert repr(DeltaTable("t", **given)) == shown
