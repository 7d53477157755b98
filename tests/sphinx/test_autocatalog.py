"""Which pages exist: every table's, wherever they are asked for, and what a catalog that fails leaves."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Build, NewProject

ONE = '''
from lakecat import table


@table(schema={"a": "Int64"})
def users():
    """One row a user."""
'''
PAGE = "Title\n=====\n\nText.\n"


def conf(**settings: object) -> str:
    """Return a conf.py with settings of lakecat."""
    settings = {"lakecat_catalog": "tables", **settings}
    return 'extensions = ["sphinx_lakecat"]\n' + "".join(f"{k} = {v!r}\n" for k, v in settings.items())


def test_builder_needs_only_conf_py(new_shop: NewProject) -> None:
    """`-b autocatalog` builds a site with a first page from a folder without documents, and writes none into it."""
    shop = new_shop()
    before = sorted(shop.srcdir.rglob("*"))
    built = shop.build("-W", "--keep-going", "-n", builder="autocatalog")
    assert (built.status, built.warnings) == (0, [])
    assert sorted(shop.srcdir.rglob("*")) == before
    assert built.page("index").select_one('a[href="catalog/index.html"]')
    assert built.page("index").h1.get_text().startswith("Shop")
    assert "signup_country_code" in built.said("catalog/users")
    assert "searchindex.js" in built.files()


def test_builder_keeps_the_first_page(project: NewProject) -> None:
    """`-b autocatalog` keeps a first page that the folder has."""
    built = project({"tables.py": ONE, "index.rst": PAGE}).build("-W", builder="autocatalog")
    assert built.status == 0, built.errors
    assert built.page("index").h1.get_text().startswith("Title")
    assert (built.outdir / "catalog/users.html").is_file()


def test_only_one_builder_makes_a_first_page(build: Build) -> None:
    """With another builder, a site without a first page lacks one, as Sphinx itself says."""
    built = build({"tables.py": ONE, "conf.py": conf()})
    assert built.status == 2
    assert "unable to load the master document" in built.errors
    assert not (built.outdir / "index.html").exists()


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("lakecat_catalog = 5", "lakecat_catalog in conf.py holds 5; write the name of a catalog"),
        ("lakecat_catalog = ['tables', None]", "lakecat_catalog in conf.py holds None; write the name of a catalog"),
        ("lakecat_catalog = {'tables': 1}", "lakecat_catalog in conf.py holds {'tables': 1}; write the name of"),
        ("lakecat_catalog = 'no name'", "lakecat_catalog in conf.py: 'no name' names no catalog"),
        ("lakecat_snapshot = 5", "lakecat_snapshot in conf.py holds 5; write the name of a file, or a list of names"),
        ("lakecat_autocatalog = 5", "lakecat_autocatalog in conf.py is 5; write a text, in quotes"),
        ("lakecat_autocatalog = '../up'", "lakecat_autocatalog in conf.py is '../up'; write a folder below"),
        ("lakecat_snippet_import = 5", "lakecat_snippet_import in conf.py is 5; write a text, in quotes"),
        ("lakecat_snippet_import = 'shop'", "lakecat_snippet_import in conf.py is no import: 'shop'; write a line"),
        ("lakecat_memory_limit = True", "lakecat_memory_limit in conf.py is True; write a number above 0"),
    ],
)
def test_settings_that_cannot_be_used(build: Build, setting: str, says: str) -> None:
    """A value of a wrong kind ends the build with a sentence that says what to write, before anything is made."""
    built = build({"tables.py": ONE, "conf.py": f"{conf()}{setting}\n", "index.rst": PAGE})
    assert built.status == 2
    # What Sphinx writes around the sentence depends on its release.
    assert "Configuration error" in built.errors
    assert says in built.errors
    assert not (built.outdir / "index.html").exists()


def test_documents_that_no_toctree_names(build: Build) -> None:
    """Generated pages, and what replaces them, need no toctree; of other documents Sphinx says what it always says."""
    others = {f"{name}.rst": PAGE for name in ("about", "catalog/about", "catalog/users", "zoo")}
    built = build({"tables.py": ONE, "conf.py": conf(), "index.rst": PAGE, **others})
    lost = [line.partition(":")[0] for line in built.warnings if "toctree" in line]
    assert sorted(lost) == ["about.rst", "catalog/about.rst", "zoo.rst"]


def test_builder_needs_no_extension_line(project: NewProject, pyproject: Path) -> None:
    """Sphinx finds the builder by its entry point, so that conf.py need not name the extension."""
    found = project({"tables.py": ONE, "conf.py": 'lakecat_catalog = "tables"\n'})
    # The metadata of an installed distribution, as the project declares them.
    declared = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["entry-points"]["sphinx.builders"]
    metadata = found.outdir.parent / "path/lakecat-0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: lakecat\nVersion: 0\n", encoding="utf-8")
    lines = "".join(f"{name} = {module}\n" for name, module in declared.items())
    (metadata / "entry_points.txt").write_text(f"[sphinx.builders]\n{lines}", encoding="utf-8")
    path = os.pathsep.join(p for p in (str(metadata.parent), os.environ.get("PYTHONPATH", "")) if p)
    built = found.build("-W", builder="autocatalog", PYTHONPATH=path)
    assert (built.status, built.warnings) == (0, [])
    assert "One row a user." in built.said("catalog/users")


def test_pages_can_be_turned_off(build: Build) -> None:
    """With `lakecat_autocatalog = ""` no page is generated, and directives still work."""
    files = {"conf.py": conf(lakecat_autocatalog=""), "tables.py": ONE}
    built = build({**files, "index.rst": f"{PAGE}\n.. lakecat-table:: users\n\n:lakecat:table:`users`\n"}, "-W", "-n")
    assert built.status == 0, built.errors
    assert not (built.outdir / "catalog").exists()
    assert built.page("index").select_one('a.reference.internal[href="#table-users"]')


def test_pages_go_to_another_folder(build: Build) -> None:
    """`lakecat_autocatalog` names the folder, which may be nested; links between the pages hold."""
    built = build({"conf.py": conf(lakecat_autocatalog="data/tables"), "tables.py": ONE, "index.rst": PAGE}, "-W")
    assert built.status == 0, built.errors
    assert built.page("data/tables/index").select_one('a.lc-table[href="users.html"]')
    assert built.inventory["lakecat:table"]["users"] == "data/tables/users.html#table-users"


@pytest.mark.parametrize("folder", ["/catalog", "../catalog", "a/../b"])
def test_folder_outside_is_refused(build: Build, folder: str) -> None:
    """A folder that is not below the source folder stops the build with a sentence."""
    built = build({"conf.py": conf(lakecat_autocatalog=folder), "tables.py": ONE})
    assert built.status == 2
    assert "lakecat_autocatalog in conf.py is" in built.errors


def test_hand_written_page_wins(build: Build) -> None:
    """A document of the source folder counts before the generated one of the same name."""
    page = "My users\n========\n\nBy hand.\n\n.. lakecat-table:: users\n"
    settings = conf(suppress_warnings=["lakecat.replaced_page"])
    files = {"conf.py": settings, "tables.py": ONE, "index.rst": PAGE, "catalog/users.rst": f":orphan:\n\n{page}"}
    built = build(files, "-W", "-n")
    assert built.status == 0, built.errors
    assert built.said("catalog/users").startswith("My users")
    assert "By hand." in built.said("catalog/users")
    assert built.page("catalog/index").select_one('a.lc-table[href="users.html"]')
    assert built.inventory["lakecat:table"]["users"] == "catalog/users.html#table-users"


def test_no_table(build: Build) -> None:
    """A catalog without tables has an index that says so."""
    built = build({"tables.py": "", "index.rst": PAGE}, "-W", "-n")
    assert built.status == 0, built.errors
    assert "0 tables" in built.said("catalog/index")


def test_one_table(build: Build) -> None:
    """With one table, the index lists it and has no filter."""
    built = build({"tables.py": ONE, "index.rst": PAGE}, "-W", "-n")
    assert "1 table" in built.said("catalog/index")
    assert "One row a user." in built.said("catalog/index")
    assert not built.page("catalog/index").select("input.lc-filter")


def test_no_catalog_is_named(build: Build) -> None:
    """Without `lakecat_catalog` the extension loads, generates nothing, and warns only of tables that are asked for."""
    text = f"{PAGE}\n.. lakecat-table:: users\n"
    built = build({"conf.py": conf(lakecat_catalog=""), "index.rst": text})
    assert built.status == 0
    assert built.warnings == [
        "index.rst:6: WARNING: there is no table 'users' in the catalog (0 tables) [lakecat.unknown_table]"
    ]
    assert not (built.outdir / "catalog").exists()


def test_catalog_may_be_an_attribute(build: Build) -> None:
    """`module:attribute` names a catalog of its own; snippets import it."""
    tables = (
        "import polars as pl\nfrom lakecat import Catalog, CatalogRegistry\n\ncatalog = Catalog(CatalogRegistry())\n"
        "catalog.add_table(lambda: pl.LazyFrame({'a': [1]}), 'users')\n"
    )
    files = {"conf.py": conf(lakecat_catalog="tables:catalog"), "tables.py": tables, "index.rst": PAGE}
    built = build(files, "-W")
    assert built.status == 0, built.errors
    assert "from tables import catalog" in built.said("catalog/users", ".lc-snippets pre")


def test_catalog_that_names_nothing_is_refused(build: Build) -> None:
    """A value that cannot name a catalog stops the build with a sentence."""
    built = build({"conf.py": conf(lakecat_catalog="my tables"), "index.rst": PAGE})
    assert built.status == 2
    assert "'my tables' names no catalog" in built.errors


FAILING = {
    "raises": ("x = 1\n\nraise ValueError('no network')\n", 3, "ValueError: no network"),
    "exits": ("import sys\nsys.exit(3)\n", 2, "SystemExit: 3"),
    "is no Python": ("x = 1\ndef f(:\n", 2, "SyntaxError"),
    "lacks a module": ("\n\n\nimport no_such_module\n", 4, "No module named 'no_such_module'"),
}


@pytest.mark.parametrize("how", FAILING)
def test_one_catalog_fails(build: Build, how: str) -> None:
    """Of two catalogs one fails: one warning at the failing line, the other's pages exist, the index says so."""
    text, line, reason = FAILING[how]
    files = {"conf.py": conf(lakecat_catalog=["broken", "tables"]), "broken.py": text, "tables.py": ONE}
    built = build({**files, "index.rst": PAGE})
    assert built.status == 0
    (warning,) = built.warnings
    assert warning.startswith(f"broken.py:{line}: WARNING: catalog module 'broken' cannot be imported: ")
    assert reason in warning
    assert warning.endswith("[lakecat.import_failed]")
    assert (built.outdir / "catalog/users.html").is_file()
    assert "The catalog broken could not be loaded" in built.said("catalog/index")


def test_only_catalog_fails(build: Build) -> None:
    """A catalog that is not there is one warning at conf.py, and an error with -W; the site is built all the same."""
    built = build({"conf.py": conf(lakecat_catalog="nowhere"), "index.rst": PAGE}, "-W", "--keep-going")
    assert built.status == 1
    (warning,) = built.warnings
    assert warning.startswith("conf.py:1: WARNING: catalog module 'nowhere' cannot be imported: no module named")
    assert "The catalog nowhere could not be loaded" in built.said("catalog/index")


def test_attribute_that_is_no_catalog(build: Build) -> None:
    """An attribute that is missing is one warning with a near name."""
    files = {"conf.py": conf(lakecat_catalog="tables:catlog"), "tables.py": f"{ONE}\ncatalog = 1\n", "index.rst": PAGE}
    (warning,) = build(files).warnings
    assert "module 'tables' has no 'catlog'; did you mean 'catalog'?" in warning
    assert warning.startswith("tables.py:1: ")


def test_two_catalogs_with_one_name(build: Build) -> None:
    """Two catalogs that declare one name: the first counts, with one warning at the second."""
    declare = "import polars as pl\nfrom lakecat import *\n\nc = Catalog(CatalogRegistry())\n"
    add = "c.add_table(lambda: pl.LazyFrame({'%s': [1]}), 'users')\n"
    files = {"one.py": declare + add % "first", "two.py": declare + add % "second", "index.rst": PAGE}
    built = build({**files, "conf.py": conf(lakecat_catalog=["one:c", "two:c"])})
    (warning,) = built.warnings
    assert warning.startswith("two.py:5: WARNING: table 'users' is declared by two catalogs, one:c and two:c")
    assert warning.endswith("[lakecat.duplicate_table]")
    assert "first" in built.said("catalog/users")


def test_two_catalogs_of_one_registry(build: Build) -> None:
    """Modules that declare into the same registry are no duplicates of one another."""
    files = {"conf.py": conf(lakecat_catalog=["tables", "more"]), "tables.py": ONE}
    more = ONE.replace("users", "orders")
    built = build({**files, "more.py": more, "index.rst": PAGE}, "-W", "-n")
    assert (built.status, built.warnings) == (0, [])
    assert {"catalog/users.html", "catalog/orders.html"} <= built.files().keys()
    assert "import more" in built.said("catalog/orders", ".lc-snippets pre")


def test_bad_tables_take_no_other_down(build: Build) -> None:
    """A function that raises or exits, a missing file and a folder that is no Delta table: one located warning each."""
    bad = """
@table
def raises():
    raise ValueError("no /secret/place here")
@table
def exits():
    raise SystemExit(1)
@table
def no_frame():
    return 3
register_static_table(ParquetTable("missing", uri="/nowhere/at/all.parquet"), schema={"a": "Int64"})
register_static_table(DeltaTable("no_delta", uri=str(Path(__file__).parent)))
register_static_table(ParquetTable("no_parquet", uri=__file__))
"""
    built = build({"tables.py": "from pathlib import Path\nfrom lakecat import *\n" + bad, "index.rst": PAGE})
    assert built.status == 0
    subtypes = {w.partition(":")[2].partition(":")[0]: w.rpartition("[lakecat.")[2] for w in built.warnings}
    assert subtypes == {
        "4": "function_failed]",
        "7": "unreadable]",
        "10": "function_failed]",
        "13": "not_found]",
        "14": "not_a_delta_table]",
        "15": "unreadable]",
    }
    assert all(w.startswith("tables.py:") for w in built.warnings)
    for name in ("raises", "exits", "no_frame", "missing", "no_delta", "no_parquet"):
        note = built.said(f"catalog/{name}", ".admonition.caution")
        assert "unknown" in note, name
        assert "/nowhere/at" not in note
        assert str(built.srcdir) not in built.text(f"catalog/{name}.html")
    assert "As declared in the code" in built.said("catalog/missing")
    assert "ValueError" in built.said("catalog/raises", ".admonition.caution li")
