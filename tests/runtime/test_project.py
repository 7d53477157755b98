"""The token of a function covers the code of the project that it stands on, and what its author says it depends on."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lakecat import DeclarationError, table
from lakecat.project import at_once, project_digest, project_files
from lakecat.registry import current_registry
from lakecat.sources.function import FunctionSource

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = {
    "shop/__init__.py": "from shop import everything\n",
    "shop/everything.py": "import shop.orders, shop.unrelated\n",
    "shop/orders.py": """
        import os, json
        import polars as pl
        import lakecat
        from typing import TYPE_CHECKING
        from .near import one
        from . import beside, NAME
        from shop.parts import deep
        import helpers.far as far
        if TYPE_CHECKING:
            import only_types
        def f():
            import late
            from later.inside import x
            import importlib
            importlib.import_module("named.here")
            try:
                import missing_module
            except ImportError:
                from fallback import y
    """,
    "shop/near.py": "from shop.two_below import x as one\n",
    "shop/two_below.py": "import three_below\n",
    "shop/beside.py": "",
    "shop/unrelated.py": "",
    "shop/parts/__init__.py": "import not_followed\n",
    "shop/parts/deep.py": "",
    "helpers/far.py": "",
    "three_below.py": "from shop import orders\n",
    "late.py": "",
    "later/__init__.py": "",
    "later/inside.py": "from .star import *\n",
    "later/star.py": "",
    "named/here.py": "",
    "fallback.py": "",
    "only_types.py": "",
    "not_followed.py": "",
    "stands_alone.py": "",
}
COVERED = {
    *("shop/__init__.py", "shop/orders.py", "shop/near.py", "shop/two_below.py", "shop/beside.py"),
    *("shop/parts/__init__.py", "shop/parts/deep.py", "helpers/far.py", "three_below.py", "late.py"),
    *("later/__init__.py", "later/inside.py", "later/star.py", "named/here.py", "fallback.py"),
}


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files of a project."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the project."""
    write(tmp_path, PROJECT)
    return tmp_path


def covered(folder: Path, module: str = "shop.orders") -> set[str]:
    """Return the files of a module's code, relative to the project."""
    file = folder / f"{module.replace('.', '/')}.py"
    return {Path(found).relative_to(folder).as_posix() for found in project_files(module, str(file))}


def test_what_is_covered(folder: Path) -> None:
    """Imports are followed through modules, packages, functions and calls with a name; types and siblings are not."""
    # `NAME` is taken from the package itself, so what that imports counts.
    assert covered(folder) == COVERED | {"shop/everything.py", "shop/unrelated.py"}


def test_a_package_above_counts_by_its_own_file(folder: Path) -> None:
    """A package that imports all of its modules does not make each of them stand on all."""
    write(folder, {"shop/orders.py": "from shop.near import one\n"})
    assert covered(folder) == {
        *("shop/__init__.py", "shop/orders.py", "shop/near.py", "shop/two_below.py", "three_below.py")
    }


@pytest.mark.parametrize("name", sorted(COVERED))
def test_each_covered_file_counts(folder: Path, name: str) -> None:
    """An edit of any of these files is another digest, and taking it back is the old one."""
    start = "shop.orders", str(folder / "shop/orders.py")
    before = project_digest(*start)
    text = (folder / name).read_text()
    (folder / name).write_text(f"{text}\n# edited")
    assert project_digest(*start) != before
    (folder / name).write_text(text)
    assert project_digest(*start) == before


@pytest.mark.parametrize("name", ["stands_alone.py", "only_types.py", "not_followed.py"])
def test_other_files_do_not_count(folder: Path, name: str) -> None:
    """An edit of a file that nothing imports changes nothing."""
    start = "shop.orders", str(folder / "shop/orders.py")
    before = project_digest(*start)
    (folder / name).write_text("# edited")
    assert project_digest(*start) == before


def test_a_module_that_comes_and_goes(folder: Path) -> None:
    """A file that an import finds at last counts, and one that is gone does."""
    start = "shop.orders", str(folder / "shop/orders.py")
    before = project_digest(*start)
    (folder / "missing_module.py").write_text("x = 1")
    assert project_digest(*start) != before
    (folder / "missing_module.py").unlink()
    assert project_digest(*start) == before
    (folder / "late.py").unlink()
    assert project_digest(*start) != before


def test_at_once(folder: Path) -> None:
    """Where many functions are asked at once, files are looked at once; afterwards an edit counts."""
    start = "shop.orders", str(folder / "shop/orders.py")
    with at_once():
        before = project_digest(*start)
        (folder / "late.py").write_text("# edited")
        assert project_digest(*start) == before
    assert project_digest(*start) != before


def test_the_place_does_not_count(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same project elsewhere has the same digest."""
    other = tmp_path_factory.mktemp("other")
    write(other, PROJECT)
    digests = {project_digest("shop.orders", str(place / "shop/orders.py")) for place in (folder, other)}
    assert len(digests) == 1


def test_another_folder_of_the_path(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A module of the project that is found elsewhere on the path counts; an installed one does not."""
    other = tmp_path_factory.mktemp("other")
    write(other, {"lib/fallback.py": "", "lib/site-packages/missing_module.py": ""})
    (folder / "fallback.py").unlink()
    start = "shop.orders", str(folder / "shop/orders.py")
    path = list(sys.path)
    try:
        sys.path += [str(other / "lib"), str(other / "lib/site-packages")]
        before = project_digest(*start)
        (other / "lib/site-packages/missing_module.py").write_text("# edited")
        assert project_digest(*start) == before
        (other / "lib/fallback.py").write_text("# edited")
        assert project_digest(*start) != before
    finally:
        sys.path[:] = path


@pytest.mark.parametrize("text", ["def broken(:\n", "\x00", "x = '\\d'\nimport late\n", "from ...... import x\n"])
def test_text_that_is_odd(folder: Path, text: str) -> None:
    """Code that cannot be parsed, or that warns, is covered by its own text."""
    (folder / "shop/near.py").write_text(text)
    before = project_digest("shop.orders", str(folder / "shop/orders.py"))
    (folder / "shop/near.py").write_text(f"{text}#")
    assert project_digest("shop.orders", str(folder / "shop/orders.py")) != before


def declared(value: Any) -> FunctionSource:
    """Return the source of a function with a declared token."""
    table(name="t", change_token=value)(covered)
    source = current_registry().get("t").source
    assert isinstance(source, FunctionSource)
    return source


def test_paths_that_are_declared(tmp_path: Path) -> None:
    """A file, a folder and several paths tell of changes in what they hold; so does one that comes."""
    file, data = tmp_path / "rates.csv", tmp_path / "data"
    data.mkdir()
    for value in (file, str(file), [file, data], (str(data), file)):
        source = FunctionSource(covered, name="t", change_token=value)
        tokens = [source.change_token()]
        file.write_text("a,b")
        tokens.append(source.change_token())
        assert source.change_token() == tokens[-1]
        os.utime(file, (1, 1))
        assert source.change_token() == tokens[-1]
        file.write_text("b,a")
        tokens.append(source.change_token())
        file.unlink()
        assert source.change_token() == tokens[0]
        assert len(set(tokens)) == 3
    source = FunctionSource(covered, name="t", change_token=data)
    tokens = [source.change_token()]
    for name, text in (("below/a.csv", "1"), ("below/a.csv", "2"), ("b.csv", "2")):
        write(data, {name: text})
        tokens.append(source.change_token())
    assert len(set(tokens)) == 4


def test_a_function_that_is_declared() -> None:
    """What a function returns is a part of the token; `None` is no token at all."""
    answers: list[Any] = ["one", "one", 2, None]
    source = FunctionSource(covered, name="t", change_token=lambda: answers.pop(0))
    one, again, two, nothing = (source.change_token() for _ in range(4))
    assert one == again
    assert len({one, two}) == 2
    assert one is not None
    assert "one" not in one
    assert nothing is None


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (3, "change_token of table 't' is int; write a path, a list of paths, or a function that returns a text"),
        ("", "write a path"),
        ([3], "is a list with 3"),
        (int, "write a path"),
        ("s3://user:pass@bucket/x", "names a place that is no local path; write a function that asks it"),
    ],
)
def test_what_cannot_be_declared(value: Any, says: str) -> None:
    """Anything else is an error where it is declared, without what a URL hides."""
    with pytest.raises(DeclarationError) as caught:
        declared(value)
    assert says in str(caught.value)
    assert "pass" not in str(caught.value)


def test_the_module_that_declares_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decorator or factory of another module, that says nothing of what it wraps, does not hide the declaration."""
    write(
        tmp_path,
        {
            "makes_tables.py": "def wrapped(function):\n    def call():\n        return function()\n    return call\n",
            "declares_tables.py": "from lakecat import table\nfrom makes_tables import wrapped\nimport stands_below\n"
            "@table(name='t')\n@wrapped\ndef f(): ...\n",
            "stands_below.py": "",
        },
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import declares_tables  # type: ignore[import-not-found]

    source = current_registry().get("t").source
    assert isinstance(source, FunctionSource)
    found = {Path(file).name for file in source.files()}
    assert found == {"declares_tables.py", "makes_tables.py", "stands_below.py"}
    assert declares_tables
    before = source.change_token()
    (tmp_path / "stands_below.py").write_text("# edited")
    assert source.change_token() != before
