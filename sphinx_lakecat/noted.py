"""What the domain notes of documents and keeps between builds: plain data, which Sphinx pickles and merges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable


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

    tables: dict[str, dict[str, Documented]]
    """The documents that describe each table."""
    problems: dict[str, tuple[Report, ...]]
    """What was wrong with each table when it was last read."""
    reads: dict[str, tuple[tuple[str, str | None, str, str | None], ...]]
    """What of catalogs was read while each table was asked, see :class:`lakecat.documented.Read`."""
    tokens: dict[str, str | None]
    """The change token of each table and of the list of tables when they were last read."""
    generated: dict[str, str]
    """The generated documents, and the table of each; of the index, ''."""
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


OF_A_DOCUMENT = ("uses", "links", "reports", "index", "contents")


def nothing() -> dict[str, Any]:
    """Return what a domain without documents keeps."""
    return {name: {} for name in Noted.__annotations__}


def forget(noted: Noted, docname: str) -> None:
    """Forget a document: time in proportion to what it holds, not to the catalog."""
    for table in noted["docs"].pop(docname, ()):
        documents = noted["tables"][table]
        documents.pop(docname, None)
        if not documents:
            del noted["tables"][table]
    for name in OF_A_DOCUMENT:
        noted[name].pop(docname, None)  # type: ignore[literal-required]


def take_over(noted: Noted, other: Noted, docnames: Iterable[str]) -> None:
    """Take over what another process noted of documents."""
    for docname in docnames:
        for table in other["docs"].get(docname, ()):
            describe(noted, table, docname, other["tables"][table][docname])
        for table in other["uses"].get(docname, set()) & other["problems"].keys():
            noted["problems"][table] = other["problems"][table]
            noted["reads"][table] = other["reads"].get(table, ())
        for name in OF_A_DOCUMENT:
            if docname in other[name]:  # type: ignore[literal-required]
                noted[name][docname] = other[name][docname]  # type: ignore[literal-required]


def describe(noted: Noted, table: str, docname: str, documented: Documented) -> None:
    """Note that a document describes a table."""
    noted["tables"].setdefault(table, {})[docname] = documented
    names = noted["docs"].setdefault(docname, [])
    if table not in names:
        names.append(table)
