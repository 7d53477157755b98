"""Single values as text, for documentation."""

from __future__ import annotations

import datetime
from typing import Any

LONGEST = 80


def value_text(value: Any) -> str | None:
    """Return a value as text; ``None`` for a null.

    Times are ISO 8601, those with a zone in UTC with a trailing ``Z``; bytes are hexadecimal; booleans are ``true`` and
    ``false``. Texts longer than 80 characters are cut, which an ellipsis shows.
    """
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case bytes():
            text = "0x" + value.hex()
        case datetime.datetime() if value.tzinfo is not None:
            text = value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
        case datetime.date() | datetime.time():  # a datetime is a date
            text = value.isoformat()
        case float():
            text = repr(value)
        case _:
            text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
