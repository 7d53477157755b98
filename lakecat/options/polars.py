"""Options of stores as Polars takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakecat.options.neutral import (
    INTEGERS,
    MAX_RETRIES,
    ONLY_DELTALAKE,
    RETRY_TIMEOUT,
    TIMEOUT,
    limits_beside,
    number,
    seconds,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def render(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as Polars takes them: text, and numbers for its retries, with limits where none are given.

    Args:
        options: Options that :func:`lakecat.options.neutral.check_options` has passed.
    """
    given = {name.lower(): value for name, value in options.items()}
    rendered: dict[str, Any] = {
        name: number(value) if name in INTEGERS else text(value)
        for name, value in given.items()
        if name not in ONLY_DELTALAKE
    }
    if "retry_base_multiplier" in given:
        rendered["retry_base_multiplier"] = float(given["retry_base_multiplier"])
    rendered |= limits_beside(given)
    rendered["max_retries"] = number(given.get("max_retries", MAX_RETRIES))
    return _retries(given) | rendered


def _retries(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return retry limits with which a read of Polars, which makes every failed call twice, takes as long as others."""
    timeout = seconds(given.get("timeout", TIMEOUT)) or TIMEOUT
    whole = seconds(given.get("retry_timeout", RETRY_TIMEOUT)) or RETRY_TIMEOUT
    return {
        "retry_timeout_ms": max(0, round((whole - timeout) / 2 * 1000)),
        "retry_init_backoff_ms": 100,
        "retry_max_backoff_ms": 500,
    }
