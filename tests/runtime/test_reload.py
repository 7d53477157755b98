"""One name, declared again: a module that runs once more replaces its tables, and all else is an error."""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import runpy
import sys
import threading
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat import Catalog, DuplicateTableError, ParquetTable, get_table, register_static_table, table
from lakecat.registry import current_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import RunPython

HEAD = """
import functools
import polars as pl
from lakecat import Catalog, ParquetTable, get_table, register_static_table, table
"""
TWICE = {
    "a loop with the decorator": """
for i in range(2):
    @table
    def users(): return pl.LazyFrame({"i": [i]})
""",
    "a loop with objects": """
for i in range(2):
    register_static_table(ParquetTable("users", uri=f"users-{i}"))
""",
    "a comprehension": """
[register_static_table(ParquetTable("users", uri=f"users-{i}")) for i in range(2)]
""",
    "a factory": """
def make(i):
    @table(name="users")
    def made(): return pl.LazyFrame({"i": [i]})
make(1)
make(2)
""",
    "a helper for objects": """
def make(i):
    register_static_table(ParquetTable("users", uri=f"users-{i}"))
make(1)
make(2)
""",
    "lambdas of one line": """
declare = table(name="users")
for i in range(2): declare(lambda: pl.LazyFrame())
""",
    "partials": """
def users(i): return pl.LazyFrame({"i": [i]})
for i in range(2): table(name="users")(functools.partial(users, i))
""",
    "wrappers of one function": """
def logged(function):
    @functools.wraps(function)
    def wrapper(): return function()
    return wrapper
def users(): return pl.LazyFrame()
table(logged(users))
table(logged(users))
""",
    "one function twice": """
def users(): return pl.LazyFrame()
table(users)
table(users)
""",
    "two functions of one name": """
@table
def users(): return pl.LazyFrame()

@table
def users(): return pl.LazyFrame({"i": [1]})
""",
    "add_table": """
def users(): return pl.LazyFrame()
for _ in range(2): Catalog().add_table(users)
""",
    "a class": """
for i in range(2):
    class Tables:
        @table
        def users(): return pl.LazyFrame()
""",
    "classes by a metaclass": """
class Base:
    def __init_subclass__(cls, **more):
        register_static_table(ParquetTable("users", uri=cls.__name__))
class A(Base): ...
class B(Base): ...
""",
    "text that the module executes": """
for i in range(2):
    exec('@table\\ndef users(): return pl.LazyFrame()')
""",
}


@pytest.mark.finding(4)
@pytest.mark.parametrize("source", TWICE.values(), ids=TWICE.keys())
def test_one_run_declares_a_name_once(make_module: Callable[..., Path], source: str) -> None:
    """Two tables of one name in one run of a module are an error that names the lines, and the first one stays."""
    path = make_module("reload_twice", HEAD + source)
    with pytest.raises(DuplicateTableError, match="table 'users' is declared twice") as caught:
        importlib.import_module("reload_twice")
    first, second = caught.value.first, caught.value.second
    assert first.startswith((str(path), "<string>"))
    assert second.startswith((str(path), "<string>"))
    assert ("loop" in str(caught.value)) == (first == second)
    assert Catalog().list_tables() == ["users"]


@pytest.mark.finding(4)
@pytest.mark.parametrize("source", TWICE.values(), ids=TWICE.keys())
def test_a_reload_replaces_and_then_refuses(make_module: Callable[..., Path], source: str) -> None:
    """A module that was loaded well, and is edited to declare a name twice, is refused when it is loaded again."""
    make_module("reload_edited", HEAD + '\n@table(owner="old")\ndef users(): ...\n')
    module = importlib.import_module("reload_edited")
    make_module("reload_edited", HEAD + source)
    with pytest.raises(DuplicateTableError):
        importlib.reload(module)
    assert current_registry().get("users").metadata.owner == ""


@pytest.mark.finding(4)
def test_two_calls_of_one_helper_are_named() -> None:
    """Where one line of a helper declared both, the error names the two lines that called it."""
    with pytest.raises(DuplicateTableError) as caught:
        exec(
            compile(
                HEAD + "def make(): register_static_table(ParquetTable('users', uri='u'))\nmake()\n\nmake()\n",
                "shop.py",
                "exec",
            ),
            {"__name__": "shop", "__file__": "shop.py"},
        )
    assert (caught.value.first, caught.value.second) == ("shop.py:6", "shop.py:8")


HELPER = HEAD + "def declare(): register_static_table(ParquetTable('users', uri='u'), owner='{0}')\n"
USES_HELPER = "import reload_helper\nreload_helper.declare()\n"


@pytest.mark.finding(4)
def test_two_modules_that_call_one_helper(make_module: Callable[..., Path]) -> None:
    """A helper that declares for two modules declares twice; each module may be loaded again."""
    make_module("reload_helper", HELPER)
    make_module("reload_first", USES_HELPER)
    make_module("reload_second", USES_HELPER)
    module = importlib.import_module("reload_first")
    with pytest.raises(DuplicateTableError):
        importlib.import_module("reload_second")
    importlib.reload(module)
    assert Catalog().list_tables() == ["users"]


@pytest.mark.finding(4)
def test_a_function_that_runs_later_is_no_module() -> None:
    """A function that declares, called twice while the program runs, declares twice."""

    def declare(i: int) -> None:
        table(name="users")(lambda: pl.LazyFrame({"i": [i]}))

    declare(1)
    with pytest.raises(DuplicateTableError):
        declare(2)
    assert get_table("users").collect().item() == 1


@pytest.mark.finding(4)
def test_threads_that_declare_one_name() -> None:
    """Of four threads that run one function, which declares a name, one declares it, and three are told."""
    registry, start, told = current_registry(), threading.Barrier(4), []

    def function() -> pl.LazyFrame:
        return pl.LazyFrame()

    def declare() -> None:
        start.wait(30)
        try:
            Catalog(registry).add_table(function, "users")
        except DuplicateTableError:
            told.append(1)

    threads = [threading.Thread(target=declare) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert told == [1, 1, 1]


DECLARES = HEAD + "@table(owner='{0}')\ndef users():\n    return pl.LazyFrame({{'i': ['{0}']}})\n"


def again_by_reload(path: Path) -> None:
    """Load the module again in place."""
    importlib.reload(sys.modules[path.stem])


def again_by_import(path: Path) -> None:
    """Forget the module, and import it once more."""
    del sys.modules[path.stem]
    importlib.import_module(path.stem)


def again_by_path(path: Path) -> None:
    """Run the file as a program would."""
    runpy.run_path(str(path), run_name="__main__")


def again_by_module(path: Path) -> None:
    """Run the module as a program would, as `python -m` does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, path.stem)
        runpy.run_module(path.stem, run_name="__main__")


def again_under_another_name(path: Path) -> None:
    """Load the file under another name, as two entries of the import path can do."""
    spec = importlib.util.spec_from_file_location("reload_other_name", path)
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def again_by_one_code_object(path: Path) -> None:
    """Run the code of the file in a fresh namespace twice, as a server does that keeps compiled scripts."""
    code = compile(path.read_text(), str(path), "exec")
    for _ in range(2):
        exec(code, {"__name__": "__main__", "__file__": str(path)})


def again_as_text(path: Path) -> None:
    """Execute the text of the file under its name, in a namespace that knows nothing of files."""
    for _ in range(2):
        exec(compile(path.read_text(), str(path), "exec"), {})


AGAIN = (
    again_as_text,
    again_by_reload,
    again_by_import,
    again_by_path,
    again_by_module,
    again_under_another_name,
    again_by_one_code_object,
)


@pytest.mark.finding(4)
@pytest.mark.parametrize("again", AGAIN, ids=lambda function: function.__name__)
@pytest.mark.parametrize("edit", ["", "\n\n", "rename"], ids=["as it was", "moved", "another function"])
def test_a_file_that_runs_again_replaces(make_module: Callable[..., Path], again: Any, edit: str) -> None:
    """However a module is executed again, edited or not, what it declares replaces what it declared before."""
    make_module("reload_again", DECLARES.format("old"))
    importlib.import_module("reload_again")
    new = DECLARES.format("new")
    new = new.replace("users():", "people():").replace("'new')", "'new', name='users')") if edit == "rename" else new
    path = make_module("reload_again", (edit if edit != "rename" else "") + new)
    again(path)
    assert Catalog().list_tables() == ["users"]
    assert current_registry().get("users").metadata.owner == "new"
    assert get_table("users").collect().item() == "new"


@pytest.mark.finding(4)
def test_two_files_in_one_namespace(tmp_path: Path) -> None:
    """Two files that are executed in one namespace, as a notebook can do, are two files."""
    notebook: dict[str, Any] = {"__name__": "__main__"}
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text(DECLARES.format(name))
    run = (tmp_path / "one.py").read_text()
    exec(compile(run, str(tmp_path / "one.py"), "exec"), notebook)
    with pytest.raises(DuplicateTableError):
        exec(compile(run, str(tmp_path / "two.py"), "exec"), notebook)


@pytest.mark.finding(4)
def test_two_files_of_one_module_name(make_module: Callable[..., Path], tmp_path: Path) -> None:
    """Another file that takes the name of a module is no reload of it."""
    make_module("reload_named", DECLARES.format("old"))
    importlib.import_module("reload_named")
    other = tmp_path / "elsewhere" / "reload_named.py"
    other.parent.mkdir()
    other.write_text(DECLARES.format("new"))
    spec = importlib.util.spec_from_file_location("reload_named", other)
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(DuplicateTableError) as caught:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    assert str(other) in str(caught.value)


def test_an_import_that_failed_half_way_can_be_repeated(make_module: Callable[..., Path]) -> None:
    """What a failed import had declared already stands in the way of nothing once the mistake is mended."""
    make_module("reload_half", DECLARES.format("old") + "\n1 / 0\n")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            importlib.import_module("reload_half")
    make_module("reload_half", DECLARES.format("new"))
    importlib.import_module("reload_half")
    assert current_registry().get("users").metadata.owner == "new"


def test_one_name_in_two_databases_is_two_tables() -> None:
    """The same name may stand in two databases, from one line too, but not twice in one."""
    for database in ("crm", "shop"):
        register_static_table(ParquetTable("users", uri=database), database=database)
    assert Catalog().list_tables() == ["crm.users", "shop.users"]
    with pytest.raises(DuplicateTableError, match=r"'crm\.users'"):
        register_static_table(ParquetTable("users", uri="again"), database="crm")


def test_a_program_that_is_imported_as_well(tmp_path: Path, run_python: RunPython) -> None:
    """A script whose parts import it by its name runs twice, and its tables are there once."""
    (tmp_path / "shop.py").write_text(
        DECLARES.format("shop") + "if __name__ == '__main__':\n"
        "    import shop\n    print(get_table('users').collect().item(), Catalog().list_tables())\n"
    )
    done = run_python([tmp_path / "shop.py"], cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("shop ['users']\n", "")


def test_threads_that_import_at_once(make_module: Callable[..., Path]) -> None:
    """Eight threads that import one module at once run it once."""
    make_module(
        "reload_threads",
        HEAD + "import builtins\nCatalog(builtins.reload_registry).add_table(lambda: pl.LazyFrame(), 'users')\n",
    )
    registry, start, failed = current_registry(), threading.Barrier(8), []
    builtins.reload_registry = registry  # type: ignore[attr-defined]

    def load() -> None:
        start.wait(30)
        try:
            importlib.import_module("reload_threads")
        except Exception as error:  # noqa: BLE001 - said below
            failed.append(error)

    threads = [threading.Thread(target=load) for _ in range(8)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    finally:
        del builtins.reload_registry  # type: ignore[attr-defined]
    assert failed == []
    assert registry.names() == ("users",)
