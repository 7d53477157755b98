"""An error's text without a machine's paths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lakecat.plaintext import safe_location

if TYPE_CHECKING:
    from pathlib import Path

_QUOTED_PATH = re.compile(r"(['\"])(/(?:(?!\1).)+)\1")
_BARE_PATH = re.compile(r"(?<![\w/:.…*])/[\w.+=@-]+(?:/[\w.+=@%-]+)+/?")


def hide_paths(text: str, base: Path | None) -> str:
    """Return text in which absolute paths are shown relative to ``base``, or by their last two parts."""
    text = _QUOTED_PATH.sub(lambda m: f"{m[1]}{safe_location(m[2], base)}{m[1]}", text)
    return _BARE_PATH.sub(lambda m: safe_location(m[0], base), text)
