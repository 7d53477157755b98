"""Every builder gets every table, and none writes into the source folder."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

if TYPE_CHECKING:
    from conftest import Built, Project

COLUMNS = {
    "users": ["user_id", "email", "signup_country_code"],
    "user_events": ["user_id", "event", "amount"],
    "countries": ["code", "country"],
    "crm.contacts": ["month"],
    "by_day": [],
}
BUILDERS = ("html", "dirhtml", "singlehtml", "text", "latex", "epub", "man", "texinfo", "xml", "gettext")


@pytest.fixture(scope="module", params=BUILDERS)
def built(request: pytest.FixtureRequest, shop: Project) -> Built:
    """Return the shop as one builder makes it; warnings are errors."""
    before = {path: path.stat().st_mtime_ns for path in shop.srcdir.rglob("*")}
    # Sphinx keeps other doctrees for translators.
    outdir = shop.outdir.parent / "translators/gettext" if request.param == "gettext" else None
    found = shop.build("-W", "--keep-going", "-n", builder=request.param, outdir=outdir)
    assert (found.status, found.warnings) == (0, [])
    assert {path: path.stat().st_mtime_ns for path in shop.srcdir.rglob("*")} == before, "the source folder changed"
    return found


def text_of(built: Built, table: str) -> str:
    """Return the text of the file in which a builder writes a table."""
    builder = built.outdir.name
    if builder == "epub":
        with zipfile.ZipFile(next(built.outdir.glob("*.epub"))) as archive:
            text = archive.read(f"catalog/{table}.xhtml").decode()
            ElementTree.fromstring(text.replace("&nbsp;", " ").replace("<!DOCTYPE html>", ""))  # well-formed
            return text
    if builder == "gettext":
        return (built.outdir / "catalog.pot").read_text(encoding="utf-8")
    places = {
        "html": f"catalog/{table}.html",
        "dirhtml": f"catalog/{table}/index.html",
        "text": f"catalog/{table}.txt",
        "xml": f"catalog/{table}.xml",
    }
    if builder in places:
        return built.text(places[builder])
    suffix = {"singlehtml": "index.html", "latex": "*.tex", "man": "*.1", "texinfo": "*.texi"}[builder]
    return next(built.outdir.glob(suffix)).read_text(encoding="utf-8")


@pytest.mark.parametrize("table", COLUMNS)
def test_builder_writes_table(built: Built, table: str) -> None:
    """Each builder writes each table with its name, its columns and its snippets; translators get its description."""
    text = re.sub(r"\\PYG\{[^}]*\}\{([^}]*)\}", r"\1", text_of(built, table)).replace("\\_", "_")
    if built.outdir.name == "gettext":
        description = {
            "users": "One row for each user who has signed up",
            "user_events": "One row for each thing that a user did.",
            "countries": "Where the shop delivers to.",
            "crm.contacts": "People who wrote to the shop.",
            "by_day": "Its columns depend on a value that nobody gave.",
        }
        assert description[table] in " ".join(text.split())
        return
    for name in (table, *COLUMNS[table]):
        assert name in text
    assert re.search(r"import(\W|<[^>]*>)+tables", text)


def test_plain_builders_have_a_table_of_columns(shop: Project) -> None:
    """A writer that knows no HTML gets name, dtype, nullability and description of a column in one row."""
    built = shop.build("-W", builder="text")
    lines = [" ".join(line.replace("|", " ").split()) for line in built.text("catalog/users.txt").splitlines()]
    assert any(line.startswith('"user_id" primary key') and "not null" in line for line in lines), lines
    assert any('"Int64"' in line and "The *number* of a user." in line for line in lines), lines


def test_latex_names_every_column_and_keeps_links(shop: Project) -> None:
    """The LaTeX text holds table and column names, and a link from a column to the one it references."""
    built = shop.build("-W", builder="latex")
    text = next(built.outdir.glob("*.tex")).read_text(encoding="utf-8").replace("\\_", "_")
    for name in ("signup_country_code", "user_events", "crm.contacts", "Struct"):
        assert name in text
    assert "hyperref[\\detokenize{catalog/countries:column-countries.code}]" in text


def test_dirhtml_links_lead_to_files(shop: Project) -> None:
    """Links of the index lead to the folders of tables where each page is a folder."""
    built = shop.build("-W", builder="dirhtml")
    links = [a["href"] for a in built.page("catalog/index").select("a.lc-table")]
    assert links
    for link in links:
        assert (built.outdir / "catalog" / link / "index.html").is_file()
