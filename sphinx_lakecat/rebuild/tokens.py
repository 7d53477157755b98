"""When pages are read again: when the declaration or the data of their tables changed, and only then."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx_lakecat.compat import output_file
from sphinx_lakecat.noted import LIST
from sphinx_lakecat.session import session_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from sphinx_lakecat.session import Session

_DIRECTIVE = re.compile(r"\blakecat[-:]table(?:::|\})[ \t]+(.+)")


def _outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Return the documents that show a table with a new or unknown token, or with problems; remember the tokens.

    The tokens are taken before the tables are read: what changes in between is seen at the next build.
    """
    session = session_of(env)
    kept, generated = session.notes.kept, session.generated
    tokens = session.tables.tokens()
    tokens |= _meant(session)
    tokens[LIST] = session.tables.list_token()
    before = kept["tokens"]
    moved = {
        name for name in tokens.keys() | before.keys() if tokens.get(name) is None or tokens[name] != before.get(name)
    }
    # What went wrong may be right now, with the same code and data: a server that was down, say.
    moved |= {name for name, reports in kept["problems"].items() if reports}
    moved |= _readers(session, moved)
    session.tables.connect(kept["said"], moved)
    slices = {name: said for name in session.tables.names if (said := session.tables.index.slice_of(name))}
    moved |= {name for name in slices.keys() | kept["slices"].keys() if slices.get(name) != kept["slices"].get(name)}
    kept["slices"] = slices
    kept["tokens"] = tokens
    # Noted here, as what is noted after the documents were read is not kept for the next build.
    session.stale = kept["generated"].keys() - env.found_docs
    changed_hands = generated ^ kept["generated"].keys()
    kept["generated"] = dict.fromkeys(generated)
    documents = {docname for docname, names in kept["uses"].items() if names & moved}
    # A page that somebody's document replaced, or no longer does, is another text.
    documents |= changed_hands & env.all_docs.keys() & env.found_docs
    return sorted(documents - added - removed)


def _readers(session: Session, moved: set[str]) -> set[str]:
    """Return the tables whose functions read what has moved, or read a table that does."""
    tables = session.tables
    reads = {name: found for name, found in session.notes.kept["reads"].items() if found and name in tables}
    found = {name for name, each in reads.items() if any(map(tables.has_moved, each))}
    while True:
        gone = moved | found
        more = {name for name, each in reads.items() if any(_names(read) in gone for read in each)} - found
        if not more:
            return found
        found |= more


def _names(read: tuple[str, str | None, str, str | None]) -> str | None:
    """Return under which name the token of something that was read is kept, if it is one of the documented tables."""
    kind, catalog, name, _ = read
    return None if catalog != "" else LIST if kind == "list" else name


def _meant(session: Session) -> dict[str, str]:
    """Return a token for each name by which documents call a table in short, or in vain: the tables that it means."""
    names = session.notes.used() - {LIST}
    return {name: repr(session.tables.find(name)) for name in names if name not in session.tables}


def _note_names(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Note the tokens of names that were met in this build."""
    session = session_of(env)
    session.notes.kept["tokens"] |= _meant(session)
    return []


def _take_snapshots(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Before Sphinx forks, take the snapshots that the other processes need."""
    if app.parallel > 1:
        session = session_of(env)
        shown = {name for docname in docnames for name in session.notes.kept["uses"].get(docname, ())}
        shown |= {session.pages.table_of(docname) for docname in docnames} - {""}
        # What prose shows is not noted before it was parsed, which is after the fork.
        for docname in set(docnames) - session.generated:
            text = Path(env.doc2path(docname)).read_text(encoding="utf-8", errors="replace")
            shown.update(name.strip() for name in _DIRECTIVE.findall(text))
        for name in sorted({name for asked in shown for name in session.tables.find(asked)}):
            session.tables.keep(name, session.snapshot(name))


def _remove_stale(app: Sphinx, error: Exception | None) -> None:
    """Remove the HTML of tables that are gone; only files that an earlier build generated."""
    if error is None and app.builder.format == "html":
        for docname in session_of(app.env).stale:
            if (file := output_file(app.builder, docname)) is not None:
                file.unlink(missing_ok=True)


def setup_tokens(app: Sphinx) -> None:
    """Compare change tokens at each build."""
    app.connect("env-get-outdated", _outdated)
    app.connect("env-before-read-docs", _take_snapshots)
    app.connect("env-get-updated", _note_names)
    app.connect("build-finished", _remove_stale)
