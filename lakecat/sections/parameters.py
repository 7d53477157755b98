"""The parameters of a table's function."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lakecat.blocks import Text
from lakecat.sections.base import Detail
from lakecat.snapshot import ParametersSection
from lakecat.summary import without_markup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lakecat.asked import AskedTable
    from lakecat.sections.base import Contribution
    from lakecat.sections.index import Index
    from lakecat.snapshot import TableSnapshot

_HEADING = re.compile(r"^(Args|Arguments|Parameters):[ \t]*$", re.MULTILINE)
_ENTRY = re.compile(r"^\*{0,2}(\w+)[ \t]*(?:\([^)]*\))?:[ \t]*(.*)$")
_FIELD = re.compile(r"^:param[ \t]+(?:[^:\n]+[ \t]+)?(\w+):[ \t]*((?:.*(?:\n[ \t]+\S.*)*))", re.MULTILINE)


class Parameters:
    """Name, type, default and description of each."""

    name, version, record = "parameters", 1, ParametersSection

    def collect(self, table: AskedTable) -> ParametersSection | None:
        """Return what the table can be asked with."""
        return ParametersSection(parameters=table.parameters) if table.parameters else None

    def draw(self, table: TableSnapshot, index: Index) -> Iterator[Contribution]:
        """Yield a line for each parameter; where its default is not shown, it says why."""
        described = described_parameters(table.description) if table.parameters else {}
        for parameter in table.parameters:
            annotation = f": {parameter.annotation}" if parameter.annotation else ""
            default = f" = {parameter.default}" if parameter.default is not None else ", required"
            hidden = f"hidden: {parameter.hidden}" if parameter.hidden else ""
            text = described.get(parameter.name, "")
            said = f"{parameter.name}{annotation}{default}" + (f". {text}" if text else "")
            yield Detail("Parameter", (Text(said),), hidden, 30)

    def words(self, table: TableSnapshot) -> Iterator[str]:
        """Yield nothing."""
        yield from ()


def described_parameters(description: str) -> dict[str, str]:
    """Return what a docstring says of each parameter, on one line and without markup.

    That is the text of its ``Args:`` in the style of Google, or of fields ``:param name:`` of reStructuredText.
    """
    found = {name: _one_line(text) for name, text in _FIELD.findall(description)}
    heading = _HEADING.search(description)
    if heading is None:
        return found
    name, inner = "", None
    for line in description[heading.end() :].splitlines():
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent == 0:
            break
        inner = indent if inner is None and line.strip() else inner
        if indent == inner and (entry := _ENTRY.match(line.strip())):
            name = entry[1]
            found[name] = _one_line(entry[2])
        elif name and line.strip():
            found[name] = _one_line(f"{found[name]} {line}")
    return found


def _one_line(text: str) -> str:
    return " ".join(without_markup(text).split())
