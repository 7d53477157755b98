"""Catalogs that cross into another process: they bring what they need, or say what is missing."""

from __future__ import annotations

import copy
import os
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

import lakecat
from lakecat import Catalog, CatalogRegistry, default_catalog, table, use_registry
from lakecat.errors import CatalogLoadError
from lakecat.registry import chosen

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import RunPython

SHOP = "import polars as pl\nfrom lakecat import Catalog, table\n"
SHOP += "@table\ndef users(): return pl.LazyFrame({'x': [1, 2]})\n"
WORK = "def count(catalog, name='users'): return catalog.table(name).collect().height\n"
WORK += "def names(catalog): return catalog.list_tables()\n"
PROGRAM = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
import lakecat, work
{0}

if __name__ == "__main__":
    {1}
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("{2}")) as pool:
        try:
            print({3})
        except Exception as error:
            print(type(error).__name__, error)
"""


@pytest.fixture
def program(tmp_path: Path, run_python: RunPython) -> Callable[..., str]:
    """Return a function that runs a program, which hands a catalog to a process that is forked or begins empty."""
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "helper.py").write_text(SHOP.replace("@table\n", "").replace("users", "made"))
    (tmp_path / "late.py").write_text(SHOP.replace("users", "late"))
    (tmp_path / "work.py").write_text(WORK)

    def run(asked: str, *, top: str = "", first: str = "pass", start: str = "spawn") -> str:
        (tmp_path / "program.py").write_text(PROGRAM.format(top, first, start, asked))
        home = str(Path(lakecat.__file__).parents[1])
        path = os.pathsep.join([home, os.environ.get("PYTHONPATH", "")])
        done = run_python([tmp_path / "program.py"], cwd=tmp_path, env={"PYTHONPATH": path}, timeout=300)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout.strip()

    return run


@pytest.mark.finding(21)
@pytest.mark.parametrize("start", ["spawn", "forkserver"])
def test_a_catalog_brings_the_modules_of_its_tables(program: Callable[..., str], start: str) -> None:
    """A process that has imported nothing imports what declared the tables, when the catalog is first asked."""
    asked = (
        "pool.submit(work.count, lakecat.Catalog()).result(), pool.submit(work.names, lakecat.default_catalog).result()"
    )
    assert program(asked, first="import shop", start=start) == "2 ['users']"


@pytest.mark.finding(21)
def test_the_module_is_the_one_that_ran(program: Callable[..., str]) -> None:
    """A table that a module declared with another one's function comes by importing the first."""
    first = "import uses"
    top = "import pathlib; pathlib.Path('uses.py').write_text('import helper, lakecat; lakecat.table(helper.made)')"
    assert program("pool.submit(work.count, lakecat.Catalog(), 'made').result()", top=top, first=first) == "2"


@pytest.mark.finding(21)
def test_a_database_of_a_module_brings_it_too(program: Callable[..., str]) -> None:
    """A module database, alone and in a catalog, has its tables in the other process."""
    asked = (
        "pool.submit(work.count, lakecat.ModuleDatabase(shop)).result(),"
        "pool.submit(work.count, lakecat.Catalog(databases={'d': lakecat.ModuleDatabase(shop)}).db('d')).result()"
    )
    assert program(asked, first="import shop") == "2 2"


@pytest.mark.finding(21)
def test_tables_of_a_catalog_of_its_own_go_along(program: Callable[..., str]) -> None:
    """A registry of one's own is carried with its tables."""
    first = (
        "import helper; own = lakecat.Catalog(lakecat.CatalogRegistry()); own.add_table(helper.made, database='crm')"
    )
    asked = "pool.submit(work.count, own, 'made').result(), pool.submit(work.names, own).result()"
    assert program(asked, first=first) == "2 ['crm.made']"


@pytest.mark.finding(21)
def test_tables_that_cannot_be_had_are_an_error(program: Callable[..., str]) -> None:
    """A table that the program itself declared, after its start, is named by an error that says what to do."""
    first = "lakecat.table(name='t')(work.names)"
    for asked in ("work.names", "work.count"):
        said = program(f"pool.submit({asked}, lakecat.Catalog()).result()", first=first)
        assert said == (
            "CatalogLoadError this process has no table 't', which was in the catalog where it was pickled: "
            "the program that ran there declared it itself; declare it in a module that both processes import"
        )


def test_tables_of_the_program_are_there_where_it_is_imported(program: Callable[..., str]) -> None:
    """What stands at the top of the program is declared in the new process as well."""
    assert program(
        "pool.submit(work.names, lakecat.Catalog()).result()", top="import shop\nlakecat.table(work.count)"
    ) == ("['count', 'users']")


@pytest.mark.finding(21)
def test_an_import_that_fails_is_told(program: Callable[..., str]) -> None:
    """Where the module cannot be imported in the other process, the error is that of any catalog's import."""
    first = "import late; import pathlib; pathlib.Path('late.py').write_text('1 / 0')"
    said = program("pool.submit(work.names, lakecat.Catalog()).result()", first=first)
    assert said == "CatalogLoadError catalog module 'late' cannot be imported: ZeroDivisionError: division by zero"


def function() -> pl.LazyFrame:
    """Return a frame; pickled by its name."""
    return pl.LazyFrame({"x": [1]})


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
def test_in_one_process_nothing_is_lost_or_bound(again: Callable[[Catalog], Catalog]) -> None:
    """A copy of `Catalog()` follows the registry in use, as the original does."""
    table(name="t")(function)
    made = [again(Catalog()), again(default_catalog)]
    assert [one.list_tables() for one in made] == [["t"], ["t"]]
    with use_registry(CatalogRegistry()):
        assert [one.list_tables() for one in [again(made[0]), *made]] == [[], [], []]


@pytest.mark.finding(21)
def test_a_registry_is_pickled_with_its_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was declared comes back equal, and names without their database are found as before."""
    monkeypatch.setattr(function, "__module__", "lakecat_pickled_function")
    monkeypatch.setitem(sys.modules, "lakecat_pickled_function", sys.modules[__name__])
    own = Catalog(CatalogRegistry())
    own.add_table(function, "t", database="crm", tags=["a"], examples={}, schema={"x": "Int64"})
    again = pickle.loads(pickle.dumps(own))
    assert again.registry.get("t").metadata == own.registry.get("t").metadata
    assert again.table("t").collect().item() == 1
    again.add_table(function, "u")
    assert own.list_tables() == ["crm.t"]


def test_what_cannot_be_pickled_says_so() -> None:
    """A function that has no name of its own is refused by pickle, and nothing is lost in silence."""
    own = Catalog(CatalogRegistry())
    own.add_table(lambda x=1: pl.LazyFrame({"x": [x]}), "t")
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(own)


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ("__main__", "the program that ran there declared it itself"),
        ("__mp_main__", "the program that ran there declared it itself"),
        ("", "nobody knows which module declared it"),
        ("json", "importing 'json' does not declare it"),
    ],
)
def test_a_table_that_no_module_declares(monkeypatch: pytest.MonkeyPatch, module: str, says: str) -> None:
    """Modules that can be imported are; what a program declared itself is not looked for in this one."""
    loaded: list[str] = []
    monkeypatch.setattr(chosen, "load_module", loaded.append)
    with pytest.raises(CatalogLoadError, match=says):
        chosen._Left("another process", {"t": module}).restore(CatalogRegistry())
    assert loaded == (["json"] if module == "json" else [])
