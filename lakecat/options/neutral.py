"""Options of stores in words of no one library: their names, forms and limits.

deltalake and Polars share the names of connections (both stand on the Rust crate ``object_store``) but not those of
retries, and both ignore a name that they do not know. Without limits an unreachable server holds either of them for
minutes, so limits are added wherever none are given. What each library takes of them stands in a file of its name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lakecat.errors import DeclarationError
from lakecat.hosts import is_remote
from lakecat.names import near_names

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from lakecat.config import StorageConfig

# Together: no attempt begins later than RETRY_TIMEOUT after the first, and each ends after TIMEOUT.
CONNECT_TIMEOUT = 3.0
TIMEOUT = 6.0
MAX_RETRIES = 4
RETRY_TIMEOUT = 7.0
MAX_BACKOFF = "500ms"

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

CLIENT = frozenset(_CLIENT.split())
SCHEMES_OF_AWS = ("s3", "s3a")
SCHEMES_OF_GOOGLE = ("gs", "gcs")
ONLY_DELTALAKE = frozenset(_DELTALAKE.split())
INTEGERS = frozenset(_POLARS_INTEGERS.split())
ONLY_POLARS = INTEGERS | {"retry_base_multiplier"}
_DURATIONS = frozenset(
    {"timeout", "connect_timeout", "retry_timeout", "pool_idle_timeout"}
    | {"backoff_config.init_backoff", "backoff_config.max_backoff"}
)
PREFIXES = {
    "aws_": _AWS,
    "azure_": _AZURE,
    "azure_storage_": _AZURE,
    "google_": _GOOGLE,
    "": f"{_AWS} {_AZURE} {_GOOGLE}",
}
OPTION_NAMES = frozenset(
    {*CLIENT, "max_retries", *ONLY_DELTALAKE, *ONLY_POLARS}
    | {prefix + name for prefix, names in PREFIXES.items() for name in names.split()}
)
"""Every name that a storage option can have, in small letters; capitals do as well."""

_UNITS = {"ms": 0.001, "millis": 0.001, "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0}
_UNITS |= {"m": 60.0, "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hour": 3600.0}


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


def neutral_options(storage: StorageConfig, uri: str) -> dict[str, Any]:
    """Return the options by which a configuration says to reach a location; those named in its ``options`` win.

    Nothing is needed for the file system.
    """
    if not is_remote(uri):
        return {}
    found: dict[str, Any] = {
        "timeout": duration(storage.timeout),
        "connect_timeout": duration(storage.connect_timeout),
        "max_retries": storage.max_retries,
        "retry_timeout": duration(storage.retry_timeout),
    }
    if storage.allow_http:
        found["allow_http"] = "true"
    if uri.partition("://")[0].lower() in SCHEMES_OF_AWS:
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


def _problem(name: str, value: object) -> str | None:
    if not isinstance(value, str | int | float):
        return f"is {type(value).__name__}, not text"
    if name == "max_retries" or name in INTEGERS:
        return None if re.fullmatch(r"\d+", str(value)) else "must be a whole number"
    if name in _DURATIONS and seconds(value) is None:
        return "must be a duration with its unit, such as '5s' or '500ms'"
    if name == "retry_base_multiplier" and not re.fullmatch(r"\d+(\.\d+)?", str(value)):
        return "must be a number"
    return None


def seconds(value: object) -> float | None:
    """Return a duration, such as ``"1m 30s"``, in seconds; ``None`` if it is none."""
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]+)\s*", str(value))
    whole = re.fullmatch(r"(\d+(\.\d+)?\s*[a-z]+\s*)+", str(value))
    if whole is None or any(unit not in _UNITS for _, unit in parts):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def limits_beside(given: Container[str]) -> dict[str, str]:
    """Return the limits of a request beside options, given by their names in small letters, that may have them."""
    limits = {"timeout": duration(TIMEOUT), "connect_timeout": duration(CONNECT_TIMEOUT)}
    return {name: value for name, value in limits.items() if name not in given}


def duration(seconds: float) -> str:
    """Return a duration as both libraries read it."""
    return f"{round(seconds * 1000)}ms"


def text(value: object) -> str:
    """Return a value as both libraries read it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def number(value: object) -> int:
    """Return a value that is a whole number, or the text of one."""
    return int(str(value))
