"""Lists of tables: by owner and by tag on the index, by name on a first page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes

from lakecat.blocks import Ref
from lakecat.plaintext import plain, plain_name
from sphinx_lakecat.anchors import owner_anchor, tag_anchor
from sphinx_lakecat.rendering.nodes import lakecat_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sphinx_lakecat.loading import Listed
    from sphinx_lakecat.rendering.stock import Draw


def index_page(rows: Sequence[Listed], docnames: list[str], failures: Iterable[str]) -> nodes.section:
    """Return the index.

    Args:
        rows: The tables.
        docnames: Their pages.
        failures: The catalogs that could not be loaded.

    ::

    section (catalog)
        title, paragraph (how many), caution (catalogs that failed), lakecat_part "filter"
        section (owners): section (owner-NAME): title, lakecat_part "list" …
        section (tags):   section (tag-NAME):   title, lakecat_part "list" …
        toctree (hidden)
    """
    owners = _groups(rows, lambda row: (row.owner,))
    tags = _groups(rows, lambda row: row.tags)
    tags.pop("", None)
    page = nodes.section("", nodes.title("", "Catalog"), ids=["catalog"], classes=["lakecat-index"])
    page += nodes.paragraph("", _counted(len(rows), "table") + _with_owners(owners))
    for reference in failures:
        text = f"The catalog {plain_name(reference)} could not be loaded; its tables are missing here."
        page += nodes.caution("", nodes.paragraph("", text))
    if len(rows) > 1:
        page += lakecat_part("", part="filter", count=len(rows))
    if owners:
        page += _grouped("owners", "By owner", owners, owner_anchor, "No owner", tags=True)
    if tags:
        page += _grouped("tags", "By tag", tags, tag_anchor, "", tags=False)
    if rows:
        page += hidden_toctree(docnames)
    return page


def root_page(title: str, index: str, rows: Sequence[Listed]) -> nodes.section:
    """Return a first page for a site that has none of its own: all tables by name, and the way to the index.

    ::

        section (welcome)
            title, lakecat_part "filter", lakecat_part "list", toctree
    """
    page = nodes.section("", nodes.title("", plain_name(title)), ids=["welcome"], classes=["lakecat-index"])
    if len(rows) > 1:
        page += lakecat_part("", part="filter", count=len(rows))
    page += lakecat_part("", part="list", rows=tuple(rows), tags=False)
    toctree = hidden_toctree([index])
    toctree["hidden"] = False
    page += nodes.compound("", toctree, classes=["toctree-wrapper"])
    return page


def hidden_toctree(docnames: list[str]) -> addnodes.toctree:
    """Return a toctree that shows nothing, and gives pages their place: previous, next, order in print."""
    return addnodes.toctree(
        "",
        entries=[(None, docname) for docname in docnames],
        includefiles=docnames,
        maxdepth=1,
        caption=None,
        glob=False,
        hidden=True,
        includehidden=False,
        numbered=0,
        titlesonly=True,
    )


def _groups(rows: Sequence[Listed], keys: Callable[[Listed], Iterable[str]]) -> dict[str, list[Listed]]:
    found: dict[str, list[Listed]] = {}
    for row in rows:
        for key in keys(row):
            found.setdefault(key, []).append(row)
    # Tables without an owner come last.
    return dict(sorted(found.items(), key=lambda item: (not item[0], item[0].casefold(), item[0])))


def _grouped(
    anchor: str,
    title: str,
    groups: Mapping[str, list[Listed]],
    group_anchor: Callable[[str], str],
    unnamed: str,
    *,
    tags: bool,
) -> nodes.section:
    section = nodes.section("", nodes.title("", title, classes=["no-search"]), ids=[anchor])
    for name, rows in groups.items():
        named = nodes.inline("", plain_name(name) or unnamed, support_smartquotes=False)
        heading = nodes.title("", "", named, classes=[] if name else ["no-search"])
        part = lakecat_part("", part="list", rows=tuple(rows), tags=tags)
        section += nodes.section("", heading, part, ids=[group_anchor(name) if name else "no-owner"])
    return section


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _with_owners(owners: Mapping[str, list[Listed]]) -> str:
    named = [owner for owner in owners if owner]
    without = f"; {_counted(len(owners['']), 'table')} without an owner" if "" in owners else ""
    return f" of {_counted(len(named), 'owner')}{without}." if named else "."


def list_nodes(part: lakecat_part, drawn: Draw) -> list[nodes.Node]:
    """Return a list of tables as stock nodes; of the filter, nothing."""
    if part["part"] == "filter":
        return []
    items = []
    for row in part["rows"]:
        text = (" (deprecated)" if row.deprecated else "") + (f": {plain(row.summary)}" if row.summary else "")
        items.append(nodes.list_item("", nodes.paragraph("", "", *drawn(Ref("table", row.name)), nodes.Text(text))))
    return [nodes.bullet_list("", *items)]
