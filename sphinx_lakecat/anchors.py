"""Names of tables and columns as parts of URLs: injective, readable, and safe in every file system and HTML page."""

from __future__ import annotations

import functools
import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNSAFE = re.compile(r"[^\w.-]|^[.-]")
_LONGEST = 150


def slug(name: str) -> str:
    """Return a name for URLs: letters, digits, ``_``, ``.`` and ``-`` stay, others become ``~`` and their number.

    Example:
        >>> slug("user events")
        'user~20events'
    """
    if name.isascii() and name.isidentifier() and len(name) <= _LONGEST:
        return name
    text = _UNSAFE.sub(lambda m: f"~{ord(m[0]):x}", name)
    if len(text.encode(errors="replace")) > _LONGEST:
        digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:12]
        text = text[: _LONGEST // 4] + "~" + digest
    return text


def table_anchor(table: str) -> str:
    """Return the anchor of a table: ``table-users``."""
    return f"table-{slug(table)}"


def column_anchor(table: str, column: str) -> str:
    """Return the anchor of a column: ``column-users.email``."""
    return f"column-{_slug_of_table(table)}.{slug(column)}"


# The columns of a table are asked for one after another.
_slug_of_table = functools.lru_cache(maxsize=8)(slug)


def owner_anchor(owner: str) -> str:
    """Return the anchor of an owner in the index: ``owner-growth``."""
    return f"owner-{slug(owner)}"


def tag_anchor(tag: str) -> str:
    """Return the anchor of a tag in the index: ``tag-core``."""
    return f"tag-{slug(tag)}"


def docnames(names: Iterable[str], folder: str) -> dict[str, str]:
    """Return the document of each table: ``catalog/users``.

    No two documents differ in upper and lower case alone, as some file systems cannot hold both, and none is the index.
    """
    taken = {"index"}
    found = {}
    for name in names:
        text = slug(name)
        if text.casefold() in taken:
            text += "~" + hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]
        taken.add(text.casefold())
        found[name] = f"{folder}/{text}"
    return found
