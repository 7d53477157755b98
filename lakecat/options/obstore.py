"""Options of stores as obstore takes them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lakecat.options.neutral import (
    CLIENT,
    MAX_BACKOFF,
    MAX_RETRIES,
    PREFIXES,
    RETRY_TIMEOUT,
    SCHEMES_OF_AWS,
    SCHEMES_OF_GOOGLE,
    number,
    seconds,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def render(options: Mapping[str, str], uri: str, *, retries: bool = True) -> dict[str, Any]:
    """Return what obstore takes to make a store, of the options that deltalake takes for a location.

    Both stand on one crate: the names of connections are the same, and so are the limits, which obstore wants sorted.

    Args:
        options: Options as :func:`lakecat.options.deltalake.render` returns them.
        uri: The location, whose scheme says which kind of store it is.
        retries: Whether a request that failed is repeated.
    """
    given = {name.lower(): value for name, value in options.items()}
    scheme = uri.partition("://")[0].lower()
    kind = "aws_" if scheme in SCHEMES_OF_AWS else "google_" if scheme in SCHEMES_OF_GOOGLE else "azure_"
    starts = [prefix for prefix in PREFIXES if prefix.startswith(kind) or not prefix]
    known = {start + name for start in starts for name in PREFIXES[kind].split()} - CLIENT
    client = {name.removeprefix("aws_") if name == "aws_allow_http" else name: value for name, value in given.items()}
    return {
        "config": {name: value for name, value in given.items() if name in known},
        "client_options": {name: value for name, value in client.items() if name in CLIENT},
        "retry_config": _retries(given) if retries else {"max_retries": 0},
    }


def _retries(given: Mapping[str, str]) -> dict[str, Any]:
    whole = seconds(given.get("retry_timeout", RETRY_TIMEOUT)) or RETRY_TIMEOUT
    longest = seconds(given.get("backoff_config.max_backoff", MAX_BACKOFF)) or 0.5
    return {
        "max_retries": number(given.get("max_retries", MAX_RETRIES)),
        "retry_timeout": timedelta(seconds=whole),
        "backoff": {
            "init_backoff": timedelta(seconds=min(0.1, longest)),
            "max_backoff": timedelta(seconds=longest),
            "base": 2.0,
        },
    }
