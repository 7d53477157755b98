"""Each fact that is declared of a column is in what every writer makes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Built, NewProject

FACTS = {
    "name": "fact_name",
    "dtype": "Int32",
    "description": "A fact of description.",
    "tag": "fact-tag",
    "classification": "fact-class",
    "deprecated": "A fact of deprecation.",
    "key": "primary key",
    "null": "not null",
    "hidden": "values hidden",
    "references": "other.fact_target",
    "reason of a table": "Table is over.",
    "nullable": "may be NULL",
}
TABLES = """
from lakecat import Column, table

table(name="other", schema=[Column("fact_target", "Int32", nullable=True)])(lambda: None)
table(name="facts", deprecated="Table is over.", owner="own", schema=[Column(
    "fact_name", "Int32", description="A fact of description.", tags=["fact-tag"], classification="fact-class",
    deprecated="A fact of deprecation.", primary_key=True, nullable=False, references="other.fact_target",
)])(lambda needed: None)
"""
CONF = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\nproject = copyright = "T"\nversion = "1"\n'


@pytest.fixture(scope="module", params=["html", "text", "latex", "man", "texinfo", "json"])
def text(request: pytest.FixtureRequest, project: NewProject) -> str:
    """Return all that a builder writes of such a table, without its markup."""
    index = "T\n=\n\n.. toctree::\n\n   catalog/index\n"
    built: Built = project({"conf.py": CONF, "tables.py": TABLES, "index.rst": index}).build(
        "-W", "--keep-going", builder=request.param
    )
    assert (built.status, built.warnings) == (0, [])
    suffixes = {"html": ".html", "text": ".txt", "latex": ".tex", "man": ".1", "texinfo": ".texi", "json": ".fjson"}
    files = [f for f in built.outdir.rglob("*") if f.suffix == suffixes[request.param]]
    found = "\n".join(f.read_text(encoding="utf-8") for f in files if f.stem not in ("genindex", "search"))
    found = re.sub(r"\\PYG\{[^}]*\}\{([^}]*)\}", r"\1", found).replace("\\_", "_").replace("\\-", "-")
    if request.param == "text":  # a cell is broken into lines
        found += " ".join(
            " ".join(line.split("|")[3].strip() for line in found.splitlines() if line.count("|") == 4).split()
        )
        found += " ".join(
            " ".join(line.split("|")[1].strip() for line in found.splitlines() if line.count("|") == 4).split()
        )
    found = re.sub(r"""<[^>]*title=\\?"([^"\\]*)[^>]*>""", r" \1 ", found)
    return re.sub(r"<[^>]*>", "", found.replace("\\sphinxhyphen{}", "-").replace("{}", ""))


@pytest.mark.parametrize("fact", FACTS)
def test_every_writer_tells_it(text: str, fact: str) -> None:
    """What is declared of a column is told: also by writers that draw no HTML."""
    assert FACTS[fact] in " ".join(text.split())


def test_what_to_fill_in(text: str) -> None:
    """A snippet that lacks a value says so."""
    assert "Give each parameter that is" in text
