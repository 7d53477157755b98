"""The parameters of a table's function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.blocks import Text
from lakecat.sections.base import Detail

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakecat.sections.base import Contribution
    from lakecat.sections.index import Index
    from lakecat.snapshot import TableSnapshot


class Parameters:
    """Name, type and default of each."""

    name = "parameters"

    def draw(self, table: TableSnapshot, index: Index) -> Iterator[Contribution]:
        """Yield a line for each parameter; where its default is not shown, it says why."""
        for parameter in table.parameters:
            annotation = f": {parameter.annotation}" if parameter.annotation else ""
            default = f" = {parameter.default}" if parameter.default is not None else ", required"
            hidden = f"hidden: {parameter.hidden}" if parameter.hidden else ""
            yield Detail("Parameter", (Text(f"{parameter.name}{annotation}{default}"),), hidden, 30)

    def words(self, table: TableSnapshot) -> Iterator[str]:
        """Yield nothing."""
        yield from ()
