"""The contract of :class:`lakecat.sections.base.Section` as a test: ``check_section``."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from lakecat.asked import AskedTable
from lakecat.display import notebook, text
from lakecat.errors import SnapshotError
from lakecat.sections.base import HasEdges, HasRecord, Section
from lakecat.sections.compose import compose
from lakecat.sections.contributions import ContributionError, check_contributions
from lakecat.sections.index import EdgeError, Index, check_edges
from lakecat.sections.registered import BUILT_IN
from lakecat.snapshot import ColumnSnapshot, Figure, Parameter, Problem, Statistics, TableSnapshot
from lakecat.snapshot.section import Section as Kept

if TYPE_CHECKING:
    from lakecat.registry.base import RegisteredTable

_FIGURE = Figure(value=7, provenance="exact", source="a log")
_SAMPLES = (
    TableSnapshot(
        name="unknown", kind="function", problems=(Problem(code="unreadable", message="It cannot be read."),)
    ),
    TableSnapshot(name="without", kind="function", database="columns", columns=()),
    TableSnapshot(
        name="whole",
        kind="delta",
        description="One row a thing.\n\nAnd more.",
        owner="owners",
        tags=("tag",),
        deprecated="Use another.",
        columns=(
            ColumnSnapshot(name="id", dtype="Int64", primary_key=True, nullable=False),
            ColumnSnapshot(name="odd 'name' <b>", dtype="String", classification="personal", hidden=True),
            ColumnSnapshot(name=""),
        ),
        columns_from="source",
        parameters=(Parameter(name="day", default="1"),),
        statistics=Statistics(rows=_FIGURE, version=3),
    ),
)


def check_section(section: object, *tables: RegisteredTable) -> None:
    """Check that an object keeps all that a section promises; call it in a test.

    Args:
        section: The object.
        *tables: Tables from which it collects, as ``catalog.registry.get(name)`` returns them. Without any, it is drawn
            for tables of which it knows nothing.

    Raises:
        AssertionError: It breaks a promise; the message is one sentence that names which.
    """
    kind = type(section).__name__
    _require(isinstance(section, Section), f"{kind} is no section: it has no name, draw and words")
    assert isinstance(section, Section)
    name = section.name
    is_name = isinstance(name, str) and name.isidentifier() and name not in {own.name for own in BUILT_IN}
    _require(is_name, f"{kind}.name is {name!r}; give it an identifier that no section of lakecat has")
    samples = list(_SAMPLES)
    if isinstance(section, HasRecord):
        _check_record(section, kind)
        samples += [kept for table in tables if (kept := _collected(section, table, kind)) is not None]
    for sample in samples:
        _check_drawn(section, sample, kind)
        if isinstance(section, HasEdges):
            _check_edges(section, sample, kind)


def _check_record(section: HasRecord, kind: str) -> None:
    record = section.record
    frozen = dataclasses.is_dataclass(record) and record.__dataclass_params__.frozen  # type: ignore[attr-defined]
    _require(frozen, f"{kind}.record is {record!r}; give it a frozen dataclass")
    is_version = isinstance(section.version, int) and section.version > 0
    _require(is_version, f"{kind}.version is {section.version!r}; give it a whole number from 1")


def _collected(section: HasRecord, table: RegisteredTable, kind: str) -> TableSnapshot | None:
    metadata = table.metadata
    record = section.collect(AskedTable(table))
    if record is None:
        return None
    fits = isinstance(record, section.record)
    _require(fits, f"{kind}.collect() gave {type(record).__name__}, not {section.record.__name__} or None")
    same = record == section.collect(AskedTable(table))
    _require(same, f"{kind}.collect() gave two records for one table: a page would change with each build")
    made = Kept.of(section.name, record, version=section.version)
    try:
        read: object = Kept(name=section.name, version=section.version, raw=made.raw).decoded(section.record)
    except SnapshotError as error:
        raise AssertionError(f"{kind}: its record cannot be kept as JSON: {error}") from None
    _require(read == record, f"{kind}: what is read of its record is not what was written: {read!r}")
    columns = tuple(ColumnSnapshot(name=column.name) for column in metadata.columns or ())
    known = TableSnapshot(name=metadata.name, kind=metadata.kind, database=metadata.database, columns=columns)
    return known.with_section(section.name, record, version=section.version)


def _check_drawn(section: Section, table: TableSnapshot, kind: str) -> None:
    index = Index()
    drawn, words = tuple(section.draw(table, index)), tuple(section.words(table))
    where = f"for the table {table.full_name!r}"
    try:
        columns, anchors = [column.name for column in table.columns or ()], {"columns", "details"}
        check_contributions((*drawn, *words), columns=columns, anchors=anchors)
    except ContributionError as error:
        raise AssertionError(f"{kind}: {error} ({where})") from None
    _require(all(isinstance(word, str) for word in words), f"{kind}.words() gave what is no text {where}")
    same = drawn == tuple(section.draw(table, index)) and words == tuple(section.words(table))
    _require(same, f"{kind} drew two things {where}: a page would change with each build")
    page = compose(table, sections=(*BUILT_IN, section))
    _require(not page.failures, f"{kind}: {' '.join(page.failures)}")
    _require(
        page == compose(table, sections=(section, *reversed(BUILT_IN))), f"{kind}: its place depends on other sections"
    )
    text.page(page)
    notebook.draw(page)


def _check_edges(section: HasEdges, table: TableSnapshot, kind: str) -> None:
    found, where = tuple(section.edges(table)), f"for the table {table.full_name!r}"
    try:
        check_edges(found, table.full_name)
    except EdgeError as error:
        raise AssertionError(f"{kind}: {error} ({where})") from None
    same = set(found) == set(section.edges(table))
    _require(same, f"{kind} said two things {where}: pages would change with each build")


def _require(is_so: bool, sentence: str) -> None:
    if not is_so:
        raise AssertionError(sentence)
