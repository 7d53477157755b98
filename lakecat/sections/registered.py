"""The sections that pages are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.sections.columns import Columns
from lakecat.sections.details import Details
from lakecat.sections.history import History
from lakecat.sections.identity import Identity
from lakecat.sections.notes import Notes
from lakecat.sections.parameters import Parameters
from lakecat.sections.problems import Problems
from lakecat.sections.snippets import Snippets
from lakecat.sections.statistics import Statistics

if TYPE_CHECKING:
    from lakecat.sections.base import Section

SECTIONS: tuple[Section, ...] = (
    Identity(),
    Notes(),
    Problems(),
    Snippets(),
    Columns(),
    Statistics(),
    History(),
    Parameters(),
    Details(),
)
