"""Options for stores: their names checked, and each library given the ones that it knows.

deltalake and Polars share the names of connections (both stand on the Rust crate ``object_store``) but not those of
retries, and both ignore a name that they do not know. Without limits an unreachable server holds either of them for
minutes, so limits are added wherever none are given.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lakecat.errors import DeclarationError
from lakecat.names import near_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakecat.config import StorageConfig

# Together: deltalake begins no attempt later than RETRY_TIMEOUT after the first, and each ends after TIMEOUT.
# Polars makes every failed call twice, so it gets what keeps its whole time the same (see _polars_retries).
CONNECT_TIMEOUT = 3.0
TIMEOUT = 6.0
MAX_RETRIES = 4
RETRY_TIMEOUT = 7.0
_MAX_BACKOFF = "500ms"

_CLIENT = """allow_http aws_allow_http allow_invalid_certificates connect_timeout default_content_type http1_only
    http2_keep_alive_interval http2_keep_alive_timeout http2_keep_alive_while_idle http2_max_frame_size http2_only
    pool_idle_timeout pool_max_idle_per_host proxy_ca_certificate proxy_excludes proxy_url randomize_addresses timeout
    user_agent"""
_AWS = """access_key_id bucket bucket_name checksum_algorithm conditional_put container_authorization_token_file
    container_credentials_full_uri container_credentials_relative_uri copy_if_not_exists default_region
    disable_bulk_delete disable_tagging endpoint endpoint_url endpoint_url_s3 endpoint_url_sts imdsv1_fallback
    metadata_endpoint region request_payer role_arn role_session_name s3_express secret_access_key
    server_side_encryption session_token skip_signature sse_bucket_key_enabled sse_customer_key_base64 sse_kms_key_id
    token unsigned_payload virtual_hosted_style_request web_identity_token_file"""
_AZURE = """access_key account_key account_name authority_host authority_id bearer_token client_id client_secret
    container_name credential_type disable_tagging encryption_key endpoint fabric_cluster_identifier
    fabric_session_token fabric_token_service_url fabric_workload_host federated_token_file identity_endpoint
    master_key msi_endpoint msi_resource_id object_id sas_key sas_token skip_signature tenant_id token use_azure_cli
    use_emulator use_fabric_endpoint"""
_GOOGLE = """application_credentials base_url bearer_token bucket bucket_name service_account service_account_key
    service_account_path skip_signature"""
_DELTALAKE = """allow_unsafe_rename aws_force_credential_load aws_iam_role_arn aws_iam_role_session_name
    aws_profile aws_ec2_metadata_disabled aws_s3_allow_unsafe_rename aws_s3_assume_role_arn aws_s3_role_session_name
    backoff_config.base backoff_config.init_backoff backoff_config.max_backoff mount_allow_unsafe_rename
    object_store_concurrency_limit retry_timeout"""
_POLARS_INTEGERS = """rate_read_ceiling rate_read_floor rate_read_init rate_write_ceiling rate_write_floor
    rate_write_init file_cache_ttl retry_init_backoff_ms retry_max_backoff_ms retry_timeout_ms"""

_SCHEMES_OF_AWS = ("s3", "s3a")
_SCHEMES_OF_GOOGLE = ("gs", "gcs")
_ONLY_DELTALAKE = frozenset(_DELTALAKE.split())
_INTEGERS = frozenset(_POLARS_INTEGERS.split())
_ONLY_POLARS = _INTEGERS | {"retry_base_multiplier"}
_DURATIONS = frozenset(
    {"timeout", "connect_timeout", "retry_timeout", "pool_idle_timeout"}
    | {"backoff_config.init_backoff", "backoff_config.max_backoff"}
)
_PREFIXES = {
    "aws_": _AWS,
    "azure_": _AZURE,
    "azure_storage_": _AZURE,
    "google_": _GOOGLE,
    "": f"{_AWS} {_AZURE} {_GOOGLE}",
}
OPTION_NAMES = frozenset(
    {*_CLIENT.split(), "max_retries", *_ONLY_DELTALAKE, *_ONLY_POLARS}
    | {prefix + name for prefix, names in _PREFIXES.items() for name in names.split()}
)
"""Every name that a storage option can have, in small letters; capitals do as well."""

_UNITS = {"ms": 0.001, "millis": 0.001, "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0}
_UNITS |= {"m": 60.0, "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hour": 3600.0}


def is_remote(uri: str) -> bool:
    """Tell whether a location is in a store rather than in the file system."""
    return bool(re.match(r"[A-Za-z][\w+.-]+://", uri)) and not uri.startswith("file://")


def check_options(options: Mapping[str, Any], where: str) -> None:
    """Check the explicit storage options of a table: names, and the form of numbers and durations.

    Args:
        options: The options as they were given. Their values are never shown.
        where: What they belong to, as ``"table 'users'"``.

    Raises:
        DeclarationError: A name that neither library knows, a name given twice, or a value that cannot be.
    """
    seen: dict[str, str] = {}
    for name, value in options.items():
        if not isinstance(name, str):
            raise DeclarationError(f"a storage option of {where} has a name of type {type(name).__name__}, not text")
        folded = name.lower()
        if "dynamo" in folded or "locking_provider" in folded:
            raise DeclarationError(
                f"storage option {name!r} of {where}: deltalake has no such lock any more; leave it out, "
                f"as commits are conditional puts"
            )
        if folded not in OPTION_NAMES:
            near = near_names(folded, OPTION_NAMES)
            hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise DeclarationError(f"unknown storage option {name!r} of {where}{hint}")
        if folded in seen:
            raise DeclarationError(f"storage option {name!r} of {where} is given twice, also as {seen[folded]!r}")
        seen[folded] = name
        if problem := _problem(folded, value):
            raise DeclarationError(f"storage option {name!r} of {where} {problem}")


def split_options(options: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return explicit storage options as deltalake takes them, and as Polars does.

    Connections are shared; retries go to the library that knows them, ``max_retries`` to both. Limits are added where
    none are given, so that an unreachable or silent server is an error in less than 15 s.

    Args:
        options: Options that :func:`check_options` has passed.

    Returns:
        Text for deltalake. For Polars text as well, and numbers for its retries.
    """
    given = {name.lower(): value for name, value in options.items()}
    limits = {"timeout": _duration(TIMEOUT), "connect_timeout": _duration(CONNECT_TIMEOUT)}
    limits = {name: value for name, value in limits.items() if name not in given}
    # deltalake reads some names in capitals only: the spelling is the author's.
    delta = {name: _text(value) for name, value in options.items() if name.lower() not in _ONLY_POLARS}
    retries = {"max_retries": str(MAX_RETRIES), "retry_timeout": _duration(RETRY_TIMEOUT)}
    retries |= {"backoff_config.max_backoff": _MAX_BACKOFF}
    delta |= limits | {name: value for name, value in retries.items() if name not in given}
    polars: dict[str, Any] = {
        name: _number(value) if name in _INTEGERS else _text(value)
        for name, value in given.items()
        if name not in _ONLY_DELTALAKE
    }
    if "retry_base_multiplier" in given:
        polars["retry_base_multiplier"] = float(given["retry_base_multiplier"])
    polars |= limits
    polars["max_retries"] = _number(given.get("max_retries", MAX_RETRIES))
    for name, value in _polars_retries(given).items():
        polars.setdefault(name, value)
    return delta, polars


def obstore_options(options: Mapping[str, str], uri: str) -> dict[str, Any]:
    """Return what obstore takes to make a store, of the options that deltalake takes for a location.

    Both stand on one crate: the names of connections are the same, and so are the limits, which obstore wants sorted.

    Args:
        options: Options as :func:`split_options` returns them for deltalake.
        uri: The location, whose scheme says which kind of store it is.
    """
    given = {name.lower(): value for name, value in options.items()}
    scheme = uri.partition("://")[0].lower()
    prefix = "aws_" if scheme in _SCHEMES_OF_AWS else "google_" if scheme in _SCHEMES_OF_GOOGLE else "azure_"
    known = {start + name for start in (prefix, "") for name in _PREFIXES[prefix].split()}
    client = {name.removeprefix("aws_") if name == "aws_allow_http" else name: value for name, value in given.items()}
    retries: dict[str, Any] = {"max_retries": _number(given.get("max_retries", MAX_RETRIES))}
    whole = _seconds(given.get("retry_timeout", RETRY_TIMEOUT)) or RETRY_TIMEOUT
    retries["retry_timeout"] = timedelta(seconds=whole)
    longest = _seconds(given.get("backoff_config.max_backoff", _MAX_BACKOFF)) or 0.5
    retries["backoff"] = {
        "init_backoff": timedelta(seconds=min(0.1, longest)),
        "max_backoff": timedelta(seconds=longest),
        "base": 2.0,
    }
    return {
        "config": {name: value for name, value in given.items() if name in known and name not in _CLIENT.split()},
        "client_options": {name: value for name, value in client.items() if name in _CLIENT.split()},
        "retry_config": retries,
    }


def deltalake_options(storage: StorageConfig, uri: str) -> dict[str, str]:
    """Return what deltalake takes as ``storage_options`` for a location; nothing for the file system."""
    return split_options(_neutral(storage, uri))[0] if is_remote(uri) else {}


def polars_options(storage: StorageConfig, uri: str) -> dict[str, Any]:
    """Return what Polars takes as ``storage_options`` for a location; nothing for the file system."""
    return split_options(_neutral(storage, uri))[1] if is_remote(uri) else {}


def _neutral(storage: StorageConfig, uri: str) -> dict[str, Any]:
    """Write a storage configuration as options, of which those named in ``options`` win."""
    found: dict[str, Any] = {
        "timeout": _duration(storage.timeout),
        "connect_timeout": _duration(storage.connect_timeout),
        "max_retries": storage.max_retries,
        "retry_timeout": _duration(storage.retry_timeout),
    }
    if storage.allow_http:
        found["allow_http"] = "true"
    if uri.partition("://")[0].lower() in _SCHEMES_OF_AWS:
        # A server of one's own has no regions, and without one the libraries would ask the cloud for it.
        region = storage.region or ("us-east-1" if storage.endpoint_url else None)
        s3 = {"endpoint_url": storage.endpoint_url, "region": region}
        for name in ("access_key_id", "secret_access_key", "session_token"):
            secret = getattr(storage, name)
            s3[name] = None if secret is None else secret.get_secret_value()
        s3["virtual_hosted_style_request"] = "true" if storage.virtual_hosted_style else None
        s3["skip_signature"] = "true" if storage.skip_signature else None
        found |= {f"aws_{name}": value for name, value in s3.items() if value is not None}
    given = {name.lower(): value.get_secret_value() for name, value in storage.options.items()}
    return {name: value for name, value in found.items() if name not in given} | given


def _polars_retries(given: Mapping[str, Any]) -> dict[str, int]:
    """Return retry limits with which two whole calls of Polars take no longer than one of deltalake."""
    timeout = _seconds(given.get("timeout", TIMEOUT)) or TIMEOUT
    whole = _seconds(given.get("retry_timeout", RETRY_TIMEOUT)) or RETRY_TIMEOUT
    return {
        "retry_timeout_ms": max(0, round((whole - timeout) / 2 * 1000)),
        "retry_init_backoff_ms": 100,
        "retry_max_backoff_ms": 500,
    }


def _problem(name: str, value: object) -> str | None:
    if not isinstance(value, str | int | float):
        return f"is {type(value).__name__}, not text"
    if name == "max_retries" or name in _INTEGERS:
        return None if re.fullmatch(r"\d+", str(value)) else "must be a whole number"
    if name in _DURATIONS and _seconds(value) is None:
        return "must be a duration with its unit, such as '5s' or '500ms'"
    if name == "retry_base_multiplier" and not re.fullmatch(r"\d+(\.\d+)?", str(value)):
        return "must be a number"
    return None


def _seconds(value: object) -> float | None:
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]+)\s*", str(value))
    whole = re.fullmatch(r"(\d+(\.\d+)?\s*[a-z]+\s*)+", str(value))
    if whole is None or any(unit not in _UNITS for _, unit in parts):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _duration(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: object) -> int:
    return int(str(value))
