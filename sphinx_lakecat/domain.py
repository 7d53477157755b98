"""The domain ``lakecat``: which tables, columns, owners and tags are documented where, and roles to point to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, cast

from docutils import nodes
from sphinx.domains import Domain, ObjType
from sphinx.roles import XRefRole
from sphinx.util.nodes import make_refnode

from lakecat.names import near_names
from lakecat.plaintext import plain_name
from sphinx_lakecat.anchors import column_anchor, owner_anchor, table_anchor, tag_anchor
from sphinx_lakecat.directives.table import TableDirective
from sphinx_lakecat.noted import Noted, Notes, nothing
from sphinx_lakecat.warnings import Subtype, warn

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from docutils.nodes import Element, Node, reference
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

    from sphinx_lakecat.session import Session

KINDS = ("table", "column", "owner", "tag")


class LakecatDomain(Domain):
    """Objects of the kinds table, column, owner and tag."""

    name = "lakecat"
    label = "Catalog"
    object_types: ClassVar[dict[str, ObjType]] = {kind: ObjType(kind, kind) for kind in KINDS}
    roles = {kind: XRefRole(warn_dangling=True) for kind in KINDS}  # noqa: RUF012
    directives = {"table": TableDirective}  # noqa: RUF012
    initial_data: ClassVar[dict[str, Any]] = nothing()
    data_version = 5

    session: Session
    """The build. Not kept between builds."""

    @property
    def notes(self) -> Notes:
        """What is kept between builds."""
        return Notes(self.data)

    def clear_doc(self, docname: str) -> None:
        """Forget a document."""
        self.notes.forget(docname)

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Take over what another process noted of these documents."""
        self.notes.take_over(cast("Noted", otherdata), docnames)

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """Yield all objects; the sixth item ranks them in search: tables, columns; owners and tags not at all."""
        notes = self.notes
        for table in notes.kept["tables"]:
            docname = cast("str", notes.described(table))
            name = plain_name(table)
            yield name, name, "table", docname, table_anchor(table), 0
            for column in notes.columns(table):
                full = f"{name}.{plain_name(column)}"
                yield full, full, "column", docname, column_anchor(table, column), 1
        for docname, (owners, tags) in self.notes.kept["index"].items():
            for owner in owners:
                yield plain_name(owner), plain_name(owner), "owner", docname, owner_anchor(owner), -1
            for tag in tags:
                yield plain_name(tag), plain_name(tag), "tag", docname, tag_anchor(tag), -1

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: Element,
    ) -> reference | None:
        """Return a link to an object, its text if no page has a place for it, or nothing if there is no such object."""
        found = self.place(typ, target)
        if found is None:
            return cast("reference", contnode) if self._is_unlisted(typ, target) else None
        return self._link(builder, fromdocname, found, contnode, target)

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: Element,
    ) -> list[tuple[str, reference]]:
        """Return links to the table and the column of this name."""
        found = ((kind, self.place(kind, target)) for kind in ("table", "column"))
        return [
            (f"lakecat:{kind}", self._link(builder, fromdocname, place, contnode, target))
            for kind, place in found
            if place
        ]

    def uri(self, builder: Builder, fromdocname: str, kind: str, name: str) -> str | None:
        """Return the URI of an object from a document; ``None`` where no page has a place for it."""
        found = self.place(kind, name)
        if found is not None and kind == "table" and found[0] == self.session.pages.documents.get(name):
            found = (found[0], "")  # the document is the table's own
        if found is None or (self.session.in_one_page is not None and found[0] not in self.session.in_one_page):
            return None
        link = self._link(builder, fromdocname, found, nodes.Text(""), "")
        return f"#{link['refid']}" if "refid" in link else str(link["refuri"])

    def place(self, kind: str, target: str) -> tuple[str, str] | None:
        """Return the document and anchor of an object; without an anchor, the document as a whole is about it."""
        if kind == "table":
            return self._of_table(meant[0]) if len(meant := self.session.tables.find(target)) == 1 else None
        if kind == "column":
            return self._of_column(target)
        for docname, (owners, tags) in self.notes.kept["index"].items():
            if kind == "owner" and target in owners:
                return docname, owner_anchor(target)
            if kind == "tag" and target in tags:
                return docname, tag_anchor(target)
        return None

    def why_missing(self, kind: str, target: str) -> str:
        """Return a sentence for a target that leads nowhere, with names that are near."""
        if kind == "table":
            known = len(self.session.tables.find(target)) == 1
            return f"no document describes table {target!r}" if known else self.session.tables.why_not(target)
        table = target.rpartition(".")[0]
        if kind == "column" and len(self.session.tables.find(table)) > 1:
            return self.session.tables.why_not(table)
        if kind != "column" and target in self._listed(kind):
            return f"no document lists the tables of {kind} {target!r}"
        near = self._near_column(target) if kind == "column" else near_names(target, self._listed(kind))
        hint = f"; did you mean {', '.join(map(repr, near))}?" if near else ""
        return f"there is no {kind} {target!r} in the catalog{hint}"

    def _link(self, builder: Builder, fromdocname: str, place: tuple[str, str], content: Node, title: str) -> reference:
        """Return a link to a place, or what is to be shown where the builder's one page lacks its document."""
        docname, anchor = place
        if self.session.in_one_page is None:
            return make_refnode(builder, fromdocname, docname, anchor, content, title)
        if docname not in self.session.in_one_page:
            return cast("reference", content)
        # Sphinx would write `#document-NAME#anchor`, which is no place.
        return make_refnode(builder, docname, docname, anchor or f"document-{docname}", content, title)

    def _of_table(self, table: str) -> tuple[str, str] | None:
        docname = self.notes.described(table)
        if docname is not None:
            return docname, table_anchor(table)
        # Somebody else's document that stands in the place of the page is about the table, whatever it says.
        page = self.session.pages.documents.get(table)
        return None if page is None else (page, "")

    def _of_column(self, target: str) -> tuple[str, str] | None:
        for table, column in self._splits(target):
            docname, columns = self.notes.described(table), self.notes.columns(table)
            if docname is not None and column in columns:
                return docname, column_anchor(table, column)
            if not columns:
                # They are unknown, of which a warning was given; a second one for each link helps nobody.
                return self._of_table(table)
        return None

    def _splits(self, target: str) -> Iterator[tuple[str, str]]:
        """Yield the tables and columns that a target may mean, exact names of tables first.

        Names of tables and of columns may both hold dots.
        """
        dots = [found.start() for found in re.finditer(r"\.", target)]
        halves = [(target[:i], target[i + 1 :]) for i in dots]
        found = [(meant, column) for table, column in halves if len(meant := self.session.tables.find(table)) == 1]
        halves = [(meant[0], column) for meant, column in found]
        yield from sorted(halves, key=lambda half: f"{half[0]}.{half[1]}" != target)

    def _is_unlisted(self, kind: str, target: str) -> bool:
        """Return whether it is an owner or tag that no page lists since somebody's document replaces the index."""
        index = self.session.pages.index
        if kind not in ("owner", "tag") or not index or index in self.session.generated:
            return False
        return target in self._listed(kind)

    def _near_column(self, target: str) -> tuple[str, ...]:
        table, _, column = target.rpartition(".")
        if (meant := self.session.tables.find(table)) and self.notes.described(meant[0]):
            return near_names(target, (f"{table}.{name}" for name in self.notes.columns(meant[0])))
        return tuple(f"{name}.{column}" for name in near_names(table, self.session.tables.names))

    def _listed(self, kind: str) -> list[str]:
        listed = self.session.tables.listed()
        names = (row.owner for row in listed) if kind == "owner" else (tag for row in listed for tag in row.tags)
        return list(dict.fromkeys(name for name in names if name))


def lakecat_domain(env: BuildEnvironment) -> LakecatDomain:
    """Return the domain of an environment."""
    return cast("LakecatDomain", env.domains["lakecat"])


def _warn_missing(app: Sphinx, domain: Domain | None, node: pending_xref) -> bool | None:
    """Say which names are near, in place of Sphinx's own warning."""
    if not isinstance(domain, LakecatDomain):
        return None
    warn(Subtype.UNKNOWN_TABLE, domain.why_missing(node["reftype"], node["reftarget"]), location=node)
    return True


def setup_domain(app: Sphinx) -> None:
    """Add the domain, and the directive under its short name."""
    app.add_domain(LakecatDomain)
    app.add_directive("lakecat-table", TableDirective)
    app.connect("warn-missing-reference", _warn_missing)
