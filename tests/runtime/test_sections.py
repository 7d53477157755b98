"""Sections put together: order does not matter, what a third party gives is checked, and a broken promise is named."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from typing import Any

import pytest

from lakecat import Catalog, CatalogRegistry, Column
from lakecat.blocks import Bar, Facts, Grid, Head, Mark, Part, Prose, Ref, Row, Tab, Tabs, Text
from lakecat.display import notebook, text
from lakecat.sections.base import Detail, Lead, Put
from lakecat.sections.compose import compose
from lakecat.sections.index import Edge
from lakecat.sections.parameters import described_parameters
from lakecat.sections.registered import BUILT_IN
from lakecat.snapshot import ColumnSnapshot, ColumnStatistics, Fact, Figure, Parameter, Statistics, TableSnapshot
from lakecat.testing import check_section

TABLE = TableSnapshot(
    name="users",
    kind="delta",
    description="One row.\n\nMore.",
    owner="growth",
    columns=(ColumnSnapshot(name="id", dtype="Int64", primary_key=True), ColumnSnapshot(name="", tags=("odd",))),
    statistics=Statistics(rows=Figure(value=1, provenance="exact", source="log"), version=3),
    facts=(Fact(label="Planet", value="Mars"),),
)


@dataclass(frozen=True)
class Known:
    """A record."""

    text: str = ""


class Extra:
    """A section that keeps all promises."""

    name = "extra"

    def draw(self, table: TableSnapshot, index: Any) -> Any:
        """Yield something for each place."""
        yield Put("head", (Mark("fresh"),), 0)
        yield Part("extra", "Extra", (Prose((Text("x"),)), Facts(()), Tabs((Tab("a", "python", "b"),))), 15)
        yield Detail("Extra", (Ref("owner", "me"),))
        yield Lead(Prose((Text("note"),), "warn"), 5)
        for column in table.columns or ():
            yield Put("column.values", (Text("1"),), 0, column.name)

    def words(self, table: TableSnapshot) -> Any:
        """Yield a word."""
        yield "zebra"


class Record(Extra):
    """A section with a record."""

    version = 1
    record: Any = Known

    def collect(self, table: Any) -> Any:
        """Return the name of the table."""
        return Known(table.metadata.name)


def test_the_order_of_sections_does_not_matter() -> None:
    """A page is the same in whichever order its sections come."""
    sections = [*BUILT_IN, Extra()]
    page = compose(TABLE, sections=sections)
    assert page.failures == ()
    for seed in range(30):
        random.Random(seed).shuffle(sections)
        assert compose(TABLE, sections=sections) == page


def test_slots_that_nobody_uses_are_no_columns() -> None:
    """The grid of columns has a column for each slot that is used, and no other."""
    without = compose(TABLE, sections=BUILT_IN).part("columns")
    beside = compose(TABLE, sections=(*BUILT_IN, Extra())).part("columns")
    assert without is not None
    assert beside is not None
    grids = [part.blocks[0] for part in (without, beside)]
    assert [[head.text for head in grid.heads] for grid in grids if isinstance(grid, Grid)] == [
        ["Column", "Type"],
        ["Column", "Type", "Values"],
    ]


def test_pieces_stand_in_order() -> None:
    """Parts, facts and details stand by their order."""
    page = compose(TABLE, sections=(*BUILT_IN, Extra()))
    assert [part.anchor for part in page.parts] == ["extra", "columns", "notes", "details"]
    assert page.head[0] == (Ref("kind", "delta"),) or page.head[0] == (Mark("fresh"),)
    details = page.part("details")
    assert details is not None
    assert isinstance(details.blocks[0], Facts)
    assert [fact.label for fact in details.blocks[0].rows] == ["Extra", "Planet", "Rows", "Version"]
    assert "zebra" in page.words


GRID = Grid("g", (Head("a"),), (Row(((), ())),))
ODD: dict[str, Any] = {
    "an int": [3],
    "no slot": [Put("nowhere", ())],  # type: ignore[arg-type]
    "no such column": [Put("column.name", (), 0, "gone")],
    "a column in the head": [Put("head", (), 0, "id")],
    "no column": [Put("column.text", ())],
    "spans are text": [Put("head", "abc")],  # type: ignore[arg-type]
    "a span is text": [Put("head", ("abc",))],  # type: ignore[arg-type]
    "a text is bytes": [Put("head", (Text(b"x"),))],  # type: ignore[arg-type]
    "an order is text": [Put("head", (), "1")],  # type: ignore[arg-type]
    "an anchor of lakecat": [Part("columns", "C", (), 1)],
    "an anchor twice": [Part("a", "C", (), 1), Part("a", "C", (), 1)],
    "no anchor": [Part("a b", "C", (), 1)],
    "no block": [Part("a", "C", ("text",), 1)],  # type: ignore[arg-type]
    "a grid that does not fit": [Part("a", "C", (GRID,), 1)],
    "a lead that is a grid": [Lead(Grid("g", (), ()))],
    "a title that is None": [Part("a", None, (), 1)],  # type: ignore[arg-type]
}


@pytest.mark.parametrize("what", ODD)
def test_what_is_none_of_a_page_costs_its_section(what: str) -> None:
    """All other sections are shown, a note names the one that is not, and the contract finds it."""

    class Odd(Extra):
        name = "odd"

        def draw(self, table: TableSnapshot, index: Any) -> Any:
            return iter(ODD[what])

    page = compose(TABLE, sections=(*BUILT_IN, Odd(), Extra()))
    assert len(page.failures) == 1
    assert page.failures[0].startswith("The section 'odd' of this page cannot be shown: ")
    assert page.failures[0] in text.page(page)
    assert page.part("extra") is not None
    assert notebook.draw(page)
    with pytest.raises(AssertionError, match=r"^Odd: "):
        check_section(Odd())


def change(**attributes: Any) -> object:
    """Return a section with a record, some of whose attributes are others."""
    return type("Changed", (Record,), attributes)()


COUNT = itertools.count()
BROKEN: dict[str, tuple[object, str]] = {
    "no methods": (object(), "object is no section: it has no name, draw and words"),
    "name of lakecat": (change(name="history"), "Changed.name is 'history'"),
    "no name": (change(name="a b"), "Changed.name is 'a b'"),
    "version": (change(version="1"), "Changed.version is '1'"),
    "record": (change(record=dict), "give it a frozen dataclass"),
    "collect": (change(collect=lambda self, table: 3), "collect() gave int, not Known or None"),
    "clock": (change(collect=lambda self, table: Known(str(next(COUNT)))), "gave two records for one table"),
    "draw": (change(draw=lambda self, table, index: iter([Put("head", (Text(str(next(COUNT))),))])), "drew two things"),
    "words": (change(words=lambda self, table: [3]), "it gave int"),
    "bar": (change(draw=lambda self, table, index: [Put("head", (Bar(2.0, "x"),))]), "the share of a bar is 2.0"),
    "words of a bar": (change(draw=lambda self, table, index: [Put("head", (Bar(1, b"x"),))]), "a text is bytes"),
    "edge": (change(edges=lambda self, table: [("made_from", table.full_name, "a")]), "it gave tuple, not an Edge"),
    "edge of others": (change(edges=lambda self, table: [Edge("made_from", "a", "b")]), "an edge comes from 'a'"),
    "edge of columns": (
        change(edges=lambda self, table: [Edge("references", table.full_name, "b")]),
        "the role 'references' stands for what columns declare",
    ),
    "edges": (
        change(edges=lambda self, table: [Edge("made_from", table.full_name, str(next(COUNT)))]),
        "said two things",
    ),
    "json": (change(collect=lambda self, table: Known({1, 2})), "record"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_contract_names_what_is_broken(what: str) -> None:
    """Each promise is checked, and the sentence says which is broken."""
    section, sentence = BROKEN[what]
    catalog = Catalog(CatalogRegistry())
    catalog.add_table(lambda: None, name="t", schema=[Column("id", "Int64")])
    with pytest.raises(AssertionError) as caught:
        check_section(section, catalog.registry.get("t"))
    assert sentence in str(caught.value)


def test_the_contract_holds() -> None:
    """Sections that keep all promises pass, with and without a record."""
    catalog = Catalog(CatalogRegistry())
    catalog.add_table(lambda: None, name="t", schema=[Column("id", "Int64")])
    check_section(Extra())
    check_section(Record(), catalog.registry.get("t"))
    check_section(change(collect=lambda self, table: None), catalog.registry.get("t"))
    check_section(change(edges=lambda self, table: [Edge("made_from", f"{table.full_name}.id", "b")]))


DOCSTRINGS = {
    "google": (
        "One.\n\nArgs:\n    day (str): The *first* day,\n        local time.\n    city: Where.\n\nReturns:\n    day: x",
        {"day": "The first day, local time.", "city": "Where."},
    ),
    "stars": ("Args:\n  *day: a\n  **city: b", {"day": "a", "city": "b"}),
    "fields": (
        "One.\n\n:param str day: The day,\n    local.\n:param city: Where.",
        {"day": "The day, local.", "city": "Where."},
    ),
    "nothing": ("One row: day.\n\nArgs: none.", {}),
    "empty": ("", {}),
}


@pytest.mark.parametrize("style", DOCSTRINGS)
def test_what_a_docstring_says_of_parameters(style: str) -> None:
    """It stands beside the parameter, in the two styles that are common."""
    description, expected = DOCSTRINGS[style]
    assert described_parameters(description) == expected
    table = TableSnapshot(name="t", kind="function", description=description, parameters=(Parameter(name="day"),))
    shown = [line for line in text.page(compose(table)).splitlines() if line.startswith("Parameter")]
    said = f". {expected['day']}" if expected else ""
    assert shown == [f"Parameter  day, required{said}"]


SHARES = {
    "some": (1, 4, Bar(0.75, "75.0 %")),
    "few": (1, 10**6, Bar(1 - 1e-06, "99.9 %")),
    "nearly all": (9999, 10000, Bar(1 - 0.9999, "under 0.1 %")),
    "all": (10**400, 10**400, Bar(0.0, "0 %")),
    "none": (0, 4, Bar(1.0, "100 %")),
    "no rows": (3, 0, Text("3 NULL", "value")),
    "more than rows": (5, 4, Text("5 NULL", "value")),
    "below nought": (-5, 4, Text("-5 NULL", "value")),
}


@pytest.mark.parametrize("which", SHARES)
@pytest.mark.parametrize("provenance", ["exact", "approximate"])
def test_a_share_is_shown_where_it_is_one(which: str, provenance: Any) -> None:
    """A source may say anything of its rows; of a number of rows that is not exact nothing is a share."""
    nulls, rows, expected = SHARES[which]
    known = ColumnStatistics(null_count=Figure(value=nulls, provenance="exact", source="log"))
    table = TableSnapshot(
        name="t",
        kind="delta",
        columns=(ColumnSnapshot(name="a", statistics=known),),
        statistics=Statistics(rows=Figure(value=rows, provenance=provenance, source="log")),
    )
    part = compose(table).part("columns")
    assert part is not None
    (grid,) = part.blocks
    assert isinstance(grid, Grid)
    assert grid.rows[0].cells[-1] == ((expected if provenance == "exact" else Text(f"{nulls:,} NULL", "value"),),)
