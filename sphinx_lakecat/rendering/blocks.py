"""Which block of which page a node stands for."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from lakecat.blocks import Grid
from lakecat.sections.compose import compose
from lakecat.sections.index import Index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakecat.blocks import Block, Page
    from lakecat.snapshot import TableSnapshot
    from sphinx_lakecat.rendering.nodes import lakecat_part


class Composed:
    """The pages of the tables of one document, each composed once."""

    def __init__(self) -> None:
        self._pages: dict[int, tuple[TableSnapshot, Page]] = {}

    def page(self, part: lakecat_part) -> Page:
        """Return the page of the table of a node."""
        table: TableSnapshot = part["table"]
        # By identity: to hash a record takes longer than to compose its page. The record is kept, so its id is its own.
        if id(table) not in self._pages:
            self._pages[id(table)] = table, compose(table, Index(part["said"]))
        return self._pages[id(table)][1]

    def block(self, part: lakecat_part) -> Block:
        """Return the block of a node, of a grid only the rows that are shown."""
        found = self.page(part).part(part["part"])
        assert found is not None
        block: Block = found.blocks[part["block"]]
        shown: Sequence[str] | None = part["shown"]
        if shown is None or not isinstance(block, Grid):
            return block
        by_key = {row.key: row for row in block.rows}
        return dataclasses.replace(block, rows=tuple(by_key[key] for key in shown))
