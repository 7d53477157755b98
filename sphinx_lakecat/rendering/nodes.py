"""The nodes that stand for blocks until a writer draws them."""

from __future__ import annotations

from docutils import nodes


class lakecat_part(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes in lower case)
    """A block of the page of a table.

    It holds the record and says which block of its page it is: that is composed anew where it is drawn, as doctrees are
    saved, and blocks are many. Attributes:

    - ``table``: the record; ``said``: what other tables say of it.
    - ``part``: the anchor of the part, ``head`` or ``chips``; ``block``: which block of the part.
    - ``links``: the references in it that are no cells, for who must know when their places change.
    - ``shown``: names of the rows to show, or ``None`` for all; ``anchors``: whether rows are places here.

    Children are text that only search reads, and a :class:`lakecat_cell` for each span that only Sphinx can draw. The
    parts of the index are named ``list`` and ``filter``, and hold what they show.
    """


class lakecat_cell(nodes.General, nodes.Element):  # noqa: N801
    """What Sphinx makes of the attribute ``span``: the blocks of a text with markup, a reference."""
