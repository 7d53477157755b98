"""The nodes that hold a record until a writer draws it."""

from __future__ import annotations

from docutils import nodes


class lakecat_part(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes in lower case)
    """One part of a record, such as its columns.

    Attributes are ``part`` (its name) and what that part needs. Children are text that only search reads, and
    :class:`lakecat_cell` nodes for cells whose description holds markup.
    """


class lakecat_cell(nodes.General, nodes.Element):  # noqa: N801
    """The content of a table cell: block nodes. The attribute ``row`` is the index of its column in the record."""
