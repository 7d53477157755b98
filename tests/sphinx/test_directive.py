"""`lakecat-table` in prose: what its options show, and what is said where it is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Build, Built

TABLES = """
from lakecat import Column, table


@table(
    owner="growth",
    description="One row a *user*.\\n\\nMore.",
    schema=[
        Column("user_id", "Int64", description="A **bold** number."),
        Column("email", "Utf8"),
        Column("full name", "Utf8"),
        Column("country", "Utf8"),
    ],
)
def users(): ...


@table(schema={"a": "Int64"})
def orders(): ...
"""
OPTIONS = {
    "all": "",
    "columns": ":columns: country, user_id",
    "spaces": ":columns: country user_id",
    "lines": ":columns: country,\n             full name",
    "exclude": ":exclude: email, full name",
    "both": ":columns: country, user_id, email\n   :exclude: email",
    "no_title": ":no-title:",
    "no_description": ":no-description:",
    "no_columns": ":no-columns:",
    "no_snippets": ":no-snippets:",
    "no_index": ":no-index:",
    "nothing": ":no-title:\n   :no-description:\n   :no-columns:\n   :no-snippets:",
}


def rst(name: str, options: str) -> str:
    """Return a page in reStructuredText."""
    body = f".. lakecat-table:: users\n   {options}".rstrip()
    return f":orphan:\n\n{name}\n{'=' * len(name)}\n\nBefore.\n\n{body}\n\nAfter.\n"


def myst(name: str, options: str) -> str:
    """Return the same page in MyST."""
    lines = "\n".join(line.strip() for line in options.splitlines())
    lines = lines.replace(",\nfull name", ", full name")
    return f"---\norphan: true\n---\n# {name}\n\nBefore.\n\n```{{lakecat-table}} users\n{lines}\n```\n\nAfter.\n"


@pytest.fixture(scope="module")
def built(build: Build) -> Built:
    """Return a site with a page for each option, in both languages."""
    files = {f"rst_{name}.rst": rst(name, options) for name, options in OPTIONS.items()}
    files |= {f"md_{name}.md": myst(name, options) for name, options in OPTIONS.items()}
    conf = 'extensions = ["sphinx_lakecat", "myst_parser"]\nlakecat_catalog = "tables"\n'
    found = build({**files, "conf.py": conf, "tables.py": TABLES, "index.rst": "T\n=\n\nx\n"}, "-W", "-n")
    assert (found.status, found.warnings) == (0, [])
    return found


@pytest.mark.parametrize("language", ["rst", "md"])
class TestOptions:
    @pytest.mark.parametrize(
        ("option", "names"),
        [
            ("all", ["user_id", "email", "full name", "country"]),
            ("columns", ["country", "user_id"]),
            ("spaces", ["country", "user_id"]),
            ("lines", ["country", "full name"]),
            ("exclude", ["user_id", "country"]),
            ("both", ["country", "user_id"]),
            ("no_columns", []),
        ],
    )
    def test_columns(self, built: Built, language: str, option: str, names: list[str]) -> None:
        """`columns` chooses and orders, `exclude` leaves out, and the two go together."""
        found = built.page(f"{language}_{option}").select("div.lakecat-table .lc-name code")
        assert [code.get_text() for code in found] == names

    @pytest.mark.parametrize(
        ("option", "selector"),
        [
            ("no_title", ".lc-title"),
            ("no_description", "div.lakecat-table > p em"),
            ("no_columns", "table.lc-columns"),
            ("no_snippets", ".lc-snippets"),
            ("no_index", "[id^=table-], [id^=column-]"),
        ],
    )
    def test_part_is_left_out(self, built: Built, language: str, option: str, selector: str) -> None:
        """A `no-` option leaves its part out, and the others stand."""
        assert built.page(f"{language}_all").select(selector) or option == "no_index"
        assert not built.page(f"{language}_{option}").select(selector)
        assert built.page(f"{language}_{option}").select("ul.lc-head")

    def test_text_around_it(self, built: Built, language: str) -> None:
        """The directive adds no heading and stays between its neighbours."""
        page = built.page(f"{language}_all")
        assert [h.get_text(strip=True).rstrip("¶") for h in page.select("h1, h2, h3, h4")] == ["all"]
        text = built.said(f"{language}_all")
        assert text.index("Before.") < text.index("One row a user .") < text.index("After.")

    def test_title_leads_to_the_page(self, built: Built, language: str) -> None:
        """The name is a link to the table's page."""
        (link,) = built.page(f"{language}_all").select(".lc-title a")
        assert link["href"] == "catalog/users.html#table-users"

    def test_markup_in_columns(self, built: Built, language: str) -> None:
        """Descriptions of columns keep their markup."""
        assert built.page(f"{language}_columns").select(".lc-text strong")


WRONG = """:orphan:

Wrong
=====

.. lakecat-table:: user

.. lakecat-table:: users
   :columns: user_id, contry
   :exclude: emial

.. lakecat-table:: zzz

Text :lakecat:table:`userz`, :lakecat:column:`users.emial` and
:lakecat:column:`user.email`
with :lakecat:owner:`grwth`
or :lakecat:tag:`none`.

.. lakecat-table:: users
   :columns:
"""
SAID = [
    (
        "wrong.rst:6: WARNING: there is no table 'user' in the catalog (2 tables); did you mean 'users'?"
        " [lakecat.unknown_table]"
    ),
    (
        "wrong.rst:8: WARNING: table 'users' has no column 'contry' for :columns:; did you mean 'country'?"
        " [lakecat.option]"
    ),
    "wrong.rst:8: WARNING: table 'users' has no column 'emial' for :exclude:; did you mean 'email'? [lakecat.option]",
    "wrong.rst:12: WARNING: there is no table 'zzz' in the catalog (2 tables) [lakecat.unknown_table]",
    "wrong.rst:14: WARNING: there is no table 'userz' in the catalog; did you mean 'users'? [lakecat.unknown_table]",
    (
        "wrong.rst:14: WARNING: there is no column 'users.emial' in the catalog; did you mean 'users.email',"
        " 'users.user_id'? [lakecat.unknown_table]"
    ),
    (
        "wrong.rst:14: WARNING: there is no column 'user.email' in the catalog; did you mean 'users.email'?"
        " [lakecat.unknown_table]"
    ),
    "wrong.rst:14: WARNING: there is no owner 'grwth' in the catalog; did you mean 'growth'? [lakecat.unknown_table]",
    "wrong.rst:14: WARNING: there is no tag 'none' in the catalog [lakecat.unknown_table]",
]


@pytest.fixture(scope="module")
def wrong(build: Build) -> Built:
    """Return a site with a page full of mistakes, with warnings as errors."""
    return build({"tables.py": TABLES, "index.rst": "T\n=\n\nx\n", "wrong.rst": WRONG}, "-W")


class TestMistakes:
    def test_each_is_said_at_its_line(self, wrong: Built) -> None:
        """Unknown tables, columns and targets of roles are warnings at file and line, with near names."""
        assert [line for line in wrong.warnings if 'Error in "lakecat-table"' not in line] == SAID

    def test_option_without_value(self, wrong: Built) -> None:
        """`columns` without names is an error of the directive that says what to write."""
        (line,) = [line for line in wrong.errors.splitlines() if "write names of columns" in line]
        assert "columns" in line

    def test_build_goes_on(self, wrong: Built) -> None:
        """With -W the exit code is 1, and the pages are there, with a note in the table's place."""
        assert wrong.status == 1
        assert "The catalog has no table named user." in wrong.said("wrong")
        assert wrong.page("wrong").select("table.lc-columns")


def test_two_pages_describe_one_table(build: Build) -> None:
    """Without generated pages the first directive counts, and the second is a warning that names the first page."""
    page = ":orphan:\n\nP\n=\n\n.. lakecat-table:: users\n"
    conf = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\nlakecat_autocatalog = ""\n'
    files = {"conf.py": conf, "tables.py": TABLES, "index.rst": "T\n=\n\nx\n"}
    built = build({**files, "a.rst": page, "b.rst": page, "c.rst": f"{page}   :no-index:\n"})
    assert built.warnings == [
        (
            "b.rst:6: WARNING: table 'users' is described in 'a' already; add :no-index: to one of the two"
            " [lakecat.duplicate_table]"
        ),
    ]
    assert built.inventory["lakecat:table"]["users"] == "a.html#table-users"


def test_twice_on_one_page(build: Build) -> None:
    """Two directives for one table on a page make no id twice."""
    page = "P\n=\n\n.. lakecat-table:: users\n\n.. lakecat-table:: users\n   :columns: email\n"
    built = build({"tables.py": TABLES, "index.rst": page}, "-W", "-n")
    assert (built.status, built.warnings) == (0, [])
    ids = [e["id"] for e in built.page("index").select("[id]")]
    assert len(ids) == len(set(ids))
    assert "table-users" in ids


def test_columns_that_are_not_shown_are_no_targets(build: Build) -> None:
    """A directive without columns promises no anchors; a link to a column leads to the table."""
    page = "P\n=\n\n.. lakecat-table:: users\n   :no-columns:\n\n1. :lakecat:column:`users.email`\n"
    conf = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\nlakecat_autocatalog = ""\n'
    built = build({"conf.py": conf, "tables.py": TABLES, "index.rst": page}, "-W")
    assert (built.status, built.warnings) == (0, [])
    assert "lakecat:column" not in built.inventory
    assert built.page("index").select_one("ol li a")["href"] == "#table-users"


@pytest.mark.parametrize("builder", ["html", "text"])
def test_where_no_column_is_left(build: Build, builder: str) -> None:
    """A sentence stands in the place of the columns, and no table without rows."""
    prose = "T\n=\n\n.. lakecat-table:: orders\n   :exclude: a\n"
    built = build({"tables.py": TABLES, "index.rst": prose}, "-W", "-D", "lakecat_autocatalog=", builder=builder)
    assert built.status == 0, built.errors
    page = next(built.outdir.glob("index.*")).read_text(encoding="utf-8")
    assert "No column is shown here." in page
    assert "Columns of orders" not in page
    assert "| Column" not in page
