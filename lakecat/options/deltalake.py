"""Options of stores as deltalake takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakecat.options.neutral import MAX_BACKOFF, MAX_RETRIES, ONLY_POLARS, RETRY_TIMEOUT, duration, limits_beside, text

if TYPE_CHECKING:
    from collections.abc import Mapping


def render(options: Mapping[str, Any]) -> dict[str, str]:
    """Return options as deltalake takes them: all as text, with limits where none are given.

    Args:
        options: Options that :func:`lakecat.options.neutral.check_options` has passed.
    """
    given = {name.lower() for name in options}
    retries = {"max_retries": str(MAX_RETRIES), "retry_timeout": duration(RETRY_TIMEOUT)}
    retries |= {"backoff_config.max_backoff": MAX_BACKOFF}
    # deltalake reads some names in capitals only: the spelling is the author's.
    rendered = {name: text(value) for name, value in options.items() if name.lower() not in ONLY_POLARS}
    return rendered | limits_beside(given) | {name: value for name, value in retries.items() if name not in given}
