"""The house keeps its shape: what importing costs, what is public, how long and how named files are.

The layers themselves are import-linter contracts in `pyproject.toml`, checked by `nox -s lint`.
"""

from __future__ import annotations

import ast
import importlib.util
import json
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

import lakecat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import RunPython

PACKAGES = ("lakecat", "sphinx_lakecat")
HEAVY = ("deltalake", "docutils", "obstore", "pyarrow", "pydantic", "sphinx", "sphinx_lakecat")
LONGEST_FILE = 400
FORBIDDEN_WORDS = {"util", "utils", "core", "manager", "managers", "helper", "helpers", "common", "misc"}
NEEDS_APPLICATION = ("sphinx.application", "sphinx.environment")


def _package_folder(package: str) -> Path:
    """Find the folder of a package without importing it."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations)))


def _files(*suffixes: str) -> list[Path]:
    """List the files of both packages that have one of the suffixes."""
    folders = [_package_folder(package) for package in PACKAGES]
    return sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in suffixes)


def _short(path: Path) -> str:
    """Name a file from its package on, as the id of a test."""
    packages = {_package_folder(package) for package in PACKAGES}
    (package,) = packages.intersection(path.parents)
    return path.relative_to(package.parent).as_posix()


def _is_ours(name: str) -> bool:
    """Tell whether a name of `lakecat` stands for something that lakecat defines, submodules left out."""
    value = getattr(lakecat, name)
    home = getattr(value, "__module__", None) or "lakecat"
    return not isinstance(value, ModuleType) and home.split(".")[0] == "lakecat"


MODULES = _files(".py")
EXTENSION = [path for path in MODULES if _short(path).startswith("sphinx_lakecat/")]
RENDERING = [path for path in MODULES if _short(path).startswith("sphinx_lakecat/rendering")]


def _runtime_imports(body: list[ast.stmt]) -> Iterator[str]:
    """Yield what statements import, by its full name, functions included, type-only imports left out."""
    for statement in body:
        match statement:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from _runtime_imports(statement.orelse)
            case ast.Import():
                yield from (alias.name for alias in statement.names)
            case ast.ImportFrom(level=0, module=str(module)):
                yield from (f"{module}.{alias.name}" for alias in statement.names)
            case _:
                for child in ast.iter_child_nodes(statement):
                    if isinstance(child, ast.stmt):
                        yield from _runtime_imports([child])
                    elif isinstance(child, ast.ExceptHandler | ast.match_case):
                        yield from _runtime_imports(child.body)


def _private_names(source: str) -> set[str]:
    """Return the names with an underscore that code takes from others: those that no statement of it binds."""
    tree = ast.parse(source)
    used, bound = set(), set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name, ctx=ast.Store()) if isinstance(node.value, ast.Name) and node.value.id in (
                "self",
                "cls",
            ):
                bound.add(name)
            case ast.Attribute(attr=name):
                used.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                bound.add(name)
            case ast.Assign():
                bound |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            case ast.ImportFrom(module=str(module)):
                used |= {*module.split("."), *(alias.name for alias in node.names)}
            case ast.Import():
                used |= {part for alias in node.names for part in alias.name.split(".")}
            case ast.Call(func=ast.Name(id="getattr" | "setattr" | "hasattr" | "delattr")):
                used |= {each.value for each in node.args[1:2] if isinstance(each, ast.Constant)}
    return {name for name in used - bound if name.startswith("_") and not name.endswith("__")}


def test_importing_lakecat_stays_cheap(run_python: RunPython) -> None:
    """`import lakecat` loads neither the storage libraries nor anything of Sphinx."""
    done = run_python(
        f"import json, sys, lakecat; print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_all_names_what_is_public() -> None:
    """`lakecat.__all__` lists each public name once and nothing that is not there."""
    not_api = {"annotations", "TYPE_CHECKING"}
    public = {name for name in dir(lakecat) if not name.startswith("_") and name not in not_api and _is_ours(name)}
    public |= {"LakecatConfig", "current_config", "use_config"}  # imported when they are first asked for
    listed = list(lakecat.__all__)
    assert len(listed) == len(set(listed))
    assert {name for name in listed if not name.startswith("__")} == public
    assert [name for name in listed if not hasattr(lakecat, name)] == []


@pytest.mark.parametrize("path", MODULES, ids=_short)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    """Each module has a docstring."""
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_typed(package: str) -> None:
    """Each package carries the marker that lets type checkers use its annotations."""
    assert (_package_folder(package) / "py.typed").is_file()


def test_no_file_is_too_long() -> None:
    """No source file of either package has more lines than the cap."""
    lengths = {
        _short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in _files(".py", ".css", ".js")
    }
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_files_are_named_after_what_they_hold() -> None:
    """No module or folder has a name that says nothing about its contents."""
    names = {part for path in MODULES for part in Path(_short(path)).with_suffix("").parts}
    assert "lakecat" in names
    assert sorted(name for name in names if FORBIDDEN_WORDS.intersection(name.split("_"))) == []


@pytest.mark.parametrize("path", RENDERING, ids=_short)
def test_rendering_needs_no_application(path: Path) -> None:
    """Rendering works on records alone: it imports neither Sphinx's application nor its environment."""
    imports = set(_runtime_imports(ast.parse(path.read_text(encoding="utf-8")).body))
    assert sorted(name for name in imports if name.startswith(NEEDS_APPLICATION)) == []


def _module(path: Path) -> str:
    """Return the full name of a module."""
    return _short(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def test_no_module_imports_itself_by_way_of_others() -> None:
    """There is no circle of imports, those inside functions included."""
    names = {_module(path) for path in MODULES}
    imported = {}
    for path in MODULES:
        found = set(_runtime_imports(ast.parse(path.read_text(encoding="utf-8")).body))
        # `from lakecat.names import words` is an import of the longest name that is a module.
        parts = (name.split(".") for name in found)
        chains = ([".".join(part[:i]) for i in range(len(part), 0, -1)] for part in parts)
        modules = (next((name for name in chain if name in names), None) for chain in chains)
        imported[_module(path)] = {name for name in modules if name} - {_module(path)}
    assert imported["sphinx_lakecat.domain"] >= {"lakecat.names", "sphinx_lakecat.directives.table"}
    assert list(TopologicalSorter(imported).static_order())


@pytest.mark.parametrize("path", [path for path in EXTENSION if path.name != "compat.py"], ids=_short)
def test_only_compat_uses_private_parts(path: Path) -> None:
    """What Sphinx and docutils may change without a word is used in one module, so that a release breaks only that."""
    assert _private_names(path.read_text(encoding="utf-8")) == set()


def test_private_parts_are_found() -> None:
    """The check above sees attributes, imports and names given as text, and leaves out what the code itself binds."""
    source = """
import sphinx._cli
from sphinx.util._pathlib import _StrPath
from sphinx import version_info
class Own:
    _field: int = 0
    def __init__(self):
        self._mine = self._method()
        self.env._app
        setattr(self.env, "_set", 1)
        self._inherited.__dict__
    def _method(self):
        return getattr(self, "_got", own._field)
"""
    assert _private_names(source) == {"_cli", "_pathlib", "_StrPath", "_app", "_set", "_inherited", "_got"}


def test_runtime_imports_are_found() -> None:
    """The check above sees imports in functions, branches and handlers, and leaves out type-only ones."""
    source = """
import one.two
if TYPE_CHECKING:
    import hidden
else:
    import three
def function():
    try:
        from four import five
    except ImportError:
        import six
"""
    assert set(_runtime_imports(ast.parse(source).body)) == {"one.two", "three", "four.five", "six"}
