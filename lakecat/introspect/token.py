"""Whether anything about a table changed, without reading it."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

from lakecat.classification import hidden_columns
from lakecat.errors import LakecatError
from lakecat.metadata import TableMetadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakecat.registry.base import RegisteredTable

_DECLARED = tuple(field.name for field in dataclasses.fields(TableMetadata) if field.name != "place")


def change_token(table: RegisteredTable, *, find: Callable[[str], RegisteredTable] | None = None) -> str | None:
    """Return a text that is equal while all that a page shows is the same; ``None`` if none can tell.

    That is the declaration, the data, which columns are hidden, and the columns that this table's reference.

    Args:
        table: The table.
        find: Returns another table of the catalog, as for :func:`lakecat.introspect.introspect`.
    """
    try:
        token = table.source.change_token()
        if token is None:
            return None
        metadata = table.metadata
        declared = [getattr(metadata, name) for name in _DECLARED]
        line = metadata.place.line if metadata.place else 0
        hidden = sorted(hidden_columns(metadata.columns).names.items())
        text = f"{declared!r}\0{line}\0{token}\0{hidden!r}\0{_of_references(table, find)!r}"
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    except KeyboardInterrupt:
        raise
    # A source that cannot tell is read again, and then says what is wrong with it.
    except BaseException:  # noqa: BLE001
        return None


def _of_references(table: RegisteredTable, find: Callable[[str], RegisteredTable] | None) -> list[str]:
    """Return a text for each table that a column references: it says whether that changed."""
    found: list[str] = []
    if find is None:
        return found
    for target in {c.references for c in table.metadata.columns or () if c.references}:
        for i in (i for i, letter in enumerate(target) if letter == "."):
            try:
                other = find(target[:i])
            except LakecatError as error:
                found.append(f"{target}: {error.message}")
            else:
                found.append(f"{target}: {other.metadata.columns!r} {other.source.change_token()}")
    return sorted(found)
