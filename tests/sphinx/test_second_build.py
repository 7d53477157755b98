"""What a build keeps for the next one is whole, and what documents keep is no more than their own."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import NewProject

MORE = 'from lakecat import table\n\n\n@table(schema={{"a": "Int64"}}, description={!r})\ndef orders(): ...\n'
SHOWS = "P\n=\n\n.. lakecat-table:: orders\n   :no-index:\n"


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_prose_is_read_again_with_its_table(project: NewProject, jobs: str) -> None:
    """A page that shows a table is read again when it changes, also where another process read it first."""
    pages = {f"prose{i}.rst": f":orphan:\n\n{SHOWS}" for i in range(6)}
    shop = project({"tables.py": MORE.format("One."), "index.rst": "T\n=\n", **pages})
    shop.build("-W", jobs)
    shop.write({"tables.py": MORE.format("Two.")})
    built = shop.build("-W", jobs)
    assert built.counts[1] == len(pages) + 2
    assert "Two." in built.said("prose5")


def test_a_table_is_read_once_by_all_processes(project: NewProject) -> None:
    """A table that several pages show is read once, before Sphinx forks."""
    tables = (
        "from pathlib import Path\nimport polars as pl\nfrom lakecat import table\n\n\n"
        "@table\ndef orders():\n    with (Path(__file__).parent / 'calls').open('a') as file:\n"
        "        file.write('x')\n    return pl.LazyFrame({'a': [1]})\n"
    )
    pages = {f"prose{i}.rst": f":orphan:\n\n{SHOWS}" for i in range(8)}
    shop = project({"tables.py": tables, "index.rst": "T\n=\n", **pages})
    built = shop.build("-W", "-j2")
    assert "Int64" in built.said("prose7")
    assert (shop.srcdir / "calls").read_text() == "x"


def test_prose_that_shows_a_table_no_longer(project: NewProject) -> None:
    """A page from which the directive was taken is not read again when the table changes."""
    shop = project({"tables.py": MORE.format("One."), "index.rst": "T\n=\n", "prose.rst": f":orphan:\n\n{SHOWS}"})
    shop.build("-W")
    shop.write({"prose.rst": ":orphan:\n\nP\n=\n"})
    assert shop.build("-W").read == {"prose"}
    shop.write({"tables.py": MORE.format("Two.")})
    assert shop.build("-W").read == {"catalog/orders", "catalog/index"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lakecat_catalog", ["tables", "more"]),
        ("lakecat_autocatalog", "lake"),
        ("lakecat_description_markup", "text"),
        ("lakecat_snippet_import", "from elsewhere import catalog"),
        ("lakecat_compact_sidebar", False),
    ],
)
def test_setting_reads_everything_again(project: NewProject, name: str, value: object) -> None:
    """Each setting that changes reads every document again, and its effect is there."""
    conf = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\n'
    index = "T\n=\n\n.. toctree::\n   :glob:\n\n   */index\n"
    files = {"conf.py": conf, "tables.py": MORE.format("*One*."), "index.rst": index}
    shop = project({**files, "more.py": MORE.format("More.").replace("orders", "extra")})
    before = shop.build("-W", "--keep-going").files()
    shop.write({"conf.py": f"{conf}{name} = {value!r}\n"})
    built = shop.build("-W", "--keep-going")
    folder = value if name == "lakecat_autocatalog" else "catalog"
    assert built.read >= {"index", f"{folder}/index", f"{folder}/orders"}
    if name in ("lakecat_catalog", "lakecat_autocatalog"):
        added = {f"{folder}/extra.html"} if name == "lakecat_catalog" else {f"{folder}/orders.html"}
        assert added <= built.files().keys() - before.keys()
    elif name != "lakecat_compact_sidebar":
        assert built.files()["catalog/orders.html"] != before["catalog/orders.html"]


@pytest.mark.parametrize("builder", ["text", "latex", "man", "texinfo", "xml"])
def test_writers_tell_of_deprecation_and_classification(new_shop: NewProject, builder: str) -> None:
    """Not only HTML says that a column is deprecated and of what class it is, beside its name."""
    shop = new_shop({"index.rst": "T\n=\n\n.. lakecat-table:: users\n   :no-snippets:\n"})
    built = shop.build("-W", "-D", "lakecat_autocatalog=", "-D", "lakecat_catalog=tables", builder=builder)
    kept = [p for p in built.outdir.rglob("*") if p.suffix in (".txt", ".tex", ".1", ".texi", ".xml")]
    said = " ".join(" ".join(p.read_text(encoding="utf-8") for p in kept).split())
    assert "Deprecated. Use email." in said
    table = said[said.index("Where to write to") - 600 : said.index("Where to write to")]
    assert "personal" in table


def test_documents_keep_their_own_nodes(project: NewProject) -> None:
    """No node of a page belongs to another document: that would be saved with it, and the environment behind it."""
    tables = MORE.format("One *row* and :lakecat:table:`orders`.\n\n* A point.\n\n.. note:: Take care.\n")
    shop = project({"tables.py": tables, "index.rst": f"T\n=\n\n{SHOWS.partition('=')[2]}"})
    built = shop.build("-W", "--keep-going")
    assert built.status == 0, built.errors
    for name in ("catalog/orders", "index"):
        path = built.outdir.parent / f"doctrees/{name}.doctree"
        doctree = pickle.loads(path.read_bytes())
        strange = [node for node in doctree.findall() if node.document not in (None, doctree)]
        assert strange == []
        assert path.stat().st_size < 20_000


def test_wrapped_function_is_read_again(project: NewProject) -> None:
    """Of a function behind a decorator of another file, what counts is the file of the function."""
    wrapping = (
        "import functools\n\n\ndef logged(function):\n    @functools.wraps(function)\n    def run(*args):\n"
        "        return function(*args)\n    return run\n"
    )
    tables = (
        "import polars as pl\nfrom lakecat import table\nfrom wrapping import logged\n\n\n"
        "@table\n@logged\ndef orders():\n    return pl.DataFrame({'before': [1]})\n"
    )
    shop = project({"wrapping.py": wrapping, "tables.py": tables, "index.rst": "T\n=\n"})
    assert "before" in shop.build("-W").said("catalog/orders")
    shop.write({"tables.py": tables.replace("before", "after")})
    assert "after" in shop.build("-W").said("catalog/orders")


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
def test_a_page_says_who_references_it_now(project: NewProject, jobs: str) -> None:
    """When a column begins or ceases to reference another, the page of that one is read again, and no third page."""

    def declare(name: str, references: str = "") -> str:
        column = f"Column('a', 'Int64', references={references!r})"
        return f"from lakecat import Column, table\n\n@table(schema=[{column}])\ndef {name}(): ...\n"

    names = ("users", "others", "orders")
    conf = f'extensions = ["sphinx_lakecat"]\nlakecat_catalog = {[f"of_{name}" for name in names]}\n'
    shop = project({"conf.py": conf, "index.rst": "T\n=\n", **{f"of_{name}.py": declare(name) for name in names}})
    shop.build("-W", jobs)
    for target, before in (("users", ""), ("others", "users"), ("", "others")):
        shop.write({"of_orders.py": declare("orders", target and f"{target}.a")})
        built = shop.build("-W", jobs)
        assert built.read - {"catalog/index"} == {f"catalog/{name}" for name in ("orders", target, before) if name}
        for name in ("users", "others"):
            assert ("← orders.a" in built.said(f"catalog/{name}")) == (name == target)
