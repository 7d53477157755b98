"""What is wrong is said at every build while it lasts, also of what is not read again, and once a build."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from lakecat.sections.registered import broken
from sphinx_lakecat.domain import lakecat_domain
from sphinx_lakecat.session import session_of
from sphinx_lakecat.warnings import Subtype, warn

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from sphinx_lakecat.noted import Notes, Report
    from sphinx_lakecat.session import Session


def _report(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Warn of all that is noted, after the documents were read; name the documents with links that lead nowhere.

    Those are written again, as Sphinx warns of links while it writes.
    """
    domain, session = lakecat_domain(env), session_of(env)
    for report in (*_of_tables(session), *_of_documents(session.notes)):
        place = session.tables.location(report.table) if report.table else report.location
        text = session.tables.why_not(report.asked, counted=True) if report.asked else report.text
        text = f"{text} ({session.reasons[report]})" if report in session.reasons else text
        warn(Subtype(report.subtype), text, location=place)
    for sentence in broken():
        warn(Subtype.SECTION_FAILED, sentence, location=f"{Path(app.confdir) / 'conf.py'}:1")
    _warn_of_duplicates(session.notes)
    _warn_of_replaced(session, env.found_docs)
    # What intersphinx knows leads to another site.
    elsewhere = getattr(env, "intersphinx_inventory", {})
    place_of = functools.cache(domain.place)
    return [
        docname
        for docname, links in session.notes.kept["links"].items()
        if any(
            kind != "any" and place_of(kind, target) is None and target not in elsewhere.get(f"lakecat:{kind}", ())
            for kind, target in links
        )
    ]


def _of_tables(session: Session) -> Iterator[Report]:
    used = session.notes.used()
    for name, reports in sorted(session.notes.kept["problems"].items()):
        if name in used and name in session.tables:
            yield from reports


def _of_documents(notes: Notes) -> Iterator[Report]:
    for _, reports in sorted(notes.kept["reports"].items()):
        yield from reports


def _warn_of_duplicates(notes: Notes) -> None:
    for name, documents in sorted(notes.kept["tables"].items()):
        first = notes.described(name)
        if first is None or documents[first].is_page:
            continue
        for docname in sorted(documents.keys() - {first}):
            text = f"table {name!r} is described in {first!r} already; add :no-index: to one of the two"
            warn(Subtype.DUPLICATE_TABLE, text, location=documents[docname].location or docname)


def _warn_of_replaced(session: Session, found: Set[str]) -> None:
    for page in sorted(session.pages, key=lambda page: page.docname):
        if page.missed and page.docname in found and page.docname not in session.generated:
            text = f"this document takes the place of the generated {page.missed}"
            warn(Subtype.REPLACED_PAGE, text, location=page.docname)


def setup_reports(app: Sphinx) -> None:
    """Report at each build."""
    app.connect("env-get-updated", _report)
