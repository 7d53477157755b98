"""The configuration: sources and their order, rules of the environments, errors that name who said what, secrets."""

from __future__ import annotations

import copy
import json
import logging
import os
import pickle
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lakecat.config import ConfigurationError, Environment, LakecatConfig, StorageConfig, current_config, use_config
from lakecat.environments import DEFAULTS
from lakecat.errors import DeclarationError, LakecatError
from lakecat.settings import variable_names

if TYPE_CHECKING:
    from conftest import RunPython

CANARY = "canary-51c9"
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "environments.rst"
SECRETS = ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "OPTIONS__AZURE_STORAGE_ACCOUNT_KEY")
PRODUCTION = {"root": "s3://lake", "audit_log": "audit.jsonl"}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder that ends the search for pyproject.toml, without variables of lakecat."""
    for name in [name for name in os.environ if name.upper().startswith("LAKECAT_")]:
        monkeypatch.delenv(name)
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def set_variables(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    """Set variables of lakecat, named without their prefix."""
    for name, value in variables.items():
        monkeypatch.setenv(f"LAKECAT_{name}", value)


def test_embedded_is_a_folder_and_needs_nothing(place: Path) -> None:
    """Where nothing is said, tables lie in a folder beside the project's file."""
    config = LakecatConfig.from_environment()
    assert config.environment == "embedded"
    assert config.resolve("users") == str(place / "lakehouse" / "users")
    assert (config.checks, config.log_level, config.audit_log) == ("relaxed", "INFO", None)


def test_local_is_a_server_on_this_machine() -> None:
    """The local environment reads S3 at localhost:9000 over HTTP, with relaxed checks and debug logs."""
    config = LakecatConfig.from_environment("local")
    assert config.resolve("users") == "s3://lakehouse/users"
    assert config.storage.endpoint_url == "http://localhost:9000"
    assert (config.storage.allow_http, config.checks, config.log_level) == (True, "relaxed", "DEBUG")


def test_production_demands_no_static_keys() -> None:
    """Production stands on the credentials of the machine, and on strict checks."""
    config = LakecatConfig.from_environment("production", **PRODUCTION)
    assert config.storage.access_key_id is None
    assert config.checks == "strict"


def test_each_source_wins_over_the_next(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments, variables, the environment's table, the common table, defaults: key by key, nested ones too."""
    (place / "pyproject.toml").write_text(
        '[tool.lakecat]\nroot = "s3://common"\nlog_level = "ERROR"\nchecks = "strict"\n'
        '[tool.lakecat.storage]\nregion = "common"\ntimeout = 1\nmax_retries = 1\n'
        '[tool.lakecat.environments.local]\nroot = "s3://table"\nlog_level = "WARNING"\n'
        "[tool.lakecat.environments.local.storage]\ntimeout = 2\nmax_retries = 2\n"
    )
    set_variables(monkeypatch, {"ENV": "local", "LOG_LEVEL": "info", "STORAGE__MAX_RETRIES": "3", "ROOT": "s3://env"})
    config = LakecatConfig.from_environment(root="s3://argument")
    assert config.environment is Environment.LOCAL
    assert (config.root, config.log_level, config.checks) == ("s3://argument", "INFO", "strict")
    storage = config.storage
    assert (storage.max_retries, storage.timeout, storage.region) == (3, 2, "common")
    assert storage.endpoint_url == "http://localhost:9000"


def test_relative_places_stay_where_they_were(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths of pyproject.toml are relative to it, those of variables to the working directory."""
    (place / "pyproject.toml").write_text('[tool.lakecat]\nroot = "data"\nbuckets = {raw = "raw"}')
    below = place / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    set_variables(monkeypatch, {"BUCKETS__TMP": "tmp"})
    config = LakecatConfig.from_environment()
    assert config.resolve("users") == str(place / "data" / "users")
    assert config.resolve("users", bucket="raw") == str(place / "raw" / "users")
    assert config.resolve("users", bucket="tmp") == str(below / "tmp" / "users")
    assert LakecatConfig.from_environment(folder=place).root == str(place / "data")


def test_empty_variables_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set to nothing is as good as unset."""
    set_variables(monkeypatch, {"ENV": "", "ROOT": "", "STORAGE__REGION": ""})
    assert LakecatConfig.from_environment().environment == "embedded"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"ENV": "prod"}, "LAKECAT_ENV is 'prod'; choose one of embedded, local"),
        ({"ENV": "production"}, "LAKECAT_ROOT is not set"),
        ({"STORAGE": CANARY}, "LAKECAT_STORAGE cannot be read"),
        ({"CHECKS": "lax"}, "LAKECAT_CHECKS is 'lax': Input should be 'relaxed' or 'strict'"),
        ({"STORAGE__TIMEOUT": "soon"}, "LAKECAT_STORAGE__TIMEOUT is 'soon': Input should be a valid number"),
        ({"STORAGE__TIMEOUT": "0"}, "LAKECAT_STORAGE__TIMEOUT is '0': Input should be greater than 0"),
        ({"STORAGE__ACCESS_KEY_ID": CANARY}, "LAKECAT_STORAGE__SECRET_ACCESS_KEY: not set"),
        ({"STORAGE__SESSION_TOKEN": CANARY}, "LAKECAT_STORAGE__SESSION_TOKEN: needs access_key_id"),
        ({"STORAGE__ENDPOINT_URL": f"https://u:{CANARY}@host"}, "LAKECAT_STORAGE__ENDPOINT_URL is 'https://***@host'"),
        ({"STORAGE__ENDPOINT_URL": "http://host"}, "take 'https://', or set storage.allow_http"),
        ({"ROOT": f"abfss://c:{CANARY}@account"}, "holds credentials"),
        ({"ROOT": f"s3://id:{CANARY}@lake"}, "LAKECAT_ROOT is 's3://***@lake': holds credentials"),
        ({"STORAGE__OPTIONS__AWS_REGIN": CANARY}, "LAKECAT_STORAGE__OPTIONS: unknown storage option 'aws_regin'"),
        ({"STORAGE__OPTIONS__TIMEOUT": CANARY}, "storage option 'timeout' of the environment must be a duration"),
    ],
)
def test_a_wrong_variable_is_named(variables: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error names the variable, its value unless secret, and what is allowed; nothing of pydantic hangs on it."""
    set_variables(monkeypatch, variables)
    with pytest.raises(ConfigurationError, match=re.escape(says)) as caught:
        LakecatConfig.from_environment()
    assert isinstance(caught.value, LakecatError)
    assert caught.value.code == "configuration"
    assert CANARY not in repr(caught.value)
    assert caught.value.__context__ is None
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


UNKNOWN = {
    "ROOTT": "; did you mean LAKECAT_ROOT",
    "ENVIRONMENT": "; did you mean LAKECAT_ENV",
    "STORAGE__SECRET_KEY": "; did you mean",
    "STORAGE__NEWER_THING": "",
    "STORAGE__REGION__X": "",
    "ROOT__X": "",
    "WEB_PORT": "",
}


@pytest.mark.finding(21)
@pytest.mark.parametrize("name", UNKNOWN)
def test_a_variable_of_another_tool_fails_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A variable that sets nothing is a warning, once in the process and without its value, and changes no other."""
    monkeypatch.setattr("lakecat.settings._TOLD", set(), raising=False)
    set_variables(monkeypatch, {name: CANARY, "STORAGE__REGION": "eu", "CHECKS": "strict"})
    for _ in range(3):
        config = LakecatConfig.from_environment()
        assert (config.storage.region, config.checks) == ("eu", "strict")
    (said,) = [record for record in caplog.records if record.name == "lakecat"]
    assert said.levelname == "WARNING"
    assert said.getMessage().startswith(f"the variable LAKECAT_{name} sets nothing that this version of lakecat knows")
    assert UNKNOWN[name] in said.getMessage()
    assert CANARY not in said.getMessage()


@pytest.mark.finding(21)
@pytest.mark.parametrize(("handlers", "times"), [("", 1), ("logging.basicConfig(); ", 1)])
def test_a_program_says_once_what_sets_nothing(run_python: RunPython, handlers: str, times: int) -> None:
    """Tables are read, and standard error has one line, whether or not the program set up logging."""
    code = f"import logging; {handlers}import lakecat, polars\n"
    code += "lakecat.table(name='t')(polars.LazyFrame({'x': [1]}).lazy)\n"
    code += "for _ in range(3): print(lakecat.get_table('t').collect().item())\n"
    done = run_python(["-W", "error", "-c", code], env={"LAKECAT_ROOTT": CANARY, "LAKECAT_LOG_LEVEL": "WARNING"})
    assert (done.returncode, done.stdout) == (0, "1\n1\n1\n"), done.stderr
    assert done.stderr.count("LAKECAT_ROOTT") == times
    assert CANARY not in done.stderr
    quiet = run_python(["-c", code], env={"LAKECAT_ROOTT": CANARY, "LAKECAT_LOG_LEVEL": "ERROR"})
    assert (quiet.returncode, quiet.stderr) == (0, "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.lakecat]\nbucketz = {}", "unknown key bucketz in [tool.lakecat] of {file}; did you mean 'buckets'?"),
        ("[tool.lakecat.storage]\nregionn = 'x'", "unknown key storage.regionn in [tool.lakecat] of {file}"),
        ("[tool.lakecat.environments.prod]\n", "[tool.lakecat.environments.prod] of {file}: choose one of"),
        (
            "[tool.lakecat.environments.embedded]\nchecks = 3",
            "checks in [tool.lakecat.environments.embedded] of {file}",
        ),
        ("[tool.lakecat]\nenvironment = 'x'", "environment in [tool.lakecat] of {file} is 'x'"),
        ("[tool]\nlakecat = 3", "[tool.lakecat] and [tool.lakecat.environments.NAME] of {file} must be tables"),
        ("[tool.lakecat", "{file} is not valid TOML"),
    ],
)
def test_a_wrong_key_is_named(place: Path, text: str, says: str) -> None:
    """An error names the key, its table and the file."""
    (place / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        LakecatConfig.from_environment()
    assert str(caught.value).startswith(says.format(file=place / "pyproject.toml"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"root": "lake"}, "must be the URL of a store"),
        ({"root": "http://lake.example/x"}, "must be the URL of a store"),
        ({"buckets": {"raw": "/raw"}}, "must be the URL of a store"),
        ({"storage": {"endpoint_url": "http://s3.example"}}, "must begin with 'https://'"),
        ({"storage": {"endpoint_url": "https://localhost:9000"}}, "must not be on this machine"),
        ({"storage": {"endpoint_url": "https://127.0.0.1"}}, "must not be on this machine"),
        ({"storage": {"endpoint_url": "https://[::1]:9000"}}, "must not be on this machine"),
        ({"storage": {"allow_http": True}}, "must be false"),
        ({"storage": {"options": {"AWS_ALLOW_HTTP": "true"}}}, "must be false"),
        ({"storage": {"options": {"aws_endpoint_url": "http://s3.example"}}}, "must begin with 'https://'"),
        ({"checks": "relaxed"}, "must be 'strict'"),
        ({"audit_log": None}, "needs the path of a file"),
    ],
)
def test_production_refuses(change: dict[str, Any], says: str) -> None:
    """Production is HTTPS only, never this machine, strict and audited, however that is said."""
    with pytest.raises(ConfigurationError, match=re.escape(says)):
        LakecatConfig.from_environment("production", **(PRODUCTION | change))


@pytest.mark.parametrize("root", ["s3://[lake", "s3://", "abfss://tables@account.dfs.core.windows.net/lake"])
def test_odd_urls_are_no_traceback(root: str) -> None:
    """A URL that Python cannot split is a place like others, and a container of Azure is no user."""
    for name in ("embedded", "development", "staging"):
        assert LakecatConfig(environment=name, root=root).root == root


def test_all_problems_are_told_at_once() -> None:
    """Each broken rule has a line of its own."""
    with pytest.raises(ConfigurationError) as caught:
        LakecatConfig(environment="production", root="lake", checks="relaxed")
    assert len(str(caught.value).splitlines()) == 3


def test_secrets_stay_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No text that a configuration gives holds a secret, and it is not pickled; the value itself is there."""
    set_variables(monkeypatch, {f"STORAGE__{name}": f"{CANARY}-{name}" for name in SECRETS})
    config = LakecatConfig.from_environment()
    texts = (repr(config), str(config), repr(config.storage), config.model_dump_json(), str(config.model_dump()))
    assert not any(CANARY in text for text in texts)
    assert json.loads(config.model_dump_json())["environment"] == "embedded"
    for value in (config, config.storage):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(value)
    assert config.storage.secret_access_key is not None
    assert config.storage.secret_access_key.get_secret_value() == f"{CANARY}-SECRET_ACCESS_KEY"


def test_nothing_can_be_changed() -> None:
    """A configuration is frozen to its depth, and a copy of it is as good."""
    config = LakecatConfig(root="lake", buckets={"raw": "r"})
    for target, name in ((config, "root"), (config.storage, "region")):
        with pytest.raises(ValueError, match="frozen"):
            setattr(target, name, "other")
    with pytest.raises(TypeError):
        config.buckets["raw"] = "x"  # type: ignore[index]
    assert copy.deepcopy(config) == config == copy.copy(config)


def test_reading_changes_nothing_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the variables of the process nor the root logger are touched."""
    set_variables(monkeypatch, {"LOG_LEVEL": "DEBUG", "STORAGE__REGION": "eu"})
    before = (dict(os.environ), logging.getLogger().level, list(logging.getLogger().handlers))
    LakecatConfig.from_environment("local")
    assert (dict(os.environ), logging.getLogger().level, list(logging.getLogger().handlers)) == before


@pytest.mark.parametrize("name", ["../users", "/users", "a//b", "a/../b", "..", "a\\..\\b"])
def test_a_name_does_not_lead_elsewhere(name: str) -> None:
    """A table's name stays below its place."""
    with pytest.raises(DeclarationError, match="leads elsewhere"):
        LakecatConfig(root="lake").resolve(name)


def test_an_unknown_bucket_names_the_known() -> None:
    """A bucket that is not there is an error with the ones that are."""
    with pytest.raises(ConfigurationError, match="has no bucket 'rw'; known: 'raw'"):
        LakecatConfig(root="lake", buckets={"raw": "s3://raw"}).resolve("users", bucket="rw")


def test_the_current_configuration_follows_what_is_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read once, again after a variable or the file has changed, and a block can have its own."""
    first = current_config()
    assert current_config() is first
    set_variables(monkeypatch, {"ROOT": "s3://other"})
    assert current_config().root == "s3://other"
    monkeypatch.delenv("LAKECAT_ROOT")
    (place / "pyproject.toml").write_text('[tool.lakecat]\nroot = "s3://written"')
    assert current_config().root == "s3://written"
    elsewhere: list[str] = []
    with use_config(first):
        assert current_config() is first
        thread = threading.Thread(target=lambda: elsewhere.append(current_config().root))
        thread.start()
        thread.join()
    assert elsewhere == ["s3://written"]
    assert current_config() is not first


def test_the_reference_lists_every_variable_and_environment() -> None:
    """The page of the reference names each variable with its default, and each environment, and no others."""
    text = REFERENCE.read_text(encoding="utf-8")
    assert set(re.findall(r"^   \* - ``(LAKECAT_\w+)``", text, re.MULTILINE)) == set(variable_names(LakecatConfig))
    assert re.findall(r"^   \* - ``([a-z]+)``", text, re.MULTILINE) == [*Environment] == [*DEFAULTS]
    for name in ("connect_timeout", "timeout", "max_retries", "retry_timeout"):
        default = StorageConfig.model_fields[name].default
        assert f"``{variable_of(name)}``\n     - ``{default:g}``" in text


def variable_of(name: str) -> str:
    """Return the variable of a field of the storage."""
    return next(v for v, field in variable_names(LakecatConfig).items() if field == f"storage.{name}")
