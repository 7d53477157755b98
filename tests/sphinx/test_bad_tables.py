"""One bad table costs its own page: whatever it raises, answers or is called, all others are complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Built, NewProject

TABLES = r'''
import asyncio

import polars as pl

from lakecat import Column, DeltaTable, ParquetTable, register_static_table, table
from lakecat.snapshot import Fact

SURROGATE = "sur\ud800rogate"


@table(owner="somebody", tags=["core"], schema=[Column("x", "Int64", description="A number.")])
def good_a():
    """The first of all."""
    return pl.LazyFrame({"x": [1]})


@table
def good_z():
    """The last of all."""
    return pl.LazyFrame({"z": [1]})


class Mine(BaseException):
    pass


class Mute(Exception):
    def __str__(self):
        raise Mine


class Default:
    def __repr__(self):
        raise Mine


def deep(levels):
    dtype = pl.Int8()
    for _ in range(levels):
        dtype = pl.Struct({"a": dtype})
    return dtype


@table
def base_exception():
    raise Mine("x")


@table
def cancelled():
    raise asyncio.CancelledError


@table
def exits():
    raise SystemExit(3)


@table
def generator_exit():
    raise GeneratorExit


@table
def mute():
    raise Mute


@table
def recursion():
    return recursion()


@table
def default(x=Default()):
    return pl.LazyFrame()


@table
def fails_later():
    return pl.LazyFrame({"a": [1]}).select("b")


@table(schema=[Column("x", deep(400))])
def deep_declared():
    return pl.LazyFrame()


class Source:
    kind = "own"

    def __init__(self, **answers):
        self.answers = answers

    def _answer(self, question, usual):
        answer = self.answers.get(question, usual)
        if isinstance(answer, type) and issubclass(answer, BaseException):
            raise answer(question)
        return answer

    def scan(self, **params):
        return pl.LazyFrame({"a": [1]})

    def schema(self):
        return self._answer("schema", pl.Schema({"a": pl.Int8}))

    def facts(self):
        return self._answer("facts", ())

    def change_token(self):
        return self._answer("change_token", "1")

    def parameters(self):
        return self._answer("parameters", ())

    def statistics(self):
        return self._answer("statistics", None)

    def column_statistics(self):
        return self._answer("column_statistics", {})

    def history(self):
        return self._answer("history", ())

    def problems(self):
        return self._answer("problems", ())

    def columns(self):
        return self._answer("columns", (Column("a", "Int8"),))

    @property
    def stored_description(self):
        return self._answer("stored_description", lambda: "")


for number, error in enumerate((RuntimeError, Mine, asyncio.CancelledError, SystemExit, RecursionError)):
    for question in (
        "facts", "change_token", "parameters", "statistics", "column_statistics", "history", "problems", "columns",
        "stored_description",
    ):
        register_static_table(Source(**{question: error}), f"raises_{question}_{number}")
for question, answer in {
    "facts": None, "parameters": ["x"], "statistics": 3, "column_statistics": {"a": 1}, "history": [None],
    "problems": "x", "columns": [("a", "Int8")], "stored_description": lambda: 3,
}.items():
    register_static_table(Source(**{question: answer}), f"answers_{question}")
register_static_table(Source(facts=[Fact(label="x", value=3)]), "answers_no_text")
register_static_table(Source(columns=[Column("x", deep(400))]), "deep_found")
register_static_table(DeltaTable("no_bucket", bucket="lake"))
register_static_table(ParquetTable("no_bucket_parquet", bucket="lake"))

table(name=SURROGATE, owner=SURROGATE, tags=[SURROGATE], database="d" + SURROGATE, description=SURROGATE,
      deprecated=SURROGATE, schema=[Column(SURROGATE, "Int8", description=SURROGATE, tags=[SURROGATE],
      classification=SURROGATE, deprecated=SURROGATE)])(lambda: None)
register_static_table(Source(facts=[Fact(label=SURROGATE, value=SURROGATE)]), "surrogate_fact")
exec(compile("def odd_file():\n    raise RuntimeError(SURROGATE)\n", SURROGATE + ".py", "exec"))
odd_file.__module__ = __name__
table(odd_file)
'''
NOT_FAILING = ("good_a", "good_z", "deep_declared", "deep_found", "surrogate_fact")
INDEX = "T\n=\n\n.. toctree::\n\n   catalog/index\n\n.. lakecat-table:: good_a\n   :no-index:\n"
CONF = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\nproject = copyright = "T"\nversion = "1"\n'


@pytest.fixture(scope="module", params=["html", "text", "epub", "json", "latex"])
def built(request: pytest.FixtureRequest, project: NewProject) -> Built:
    """Return a site of such tables, as several builders make it."""
    return project({"conf.py": CONF, "tables.py": TABLES, "index.rst": INDEX}).build(builder=request.param)


@pytest.mark.finding(13)
def test_the_build_ends_well(built: Built) -> None:
    """The build ends with status 0, each table has its document, and the good ones say all that they say alone."""
    assert built.status == 0, built.errors[-3000:]
    doctrees = {path.stem for path in (built.outdir.parent / "doctrees" / "catalog").glob("*.doctree")}
    assert doctrees >= {
        "good_a",
        "good_z",
        "base_exception",
        "raises_facts_1",
        "deep_declared",
        "odd_file",
        "no_bucket",
    }
    assert len(doctrees) == 71 + 1  # and the index
    if built.outdir.name == "html":
        said = built.said("catalog/good_a")
        assert all(word in said for word in ("The first of all.", "somebody", "core", "A number.", "Int64"))
        assert "The columns are unknown" not in built.said("catalog/good_z")
        assert "Struct(" in built.said("catalog/deep_declared")
        assert "sur\ufffdrogate" in built.said("catalog/index")


@pytest.mark.finding(13)
def test_each_has_one_located_warning(built: Built) -> None:
    """Each table that fails has one warning, with the file and line of its declaration; a good one has none."""
    assert built.status == 0, built.errors[-3000:]
    for name in ("base_exception", "cancelled", "exits", "mute", "recursion", "default", "no_bucket", "fails_later"):
        (warning,) = [w for w in built.warnings if f"'{name}'" in w]
        assert warning.startswith("tables.py:"), warning
    named = {w.split("table '", 1)[1].split("'", 1)[0] for w in built.warnings if "table '" in w}
    assert not named & set(NOT_FAILING)
    for number in range(5):
        for question in ("facts", "change_token", "parameters", "history", "columns", "stored_description"):
            (warning,) = [w for w in built.warnings if f"'raises_{question}_{number}'" in w]
            assert warning.startswith("tables.py:"), warning
    assert len([w for w in built.warnings if "'answers_" in w]) == 9
    assert [w for w in built.warnings if "tables.py" not in w and "sur" not in w] == []


@pytest.mark.finding(12)
def test_an_environment_that_is_not_whole(project: NewProject) -> None:
    """Where the environment has no root, each table that needs one says so, and the others are complete."""
    tables = (
        "import polars as pl\nfrom lakecat import DeltaTable, ParquetTable, register_static_table, table\n"
        "register_static_table(DeltaTable('a'))\nregister_static_table(ParquetTable('b', bucket='x'))\n"
        "table(name='good')(lambda: pl.LazyFrame({'column_of_good': [1]}))\n"
    )
    built = project({"tables.py": tables, "index.rst": "T\n=\n\nx\n"}).build(LAKECAT_ENV="staging")
    assert built.status == 0, built.errors
    assert [w.partition(" ")[0] for w in built.warnings] == ["tables.py:3:", "tables.py:4:"]
    assert all("LAKECAT_ROOT" in w for w in built.warnings)
    assert "column_of_good" in built.said("catalog/good")


@pytest.mark.finding(13)
def test_an_interrupt_ends_the_build(project: NewProject) -> None:
    """Somebody who stops the build stops it."""
    tables = "from lakecat import table\n@table\ndef stop():\n    raise KeyboardInterrupt\n"
    built = project({"tables.py": tables, "index.rst": "T\n=\n\nx\n"}).build()
    assert built.status != 0
