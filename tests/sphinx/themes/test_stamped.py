"""Pages that are stamped are those that the theme renders, byte by byte; and where a page may be another, none is."""

from __future__ import annotations

import importlib.util
import os
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import NewProject, Project

THEMES = ("alabaster", "furo", "pydata_sphinx_theme", "sphinx_book_theme", "sphinx_rtd_theme")
CONF = """
import os

import sphinx_lakecat.pages.contents as contents
import sphinx_lakecat.pages.stamped as stamped

extensions = ["sphinx_lakecat", *os.environ.get("MORE", "").split()]
lakecat_catalog = "tables"
html_theme = os.environ["THEME"]
html_baseurl = "https://docs.example.org/x/"
project = "A shop"
if "RENDERED" in os.environ:
    stamped.stamp_pages = lambda app: None
    contents._keep_the_title = lambda app, doctree: None
exec(os.environ.get("CONF", ""))


def tell(app, error):
    stamper = getattr(app.builder.get_doc_context, "__self__", None)
    shells = getattr(stamper, "_shells", {}).values()
    print("shells", [(shell.is_proven, shell.agreed) for shell in shells])


def setup(app):
    app.connect("build-finished", tell)
    for connect in CONNECT:
        connect(app)
"""
TABLES = '''
from lakecat import Column, table

for name in ("users", "orders", "sales.days", "x_y", "Columns", "größe", "html", "catalog", "a", "title"):
    database, _, own = name.rpartition(".")

    @table(name=own, database=database or None, owner="the team", tags=["t"], schema=[
        Column("id", "Int64", description=f"The *number* of {name}."),
        Column("user", "Int64", references="" if name == "users" else "users.id"),
    ])
    def declared():
        """One row for each, as :lakecat:table:`users` says.

        More of it, with ``code``.
        """


@table(schema={"a": "Int64"})
def with_math():
    """Where :math:`a^2` is.

    .. math:: a^2 + b^2
    """
'''
INDEX = "T\n=\n\n.. toctree::\n\n   catalog/index\n"


@pytest.fixture(scope="module")
def shop(project: NewProject) -> Project:
    """Return a project of tables with much the same pages."""
    return project(
        {"conf.py": CONF.replace("CONNECT", "globals().get('CONNECT', ())"), "tables.py": TABLES, "index.rst": INDEX}
    )


def shells(output: str) -> list[tuple[bool, int]]:
    """Return of each shell whether it was used, and how many pages were compared with it."""
    (found,) = re.findall(r"^shells \[(.*)\]$", output, re.MULTILINE)
    return [(proven == "True", int(agreed)) for proven, agreed in re.findall(r"\((\w+), (\d+)\)", found)]


@pytest.mark.parametrize("builder", ["html", "dirhtml"])
@pytest.mark.parametrize("theme", THEMES)
def test_pages_are_those_of_the_theme(shop: Project, theme: str, builder: str) -> None:
    """Every file is the same, whatever a table is called: also a word that the theme's own pages hold."""
    if not os.environ.get("LAKECAT_REQUIRE_ALL") and importlib.util.find_spec(theme) is None:
        pytest.skip(f"{theme} is not installed")
    built = shop.build("-E", builder=builder, THEME=theme)
    stamped = {name: data for name, data in built.files().items() if not name.startswith("_static/")}
    rendered = shop.build("-E", builder=builder, THEME=theme, RENDERED="1")
    assert (built.status, rendered.status) == (0, 0)
    assert shells(rendered.output) == []
    other = rendered.files()
    assert [name for name, data in stamped.items() if other[name] != data] == []
    assert any(proven and agreed == 2 for proven, agreed in shells(built.output))


NOT_STAMPED = {
    "theme folder": "html_theme_path = ['themes']",
    "templates": "templates_path = ['templates']",
    "sidebars": "html_sidebars = {'catalog/users': []}",
    "encoding": "html_output_encoding = 'latin-1'",
    "handler": "CONNECT = [lambda app: app.connect('html-page-context', lambda *_: None)]",
}


@pytest.mark.parametrize("why", NOT_STAMPED)
def test_what_may_look_at_single_pages_sees_all(shop: Project, why: str) -> None:
    """Templates, sidebars and handlers of the project's own get each page: nothing is known of what they do with it."""
    built = shop.build("-E", THEME="furo", CONF=NOT_STAMPED[why])
    assert built.status == 0
    assert shells(built.output) == []


def test_a_page_that_differs_is_rendered(shop: Project) -> None:
    """Where pages of the same headings differ in more than name and body, the shell is not used."""
    conf = (
        "import itertools\n"
        "pages = itertools.count()\n"
        "def count(app, name, template, context, doctree): context['favicon_url'] = f'icon-{next(pages)}'\n"
        "count.__module__ = 'furo'\n"
        "CONNECT = [lambda app: app.connect('html-page-context', count)]\n"
    )
    built = shop.build("-E", THEME="furo", CONF=conf)
    assert built.status == 0
    assert shells(built.output)
    assert not any(proven for proven, _ in shells(built.output))
    pages = [built.files()[f"catalog/{name}.html"] for name in ("users", "orders", "a", "x_y", "title")]
    assert len({found[0] for page in pages for found in [re.findall(rb"icon-\d+", page)]}) == len(pages)


def test_a_page_in_a_tree_of_ones_own(project: NewProject) -> None:
    """It keeps its neighbours and its mark in the tree, as no other page of the same headings has them."""
    index = "T\n=\n\n.. toctree::\n\n   catalog/index\n   catalog/x_y\n   catalog/title\n"
    tree = project({"conf.py": CONF.replace("CONNECT", "()"), "tables.py": TABLES, "index.rst": index})
    built = tree.build("-E", THEME="alabaster")
    stamped = built.files()
    rendered = tree.build("-E", THEME="alabaster", RENDERED="1").files()
    assert [name for name, data in stamped.items() if name.startswith("catalog/") and rendered[name] != data] == []
    assert b"#columns" not in stamped["index.html"], "a tree shows the names of tables, not the headings of each"
    assert b'rel="prev"' in stamped["catalog/title.html"]
    assert b'rel="prev"' not in stamped["catalog/users.html"]


def test_math_that_comes_late(shop: Project) -> None:
    """A handler that puts math into a page while it is resolved gets a page with the scripts for it."""
    conf = (
        "from docutils import nodes\n"
        "def late(app, tree, name):\n"
        "    if name == 'catalog/title': tree[0] += nodes.paragraph('', '', nodes.math('a', 'a'))\n"
        "CONNECT = [lambda app: app.connect('doctree-resolved', late)]\n"
    )
    stamped = shop.build("-E", THEME="furo", CONF=conf).files()
    rendered = shop.build("-E", THEME="furo", CONF=conf, RENDERED="1").files()
    assert stamped["catalog/title.html"] == rendered["catalog/title.html"]


def test_a_file_that_cannot_be_written(project: NewProject) -> None:
    """It costs itself alone, with a warning, as where the theme renders it."""
    blocked = project({"conf.py": CONF.replace("CONNECT", "()"), "tables.py": TABLES, "index.rst": INDEX})
    page = blocked.build("-E", THEME="furo").outdir / "catalog/title.html"
    page.unlink()
    page.mkdir()
    built = blocked.build("-E", THEME="furo")
    assert built.status == 0
    assert any("error writing file" in warning for warning in built.warnings)


INTERRUPTED = """
def stop(*_):
    raise KeyboardInterrupt
setattr(stamped.{where}, stop)
"""


@pytest.mark.parametrize("where", ["_Shell, 'made_of'", "_Shell, 'compare'", "_Stamper, '_write'"])
def test_an_interrupted_build_leaves_no_mark(project: NewProject, where: str) -> None:
    """Ctrl-C while a shell is made or used leaves no mark in the site, and the next build makes it whole."""
    conf = CONF.replace("CONNECT", "globals().get('CONNECT', ())")
    cut = project({"conf.py": conf, "tables.py": TABLES, "index.rst": INDEX})
    assert cut.build(THEME="furo", CONF=INTERRUPTED.format(where=where)).status != 0
    left = [file for file in cut.srcdir.parent.rglob("*.html") if b"lakecatx" in file.read_bytes()]
    assert left == []
    whole = cut.build(THEME="furo").files()
    rendered = cut.build("-E", THEME="furo", RENDERED="1").files()
    pages = [name for name in rendered if name.startswith("catalog/")]
    assert [name for name in pages if whole.get(name) != rendered[name]] == []


def test_a_section_that_comes_late(shop: Project) -> None:
    """What a handler adds to a document that is resolved is shown, and is among no contents."""
    conf = (
        "from docutils import nodes\n"
        "def late(app, tree, name):\n"
        "    if name.startswith('catalog/'):\n"
        "        tree += nodes.section('', nodes.title('', 'Late'), ids=['late'])\n"
        "CONNECT = [lambda app: app.connect('doctree-resolved', late)]\n"
    )
    stamped = shop.build("-E", THEME="furo", CONF=conf).files()
    rendered = shop.build("-E", THEME="furo", CONF=conf, RENDERED="1").files()
    assert b"Late" in stamped["catalog/title.html"]
    assert [name for name, data in rendered.items() if name.startswith("catalog/") and stamped.get(name) != data] == []


def test_math_needs_the_theme(shop: Project) -> None:
    """A page with math gets the scripts for it, and those without do not."""
    built = shop.build("-E", THEME="furo")
    files = built.files()
    assert b"mathjax" in files["catalog/with_math.html"].lower()
    assert b"mathjax" not in files["catalog/title.html"].lower()
