"""Single values as text."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from lakecat.sources.values import value_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (True, "true"),
        (False, "false"),
        (b"", "0x"),
        (b"\x00\xff", "0x00ff"),
        (b"ab" * 20, "0x" + "6162" * 19 + "6…"),
        (datetime(2026, 1, 31, 1, tzinfo=timezone(timedelta(hours=2))), "2026-01-30T23:00:00Z"),
        (datetime(2026, 1, 31, tzinfo=UTC).replace(tzinfo=None), "2026-01-31T00:00:00"),
        (date(2026, 1, 31), "2026-01-31"),
        (time(1, 2, 3), "01:02:03"),
        (1.0, "1.0"),
        (1e300, "1e+300"),
        (7, "7"),
        (Decimal("1.50"), "1.50"),
        ("", ""),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
    ],
)
def test_values_as_text(value: Any, text: str | None) -> None:
    """A value has one text, of 80 letters at most; the end of a longer one is an ellipsis."""
    assert value_text(value) == text
