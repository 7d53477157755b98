"""What one build has and no other: its tables, its pages, its settings. Nothing of it is kept when it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from sphinx_lakecat.noted import Report
from sphinx_lakecat.warnings import subtype_of

if TYPE_CHECKING:
    from collections.abc import Set

    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

    from lakecat.snapshot import TableSnapshot
    from sphinx_lakecat.config import Settings
    from sphinx_lakecat.loading import Tables
    from sphinx_lakecat.noted import Notes
    from sphinx_lakecat.pages.generated import Pages
    from sphinx_lakecat.pages.project import CatalogProject


@dataclass(slots=True, eq=False)
class Session:
    """A build.

    Args:
        builder: What builds.
        settings: What ``conf.py`` says.
        tables: The tables of the catalogs.
        pages: The pages that lakecat makes.
        project: The documents of the site, those of the pages included.
        notes: What documents noted, in this build or an earlier one.
        reasons: What a library or a user's code said of a problem. It stands in no file.
        stale: Documents that an earlier build generated, and that are gone.
        purged: Whether a document was forgotten in this build, to be read again or for good.
        plain: Documents that were read in this build and hold few kinds of nodes; see :mod:`sphinx_lakecat.idle`.
        in_one_page: The documents that a builder of a single page puts into it; ``None`` for other builders.
    """

    builder: Builder
    settings: Settings
    tables: Tables
    pages: Pages
    project: CatalogProject
    notes: Notes
    reasons: dict[Report, str] = field(default_factory=dict)
    stale: Set[str] = frozenset()
    purged: bool = False
    plain: set[str] = field(default_factory=set)
    in_one_page: Set[str] | None = None

    @property
    def generated(self) -> Set[str]:
        """The documents that are generated in this build, without those that a file of the source folder replaces."""
        return self.project.generated

    def snapshot(self, name: str) -> TableSnapshot:
        """Return what is known about a table, and note what went wrong."""
        snapshot = self.tables.snapshot(name)
        reports = []
        for problem, reason in self.tables.told.get(name, {}).items():
            text = problem.detail or problem.message
            text = text if repr(name) in text else f"table {name!r}: {text}"
            reports.append(Report(subtype_of(problem.code).value, text, table=name))
            if reason:
                self.reasons[reports[-1]] = reason
        self.notes.kept["problems"][name] = tuple(reports)
        self.notes.kept["reads"][name] = self.tables.reads.get(name, ())
        return snapshot


def session_of(env: BuildEnvironment) -> Session:
    """Return the build that an environment is in."""
    return cast("Session", env.domains["lakecat"].session)  # type: ignore[attr-defined]
