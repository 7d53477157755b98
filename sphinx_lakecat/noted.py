"""What is noted of documents and kept between builds: plain data, which Sphinx pickles and merges for the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lakecat.sections.index import Edge
    from sphinx_lakecat.loading.base import Said
    from sphinx_lakecat.warnings import Subtype


class Documented(NamedTuple):
    """How a document describes a table."""

    columns: tuple[str, ...]
    is_page: bool
    """Whether it is the generated page, which counts before a directive in prose."""
    location: str | None


class Report(NamedTuple):
    """Something to be warned of at each build, while it lasts."""

    subtype: str
    text: str
    location: str | None = None
    table: str = ""
    """The table at whose declaration, wherever that is now, the warning belongs; ``""`` if ``location`` says it."""
    asked: str = ""
    """A name that means no table; which names are near is for the catalog of each build to say."""


class Listing(NamedTuple):
    """Whose tables a document lists."""

    owners: frozenset[str]
    tags: frozenset[str]


class Noted(TypedDict):
    """All that is kept."""

    said: dict[str, Said]
    """What sections of packages say of other tables, by the tables that say it."""
    slices: dict[str, tuple[Edge, ...]]
    """What was said of each table when its pages were made."""
    tables: dict[str, dict[str, Documented]]
    """The documents that describe each table."""
    problems: dict[str, tuple[Report, ...]]
    """What was wrong with each table when it was last read."""
    reads: dict[str, tuple[tuple[str, str | None, str, str | None], ...]]
    """What of catalogs was read while each table was asked, see :class:`lakecat.documented.Read`."""
    tokens: dict[str, str | None]
    """The change token of each table and of the list of tables when they were last read."""
    generated: dict[str, None]
    """The generated documents, of which no file of the source folder took the place."""
    surroundings: dict[str, dict[str, str]]
    """Of each builder, what each document showed of others when it was last written."""
    docs: dict[str, list[str]]
    """The tables that each document describes."""
    uses: dict[str, set[str]]
    """The tables that each document shows, by the names that it uses."""
    links: dict[str, set[tuple[str, str]]]
    """The objects that each document links to: kind and name."""
    reports: dict[str, list[Report]]
    """What was wrong in each document."""
    index: dict[str, Listing]
    """The document that lists owners and tags, and those."""
    contents: dict[str, str]
    """A digest of each document's part in the tables of contents."""


LIST = "\0list"
"""The name by which documents use, and tokens tell of, the list of all tables: no table can have it."""

OF_A_DOCUMENT = ("uses", "links", "reports", "index", "contents")


class Notes:
    """What documents noted, by kind: a view of the data that Sphinx keeps for the domain.

    Args:
        data: That data; it is changed where something is noted.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.kept = cast("Noted", data)

    def table(
        self, name: str, columns: Iterable[str], *, docname: str, is_page: bool, location: str | None = None
    ) -> None:
        """Note that a document describes a table."""
        self.use(name, docname=docname)
        self._describe(name, docname, Documented(tuple(columns), is_page, location))

    def use(self, name: str, *, docname: str) -> None:
        """Note that a document shows a table, so that it is read again when the table changes."""
        self.kept["uses"].setdefault(docname, set()).add(name)

    def listing(self, owners: Iterable[str], tags: Iterable[str], *, docname: str) -> None:
        """Note that a document lists the tables of these owners and tags."""
        self.kept["index"][docname] = Listing(frozenset(owners), frozenset(tags))

    def report(self, subtype: Subtype, text: str, *, docname: str, **where: Any) -> None:
        """Note what is wrong in a document: it is warned of at this build, and at each one until it is read again."""
        self.kept["reports"].setdefault(docname, []).append(Report(subtype.value, text, **where))

    def used(self) -> set[str]:
        """Return the tables that any document shows, by the names that it uses."""
        return set().union(*self.kept["uses"].values())

    def described(self, table: str) -> str | None:
        """Return the document that describes a table: its page, else the first one in which a directive does."""
        documents = self.kept["tables"].get(table, {})
        return min(documents, key=lambda docname: (not documents[docname].is_page, docname), default=None)

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the columns that the document shows which describes a table."""
        docname = self.described(table)
        return () if docname is None else self.kept["tables"][table][docname].columns

    def forget(self, docname: str) -> None:
        """Forget a document: time in proportion to what it holds, not to the catalog."""
        for table in self.kept["docs"].pop(docname, ()):
            documents = self.kept["tables"][table]
            documents.pop(docname, None)
            if not documents:
                del self.kept["tables"][table]
        for name in OF_A_DOCUMENT:
            self.kept[name].pop(docname, None)  # type: ignore[literal-required]

    def take_over(self, other: Noted, docnames: Iterable[str]) -> None:
        """Take over what another process noted of documents."""
        noted = self.kept
        for docname in docnames:
            for table in other["docs"].get(docname, ()):
                self._describe(table, docname, other["tables"][table][docname])
            for table in other["uses"].get(docname, set()) & other["problems"].keys():
                noted["problems"][table] = other["problems"][table]
                noted["reads"][table] = other["reads"].get(table, ())
            for name in OF_A_DOCUMENT:
                if docname in other[name]:  # type: ignore[literal-required]
                    noted[name][docname] = other[name][docname]  # type: ignore[literal-required]

    def _describe(self, table: str, docname: str, documented: Documented) -> None:
        self.kept["tables"].setdefault(table, {})[docname] = documented
        names = self.kept["docs"].setdefault(docname, [])
        if table not in names:
            names.append(table)


def nothing() -> dict[str, Any]:
    """Return what is kept where there is no document."""
    return {name: {} for name in Noted.__annotations__}
