"""Descriptions in markup: what is allowed keeps its form, in reStructuredText and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Build, Built

ALLOWED = '''
from lakecat import table, Column

@table(schema=[Column("a", "Int64", description="""See `a <https://example.org/a>`_ and :ref:`here <there>`.

* one
* two""")])
def users():
    """Summary with *emphasis*, ``code`` and **bold**; don't "quote".

    Parameters
    ----------
    month : int
        Number of the month.

    Returns
    -------
    polars.LazyFrame

    .. note:: Mind the gap.

    .. code-block:: python

       users()

    .. list-table::

       * - a
         - b

    See `the site <https://example.org>`_, https://example.org/bare, `mail <mailto:a@example.org>`__,
    :lakecat:column:`users.a` and named_.

    .. _named: https://example.org/named
    """

@table(schema={"a": "Int64"}, description="Links nowhere: :lakecat:table:`userz`.")
def lost(): ...
'''
MARKDOWN = {
    "raw": "A <script>alert(1)</script> b",
    "raw_block": "<script>\nalert(1)\n</script>",
    "include": "```{include} /etc/passwd\n```",
    "literalinclude": "```{literalinclude} /etc/passwd\n```",
    "eval_rst": "```{eval-rst}\n.. include:: /etc/passwd\n```",
    "raw_directive": "```{raw} html\n<script>alert(1)</script>\n```",
    "image": "![x](https://evil.example/x.png)",
    "csv": "```{csv-table}\n:file: /etc/passwd\n```",
    "download": "{download}`/etc/passwd`",
    "table": "```{lakecat-table} good\n```",
    "unknown_role": "{nonsense}`x`",
    "ftp": "<ftp://evil.example/x>",
}
INERT = {
    # Markdown itself takes these for text.
    "javascript": "[click](javascript:alert(1))",
    "data": "[click](data:text/html,x)",
    "file": "[click](file:///etc/passwd)",
    # What only a page may do.
    "template": "{{ env.config.project }} {{ 7 * 7 }}",
    "attributes": "{#hidden .lc-hidden}\nText",
    "front_matter": "---\nkey: {{ x }}",
}
GOOD = '''"""A *word* and [a link](https://example.org).

## Heading

- one
- two

{lakecat:column}`good.a`
"""'''


@pytest.fixture(scope="module")
def rst(build: Build) -> Built:
    """Return a site with descriptions in reStructuredText."""
    index = "T\n=\n\n.. _there:\n\nPlace\n-----\n\nx\n"
    return build({"tables.py": ALLOWED, "index.rst": index}, "-n")


class TestReStructuredText:
    def test_forms_are_kept(self, rst: Built) -> None:
        """Emphasis, code, notes, lists, code blocks and tables are what they say."""
        page = rst.page("catalog/users")
        for selector in ("p em", "p code.literal", "p strong", ".admonition.note", "div.highlight-python", "table"):
            assert page.select(selector), selector
        assert len(page.select(".lc-text li")) == 2
        assert rst.warnings == [w for w in rst.warnings if "userz" in w]

    def test_headings_as_numpydoc_writes_them(self, rst: Built) -> None:
        """Titles inside a description are no sections of the page."""
        page = rst.page("catalog/users")
        assert [p.get_text() for p in page.select("p.rubric")] == ["Parameters", "Returns"]
        titles = [h.get_text().rstrip("¶") for h in page.select("h1, h2, h3, h4")]
        assert "Parameters" not in titles

    def test_links(self, rst: Built) -> None:
        """Links to the web, to mail and to places of the site work, also by name."""
        links = {a.get_text(): a["href"] for a in rst.page("catalog/users").select("a.reference")}
        assert links["the site"] == "https://example.org"
        assert links["https://example.org/bare"] == "https://example.org/bare"
        assert links["mail"] == "mailto:a%40example.org"
        assert links["named"] == "https://example.org/named"
        assert links["here"] == "../index.html#there"
        assert links["users.a"] == "#column-users.a"

    def test_link_that_leads_nowhere(self, rst: Built) -> None:
        """A role in a description that finds nothing is a warning at the line of the declaration."""
        line = ALLOWED[: ALLOWED.index('@table(schema={"a"')].count("\n") + 1
        assert rst.warnings == [
            (
                f"tables.py:{line}: WARNING: there is no table 'userz' in the catalog; did you mean 'users'?"
                " [lakecat.unknown_table]"
            ),
        ]


def test_link_that_leads_nowhere_in_prose(build: Build) -> None:
    """Where a directive shows the description, the warning names the directive's line."""
    conf = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\nlakecat_autocatalog = ""\n'
    text = "T\n=\n\nText.\n\n.. lakecat-table:: lost\n"
    built = build({"conf.py": conf, "tables.py": ALLOWED, "index.rst": text})
    assert [w.partition(" WARNING")[0] for w in built.warnings] == ["index.rst:6:"]


def test_text(build: Build) -> None:
    """With `lakecat_description_markup = "text"` nothing is markup and nothing is warned of."""
    conf = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\nlakecat_description_markup = "text"\n'
    tables = 'from lakecat import *\n@table(schema={"a": "Int64"})\ndef users():\n    """A *b* `c` |d| "e"--f."""\n'
    built = build({"conf.py": conf, "tables.py": tables, "index.rst": "T\n=\n\nx\n"}, "-W")
    assert built.status == 0
    assert 'A *b* `c` |d| "e"--f.' in built.page("catalog/users").get_text()


def test_markdown_needs_myst(build: Build) -> None:
    """Without MyST, "markdown" stops the build with a sentence that says what is missing."""
    conf = 'extensions = ["sphinx_lakecat"]\nlakecat_description_markup = "markdown"\n'
    built = build({"conf.py": conf, "index.rst": "T\n=\n\nx\n"})
    assert built.status == 2
    assert "needs 'myst_parser' among the extensions" in built.errors


@pytest.fixture(scope="module")
def markdown(build: Build) -> Built:
    """Return a site with descriptions in Markdown."""
    conf = (
        'extensions = ["sphinx_lakecat", "myst_parser"]\nlakecat_catalog = "tables:catalog"\n'
        'lakecat_description_markup = "markdown"\n'
        'myst_enable_extensions = ["substitution", "html_image", "attrs_block"]\n'
    )
    tables = (
        "from lakecat import *\ncatalog = Catalog(CatalogRegistry())\n"
        f"catalog.add_table(lambda: 1, 'good', description={GOOD}, schema={{'a': 'Int64'}})\n"
        f"for name, text in {MARKDOWN | INERT!r}.items():\n"
        "    catalog.add_table(lambda: 1, name, description=text, schema={'a': 'Int64'})\n"
    )
    built = build({"conf.py": conf, "tables.py": tables, "index.md": "# T\n\nx\n"}, "-n")
    assert built.status == 0, built.errors
    return built


class TestMarkdown:
    def test_forms_are_kept(self, markdown: Built) -> None:
        """Emphasis, links, lists and roles are what they say; a heading is no section of the page."""
        page = markdown.page("catalog/good")
        assert page.select("p em")
        assert len(page.select("ul.simple li")) == 2
        assert {"https://example.org", "#column-good.a"} <= {a["href"] for a in page.select("p a.reference")}
        assert page.select_one("p.rubric").get_text() == "Heading"

    @pytest.mark.parametrize("name", MARKDOWN)
    def test_what_is_not_allowed(self, markdown: Built, name: str) -> None:
        """Raw HTML, files, directives and links of other kinds come out as text, with one located warning each."""
        page = markdown.page(f"catalog/{name}")
        text = " ".join(page.get_text().split())
        for paragraph in MARKDOWN[name].split("\n\n"):
            assert " ".join(paragraph.split()) in text
        assert not page.select("script, img, iframe")
        (warning,) = [w for w in markdown.warnings if f"of table '{name}'" in w]
        assert warning.startswith("tables.py:")
        assert warning.endswith("[lakecat.markup]")

    def test_nothing_else_is_warned_of(self, markdown: Built) -> None:
        """The parser's own warnings do not come on top."""
        assert len(markdown.warnings) == len(MARKDOWN)

    @pytest.mark.parametrize("name", INERT)
    def test_what_is_text(self, markdown: Built, name: str) -> None:
        """Links that Markdown refuses, templates, attributes and settings are text."""
        page = markdown.page(f"catalog/{name}")
        text = " ".join(page.get_text().split())
        assert " ".join(INERT[name].removeprefix("---").split()) in text
        assert not page.select("#hidden, .lc-hidden")

    def test_no_file_is_read(self, markdown: Built) -> None:
        """Nothing of the file that was asked for is anywhere."""
        assert not [name for name, data in markdown.files().items() if b"root:x:0" in data]
