"""A table that is asked: each thing once, in the net, and nothing of a hidden column among what sections get."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import Catalog, CatalogRegistry, Column
from lakecat.asked import AskedTable
from lakecat.introspect import introspect
from lakecat.snapshot import ColumnStatistics, Commit, Fact, Figure, Parameter, Statistics

if TYPE_CHECKING:
    from lakecat.registry import RegisteredTable

CANARY = "canary-9f3"
EVERYTHING = ("facts", "statistics", "history", "column_statistics", "problems", "stored_description")


class Counted:
    """A source that counts what it is asked, and fails where it is told to."""

    kind, name, change_token = "counted", "t", str

    def __init__(self, *failing: str) -> None:
        self.asked: Counter[str] = Counter()
        self.failing = failing

    def _answer(self, what: str, answer: Any) -> Any:
        self.asked[what] += 1
        if what in self.failing:
            raise RuntimeError(f"password={CANARY}")
        return answer

    def scan(self, **params: Any) -> pl.LazyFrame:
        """Return no rows."""
        return pl.LazyFrame(schema=self.schema())

    def schema(self) -> pl.Schema:
        """Return two columns."""
        return pl.Schema({"id": pl.Int64, "mail": pl.String})

    def columns(self) -> tuple[Column, ...]:
        """Return the columns, one of which the source itself classifies."""
        return self._answer("columns", (Column("id", pl.Int64), Column("mail", pl.String, classification="personal")))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return parameters, one of which stands for the hidden column."""
        return self._answer("parameters", (Parameter(name="mail", default=repr(CANARY)), Parameter(name="day")))

    def facts(self) -> list[Fact]:
        """Return facts, one of which names a value of the hidden column."""
        return self._answer("facts", [Fact(label="Folder", value=f"a/mail={CANARY}/b")])

    def statistics(self) -> Statistics:
        """Return figures."""
        return self._answer("statistics", Statistics(rows=Figure(value=4, provenance="exact", source="log")))

    def history(self) -> tuple[Commit, ...]:
        """Return a change that tells of a value."""
        return self._answer("history", (Commit(version=1, operation=f"DELETE mail = '{CANARY}'"),))

    def column_statistics(self) -> dict[str, ColumnStatistics]:
        """Return bounds of both columns."""
        nulls = Figure(value=2, provenance="exact", source="log")
        known = ColumnStatistics(null_count=nulls, minimum=CANARY, maximum=CANARY)
        return self._answer("column_statistics", {"id": ColumnStatistics(null_count=nulls), "mail": known})

    def problems(self) -> tuple[Any, ...]:
        """Return no flaw."""
        return self._answer("problems", ())

    def stored_description(self) -> str:
        """Return a description."""
        return self._answer("stored_description", "Rows.")


def registered(source: Counted) -> RegisteredTable:
    """Return a source as a table."""
    catalog = Catalog(CatalogRegistry())
    catalog.add_table(source, "t", schema=[Column("mail", nullable=False)])
    return catalog.registry.get("t")


def answers(table: AskedTable) -> list[object]:
    """Return all that a section can ask for."""
    names = ("columns", "parameters", "location", "facts", "statistics", "history", "column_statistics", "null_counts")
    return [getattr(table, name) for name in (*names, "flaws", "description", "failed", "problems")]


@pytest.mark.parametrize("failing", ["", *EVERYTHING])
def test_each_thing_is_asked_once(failing: str) -> None:
    """However often sections want to know it, and where it fails, too."""
    source = Counted(failing)
    table = AskedTable(registered(source), tell=lambda *_: None)
    assert answers(table) == answers(table)
    assert set(source.asked.values()) == {1}
    assert table.failed == bool(failing)
    assert len(table.problems) == bool(failing)


def test_a_snapshot_asks_each_thing_once() -> None:
    """All sections of lakecat together ask no more than that."""
    source = Counted()
    introspect(registered(source))
    assert source.asked == dict.fromkeys(("columns", "parameters", *EVERYTHING), 1)


def test_nothing_of_a_hidden_column_is_among_the_answers() -> None:
    """Sections of packages get no value of it; that NULLs break what is declared of it is still found out."""
    table = AskedTable(registered(Counted()))
    assert CANARY not in repr(answers(table))
    assert "mail" not in table.column_statistics
    assert table.null_counts["mail"].null_count is not None
    details = [problem.detail for problem in introspect(registered(Counted())).problems]
    assert details == ["column 'mail' is declared as not null, and the data have NULLs in it"]


def test_what_fails_costs_its_answer_and_tells_no_secret() -> None:
    """A question of a section's own is asked in the net, too; after a second failure nothing more is asked."""
    told: list[str] = []
    table = AskedTable(registered(Counted("facts")), tell=lambda problem, reason: told.append(f"{problem} {reason}"))
    assert table.facts == ()
    assert table.statistics is not None
    assert table.ask("its age", lambda: 1 // 0, "unknown") == "unknown"
    assert [problem.detail for problem in table.problems] == [
        "asking for its facts raised RuntimeError",
        "asking for its age raised ZeroDivisionError",
    ]
    assert table.ask("its age", lambda: 7, None) is None
    assert CANARY not in "".join(told)
