"""Text that others wrote, made safe to show: no terminal codes, no text that reorders its neighbours, no secrets.

What takes secrets out stands in :mod:`lakecat.redaction`.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from lakecat.redaction import redact, safe_url, secret_parts, secrets_of, without_ansi

__all__ = ["plain", "plain_name", "redact", "safe_location", "secret_parts", "secrets_of", "without_ansi"]

# Embeddings, overrides and isolates can make text read as what it is not (Unicode TR 36, "Trojan Source").
_REORDERING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_MARKS = dict.fromkeys([0x061C, 0x200E, 0x200F, 0x200B, 0xFEFF])
_CONTROLS = {
    **{c: chr(0x2400 + c) for c in range(32) if c not in (9, 10)},
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), "\ufffd"),
}
_SHOWN = {**_CONTROLS, **{c: f"[U+{c:04X}]" for c in _REORDERING}}
_SHOWN_IN_NAMES = {**_SHOWN, 9: "\u2409", 10: "\u240a", **{c: f"[U+{c:04X}]" for c in _MARKS}}
# A lone surrogate cannot be written in UTF-8.
_SURROGATES = re.compile("[\ud800-\udfff]")


def plain(text: str) -> str:
    """Return prose as inert characters: control characters as their pictures, reordering marks by their number."""
    if text.isascii() and text.isprintable():
        return text
    return _SURROGATES.sub("\ufffd", text.translate(_SHOWN))


def plain_name(text: str) -> str:
    """Return a name as inert characters on one line; marks that are invisible in a name are shown as well."""
    if text.isascii() and text.isprintable():
        return text
    return _SURROGATES.sub("\ufffd", text.translate(_SHOWN_IN_NAMES))


def safe_location(uri: str, base: PurePath | None = None) -> str:
    """Return a location that may be published: no credentials and no absolute path of a machine.

    Args:
        uri: A URL or a path. Of a URL, the user part, query and fragment are left out.
        base: The folder to which a local path is shown relative, if it lies below; otherwise its last two parts are
            shown.
    """
    if re.match(r"[A-Za-z][\w+.-]+://", uri) and not uri.startswith("file://"):
        return plain_name(safe_url(uri))
    path = PurePath(uri.removeprefix("file://"))
    if not path.is_absolute():
        return plain_name(path.as_posix())
    if base is not None and path.is_relative_to(base):
        return plain_name(path.relative_to(base).as_posix())
    return plain_name("/".join(("…", *path.parts[1:][-2:])))
