"""Relations of a table: what its columns reference, and what references them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lakecat import Column
from lakecat.blocks import Graph, Link, Mark, Node, Part, Prose, Ref, Text
from lakecat.display import graph as drawing
from lakecat.display import text
from lakecat.sections.compose import compose
from lakecat.sections.contributions import ContributionError, check_contributions
from lakecat.sections.index import Edge, Index
from lakecat.sections.index import references as references_of
from lakecat.snapshot import ColumnSnapshot, TableSnapshot

if TYPE_CHECKING:
    from lakecat.blocks import Page

NAMES = ("orders", "sales.users", "web.users", "days", "a.b")
OWN = {"users": ("sales.users", "web.users"), "b": ("a.b",)}


def meant(name: str) -> tuple[str, ...]:
    """Return what a name may mean in a catalog of some tables."""
    return (name,) if name in NAMES or re.fullmatch("t[0-9]+", name) else OWN.get(name, ())


def page(*columns: str, edges: tuple[Edge, ...], name: str = "orders") -> Page:
    """Return the page of a table with some columns."""
    found = TableSnapshot(name=name, kind="function", columns=tuple(ColumnSnapshot(name=c) for c in columns))
    return compose(found, Index(Index(edges, meant).slice_of(name)))


def references(source: str, target: str) -> Edge:
    """Return that a column references another."""
    return Edge("references", source, target)


def graph(found: Page) -> Graph:
    """Return the drawing of a page."""
    part = found.part("relations")
    assert part is not None
    (block,) = part.blocks
    assert isinstance(block, Graph)
    return block


@pytest.mark.parametrize(
    ("written", "column"),
    [
        ("days.id", "days.id"),
        ("sales.users.id", "sales.users.id"),
        ("b.id", "a.b.id"),
        ("a.b.id", "a.b.id"),
        ("days.x.y", "days.x.y"),
    ],
)
def test_both_tables_know_of_a_reference(written: str, column: str) -> None:
    """However a target was written, its page says what references it, and the other page what that is."""
    edge = references("orders.day", written)
    table = next(name for name in NAMES if column.startswith(f"{name}."))
    here = page("day", edges=(edge,))
    assert here.chips == ((Text("References"), Ref("table", table)),)
    assert graph(here).items == ((Ref("column", "orders.day"), Text(" references "), Ref("column", column)),)
    there = page(column.removeprefix(f"{table}."), edges=(edge,), name=table)
    assert there.chips == ((Text("Referenced by"), Ref("table", "orders")),)
    assert graph(there).items == graph(here).items


@pytest.mark.parametrize("target", ["nothing.id", "users.id", "id", ""])
def test_a_reference_that_leads_to_no_table_or_two_is_none(target: str) -> None:
    """Its own problem says so; there is nothing to draw."""
    found = page("day", edges=(references("orders.day", target),))
    assert (found.chips, found.part("relations")) == ((), None)


def test_a_table_that_references_itself() -> None:
    """It is no other table: of these alone there is a drawing, and in the list it stands once."""
    itself, other = references("orders.parent", "orders.id"), references("orders.day", "days.id")
    assert page("parent", "id", edges=(itself,)).part("relations") is None
    found = page("parent", "id", "day", edges=(itself, other))
    assert [item[0] for item in graph(found).items] == [Ref("column", "orders.parent"), Ref("column", "orders.day")]
    assert [node.text for node in graph(found).nodes] == ["orders", "days"]


def test_a_column_called_like_a_table_of_a_database() -> None:
    """Who references something is known, whatever its column is called: no other table of that name is meant."""
    (edge,) = references_of("sales", [Column("users", references="days.id")])
    found = page("id", edges=(edge,), name="days")
    assert found.chips == ((Text("Referenced by"), Ref("table", "sales")),)
    assert page("users", edges=(edge,), name="sales").chips == ((Text("References"), Ref("table", "days")),)


def test_two_columns_of_one_full_name() -> None:
    """Column "b.c" of table "a" is called as column "c" of table "a.b": the page of each has its own relations."""
    edges = (references("orders.day", "a.b.c"), Edge("references", "a.b.c", "days.id", "a"))
    assert page("c", edges=edges, name="a.b").chips == ((Text("Referenced by"), Ref("table", "orders")),)
    assert page("b.c", edges=edges, name="a").chips == ((Text("References"), Ref("table", "days")),)


def test_many_tables_are_counted() -> None:
    """Few are named, more are drawn, and more listed; of the others it is said how many they are."""
    edges = [Edge("references", f"t{i:03}.day", "days.id") for i in range(150)]
    found = page("id", edges=tuple(edges), name="days")
    (chip,) = found.chips
    assert text.spans(chip, between=" ") == "Referenced by t000 t001 t002 and 147 more"
    drawn = graph(found)
    assert [node.text for node in drawn.nodes][-1] == "138 more"
    assert len(drawn.nodes) == 1 + 12 + 1
    assert (len(drawn.items), drawn.items[-1]) == (101, (Text("and 50 more"),))


def test_the_drawing() -> None:
    """Nodes stand in columns that do not overlap, lines begin and end at them, and all texts are escaped."""
    long = "a_very_long_name_of_a_table_that_is_cut_here"
    found = Graph(
        'R <of> "x"',
        (
            Node("t", "<t>", Ref("table", "t"), 0, is_this=True),
            Node("l", long, Ref("table", long), -1),
            Node("m", "m", Ref("table", "m"), -1),
            Node("r", "r & s", Ref("table", "r"), 1),
            Node("more", "3 more", None, 1),
        ),
        (Link("l", "t", "<a> → b"), Link("m", "t", "m"), Link("t", "r", "r", dashed=True)),
        (),
    )
    svg = drawing.svg(found, lambda ref: f"{ref.target}.html?a&b")
    assert 'aria-label="R &lt;of&gt; &quot;x&quot;"' in svg
    assert re.findall(r"<title>(.*?)</title>", svg) == ["&lt;a&gt; → b", "m", "r", long]
    assert re.findall(r'href="(.*?)"', svg) == [f"{n}.html?a&amp;b" for n in (long, "m", "r")]
    boxes = [
        (float(x), float(y), float(width))
        for width, x, y in re.findall(r'<rect height="30" rx="4" width="([\d.]+)" x="([\d.]+)" y="([\d.]+)">', svg)
    ]
    this, left, below, right, more = boxes
    assert left[0] + left[2] < this[0] < this[0] + this[2] < right[0]
    assert below[1] >= left[1] + 30
    assert more[1] >= right[1] + 30
    size = re.search(r'height="([\d.]+)" viewBox="0 0 ([\d.]+) ([\d.]+)" width="([\d.]+)"', svg)
    assert size is not None
    assert size[1] == size[3]
    assert all(x + width <= float(size[2]) and y + 30 <= float(size[1]) for x, y, width in boxes)
    ends = re.findall(r'd="M([\d.]+) ([\d.]+)C.* ([\d.]+) ([\d.]+)"', svg)
    assert [float(n) for n in ends[0]] == [left[0] + left[2], left[1] + 15, this[0], this[1] + 15]
    assert svg.count("lc-dashed") == 1
    assert drawing.svg(found, lambda ref: None).count("<a ") == 0


NODE = Node("a", "a", None, 0)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (Graph("g", ("a",), (), ()), "a node of a graph is str"),  # type: ignore[arg-type]
        (Graph("g", (NODE, NODE), (), ()), "two nodes of a graph have the key 'a'"),
        (Graph("g", (NODE._replace(column="1"),), (), ()), "the column of a node is '1', not a number"),  # type: ignore[arg-type]
        (Graph("g", (NODE,), (Link("a", "b", ""),), ()), "a line of a graph leads to 'b', which is no node of it"),
        (
            Graph("g", (NODE,), (Link("a", "a", ""),), ()),
            "a line of a graph leads from column 0 to column 0, not to the",
        ),
        (Graph("g", (NODE,), ("a",), ()), "a line of a graph is str"),  # type: ignore[arg-type]
        (Graph("g", (NODE,), (), ("a",)), "spans are str, not a tuple"),  # type: ignore[arg-type]
        (Graph("g", (NODE._replace(text=3),), (), ()), "a text is int"),  # type: ignore[arg-type]
    ],
)
def test_graphs_that_cannot_be_drawn(made: Graph, says: str) -> None:
    """What is wrong with a graph of a third party is told."""
    with pytest.raises(ContributionError, match=f"^{re.escape(says)}"):
        check_contributions([Part("x", "X", (made,), 1)], columns=(), anchors=())
    check_contributions(
        [Part("x", "X", (Graph("g", (NODE,), (), ((Mark("m"),),)), Prose(())), 1)], columns=(), anchors=()
    )
