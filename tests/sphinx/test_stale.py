"""The page of a function is read again when its helpers, its files or the tables below it change, and no other is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from conftest import NewProject

TABLES = """
from pathlib import Path

import polars as pl

import near
from lakecat import Catalog, DeltaTable, register_static_table, table

HERE = Path(__file__).parent
with (HERE / "imports").open("a") as stream:
    stream.write("x")
register_static_table(DeltaTable("events", uri=HERE / "events"))


@table
def helped():
    return pl.LazyFrame(schema={near.name(): pl.Int64})


@table
def derived():
    return Catalog().table("events")


@table
def above():
    return Catalog().sql("SELECT * FROM derived")
"""
MORE = """
from pathlib import Path

import polars as pl

from lakecat import table

HERE = Path(__file__).parent


@table(change_token=[HERE / "names.csv"])
def from_file():
    return pl.scan_csv(HERE / "names.csv")


@table(change_token=lambda: (HERE / "answer").read_text())
def from_question():
    return pl.LazyFrame(schema={(HERE / "answer").read_text(): pl.Int64})


@table(schema={"a": "Int64"})
def declared():
    raise AssertionError("it is not called")
"""
FILES = {
    "conf.py": 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = ["tables", "more"]\n',
    "tables.py": TABLES,
    "more.py": MORE,
    "near.py": "import far\n\n\ndef name():\n    return far.NAME\n",
    "far.py": "NAME = 'far_one'\n",
    "names.csv": "csv_one\n1\n",
    "answer": "answer_one",
    "index.rst": "T\n=\n",
}
ALL = {f"catalog/{name}" for name in ("above", "declared", "derived", "events", "from_file", "from_question", "helped")}


def test_what_makes_a_page_stale(project: NewProject) -> None:
    """Each change has all that stands on it read again, shows on the pages, and leaves the others alone."""
    site = project(FILES)
    events = site.srcdir / "events"
    pl.DataFrame({"event_one": [1]}).write_delta(events)
    first = site.build()
    assert (first.status, first.warnings) == (0, []), first.errors
    assert first.read >= ALL

    def again() -> set[str]:
        built = site.build()
        assert (built.status, built.warnings) == (0, []), built.errors
        return built.read & ALL

    def shows(name: str, text: str) -> bool:
        return text in first.said(f"catalog/{name}")

    assert again() == set()
    pl.DataFrame({"event_two": [1]}).write_delta(
        events, mode="overwrite", delta_write_options={"schema_mode": "overwrite"}
    )
    assert again() == {"catalog/events", "catalog/derived", "catalog/above"}
    assert [shows(name, "event_two") for name in ("events", "derived", "above")] == [True] * 3
    site.write({"far.py": "NAME = 'far_two'\n"})
    assert again() == {"catalog/helped", "catalog/derived", "catalog/above"}
    assert shows("helped", "far_two")
    site.write({"names.csv": "csv_two\n1\n"})
    assert again() == {"catalog/from_file"}
    assert shows("from_file", "csv_two")
    site.write({"answer": "answer_two"})
    assert again() == {"catalog/from_question"}
    assert shows("from_question", "answer_two")


def test_no_process_where_nothing_is_called(project: NewProject) -> None:
    """The catalog is loaded in another process where a function is called, and only there."""
    site = project({**FILES, "conf.py": 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\n'})
    pl.DataFrame({"event_one": [1]}).write_delta(site.srcdir / "events")
    imports = site.srcdir / "imports"
    assert site.build().status == 0
    assert imports.read_text(encoding="utf-8") == "xx"
    assert site.build().status == 0
    assert imports.read_text(encoding="utf-8") == "xxx"
