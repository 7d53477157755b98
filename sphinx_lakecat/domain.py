"""The domain ``lakecat``: which tables, columns, owners and tags are documented where, and roles to point to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from docutils import nodes
from sphinx.domains import Domain, ObjType
from sphinx.roles import XRefRole
from sphinx.util.nodes import make_refnode

from lakecat.names import near_names
from lakecat.plaintext import plain_name
from sphinx_lakecat.anchors import column_anchor, owner_anchor, table_anchor, tag_anchor
from sphinx_lakecat.directives.table import TableDirective
from sphinx_lakecat.noted import Documented, Listing, Noted, Report, describe, forget, nothing, take_over
from sphinx_lakecat.warnings import Subtype, subtype_of, warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set

    from docutils.nodes import Element, Node, reference
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

    from lakecat.snapshot import TableSnapshot
    from sphinx_lakecat.autocatalog.pages import CatalogPages
    from sphinx_lakecat.loading import Tables

KINDS = ("table", "column", "owner", "tag")


class LakecatDomain(Domain):
    """Objects of the kinds table, column, owner and tag."""

    name = "lakecat"
    label = "Catalog"
    object_types: ClassVar[dict[str, ObjType]] = {kind: ObjType(kind, kind) for kind in KINDS}
    roles = {kind: XRefRole(warn_dangling=True) for kind in KINDS}  # noqa: RUF012
    directives = {"table": TableDirective}  # noqa: RUF012
    initial_data: ClassVar[dict[str, Any]] = nothing()
    data_version = 3

    builder: Builder
    """What builds. Not kept between builds."""
    store: Tables
    """The tables of this build. Not kept between builds."""
    pages: CatalogPages
    """Which documents are generated in this build. Not kept between builds."""
    reasons: dict[Report, str]
    """What a library or a user's code said of a problem. It stands in no file, so it is not kept between builds."""
    stale: Set[str] = frozenset()
    """Documents that an earlier build generated, and that are gone. Not kept between builds."""
    purged = False
    """Whether a document was forgotten in this build, to be read again or for good. Not kept between builds."""
    in_one_page: Set[str] | None = None
    """The documents that a builder of a single page puts into it; ``None`` for other builders."""

    @property
    def entries(self) -> Noted:
        """What is kept between builds."""
        return cast("Noted", self.data)

    @property
    def generated(self) -> Set[str]:
        """The documents that are generated in this build, without those that a file of the source folder replaces."""
        return cast("Set[str]", getattr(self.env.project, "generated", frozenset()))

    def snapshot(self, name: str) -> TableSnapshot:
        """Return what is known about a table, and note what went wrong."""
        snapshot = self.store.snapshot(name)
        reports = []
        for problem, reason in self.store.told.get(name, {}).items():
            text = problem.detail or problem.message
            text = text if repr(name) in text else f"table {name!r}: {text}"
            reports.append(Report(subtype_of(problem.code).value, text, table=name))
            if reason:
                self.reasons[reports[-1]] = reason
        self.entries["problems"][name] = tuple(reports)
        self.entries["reads"][name] = self.store.reads.get(name, ())
        return snapshot

    def note_table(
        self, name: str, columns: Iterable[str], *, docname: str, is_page: bool, location: str | None = None
    ) -> None:
        """Note that a document describes a table."""
        self.note_use(name, docname=docname)
        describe(self.entries, name, docname, Documented(tuple(columns), is_page, location))

    def note_use(self, name: str, *, docname: str) -> None:
        """Note that a document shows a table, so that it is read again when the table changes."""
        self.entries["uses"].setdefault(docname, set()).add(name)

    def note_index(self, owners: Iterable[str], tags: Iterable[str], *, docname: str) -> None:
        """Note that a document lists the tables of these owners and tags."""
        self.entries["index"][docname] = Listing(frozenset(owners), frozenset(tags))

    def report(self, subtype: Subtype, text: str, *, docname: str, **where: Any) -> None:
        """Note what is wrong in a document: it is warned of at this build, and at each one until it is read again."""
        self.entries["reports"].setdefault(docname, []).append(Report(subtype.value, text, **where))

    def clear_doc(self, docname: str) -> None:
        """Forget a document."""
        forget(self.entries, docname)

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Take over what another process noted of these documents."""
        take_over(self.entries, cast("Noted", otherdata), docnames)

    def described(self, table: str) -> str | None:
        """Return the document that describes a table: its page, else the first one in which a directive does."""
        documents = self.entries["tables"].get(table, {})
        return min(documents, key=lambda docname: (not documents[docname].is_page, docname), default=None)

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """Yield all objects; the sixth item ranks them in search: tables, columns; owners and tags not at all."""
        for table, documents in self.entries["tables"].items():
            docname = cast("str", self.described(table))
            name = plain_name(table)
            yield name, name, "table", docname, table_anchor(table), 0
            for column in documents[docname].columns:
                full = f"{name}.{plain_name(column)}"
                yield full, full, "column", docname, column_anchor(table, column), 1
        for docname, (owners, tags) in self.entries["index"].items():
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
        if found is not None and kind == "table" and found[0] == self.pages.documents.get(name):
            found = (found[0], "")  # the document is the table's own
        if found is None or (self.in_one_page is not None and found[0] not in self.in_one_page):
            return None
        link = self._link(builder, fromdocname, found, nodes.Text(""), "")
        return f"#{link['refid']}" if "refid" in link else str(link["refuri"])

    def place(self, kind: str, target: str) -> tuple[str, str] | None:
        """Return the document and anchor of an object; without an anchor, the document as a whole is about it."""
        if kind == "table":
            return self._of_table(meant[0]) if len(meant := self.store.find(target)) == 1 else None
        if kind == "column":
            return self._of_column(target)
        for docname, (owners, tags) in self.entries["index"].items():
            if kind == "owner" and target in owners:
                return docname, owner_anchor(target)
            if kind == "tag" and target in tags:
                return docname, tag_anchor(target)
        return None

    def why_missing(self, kind: str, target: str) -> str:
        """Return a sentence for a target that leads nowhere, with names that are near."""
        if kind == "table":
            known = len(self.store.find(target)) == 1
            return f"no document describes table {target!r}" if known else self.store.why_not(target)
        table = target.rpartition(".")[0]
        if kind == "column" and len(self.store.find(table)) > 1:
            return self.store.why_not(table)
        if kind != "column" and target in self._listed(kind):
            return f"no document lists the tables of {kind} {target!r}"
        near = self._near_column(target) if kind == "column" else near_names(target, self._listed(kind))
        hint = f"; did you mean {', '.join(map(repr, near))}?" if near else ""
        return f"there is no {kind} {target!r} in the catalog{hint}"

    def _link(self, builder: Builder, fromdocname: str, place: tuple[str, str], content: Node, title: str) -> reference:
        """Return a link to a place, or what is to be shown where the builder's one page lacks its document."""
        docname, anchor = place
        if self.in_one_page is None:
            return make_refnode(builder, fromdocname, docname, anchor, content, title)
        if docname not in self.in_one_page:
            return cast("reference", content)
        # Sphinx would write `#document-NAME#anchor`, which is no place.
        return make_refnode(builder, docname, docname, anchor or f"document-{docname}", content, title)

    def _of_table(self, table: str) -> tuple[str, str] | None:
        docname = self.described(table)
        if docname is not None:
            return docname, table_anchor(table)
        # Somebody else's document that stands in the place of the page is about the table, whatever it says.
        page = self.pages.documents.get(table)
        return None if page is None else (page, "")

    def _of_column(self, target: str) -> tuple[str, str] | None:
        for table, column in self._splits(target):
            docname = self.described(table)
            columns = self.entries["tables"][table][docname].columns if docname is not None else ()
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
        halves = [(target[:i], target[i + 1 :]) for i, letter in enumerate(target) if letter == "."]
        found = [(meant, column) for table, column in halves if len(meant := self.store.find(table)) == 1]
        halves = [(meant[0], column) for meant, column in found]
        yield from sorted(halves, key=lambda half: f"{half[0]}.{half[1]}" != target)

    def _is_unlisted(self, kind: str, target: str) -> bool:
        """Return whether it is an owner or tag that no page lists since somebody's document replaces the index."""
        if kind not in ("owner", "tag") or not self.pages.index or self.pages.index in self.generated:
            return False
        return target in self._listed(kind)

    def _near_column(self, target: str) -> tuple[str, ...]:
        table, _, column = target.rpartition(".")
        if (meant := self.store.find(table)) and (docname := self.described(meant[0])):
            columns = self.entries["tables"][meant[0]][docname].columns
            return near_names(target, (f"{table}.{name}" for name in columns))
        return tuple(f"{name}.{column}" for name in near_names(table, self.store.names))

    def _listed(self, kind: str) -> list[str]:
        listed = self.store.listed()
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
