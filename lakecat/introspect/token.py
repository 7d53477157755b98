"""Whether anything about a table changed, without reading it."""

from __future__ import annotations

import dataclasses
import hashlib
import operator
from typing import TYPE_CHECKING

from lakecat.asked.net import Net, log_problem
from lakecat.asked.place import base_of, location_facts, origin_of
from lakecat.classification import hidden_columns
from lakecat.contract import broken_references
from lakecat.dtypes import dtype_text
from lakecat.metadata import Column, TableMetadata
from lakecat.sources.location import secrets_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakecat.classification import HiddenColumns
    from lakecat.registry.base import RegisteredTable
    from lakecat.snapshot import Problem

_DECLARED = tuple(f.name for f in dataclasses.fields(TableMetadata) if f.name not in ("place", "columns"))
_of_column = operator.attrgetter(*(f.name for f in dataclasses.fields(Column) if f.name not in ("_", "dtype")))


def change_token(
    table: RegisteredTable,
    *,
    columns_of: Callable[[str], tuple[str, ...] | None] | None = None,
    tell: Callable[[Problem, str], None] | None = None,
) -> str | None:
    """Return a text that is equal while all that a page shows is the same; ``None`` if none can tell.

    That is the declaration, the data, which columns are hidden, and whether references to other tables lead somewhere.

    Args:
        table: The table.
        columns_of: Returns the columns of a table of the catalog, as for :func:`lakecat.introspect.introspect`.
        tell: Called with what fails, as there.
    """
    name = table.metadata.full_name
    hidden, secrets = hidden_columns(table.metadata.columns), secrets_in(table.source)
    net = Net(secrets=secrets, hidden=hidden, base=None, tell=tell or log_problem(name))
    return net.ask("its change token", lambda: _token(table, columns_of, hidden), None)


def _token(
    table: RegisteredTable, columns_of: Callable[[str], tuple[str, ...] | None] | None, hidden: HiddenColumns
) -> str | None:
    token = table.source.change_token()
    if token is None:
        return None
    metadata = table.metadata
    declared = [getattr(metadata, name) for name in _DECLARED]
    # The text of a dtype is bounded, its repr is not.
    columns = [(dtype_text(c.dtype), *_of_column(c)) for c in metadata.columns or ()]
    # As they are shown: code and data that moved together look the same.
    shown = (origin_of(metadata.place), location_facts(table, base_of(metadata.place)))
    broken = [] if columns_of is None else list(broken_references(metadata.columns, columns_of))
    names = sorted(hidden.names.items())
    text = f"{declared!r}\0{metadata.columns is None}\0{columns!r}\0{shown!r}\0{token}\0{names!r}\0{broken!r}"
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
