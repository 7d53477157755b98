"""When pages are written again though they did not change: when what they show of other documents did.

That is where their links lead, what stands before and after them, and the tree in the sidebar. Sphinx itself writes
only what it read; then a build would differ from one that begins anew.
"""

from __future__ import annotations

import functools
import hashlib
import math
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes

from sphinx_lakecat.compat import output_file
from sphinx_lakecat.domain import lakecat_domain
from sphinx_lakecat.pages.sidebar import is_compact
from sphinx_lakecat.rendering.nodes import lakecat_part
from sphinx_lakecat.session import session_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from sphinx_lakecat.domain import LakecatDomain
    from sphinx_lakecat.session import Session

_CLOCK = 10_000
"""Microseconds by which the clocks of files and of programs may differ."""


def _note(app: Sphinx, doctree: nodes.document) -> None:
    """Note what a document links to, and what it gives to the tables of contents."""
    env = app.env
    kept, docname = session_of(env).notes.kept, env.docname
    links = set(_links(doctree))
    if links:
        kept["links"][docname] = links
    kept["contents"][docname] = _digest(_contents(env, docname))


def _contents(env: BuildEnvironment, docname: str) -> str:
    """Return the table of contents of a document as text; of the index without the tables, which its toctree names."""
    session, contents = session_of(env), env.tocs.get(docname)
    if contents is None:
        return ""
    if session.pages.table_of(docname) and docname in session.generated:
        # Its headings, one below the other: to write out all nodes of each page takes longer than all else here.
        return repr([(link["refuri"], link["anchorname"], link.astext()) for link in contents.findall(nodes.reference)])
    if docname == session.pages.index and docname in session.generated:
        contents = contents.deepcopy()
        for toctree in list(contents.findall(addnodes.toctree)):
            toctree.parent.remove(toctree)
    return contents.pformat()


def _links(doctree: nodes.document) -> Iterator[tuple[str, str]]:
    for node in doctree.findall(addnodes.pending_xref):
        if node.get("refdomain") == "lakecat" or node.get("reftype") == "any":
            yield node["reftype"], node["reftarget"]
    for part in doctree.findall(lakecat_part):
        yield from map(tuple, part.get("links", ()))
        rows = part["rows"] if part["part"] == "list" else [part["table"]] if part["part"] == "head" else []
        for row in rows:
            if part["part"] == "list":
                yield "table", row.name
            yield from (("tag", tag) for tag in row.tags)
            if row.owner:
                yield "owner", row.owner


def _changed(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the documents that show something of others which is not as it was when this builder last wrote them."""
    domain, session = lakecat_domain(env), session_of(env)
    relations = env.collect_relations()
    session.in_one_page = relations.keys() if app.builder.name == "singlehtml" else None
    tree = _tree(env, session) if app.builder.format == "html" else ""
    # Many documents link to the same owners, tags and tables.
    place = functools.cache(functools.partial(_place, domain))
    found = {
        docname: _digest(_shown(domain, docname, relations.get(docname, ()), place), tree) for docname in env.found_docs
    }
    before = session.notes.kept["surroundings"].get(app.builder.name, {})
    session.notes.kept["surroundings"][app.builder.name] = found
    changed = {docname for docname, digest in found.items() if before.get(docname) != digest}
    return sorted(changed | set(_older_than_read(env, session)))


def _shown(domain: LakecatDomain, docname: str, relations: Any, place: Callable[[str, str], object]) -> object:
    titles = [near and (near, domain.env.titles[near].astext()) for near in relations if near in domain.env.titles]
    links = sorted(domain.notes.kept["links"].get(docname, ()))
    return titles, [(link, place(*link)) for link in links]


def _place(domain: LakecatDomain, kind: str, target: str) -> object:
    return [domain.place(k, target) for k in ("table", "column")] if kind == "any" else domain.place(kind, target)


def _tree(env: BuildEnvironment, session: Session) -> str:
    """Return a digest of the tree of documents that a sidebar shows."""
    index = session.pages.index
    hidden = session.generated - {index} if is_compact(session) else frozenset()
    includes = {docname: inner for docname, inner in env.toctree_includes.items() if docname != index}
    contents = {d: text for d, text in session.notes.kept["contents"].items() if d not in hidden}
    return _digest(sorted(contents.items()), sorted((includes if hidden else env.toctree_includes).items()))


def _older_than_read(env: BuildEnvironment, session: Session) -> Iterator[str]:
    """Yield documents that another builder read since this one wrote them: Sphinx compares the age of their sources."""
    if session.builder.format != "html":
        return
    for docname in (session.generated | session.notes.kept["uses"].keys()) & env.all_docs.keys():
        file = output_file(session.builder, docname)
        try:
            written = file.stat().st_mtime_ns // 1000 if file is not None else math.inf
        except OSError:
            continue  # Sphinx sees that it is missing
        if written + _CLOCK < env.all_docs[docname]:
            yield docname


def _digest(*what: object) -> str:
    return hashlib.sha256(repr(what).encode(errors="surrogatepass")).hexdigest()


def setup_surroundings(app: Sphinx) -> None:
    """Compare surroundings at each build."""
    # After Sphinx's own collectors.
    app.connect("doctree-read", _note, priority=900)
    app.connect("env-get-updated", _changed)
