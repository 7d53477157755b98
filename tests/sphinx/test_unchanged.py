"""What did not change is not read again, however new, or elsewhere, its files are; and what did change is."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lakecat
import sphinx_lakecat

if TYPE_CHECKING:
    from conftest import NewProject, Project

pytestmark = pytest.mark.finding(15)

CODE = '''
import functools

import polars as pl

from lakecat import register_static_table, table
from shop.kinds import Listed


@table(owner="sales", schema={"a": "Int64"})
def orders():
    """One row an order."""


@table
@functools.lru_cache
def returns():
    """One row a return."""
    return pl.DataFrame({"a": [1]})


register_static_table(Listed(), name="listed", description="A static table.")
'''
KINDS = """
import polars as pl


class Listed:
    kind = "list"

    def scan(self, **params):
        return pl.LazyFrame({"a": [1]})

    def schema(self):
        return pl.Schema({"a": pl.Int64})

    def facts(self):
        return ()

    def change_token(self):
        return "1"
"""
CONF = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "shop.tables"\n'
PROSE = ":orphan:\n\nP\n=\n\n.. lakecat-table:: listed\n   :no-index:\n\n.. lakecat-table:: orders\n   :no-index:\n"
PAGES = {f"catalog/{name}" for name in ("index", "listed", "orders", "returns")}


@pytest.fixture
def shop(project: NewProject) -> Project:
    """Return a project whose code lies in a package outside of its source folder."""
    found = project({"conf.py": CONF, "index.rst": "T\n=\n\nText.\n", "prose.rst": PROSE})
    write(found, CODE)
    return found


def write(shop: Project, code: str, *, folder: str = "code") -> str:
    """Write the code, and return what PYTHONPATH must be to find it."""
    package = shop.srcdir.parent / folder / "shop"
    package.mkdir(parents=True, exist_ok=True)
    for name, text in {"__init__": "", "tables": code, "kinds": KINDS}.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    return os.pathsep.join([str(package.parent), os.environ.get("PYTHONPATH", "")])


def test_touched(shop: Project) -> None:
    """Files that are newer and the same, those of the package and the settings among them, re-read no page."""
    path = write(shop, CODE)
    assert shop.build("-W", PYTHONPATH=path).read >= PAGES
    for file in [*(shop.srcdir.parent / "code").rglob("*.py"), shop.srcdir / "conf.py"]:
        os.utime(file)
    built = shop.build("-W", PYTHONPATH=path)
    assert (built.read, built.wrote) == (set(), set())


def test_moved(shop: Project) -> None:
    """Code that lies in another folder, as in another checkout, re-reads neither pages nor prose."""
    assert shop.build("-W", PYTHONPATH=write(shop, CODE)).read >= PAGES
    path = write(shop, CODE, folder="elsewhere")
    shutil.rmtree(shop.srcdir.parent / "code")
    built = shop.build("-W", PYTHONPATH=path)
    assert (built.read, built.wrote) == (set(), set())


def test_installed_anew(shop: Project, tmp_path: Path) -> None:
    """The same lakecat in a new environment, with files of today, re-reads no page; another lakecat re-reads all."""
    code = write(shop, CODE)
    for number, expected in enumerate((PAGES | {"index", "prose"}, set(), PAGES | {"prose"})):
        folder = tmp_path / str(number)
        for package in (lakecat, sphinx_lakecat):
            source = Path(str(package.__file__)).parent
            shutil.copytree(source, folder / source.name, copy_function=shutil.copyfile)
        if number == 2:
            with (folder / "lakecat/catalog.py").open("a", encoding="utf-8") as file:
                file.write("# Another version.\n")
        path = os.pathsep.join([str(folder), code.partition(os.pathsep)[0]])
        built = shop.build("-W", PYTHONPATH=path, PYTHONSAFEPATH="1")
        assert built.status == 0, built.errors
        assert built.read == expected


@pytest.mark.parametrize(
    ("old", "new", "read"),
    [
        ("One row an order.", "One row per order.", {"catalog/orders", "prose", "catalog/index"}),
        ('"A static table."', '"A  static table."', {"catalog/listed", "prose"}),
        ("import functools\n", "import functools\n\n", {"catalog/listed", "prose"}),
    ],
    ids=["description", "spaces in a description", "line"],
)
def test_changed(shop: Project, old: str, new: str, read: set[str]) -> None:
    """What did change is read again, where it is shown: also the line in the code, which the page names."""
    path = write(shop, CODE)
    shop.build("-W", PYTHONPATH=path)
    write(shop, CODE.replace(old, new))
    built = shop.build("-W", PYTHONPATH=path)
    # Functions are read again with their file.
    assert read <= built.read <= PAGES | {"prose"}


def test_table_moves_to_another_module(shop: Project) -> None:
    """A table that another module declares, in the same line, shows the new module."""
    path = write(shop, CODE)
    assert "shop/tables.py" in shop.build("-W", PYTHONPATH=path).said("catalog/listed")
    package = shop.srcdir.parent / "code/shop"
    (package / "tables.py").rename(package / "others.py")
    (package / "tables.py").write_text("import shop.others\n", encoding="utf-8")
    built = shop.build("-W", PYTHONPATH=path)
    assert "catalog/listed" in built.read
    assert "shop/others.py" in built.said("catalog/listed")


def test_store_that_cannot_be_reached(project: NewProject) -> None:
    """The page of a table whose store does not answer is the same in two builds, whatever the library says."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    tables = (
        "from lakecat import DeltaTable, ParquetTable, register_static_table\n"
        f"options = dict(endpoint_url='http://127.0.0.1:{port}', allow_http='true', aws_region='x', "
        "access_key_id='a', secret_access_key='bcd', aws_ec2_metadata_disabled='true')\n"
        "register_static_table(DeltaTable('events', uri='s3://lake/events', storage_options=options))\n"
        "register_static_table(ParquetTable('days', uri='s3://lake/days.parquet', storage_options=options))\n"
    )
    shop = project({"tables.py": tables, "index.rst": "T\n=\n\nText.\n"})
    first = shop.build()
    second = shop.build(outdir=shop.outdir / "second/html")
    assert first.read == second.read
    assert len(first.warnings) == 2
    one, two = first.files(), second.files()
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
