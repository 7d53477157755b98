"""Whether anything about a table changed, without reading it."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

from lakecat.classification import hidden_columns
from lakecat.contract import broken_references
from lakecat.introspect.place import base_of, location_of, origin_of
from lakecat.metadata import TableMetadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakecat.registry.base import RegisteredTable

_DECLARED = tuple(field.name for field in dataclasses.fields(TableMetadata) if field.name != "place")


def change_token(
    table: RegisteredTable, *, columns_of: Callable[[str], tuple[str, ...] | None] | None = None
) -> str | None:
    """Return a text that is equal while all that a page shows is the same; ``None`` if none can tell.

    That is the declaration, the data, which columns are hidden, and whether references to other tables lead somewhere.

    Args:
        table: The table.
        columns_of: Returns the columns of a table of the catalog, as for :func:`lakecat.introspect.introspect`.
    """
    try:
        token = table.source.change_token()
        if token is None:
            return None
        metadata = table.metadata
        declared = [getattr(metadata, name) for name in _DECLARED]
        # As they are shown: code and data that moved together look the same.
        shown = (origin_of(metadata.place), location_of(table.source, base_of(metadata.place)))
        hidden = sorted(hidden_columns(metadata.columns).names.items())
        broken = [] if columns_of is None else list(broken_references(metadata.columns, columns_of))
        text = f"{declared!r}\0{shown!r}\0{token}\0{hidden!r}\0{broken!r}"
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    except KeyboardInterrupt:
        raise
    # A source that cannot tell is read again, and then says what is wrong with it.
    except BaseException:  # noqa: BLE001
        return None
