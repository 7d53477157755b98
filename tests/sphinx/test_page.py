"""What a table's page and the index say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bs4 import Tag
    from conftest import Build, Built


def rows(page: Tag) -> dict[str, list[str]]:
    """Return the cells of the columns' table, as text, by the name of the column."""
    found = {}
    for row in page.select("tbody tr"):
        name, *rest = (" ".join(cell.get_text(" ").replace("¶", "").split()) for cell in row.select("td"))
        found[name.split()[0]] = rest
    return found


def test_columns(shop_html: Built) -> None:
    """Each column has its dtype, nullability, description, marks and anchor."""
    page = shop_html.page("catalog/users")
    found = rows(page)
    assert found["user_id"] == ["Int64 not null", "The number of a user."]
    assert found["email"] == ["String", "Where to write to."]
    assert found["old_name"] == ["String", "Deprecated. Use email."]
    assert found["signup_country_code"] == ["String", "→ countries.code"]
    marks = {tr["id"]: [b.get_text() for b in tr.select(".lc-badge")] for tr in page.select("tbody tr")}
    assert marks == {
        "column-users.user_id": ["key"],
        "column-users.email": ["personal"],
        "column-users.signup_country_code": ["geo"],
        "column-users.old_name": ["deprecated"],
        "column-users.address": [],
    }
    assert page.select_one("tr[id='column-users.user_id'] .lc-text em").get_text() == "number"


def test_nested_dtype_folds(shop_html: Built) -> None:
    """A long dtype is folded, and is whole inside."""
    details = shop_html.page("catalog/users").select_one("tr[id='column-users.address'] details")
    assert details.summary.get_text().startswith("struct, ")
    assert "'town': String" in details.get_text()


def test_reference_is_a_link(shop_html: Built) -> None:
    """A column that references another links to it."""
    (link,) = shop_html.page("catalog/users").select("tr[id='column-users.signup_country_code'] .lc-text a")
    assert link["href"] == "countries.html#column-countries.code"


def test_line_of_facts(shop_html: Built) -> None:
    """Owner and tags are links to the index, where their anchors are; figures say where they come from."""
    page, index = shop_html.page("catalog/users"), shop_html.page("catalog/index")
    links = {a.get_text(): a["href"] for a in page.select("ul.lc-head a")}
    assert links == {
        "growth team": "index.html#owner-growth~20team",
        "core": "index.html#tag-core",
        "people": "index.html#tag-people",
    }
    assert all(index.find(id=link.partition("#")[2]) for link in links.values())
    head = shop_html.said("catalog/user_events", "ul.lc-head")
    assert head.startswith("delta")
    assert "2 rows" in head
    assert "v0" in head
    rows_figure = shop_html.page("catalog/user_events").find(string="2 rows").parent
    assert rows_figure["title"] == "exact, from: Delta log"


def test_description_has_markup(shop_html: Built) -> None:
    """A docstring is reStructuredText: lists are lists, roles are links."""
    page = shop_html.page("catalog/users")
    assert [li.get_text() for li in page.select("ul.simple li")] == ["a first point", "a second one"]
    assert page.select_one("p a.reference.internal")["href"] == "countries.html#table-countries"


def test_details(shop_html: Built) -> None:
    """Location, parameters and place of declaration are there; no absolute path is."""
    found = shop_html.said("catalog/crm.contacts", "dl.lc-details")
    assert "Parameter month: int, required" in found
    assert "Parameter kind: str = 'all'" in found
    assert "Declared in tables.py, line " in found
    assert "Location data/countries.parquet" in shop_html.said("catalog/countries", "dl.lc-details")
    assert not [name for name, data in shop_html.files().items() if str(shop_html.srcdir).encode() in data]


def test_database_and_deprecation(shop_html: Built) -> None:
    """A table of a database is named with it; a deprecated table says so at the top."""
    page = shop_html.page("catalog/crm.contacts")
    assert page.h1.get_text().startswith("crm.contacts")
    assert "database crm" in shop_html.said("catalog/crm.contacts", "ul.lc-head")
    assert page.select_one(".lc-badge.lc-warn").get_text() == "deprecated"
    assert "Use users." in shop_html.said("catalog/crm.contacts", ".admonition.warning")


def test_snippets(shop_html: Built) -> None:
    """Snippets are in tabs, Polars first, with the import of this catalog; those that need a value say so."""
    page = shop_html.page("catalog/users")
    assert [label.get_text() for label in page.select(".lc-snippets > label")] == ["Polars", "SQL", "Command line"]
    assert len(page.select(".lc-snippets > input[checked]")) == 1
    codes = [pre.get_text() for pre in page.select(".lc-snippets pre")]
    imports = "import tables  # declares the tables\nfrom lakecat import Catalog\n"
    assert codes == [
        imports,
        'df = Catalog().table("users")\n',
        imports,
        'df = Catalog().sql("SELECT * FROM users LIMIT 5")\n',
        "lakecat show users --catalog tables\n",
    ]
    assert [pre.get_text() for pre in page.select(".lc-snippets details:not([open]) pre")] == [imports, imports]
    code = shop_html.page("catalog/crm.contacts").select_one(".lc-snippets .lc-code > div pre").get_text()
    assert 'table("crm.contacts", month=7)' in code
    (code,) = [pre.get_text() for pre in shop_html.page("catalog/by_day").select(".lc-snippets .lc-code > div pre")]
    assert code.startswith("# Give each parameter that is ... a value.\n")
    assert 'table("by_day", day=...)' in code


def test_unknown_columns_say_why(shop_html: Built) -> None:
    """A table that cannot be asked without a value says that instead of showing an empty table."""
    assert "cannot be asked without a value for day" in shop_html.said("catalog/by_day")
    assert not shop_html.page("catalog/by_day").select("table")


def test_headings_have_anchors_for_the_contents(shop_html: Built) -> None:
    """The parts of a page have anchors that are the same on every page."""
    for name in ("users", "countries", "user_events"):
        ids = [s["id"] for s in shop_html.page(f"catalog/{name}").select("section[id]")]
        assert ids[0] == f"table-{name}"
        assert [i for i in ids if i in ("read", "columns", "details")] == ["read", "columns", "details"]


def test_ids_are_unique_on_every_page(shop_html: Built) -> None:
    """No page has an id twice."""
    for name in shop_html.files():
        if name.endswith(".html"):
            ids = [e["id"] for e in shop_html.page(name.removesuffix(".html")).select("[id]")]
            assert len(ids) == len(set(ids)), name


def test_index_groups_tables(shop_html: Built) -> None:
    """The index lists every table by owner, those without one last, and by tag; each links to its page."""
    page = shop_html.page("catalog/index")
    groups = {
        section["id"]: [a.get_text() for a in section.select("a.lc-table")]
        for section in page.select("section section section")
    }
    assert groups == {
        "owner-growth~20team": ["user_events", "users"],
        "no-owner": ["by_day", "countries", "crm.contacts"],
        "tag-core": ["users"],
        "tag-events": ["user_events"],
        "tag-people": ["users"],
    }
    assert list(groups)[:2] == ["owner-growth~20team", "no-owner"]
    for link in page.select("a.lc-table"):
        assert (shop_html.outdir / "catalog" / link["href"]).is_file()
    assert "One row for each user who has signed up, see countries." in shop_html.said("catalog/index")


def test_generated_pages_show_no_source(shop_html: Built) -> None:
    """Generated pages link to no source, as they have none."""
    assert not [name for name in shop_html.files() if name.startswith("_sources/catalog")]
    assert "_sources/catalog" not in shop_html.text("catalog/users.html")


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("from shop import catalog", "df = catalog.table("),
        ("from shop import lake as l", "df = l.table("),
        ("import a\nfrom lakecat import Catalog", "df = Catalog().table("),
    ],
)
def test_import_line_can_be_chosen(build: Build, line: str, start: str) -> None:
    """`lakecat_snippet_import` gives the lines, and what they bind last is the catalog."""
    conf = f'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\nlakecat_snippet_import = {line!r}\n'
    tables = "from lakecat import table\n@table(schema={'a': 'Int64'})\ndef users(): ...\n"
    built = build({"conf.py": conf, "tables.py": tables, "index.rst": "T\n=\n\nx\n"}, "-W")
    imports, code = (pre.get_text() for pre in built.page("catalog/users").select(".lc-code")[0].select("pre"))
    assert imports == f"{line}\n"
    assert code.startswith(start)


def test_import_line_that_is_none(build: Build) -> None:
    """A `lakecat_snippet_import` that imports nothing stops the build with a sentence."""
    conf = 'extensions = ["sphinx_lakecat"]\nlakecat_snippet_import = "catalog"\n'
    built = build({"conf.py": conf, "index.rst": "T\n=\n\nx\n"})
    assert built.status == 2
    assert "lakecat_snippet_import in conf.py is no import: 'catalog'" in built.errors
