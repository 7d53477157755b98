"""The environments: what each assumes and what it allows. Nothing here needs pydantic."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lakecat.errors import LakecatError
from lakecat.storage import is_remote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
_UNSAFE_OPTIONS = ("allow_http", "aws_allow_http", "allow_invalid_certificates")


def broken_rules(config: LakecatConfig) -> Iterator[tuple[str, str]]:
    """Yield each field that breaks a rule of its environment, with what is allowed; no value that may be secret."""
    storage, guarded = config.storage, config.environment in _GUARDED
    options = {name.lower(): value.get_secret_value() for name, value in storage.options.items()}
    http = storage.allow_http or any(options.get(name) == "true" for name in _UNSAFE_OPTIONS[:2])
    places = {"root": config.root, **{f"buckets.{name}": place for name, place in config.buckets.items()}}
    for key, place in places.items():
        if is_remote(place) and (urlsplit(place).username is not None or "?" in place):
            yield key, "holds credentials or a query; give credentials by the fields of storage"
        elif guarded and (not is_remote(place) or place.lower().startswith("http://")):
            yield key, f"must be the URL of a store, such as 's3://bucket/path', in environment {config.environment}"
        elif guarded and _is_localhost(place):
            yield key, f"must not be on this machine in environment {config.environment}"
    endpoints = {"storage.endpoint_url": storage.endpoint_url or ""}
    endpoints |= {f"storage.options.{name}": value for name, value in options.items() if "endpoint" in name}
    for key, url in endpoints.items():
        if not url or (key != "storage.endpoint_url" and "://" not in url):
            continue
        if not re.match(r"https?://[^/\s@]+(/\S*)?$", url):
            yield key, "must be a URL such as 'https://store.example:9000', without credentials"
        elif guarded and not url.startswith("https://"):
            yield key, f"must begin with 'https://' in environment {config.environment}"
        elif guarded and _is_localhost(url):
            yield key, f"must not be on this machine in environment {config.environment}"
        elif not http and url.startswith("http://"):
            yield key, "begins with 'http://': take 'https://', or set storage.allow_http"
    if guarded and storage.allow_http:
        yield "storage.allow_http", f"must be false in environment {config.environment}"
    for name in _UNSAFE_OPTIONS:
        if guarded and options.get(name, "false").lower() != "false":
            yield f"storage.options.{name}", f"must be false in environment {config.environment}"
    if (storage.access_key_id is None) != (storage.secret_access_key is None):
        missing = "access_key_id" if storage.access_key_id is None else "secret_access_key"
        yield f"storage.{missing}", "not set; give both keys, or neither to use the credentials of the machine"
    elif storage.session_token is not None and storage.access_key_id is None:
        yield "storage.session_token", "needs access_key_id and secret_access_key beside it"
    if config.environment == Environment.PRODUCTION:
        if config.checks != "strict":
            yield "checks", "must be 'strict' in environment production"
        if config.audit_log is None:
            yield "audit_log", "not set; environment production needs the path of a file"


def _is_localhost(url: str) -> bool:
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    return host in ("localhost", "0.0.0.0", "::1", "::") or host.endswith(".localhost") or host.startswith("127.")  # noqa: S104 - a comparison
