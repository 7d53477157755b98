"""The sections that pages are made of: those of lakecat, and those of installed packages."""

from __future__ import annotations

import functools

from lakecat import plugins
from lakecat.sections.base import HasEdges, HasRecord, Section
from lakecat.sections.columns import Columns
from lakecat.sections.details import Details
from lakecat.sections.history import History
from lakecat.sections.identity import Identity
from lakecat.sections.notes import Notes
from lakecat.sections.parameters import Parameters
from lakecat.sections.problems import Problems
from lakecat.sections.relations import Relations
from lakecat.sections.snippets import Snippets
from lakecat.sections.statistics import Statistics

# In the order in which they ask a table: the later ones may fail where all else is known.
BUILT_IN: tuple[Section, ...] = (
    Identity(),
    Notes(),
    Problems(),
    Columns(),
    Relations(),
    Parameters(),
    Details(),
    History(),
    Statistics(),
    Snippets(),
)

GROUP = "lakecat.sections"
"""The entry points by which a package adds sections: each names a class without arguments."""


@functools.cache
def sections() -> tuple[Section, ...]:
    """Return all sections: those of lakecat, then those of packages by name.

    What a package offers and cannot be had is left out, and :func:`broken` tells it.
    """
    return (*BUILT_IN, *_installed()[0])


def collects() -> bool:
    """Return whether code of a package is called when a table is asked."""
    return any(isinstance(section, HasRecord) for section in sections()[len(BUILT_IN) :])


def speaking() -> tuple[HasEdges, ...]:
    """Return the sections of packages that say something of other tables."""
    return tuple(section for section in sections()[len(BUILT_IN) :] if isinstance(section, HasEdges))


def installed() -> str:
    """Return a text that is equal while the same packages of the same versions add sections."""
    found = plugins.installed(GROUP)
    return repr(found) if found else ""


def broken() -> tuple[str, ...]:
    """Return a sentence for each section of a package that cannot be had."""
    return _installed()[1]


@functools.cache
def _installed() -> tuple[tuple[Section, ...], tuple[str, ...]]:
    found: dict[str, Section] = {section.name: section for section in BUILT_IN}
    classes, errors = plugins.load_all(GROUP)
    failures = [error.message for error in errors]
    for name, make in classes.items():
        try:
            section = make()
            if not isinstance(section, Section) or not isinstance(section.name, str):
                raise TypeError("it has no name, draw and words")
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (what a package raises costs what it offers alone)
            failures.append(f"section {plugins.find(GROUP, name)} cannot be used: it raised {type(error).__name__}")
            continue
        if section.name in found:
            failures.append(f"section {plugins.find(GROUP, name)} cannot be used: there is one named {section.name!r}")
            continue
        found[section.name] = section
    return tuple(found.values())[len(BUILT_IN) :], tuple(failures)
