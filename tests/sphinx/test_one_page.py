"""What one way of showing a table shows, all show: HTML, text, LaTeX, the terminal and a notebook, word by word."""

from __future__ import annotations

import html
import pickle
import re
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from lakecat.blocks import (
    Bar,
    Fact,
    Facts,
    Graph,
    Grid,
    Head,
    Mark,
    Markup,
    Page,
    Part,
    Prose,
    Ref,
    Row,
    Tab,
    Tabs,
    Text,
)
from lakecat.display.text import portion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Build

TABLES = '''
import polars as pl

from lakecat import Column, register_static_table, table
from lakecat.snapshot import Commit, ColumnStatistics, Fact, Figure, Parameter, Problem, Statistics

def figure(value, provenance="exact"):
    return Figure(value=value, provenance=provenance, source="Manifest of files")

class Everything:
    kind, name = "ledger", "everything"
    def scan(self, *, since: int = 1970):
        return pl.LazyFrame(schema=self.schema())
    def schema(self):
        nested = pl.Struct({"town": pl.String, "street": pl.String})
        return pl.Schema({"key_part": pl.Int64, "mail": pl.String, "deep": nested, "other": pl.Int64, "gone": pl.Date})
    def columns(self):
        return tuple(Column(name, dtype) for name, dtype in self.schema().items())
    def facts(self):
        return [Fact(label="Planet", value="Mars_2 & <Venus>")]
    def parameters(self):
        return (Parameter(name="since", annotation="int", default="1970"), Parameter(name="mail", default="secretly"))
    def statistics(self):
        return Statistics(rows=figure(1234567), bytes=figure(98765432, "approximate"), files=figure(17),
                          last_change="2024-05-06T07:08:09+00:00", version=41)
    def column_statistics(self):
        return {"key_part": ColumnStatistics(null_count=figure(0), minimum="-321", maximum="654"),
                "other": ColumnStatistics(null_count=figure(55), minimum="11", maximum="77", bounds="exact")}
    def history(self, *, limit=10):
        return (Commit(version=41, time="2024-05-06T07:08:09+00:00", operation="TRUNCATE", rows_added=9876),)
    def problems(self):
        return (Problem(code="unreadable", message="One of its pages is torn.", detail="page 13 of volume_7"),)
    change_token = str

@table(schema=[Column("ident", "Int64", references="books.everything.key_part")])
def target():
    """Where other leads."""

register_static_table(
    Everything(),
    database="books",
    description="""What the *first* paragraph says of ``everything``.

    What the notes add, with a list:

    - an apple
    - a banana
    """,
    owner="ledger keepers",
    tags=["audited", "quarterly"],
    deprecated="Use the_newer_one instead.",
    schema=[
        Column("key_part", description="The *leading* part.", primary_key=True, nullable=False, tags=["stable"]),
        Column("mail", description="An address.", classification="personal", nullable=True),
        Column("deep", description="Nested."),
        Column("other", description="A link.", references="target.ident"),
        Column("gone", deprecated="Read key_part."),
    ],
)
'''
SAID = (
    *("books.everything", "ledger", "books", "deprecated", "personal", "ledger keepers", "audited", "quarterly"),
    *("1,234,567 rows", "exact, from: Manifest of files", "about 98.8 MB", "approximate, from: Manifest of files"),
    *("changed 2024-05-06", "v41", "Deprecated. Use the_newer_one instead.", "an apple", "a banana"),
    *(
        "What the first paragraph says of everything",
        "What the notes add",
        "One of its pages is torn",
        "page 13 of volume_7",
    ),
    *("key_part", "primary key", "stable", "tag", "Int64 not null", "The leading part", "An address", "may be NULL"),
    *("classification, values hidden", "Struct({'town': String, 'street': String})", "→ target.ident"),
    *("Deprecated. Read key_part.", "← target.ident", "References target", "Referenced by target"),
    *("Relations", "books.everything.other references target.ident", "target.ident references books.everything"),
    *(
        "-321",
        "654",
        "99.9 %",
        "hidden (personal)",
        "Values are from: Manifest of files",
        "approximate bounds",
    ),
    *("2024-05-06 07:08:09 UTC", "TRUNCATE", "9,876", "Planet", "Mars_2 & <Venus>", "98,765,432 bytes", "17"),
    *("since: int = 1970", "hidden: classified as personal", "Declared in", "tables.py", "Read it", "Polars", "SQL"),
    *("import tables", "SELECT", "lakecat show books.everything"),
)
INDEX = "T\n=\n\n.. toctree::\n\n   catalog/index\n"
WAYS = ("html", "text", "latex", "terminal", "notebook")
TERMINAL = "from lakecat.cli import main;main(['show', 'books.everything', '--catalog', 'tables', '--allow-problems'])"
NOTEBOOK = (
    "import sys, tables; from lakecat import Catalog;"
    "sys.stdout.write(Catalog().describe_table('books.everything')._repr_html_())"
)
PAGES = """
import pickle, sys
from lakecat.cli import _said_of
from lakecat.introspect import introspect
from lakecat.reference import CatalogReference
from lakecat.sections.compose import compose

reference = CatalogReference.parse("tables")
catalog = reference.load()
snapshot = introspect(
    catalog.registry.get("books.everything"), imported=reference.imported, reference="tables", tell=lambda *_: None
)
pages = compose(snapshot, _said_of("books.everything", reference)), compose(catalog.describe_table("books.everything"))
sys.stdout.buffer.write(pickle.dumps(pages))
"""


def words(text: str) -> Iterator[str]:
    """Yield the words of a text."""
    yield from re.findall(r"\w+", text)


def of_html(page: str) -> str:
    """Return what HTML says: text, and what its tooltips say."""
    page = re.sub(r"(?s)<(script|style|head|footer|nav)\b.*?</\1>", " ", page)
    titles = " ".join(re.findall(r'title="([^"]*)"', page))
    # A coloured word of code is in tags of its own.
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"<(?!/?span)[^>]*>", " ", page)) + " " + titles)


def of_latex(text: str) -> str:
    """Return what LaTeX says: without the commands that colour and break."""
    text = re.sub(r"\\PYG\{[^}]*\}\{([^{}]*(?:\{\}[^{}]*)*)\}", r"\1", text)
    for command, character in {"\\PYGZus{}": "_", "\\_": "_", "\\sphinxhyphen{}": "-", "\\PYGZhy{}": "-"}.items():
        text = text.replace(command, character)
    return re.sub(r"\\(?:\w+|.)", " ", text.replace("\\allowbreak", "").replace("\\-", ""))


def texts(shown: object) -> Iterator[str]:
    """Yield what blocks and spans say, hints and meanings among it."""
    if isinstance(shown, Text):
        yield from (shown.full or shown.text, shown.hint)
    elif isinstance(shown, Mark):
        yield shown.words
    elif isinstance(shown, Bar):
        yield shown.text
    elif isinstance(shown, Ref):
        yield shown.target
    elif isinstance(shown, Markup):
        yield portion(shown)
    elif isinstance(shown, Tab):
        yield from (shown.label, shown.whole)
    elif isinstance(shown, Head):
        yield shown.text
    elif isinstance(shown, Fact):
        yield from (shown.label, shown.source, *texts(shown.spans))
    elif isinstance(shown, Row):
        yield from texts(shown.cells)
    elif isinstance(shown, Part):
        yield shown.title
        yield from texts(shown.blocks)
    elif isinstance(shown, Grid):
        yield from texts((shown.heads, shown.rows, shown.note))
    elif isinstance(shown, Facts | Tabs):
        yield from texts(shown.rows if isinstance(shown, Facts) else shown.items)
    elif isinstance(shown, Prose):
        yield from texts((shown.spans, shown.items))
    elif isinstance(shown, Graph):
        yield from texts(shown.items)
    elif isinstance(shown, Page):
        yield from texts((shown.state, shown.head, shown.lead, shown.chips, shown.parts))
    else:
        assert type(shown) is tuple, shown
        for one in shown:
            yield from texts(one)


@pytest.fixture(scope="module")
def shown(build: Build) -> dict[str, tuple[Page, str]]:
    """Return the page of a table about which everything is known, and its text in each way of showing it."""
    found = {}
    page = "catalog/books.everything"
    for builder, place in {"html": f"{page}.html", "text": f"{page}.txt", "latex": "*.tex"}.items():
        built = build({"tables.py": TABLES, "index.rst": INDEX}, "-E", builder=builder)
        assert built.status == 0
        assert len(built.warnings) == 1, built.warnings
        assert "page 13 of volume_7" in built.warnings[0]
        text = next(built.outdir.glob(place)).read_text(encoding="utf-8")
        found[builder] = {"html": of_html, "latex": of_latex}.get(builder, str)(text)

    def run(code: str) -> bytes:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=built.srcdir, check=False, capture_output=True, timeout=100
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    found["terminal"], found["notebook"] = run(TERMINAL).decode(), of_html(run(NOTEBOOK).decode())
    whole, alone = pickle.loads(run(PAGES))  # what a process of this test wrote
    return {way: (alone if way == "notebook" else whole, text) for way, text in found.items()}


@pytest.mark.parametrize("said", SAID)
def test_the_page_says_all(shown: dict[str, tuple[Page, str]], said: str) -> None:
    """Each fact is one of the page that all ways draw."""
    assert said in " ".join(" ".join(texts(shown["html"][0])).split())


@pytest.mark.parametrize("way", WAYS)
def test_each_way_says_all(shown: dict[str, tuple[Page, str]], way: str) -> None:
    """Each word of the page is there, as often as the page has it: what a tooltip says too."""
    page, text = shown[way]
    wanted = Counter(word for said in texts(page) for word in words(said))
    assert wanted.total() > 200
    assert wanted - Counter(words(text)) == Counter()


def test_a_record_alone_does_not_say_what_a_catalog_knows(shown: dict[str, tuple[Page, str]]) -> None:
    """In a notebook nothing is known of other tables, and of no command, and nothing is said of them."""
    assert {"Referenced", "Command"} & set(words(shown["notebook"][1])) == set()
    assert {"Referenced", "Command"} <= set(words(shown["html"][1]))
