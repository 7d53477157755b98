"""What is wrong is said at every build while it lasts, also of what is not read again, and once a build."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lakecat.sections.registered import broken
from sphinx_lakecat.domain import lakecat_domain
from sphinx_lakecat.warnings import Subtype, warn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from sphinx_lakecat.domain import LakecatDomain
    from sphinx_lakecat.noted import Report


def _report(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Warn of all that is noted, after the documents were read; name the documents with links that lead nowhere.

    Those are written again, as Sphinx warns of links while it writes.
    """
    domain = lakecat_domain(env)
    for report in (*_of_tables(domain), *_of_documents(domain)):
        place = domain.store.location(report.table) if report.table else report.location
        text = domain.store.why_not(report.asked, counted=True) if report.asked else report.text
        text = f"{text} ({domain.reasons[report]})" if report in domain.reasons else text
        warn(Subtype(report.subtype), text, location=place)
    for sentence in broken():
        warn(Subtype.SECTION_FAILED, sentence, location=f"{Path(app.confdir) / 'conf.py'}:1")
    _warn_of_duplicates(domain)
    _warn_of_replaced(domain)
    # What intersphinx knows leads to another site.
    elsewhere = getattr(env, "intersphinx_inventory", {})
    return [
        docname
        for docname, links in domain.entries["links"].items()
        if any(
            kind != "any" and domain.place(kind, target) is None and target not in elsewhere.get(f"lakecat:{kind}", ())
            for kind, target in links
        )
    ]


def _of_tables(domain: LakecatDomain) -> Iterator[Report]:
    used = set().union(*domain.entries["uses"].values())
    for name, reports in sorted(domain.entries["problems"].items()):
        if name in used and name in domain.store:
            yield from reports


def _of_documents(domain: LakecatDomain) -> Iterator[Report]:
    for _, reports in sorted(domain.entries["reports"].items()):
        yield from reports


def _warn_of_duplicates(domain: LakecatDomain) -> None:
    for name, documents in sorted(domain.entries["tables"].items()):
        first = domain.described(name)
        if first is None or documents[first].is_page:
            continue
        for docname in sorted(documents.keys() - {first}):
            text = f"table {name!r} is described in {first!r} already; add :no-index: to one of the two"
            warn(Subtype.DUPLICATE_TABLE, text, location=documents[docname].location or docname)


def _warn_of_replaced(domain: LakecatDomain) -> None:
    pages = domain.pages
    for docname in sorted((pages.tables.keys() | {pages.index} - {""}) & domain.env.found_docs - domain.generated):
        if docname == pages.index:
            text = "this document takes the place of the generated index: owners and tags are listed nowhere"
        else:
            name = pages.tables[docname]
            text = f"this document takes the place of the generated page of table {name!r}"
        warn(Subtype.REPLACED_PAGE, text, location=docname)


def setup_reports(app: Sphinx) -> None:
    """Report at each build."""
    app.connect("env-get-updated", _report)
