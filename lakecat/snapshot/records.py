"""What documentation knows of a table: a small frozen record, and sections that hold the rest.

Records hold no clock, no absolute path and no live object, so the same code and data give the same bytes.
``columns=None`` means that the columns are unknown; ``()`` means that there are none. Errors are data: see
:class:`lakecat.snapshot.Problem`.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping  # noqa: TC003 - the codec looks at it
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from lakecat.names import full_name
from lakecat.snapshot.section import Section
from lakecat.snapshot.values import (  # the codec looks at them
    ColumnStatistics,  # noqa: TC001
    Commit,  # noqa: TC001
    Fact,  # noqa: TC001
    Parameter,  # noqa: TC001
    Problem,  # noqa: TC001
    Snippet,  # noqa: TC001
    Statistics,  # noqa: TC001
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_R = TypeVar("_R")
_ELSEWHERE = {"elsewhere": True}
_AS_IT_IS: Any = ...


@dataclass(frozen=True, kw_only=True)
class ColumnSnapshot:
    """One column, as text. ``nullable=None`` is unknown; ``dtype=""`` is unknown.

    ``hidden`` says that its classification is not public: no record holds a value of it. ``statistics`` is kept in the
    table's section ``statistics``. ``extra`` is what a newer version wrote: names of fields, and their JSON.
    """

    name: str
    dtype: str = ""
    nullable: bool | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    classification: str = ""
    deprecated: str = ""
    primary_key: bool = False
    references: str = ""
    hidden: bool = False
    statistics: ColumnStatistics | None = field(default=None, metadata=_ELSEWHERE)
    extra: tuple[tuple[str, str], ...] = field(default=(), metadata=_ELSEWHERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a table is declared: ``file`` is relative to the folder that holds the top package of ``module``."""

    module: str
    qualname: str
    file: str
    line: int
    extra: tuple[tuple[str, str], ...] = field(default=(), metadata=_ELSEWHERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsSection:
    """The section ``statistics``: figures of the table, and of its columns by their names."""

    table: Statistics | None = None
    columns: Mapping[str, ColumnStatistics] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySection:
    """The section ``history``: the newest changes, the newest first."""

    commits: tuple[Commit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SnippetsSection:
    """The section ``snippets``: code to copy."""

    snippets: tuple[Snippet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParametersSection:
    """The section ``parameters``: what a table can be asked with."""

    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsSection:
    """The section ``details``: what the source says about itself."""

    facts: tuple[Fact, ...] = ()


BUILT_IN: dict[str, type] = {
    "details": DetailsSection,
    "history": HistorySection,
    "parameters": ParametersSection,
    "snippets": SnippetsSection,
    "statistics": StatisticsSection,
}
"""The sections of lakecat itself, all of version 1, and the classes of their records."""


@dataclass(frozen=True, slots=True, kw_only=True, init=False)
class TableSnapshot:
    """What is known of a table: a core, and sections.

    ``statistics``, ``history``, ``snippets``, ``parameters``, ``facts`` and the ``statistics`` of columns are kept in
    sections. They can be given and asked for as if they were fields; what is read from a file stays JSON until then.
    :func:`dataclasses.replace` takes them too. Sections are kept in the order of their names. Figures of columns are
    those that the columns are given with; where they have none, those of the section that is given. A hidden column has
    none.
    """

    name: str
    kind: str
    database: str | None = None
    summary: str = ""
    description: str = ""
    description_from: Literal["declared", "source", ""] = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    deprecated: str = ""
    columns: tuple[ColumnSnapshot, ...] | None = None
    columns_from: Literal["declared", "source", ""] = ""
    origin: Origin | None = None
    problems: tuple[Problem, ...] = ()
    sections: tuple[Section, ...] = field(default=(), metadata=_ELSEWHERE)
    extra: tuple[tuple[str, str], ...] = field(default=(), metadata=_ELSEWHERE)
    _bare: tuple[ColumnSnapshot, ...] | None = field(init=False, repr=False, compare=False)

    def __init__(
        self,
        *,
        name: str,
        kind: str,
        database: str | None = None,
        summary: str = "",
        description: str = "",
        description_from: Literal["declared", "source", ""] = "",
        owner: str = "",
        tags: tuple[str, ...] = (),
        deprecated: str = "",
        columns: tuple[ColumnSnapshot, ...] | None = None,
        columns_from: Literal["declared", "source", ""] = "",
        parameters: tuple[Parameter, ...] = _AS_IT_IS,
        facts: tuple[Fact, ...] = _AS_IT_IS,
        statistics: Statistics | None = _AS_IT_IS,
        history: tuple[Commit, ...] = _AS_IT_IS,
        snippets: tuple[Snippet, ...] = _AS_IT_IS,
        origin: Origin | None = None,
        problems: tuple[Problem, ...] = (),
        sections: Iterable[Section] = (),
        extra: tuple[tuple[str, str], ...] = (),
    ) -> None:
        held = {section.name: section for section in sections}
        _put(held, "parameters", parameters, lambda: ParametersSection(parameters=parameters))
        _put(held, "details", facts, lambda: DetailsSection(facts=facts))
        _put(held, "history", history, lambda: HistorySection(commits=history))
        _put(held, "snippets", snippets, lambda: SnippetsSection(snippets=snippets))
        columns = _put_figures(held, statistics, columns)
        self._set(
            name=name,
            kind=kind,
            database=database,
            summary=summary,
            description=description,
            description_from=description_from,
            owner=owner,
            tags=tags,
            deprecated=deprecated,
            columns=columns,
            columns_from=columns_from,
            origin=origin,
            problems=problems,
            sections=tuple(held[name] for name in sorted(held)),
            extra=extra,
            _bare=columns,
        )

    @classmethod
    def of_core(
        cls, core: dict[str, Any], sections: Iterable[Section], extra: tuple[tuple[str, str], ...] = ()
    ) -> TableSnapshot:
        """Return a snapshot that was read: what its sections hold is not looked at before somebody asks for it.

        Args:
            core: All other fields, which are taken; the columns without figures.
            sections: The sections.
            extra: What a newer version wrote.
        """
        made = cls.__new__(cls)
        held = tuple(sorted(sections, key=lambda section: section.name))
        columns = core.pop("columns")
        made._set(**core, sections=held, extra=extra, _bare=columns)
        if not columns or made.section("statistics") is None:
            made._set(columns=columns)
        return made

    def _set(self, **fields: object) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Give the columns of a snapshot that was read their figures when they are first asked for."""
            if name != "columns":
                raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
            figures = self._figures()
            # These were made by the codec, and nobody else has them.
            for column in self._bare:
                object.__setattr__(column, "statistics", None if column.hidden else figures.get(column.name))
            self._set(columns=self._bare)
            return self._bare

    @property
    def full_name(self) -> str:
        """``database.name``, or ``name`` alone where the table has no database."""
        return full_name(self.name, self.database)

    def _repr_html_(self) -> str:
        """Return the page of the table for a notebook."""
        # By name: a record stands below what draws it, and is drawn in few programs.
        drawn: str = importlib.import_module("lakecat.sections.notebook").page(self)
        return drawn

    def section(self, name: str) -> Section | None:
        """Return a section as it is kept; ``None`` if there is none of this name."""
        return next((section for section in self.sections if section.name == name), None)

    def decoded(self, name: str, record: type[_R], *, version: int = 1) -> _R | None:
        """Return the record of a section; ``None`` if there is none, or a newer one than the caller knows.

        Args:
            name: The section.
            record: The class of its record: a frozen dataclass, or what else msgspec knows.
            version: The newest version that this class can hold.

        Raises:
            SnapshotError: The section is damaged; the sentence names file and place.
        """
        found = self.section(name)
        return None if found is None or found.version > version else found.decoded(record)

    def with_section(self, name: str, record: object | None, *, version: int = 1) -> TableSnapshot:
        """Return a snapshot with a section in the place of the one that has this name; with ``None``, without it."""
        sections = [section for section in self.sections if section.name != name]
        if record is not None:
            sections.append(Section.of(name, record, version=version))
        columns = self._without_figures() if name == "statistics" else self.columns
        return dataclasses.replace(self, sections=tuple(sections), columns=columns)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the table."""
        found = self.decoded("parameters", ParametersSection)
        return () if found is None else found.parameters

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What the source says about itself."""
        found = self.decoded("details", DetailsSection)
        return () if found is None else found.facts

    @property
    def history(self) -> tuple[Commit, ...]:
        """The newest changes."""
        found = self.decoded("history", HistorySection)
        return () if found is None else found.commits

    @property
    def snippets(self) -> tuple[Snippet, ...]:
        """Code to copy."""
        found = self.decoded("snippets", SnippetsSection)
        return () if found is None else found.snippets

    @property
    def statistics(self) -> Statistics | None:
        """Figures of the whole table."""
        found = self.decoded("statistics", StatisticsSection)
        return None if found is None else found.table

    def _without_figures(self) -> tuple[ColumnSnapshot, ...] | None:
        bare = self._bare
        return None if bare is None else tuple(dataclasses.replace(column, statistics=None) for column in bare)

    def _figures(self) -> Mapping[str, ColumnStatistics]:
        found = self.decoded("statistics", StatisticsSection)
        return {} if found is None else found.columns


def _put(held: dict[str, Section], name: str, given: object, record: Any) -> None:
    """Put what is given for a field into its section; where nothing is given, the section stays as it is."""
    if given is _AS_IT_IS:
        return
    held.pop(name, None)
    if given:
        held[name] = Section.of(name, record())


def _put_figures(
    held: dict[str, Section], given: Statistics | None, columns: tuple[ColumnSnapshot, ...] | None
) -> tuple[ColumnSnapshot, ...] | None:
    """Make the section of statistics say what table and columns are given with, and return the columns with figures."""
    section = held.get("statistics")
    figures = {c.name: c.statistics for c in columns or () if c.statistics is not None and not c.hidden}
    newer = section is not None and section.version > 1
    if newer and given is _AS_IT_IS and not figures:
        return columns
    known = StatisticsSection() if section is None or newer else section.decoded(StatisticsSection)
    if not figures:
        hidden = {c.name for c in columns or () if c.hidden}
        figures = {name: known.columns[name] for name in known.columns if name not in hidden}
    table = known.table if given is _AS_IT_IS else given
    if table != known.table or figures != known.columns:
        held.pop("statistics", None)
        if table is not None or figures:
            held["statistics"] = Section.of("statistics", StatisticsSection(table=table, columns=figures))
    return _with_figures(columns, figures)


def _with_figures(
    columns: tuple[ColumnSnapshot, ...] | None, figures: Mapping[str, ColumnStatistics]
) -> tuple[ColumnSnapshot, ...] | None:
    if columns is None:
        return None
    found = (None if c.hidden else figures.get(c.name) for c in columns)
    return tuple(
        column if column.statistics is figure else dataclasses.replace(column, statistics=figure)
        for column, figure in zip(columns, found, strict=True)
    )
