"""One table and its answers."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, TypeVar

from lakecat.asked import answers
from lakecat.asked.net import Net, log_problem
from lakecat.asked.place import base_of, location_facts
from lakecat.classification import hidden_columns
from lakecat.snapshot import ColumnStatistics, Fact
from lakecat.sources.location import secrets_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lakecat.metadata import Column, TableMetadata
    from lakecat.registry.base import RegisteredTable
    from lakecat.snapshot import Commit, Parameter, Problem, Statistics
    from lakecat.snippets import CatalogImport
    from lakecat.sources.base import TableSource

_T = TypeVar("_T")
_Otherwise = TypeVar("_Otherwise")


class AskedTable:
    """A registered table, and what it answers when it is asked: each thing once, however many want to know it.

    What fails is a problem of the table and costs that answer alone; see :class:`lakecat.asked.net.Net`. Parameters,
    location and columns are asked at once, as only then it is known whose values must not be shown; the rest when
    somebody asks for it. Parameters, location, facts and history show no secret and no value of a hidden column, and
    such a column has no figures. What ``source`` holds, and the dtypes of ``columns``, are as they are.

    Args:
        table: The table.
        imported: How a program gets at its catalog, if that is known.
        reference: ``module[:attribute]`` of the catalog, if it has one.
        tell: Called with each problem and the text of its cause; without it they go to the logger ``lakecat``.
    """

    def __init__(
        self,
        table: RegisteredTable,
        *,
        imported: CatalogImport | None = None,
        reference: str = "",
        tell: Callable[[Problem, str], None] | None = None,
    ) -> None:
        self.metadata: TableMetadata = table.metadata
        """What is declared."""
        self.source: TableSource = table.source
        """What is read."""
        self.imported = imported
        self.reference = reference
        self.hidden = hidden_columns(table.metadata.columns)
        """The columns whose values must not be shown."""
        base = base_of(table.metadata.place)
        tell = tell or log_problem(table.metadata.full_name)
        self._net = Net(secrets=secrets_in(table.source), hidden=self.hidden, base=base, tell=tell, waits=True)
        asked = self.ask("its parameters", lambda: answers.parameters(table.source), ())
        location = self.ask("its location", lambda: location_facts(table, base), ())
        needed = [p.name for p in asked if p.default is None and p.name not in table.metadata.examples]
        self.columns: tuple[Column, ...] | None = self.ask(
            "its columns", lambda: answers.columns(table, may_call=not needed), None
        )
        """The columns as the source knows them; ``None`` where it does not."""
        if any(column.classification for column in self.columns or ()):  # a source may classify its columns itself
            self.hidden = hidden_columns(table.metadata.columns, self.columns)
        self._net.hide(self.hidden)
        self.parameters = tuple(map(self._shown, asked))
        """What it can be asked with."""
        self.location = tuple(map(self._fact, location))
        """Where it lies, in at most one fact."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be found out so far."""
        return self._net.problems

    def ask(self, what: str, question: Callable[[], _T], otherwise: _Otherwise) -> _T | _Otherwise:
        """Return the answer to a question, or ``otherwise`` where it fails: see :meth:`lakecat.asked.net.Net.ask`."""
        return self._net.ask(what, question, otherwise)

    def keep(self, problem: Problem, reason: str) -> None:
        """Keep a problem, and tell the text of its cause."""
        self._net.keep(problem, reason)

    def safe(self, text: str) -> str:
        """Return text without secrets and values of hidden columns."""
        return self._net.safe(text)

    @functools.cached_property
    def facts(self) -> tuple[Fact, ...]:
        """What the source says about itself."""
        return self.ask("its facts", lambda: tuple(map(self._fact, answers.facts(self.source))), ())

    @functools.cached_property
    def statistics(self) -> Statistics | None:
        """Figures of the whole table."""
        return self.ask("its statistics", lambda: answers.statistics(self.source), None)

    @functools.cached_property
    def history(self) -> tuple[Commit, ...]:
        """The newest changes, the newest first."""
        found = self.ask("its history", lambda: answers.history(self.source), ())
        return tuple(dataclasses.replace(commit, operation=self.safe(commit.operation)) for commit in found)

    @functools.cached_property
    def column_statistics(self) -> Mapping[str, ColumnStatistics]:
        """Figures of columns by their names; of hidden ones none."""
        return {name: known for name, known in self._figures.items() if not self.hidden.of(name)}

    @property
    def null_counts(self) -> Mapping[str, ColumnStatistics]:
        """How many values are missing in each column, hidden ones too, as that may break what is declared of them."""
        return {name: ColumnStatistics(null_count=known.null_count) for name, known in self._figures.items()}

    @functools.cached_property
    def _figures(self) -> Mapping[str, ColumnStatistics]:
        nothing: dict[str, ColumnStatistics] = {}
        return self.ask("the statistics of its columns", lambda: answers.column_statistics(self.source), nothing)

    @functools.cached_property
    def flaws(self) -> tuple[Problem, ...]:
        """What is wrong with its rows, where it can be asked: flaws of rows that nobody can read do not matter."""
        found = () if self.problems else self.ask("its flaws", lambda: answers.problems(self.source), ())
        return tuple(map(self._net.cleaned, found))

    @functools.cached_property
    def description(self) -> str:
        """The description that was declared, else that of the data."""
        return self.metadata.description or self.ask("its description", lambda: answers.description(self.source), "")

    @property
    def failed(self) -> bool:
        """Whether anything that it was asked failed; all is asked for that."""
        for answer in ("facts", "statistics", "history", "column_statistics", "flaws", "description"):
            getattr(self, answer)
        return bool(self.problems)

    def _shown(self, parameter: Parameter) -> Parameter:
        """Return a parameter as it may be shown: of a hidden one neither default nor the values of its annotation."""
        if not (why := answers.why_hidden(parameter.name, self.hidden)):
            return dataclasses.replace(parameter, default=parameter.default and self.safe(parameter.default))
        annotation = parameter.annotation if parameter.annotation.replace(".", "").isidentifier() else ""
        default = None if parameter.default is None else "…"
        return dataclasses.replace(parameter, annotation=annotation, default=default, hidden=why)

    def _fact(self, fact: Fact) -> Fact:
        """Return a fact without values of hidden columns; of one that is about such a column, nothing but that."""
        if why := self.hidden.of_parameter(fact.label):
            return Fact(label=fact.label, value=f"hidden (classified as {why})")
        return Fact(label=self.safe(fact.label), value=self.safe(fact.value))
