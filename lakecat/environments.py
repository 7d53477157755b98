"""The environments: what each assumes and what it allows. Nothing here needs pydantic."""

from __future__ import annotations

import functools
import os
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from lakecat.errors import LakecatError
from lakecat.hosts import host_of, is_remote, is_this_machine, user_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lakecat.config import LakecatConfig


class ConfigurationError(LakecatError):
    """The environment is configured in a way that cannot be; each problem names its variable or key."""

    code = "configuration"


class Environment(StrEnum):
    """The environments, from the least strict to the strictest."""

    EMBEDDED = "embedded"
    LOCAL = "local"
    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    Environment.EMBEDDED: {"root": "lakehouse", "checks": "relaxed", "log_level": "INFO"},
    Environment.LOCAL: {
        "root": "s3://lakehouse",
        "checks": "relaxed",
        "log_level": "DEBUG",
        "storage": {"endpoint_url": "http://localhost:9000", "region": "us-east-1", "allow_http": True},
    },
    Environment.DEVELOPMENT: {"checks": "relaxed", "log_level": "DEBUG"},
    Environment.STAGING: {"checks": "strict", "log_level": "INFO"},
    Environment.PRODUCTION: {"checks": "strict", "log_level": "INFO"},
}
"""What each environment assumes where nothing is said. The last three have no root: it must be given."""

_GUARDED = (Environment.STAGING, Environment.PRODUCTION)
_ENDPOINT = re.compile(r"https?://[^/\\\s@?#]+(/\S*)?$")
# What options and variables of stores mean, whatever their prefix.
_SERVER = frozenset({"endpoint", "endpoint_url_s3", "base_url"})
_UNSAFE = frozenset({"allow_http", "allow_invalid_certificates", "use_emulator"})
_SCHEMES = {
    "aws_": ("s3", "s3a"),
    "azure_": ("az", "azure", "adl", "abfs", "abfss"),
    "google_": ("gs", "gcs"),
}


def broken_rules(config: LakecatConfig) -> Iterator[tuple[str, str]]:
    """Yield each field that breaks a rule of its environment, with what is allowed; no value that may be secret."""
    storage, environment = config.storage, config.environment
    options = {name.lower(): value.get_secret_value() for name, value in storage.options.items()}
    http = storage.allow_http or any(v == "true" for name, v in options.items() if _meaning(name) == "allow_http")
    places = {"root": config.root, **{f"buckets.{name}": place for name, place in config.buckets.items()}}
    for key, place in places.items():
        if is_remote(place) and (_holds_user(place) or "?" in place):
            yield key, "holds credentials or a query; give credentials by the fields of storage"
        elif environment in _GUARDED and (rule := _refused_place(place)):
            yield key, f"{rule} in environment {environment}"
    if storage.endpoint_url and (rule := _refused_endpoint(storage.endpoint_url, environment, http)):
        yield "storage.endpoint_url", rule
    for name, rule in _refused_options(options, environment, http):
        yield f"storage.options.{name}", rule
    if environment in _GUARDED and storage.allow_http:
        yield "storage.allow_http", f"must be false in environment {environment}"
    if (storage.access_key_id is None) != (storage.secret_access_key is None):
        missing = "access_key_id" if storage.access_key_id is None else "secret_access_key"
        yield f"storage.{missing}", "not set; give both keys, or neither to use the credentials of the machine"
    elif storage.session_token is not None and storage.access_key_id is None:
        yield "storage.session_token", "needs access_key_id and secret_access_key beside it"
    if environment == Environment.PRODUCTION:
        if config.checks != "strict":
            yield "checks", "must be 'strict' in environment production"
        if config.audit_log is None:
            yield "audit_log", "not set; environment production needs the path of a file"


def check_location(config: LakecatConfig, table: str, location: str, options: Mapping[str, Any]) -> None:
    """Refuse to use a table that lies where the rules of the environment allow no table: at a path, or on this machine.

    What the configuration says was checked when it was made; here it is what the table says itself, and the variables
    of the process that the libraries of stores read on their own.

    Args:
        config: The configuration that holds.
        table: The full name of the table.
        location: Where it lies; ``""`` for a table that lies nowhere.
        options: Its own options of the store.

    Raises:
        ConfigurationError: It lies where it must not; no value is told.
    """
    environment = config.environment
    if environment not in _GUARDED or not location:
        return
    own = {name.lower(): str(value) for name, value in options.items()}
    said = own if own or not config.storage.endpoint_url else ("endpoint_url",)
    variables = _variables_of_store(location, but=said)
    if rule := _refused_place(location):
        broken = "its uri", f"{rule} in environment {environment}"
    elif found := next(_refused_options(own, environment, False), None):
        broken = f"its storage option {found[0]!r}", found[1]
    elif found := next(_refused_options(variables, environment, False), None):
        broken = f"the variable {found[0]}, which the store goes by,", found[1]
    else:
        return
    raise ConfigurationError(f"table {table!r} cannot be used: {broken[0]} {broken[1]}")


def _holds_user(place: str) -> bool:
    """Return whether a URL names who asks; in Azure's own URLs a container stands there."""
    user, scheme = user_of(place), place.partition(":")[0].lower()
    return ":" in user if scheme in ("abfs", "abfss") else bool(user)


def _refused_place(place: str) -> str | None:
    """Return what is wrong with a location under the rules of staging and production, if anything is."""
    if not is_remote(place) or place.partition(":")[0].lower() in ("http", "file", "memory"):
        return "must be the URL of a store, such as 's3://bucket/path',"
    return "must not be on this machine" if is_this_machine(place) else None


def _refused_endpoint(url: str, environment: Environment, http: bool) -> str | None:
    """Return what is wrong with the URL of a server, if anything is; ``http`` says whether ``http://`` will do."""
    guarded = environment in _GUARDED
    if not _ENDPOINT.match(url) or not host_of(url):
        return "must be a URL such as 'https://store.example:9000', without credentials"
    if guarded and not url.startswith("https://"):
        return f"must begin with 'https://' in environment {environment}"
    if guarded and is_this_machine(url):
        return f"must not be on this machine in environment {environment}"
    if not http and url.startswith("http://"):
        return "begins with 'http://': take 'https://', or set storage.allow_http"
    return None


def _refused_options(options: Mapping[str, str], environment: Environment, http: bool) -> Iterator[tuple[str, str]]:
    """Yield the storage options, or variables, that break a rule."""
    guarded = environment in _GUARDED
    for name, value in options.items():
        meaning, rule = _meaning(name), None
        if meaning in _UNSAFE:
            rule = f"must be false in environment {environment}" if guarded and value.lower() != "false" else None
        elif (meaning in _SERVER and guarded) or ("endpoint" in meaning and "://" in value):
            rule = _refused_endpoint(value, environment, http)
        if rule:
            yield name, rule


def _variables_of_store(location: str, *, but: Iterable[str]) -> dict[str, str]:
    """Return the variables by which deltalake or Polars finds the server of a location on its own.

    deltalake takes them in capitals or not, with the prefix of the kind of store or without; an option of the same
    meaning, if there is one in ``but``, counts in place of a variable. Measured with both libraries.
    """
    scheme = location.partition(":")[0].lower()
    others = tuple(prefix for prefix, schemes in _SCHEMES.items() if scheme not in schemes)
    asked = (_SERVER | _UNSAFE) - {_meaning(name) for name in but}
    names = [name for name in os.environ if _meaning(name) in asked and not name.lower().startswith(others)]
    return {name: value for name in names if (value := os.environ.get(name))}


@functools.lru_cache(maxsize=1024)
def _meaning(name: str) -> str:
    """Return an option or variable in its shortest form."""
    short = name.lower()
    for prefix in (*_SCHEMES, "storage_"):
        short = short.removeprefix(prefix)
    return "endpoint" if short == "endpoint_url" else short
