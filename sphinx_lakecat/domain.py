"""The domain ``lakecat``: which tables, columns, owners and tags are documented where, and roles to point to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypedDict, cast

from sphinx.domains import Domain, ObjType
from sphinx.roles import XRefRole
from sphinx.util.nodes import make_refnode

from lakecat.names import near_names
from lakecat.plaintext import plain_name
from sphinx_lakecat.anchors import column_anchor, owner_anchor, table_anchor, tag_anchor
from sphinx_lakecat.directives.table import TableDirective
from sphinx_lakecat.warnings import Subtype, warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Set

    from docutils.nodes import Element, reference
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

    from sphinx_lakecat.autocatalog.pages import CatalogPages
    from sphinx_lakecat.loading import TableStore


class Documented(NamedTuple):
    """Where a table is documented. A generated page counts before a directive in prose."""

    docname: str
    columns: tuple[str, ...]
    is_page: bool


class _Data(TypedDict):
    tables: dict[str, Documented]
    docs: dict[str, list[str]]
    """The tables that each document documents."""
    uses: dict[str, set[str]]
    """The tables that each document shows."""
    tokens: dict[str, str | None]
    """The change token of each table and of the list of tables when they were last read."""
    generated: dict[str, str]
    """The generated documents, and the table of each; of the index, ''."""
    index: dict[str, tuple[set[str], set[str]]]
    """The document that lists owners and tags, and those."""


class LakecatDomain(Domain):
    """Objects of the kinds table, column, owner and tag."""

    name = "lakecat"
    label = "Catalog"
    object_types: ClassVar[dict[str, ObjType]] = {
        "table": ObjType("table", "table"),
        "column": ObjType("column", "column"),
        "owner": ObjType("owner", "owner"),
        "tag": ObjType("tag", "tag"),
    }
    roles = {kind: XRefRole(warn_dangling=True) for kind in ("table", "column", "owner", "tag")}  # noqa: RUF012
    directives = {"table": TableDirective}  # noqa: RUF012
    initial_data: ClassVar[dict[str, Any]] = {
        "tables": {},
        "docs": {},
        "uses": {},
        "tokens": {},
        "generated": {},
        "index": {},
    }
    data_version = 1

    store: TableStore
    """The tables of this build. Not kept between builds."""
    pages: CatalogPages
    """Which documents are generated in this build. Not kept between builds."""
    stale: Set[str] = frozenset()
    """Documents that an earlier build generated, and that are gone. Not kept between builds."""

    @property
    def entries(self) -> _Data:
        """What is kept between builds."""
        return cast("_Data", self.data)

    def note_table(
        self, name: str, columns: Iterable[str], *, docname: str, is_page: bool, location: Any = None
    ) -> None:
        """Note that a document documents a table; the first directive counts where no page is generated."""
        self.note_use(name, docname=docname)
        before = self.entries["tables"].get(name)
        if before is not None and before.docname != docname:
            if before.is_page or not is_page:
                if not before.is_page:
                    text = (
                        f"table {name!r} is described in {before.docname!r} already; add :no-index: to one of the two"
                    )
                    warn(Subtype.DUPLICATE_TABLE, text, location=location or docname)
                return
            self.entries["docs"][before.docname].remove(name)
        self.entries["tables"][name] = Documented(docname, tuple(columns), is_page)
        names = self.entries["docs"].setdefault(docname, [])
        if name not in names:
            names.append(name)

    def note_use(self, name: str, *, docname: str) -> None:
        """Note that a document shows a table, so that it is read again when the table changes."""
        self.entries["uses"].setdefault(docname, set()).add(name)

    def note_index(self, owners: Iterable[str], tags: Iterable[str], *, docname: str) -> None:
        """Note that a document lists the tables of these owners and tags."""
        self.entries["index"][docname] = (set(owners), set(tags))

    def clear_doc(self, docname: str) -> None:
        """Forget a document: time in proportion to what it holds, not to the catalog."""
        for name in self.entries["docs"].pop(docname, ()):
            del self.entries["tables"][name]
        self.entries["uses"].pop(docname, None)
        self.entries["index"].pop(docname, None)

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Take over what another process noted of these documents."""
        other = cast("_Data", otherdata)
        for docname in docnames:
            for name in other["docs"].get(docname, ()):
                found = other["tables"][name]
                self.note_table(name, found.columns, docname=docname, is_page=found.is_page)
            for name in other["uses"].get(docname, ()):
                self.note_use(name, docname=docname)
            if docname in other["index"]:
                self.entries["index"][docname] = other["index"][docname]

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """Yield all objects; the sixth item ranks them in search: tables, columns; owners and tags not at all."""
        for table, (docname, columns, _) in self.entries["tables"].items():
            name = plain_name(table)
            yield name, name, "table", docname, table_anchor(table), 0
            for column in columns:
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
        """Return a link to an object, or nothing."""
        found = self._find(typ, target)
        return None if found is None else make_refnode(builder, fromdocname, *found, contnode, target)

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
        found = ((kind, self._find(kind, target)) for kind in ("table", "column"))
        return [
            (f"lakecat:{kind}", make_refnode(builder, fromdocname, *place, contnode, target))
            for kind, place in found
            if place
        ]

    def near(self, kind: str, target: str) -> tuple[str, ...]:
        """Return up to three documented names that look like ``target``."""
        if kind != "column":
            groups = {"table": self.entries["tables"], "owner": self._listed(0), "tag": self._listed(1)}
            return near_names(target, groups[kind])
        table = target.rpartition(".")[0]
        if table in self.entries["tables"]:
            return near_names(target, (f"{table}.{column}" for column in self.entries["tables"][table].columns))
        return tuple(f"{name}.{target.rpartition('.')[2]}" for name in near_names(table, self.entries["tables"]))

    def _listed(self, which: int) -> list[str]:
        return [name for groups in self.entries["index"].values() for name in groups[which]]

    def _find(self, kind: str, target: str) -> tuple[str, str] | None:
        """Return the document and anchor of an object."""
        tables = self.entries["tables"]
        if kind == "table" and target in tables:
            return tables[target].docname, table_anchor(target)
        if kind == "column":
            # Names of tables and of columns may both hold dots.
            for i in (i for i, letter in enumerate(target) if letter == "."):
                found = tables.get(target[:i])
                if found is not None and target[i + 1 :] in found.columns:
                    return found.docname, column_anchor(target[:i], target[i + 1 :])
                if found is not None and not found.columns:
                    # Its columns are unknown, of which a warning was given; a second one for each link helps nobody.
                    return found.docname, table_anchor(target[:i])
        for docname, (owners, tags) in self.entries["index"].items():
            if kind == "owner" and target in owners:
                return docname, owner_anchor(target)
            if kind == "tag" and target in tags:
                return docname, tag_anchor(target)
        return None


def lakecat_domain(env: BuildEnvironment) -> LakecatDomain:
    """Return the domain of an environment."""
    return cast("LakecatDomain", env.domains["lakecat"])


def _warn_missing(app: Sphinx, domain: Domain | None, node: pending_xref) -> bool | None:
    """Say which names are near, in place of Sphinx's own warning."""
    if not isinstance(domain, LakecatDomain):
        return None
    kind, target = node["reftype"], node["reftarget"]
    near = domain.near(kind, target)
    hint = f"; did you mean {', '.join(map(repr, near))}?" if near else ""
    warn(Subtype.UNKNOWN_TABLE, f"there is no {kind} {target!r} in the catalog{hint}", location=node)
    return True


def setup_domain(app: Sphinx) -> None:
    """Add the domain, and the directive under its short name."""
    app.add_domain(LakecatDomain)
    app.add_directive("lakecat-table", TableDirective)
    app.connect("warn-missing-reference", _warn_missing)
