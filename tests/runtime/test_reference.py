"""Catalogs by name, as settings and the command line write them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from lakecat import Catalog, CatalogLoadError
from lakecat.reference import CatalogReference
from lakecat.snippets import CatalogImport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DECLARES = "import polars as pl\nfrom lakecat import Catalog, CatalogRegistry, table\n"
DECLARES += "@table\ndef users():\n    return pl.LazyFrame()\n"
OWN = DECLARES + "class Holder:\n    lake = Catalog(CatalogRegistry())\n"
OWN += "lake = Catalog()\nregistry = CatalogRegistry()\nnumber = 5\n"


@pytest.mark.parametrize("text", ["tables", "pkg.tables", "tables:lake", " pkg.tables:Holder.lake "])
def test_references_are_written_as_they_are_read(text: str) -> None:
    """A reference is `module` or `module:attribute`, with dots in either."""
    assert str(CatalogReference.parse(text)) == text.strip()


@pytest.mark.parametrize(
    "text", ["", ":", "tables:", ":lake", "a b", "tables.py:x y", "a-b", "a..b", "a:b:c", "../a", "a;b"]
)
def test_what_is_no_reference(text: str) -> None:
    """Other text is refused with the two forms that there are."""
    with pytest.raises(CatalogLoadError) as caught:
        CatalogReference.parse(text)
    assert str(caught.value) == f"{text!r} names no catalog; write 'package.module' or 'package.module:attribute'"


@pytest.mark.parametrize(
    ("attribute", "names"), [("", ["users"]), (":lake", ["users"]), (":Holder.lake", []), (":registry", [])]
)
def test_loads(make_module: Callable[..., Path], attribute: str, names: list[str]) -> None:
    """The module is imported; without an attribute the catalog is that of the current registry."""
    make_module("ref_tables", OWN)
    catalog = CatalogReference.parse("ref_tables" + attribute).load()
    assert isinstance(catalog, Catalog)
    assert catalog.list_tables() == names


def test_loads_from_a_folder(tmp_path: Path) -> None:
    """A module is found in the given folder, which afterwards is not on the import path."""
    (tmp_path / "ref_in_folder.py").write_text(DECLARES)
    before = list(sys.path)
    try:
        assert CatalogReference.parse("ref_in_folder").load(path=tmp_path).list_tables() == ["users"]
    finally:
        sys.modules.pop("ref_in_folder", None)
    assert sys.path == before


FAILING = {
    "ref_zero": ("import lakecat\n\n1 / 0\n", "ZeroDivisionError: division by zero", 3),
    "ref_syntax": ("x = 1\ny = (\n", "SyntaxError: ", 2),
    "ref_exit": ("import sys\nsys.exit(3)\n", "SystemExit: 3", 2),
    "ref_missing": (
        "import polars\nimport no_such_module_anywhere\n",
        "ModuleNotFoundError: No module named 'no_such",
        2,
    ),
    "ref_declares": (
        "from lakecat import table\n@table('users')\ndef users(): ...\n",
        "DeclarationError: write @table(name=",
        2,
    ),
    "ref_silent": ("class Silent(Exception): ...\nraise Silent\n", "Silent", 2),
    "ref_json": ("import json\njson.loads('{')\n", "JSONDecodeError: ", 2),
    "ref_deep": (
        "from lakecat import ParquetTable, register_static_table as r\n\nr(ParquetTable('a', uri='a'), ' b')\n",
        "Decl",
        3,
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_imports_that_fail(make_module: Callable[..., Path], name: str) -> None:
    """Whatever an import raises, the error has the cause, the file and the line of the author's code."""
    source, reason, line = FAILING[name]
    path = make_module(name, source)
    with pytest.raises(CatalogLoadError) as caught:
        CatalogReference.parse(name).load()
    assert str(caught.value).startswith(f"catalog module {name!r} cannot be imported: {reason}")
    assert (caught.value.file, caught.value.line) == (str(path), line)


def test_the_innermost_line_of_the_authors_code(make_module: Callable[..., Path]) -> None:
    """An import that fails in another module of the author is placed there, and a folder's name does not hide it."""
    make_module("lakecat_demo.__init__", "")
    inner = make_module("lakecat_demo.inner", "x = 1\nraise KeyError('k')\n")
    make_module("lakecat_demo.outer", "import lakecat_demo.inner\n")
    with pytest.raises(CatalogLoadError, match="KeyError: 'k'") as caught:
        CatalogReference.parse("lakecat_demo.outer").load()
    assert (caught.value.file, caught.value.line) == (str(inner), 2)


def test_code_beside_lakecat_is_the_authors(make_module: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A package whose folder begins like lakecat's own, such as one in the same checkout, is not taken for it."""
    path = make_module("beside", "1 / 0\n")
    monkeypatch.setattr("lakecat.modules.__file__", str(path.with_suffix(""))[:-3] + "/modules.py")
    with pytest.raises(CatalogLoadError) as caught:
        CatalogReference.parse("beside").load()
    assert (caught.value.file, caught.value.line) == (str(path), 1)


@pytest.mark.parametrize("name", ["ref_nowhere", "ref_nowhere.inner", "ref_pack.nowhere"])
def test_modules_that_are_not_there(make_module: Callable[..., Path], name: str) -> None:
    """A module that is not found is said to be not found."""
    make_module("ref_pack.__init__", "")
    with pytest.raises(CatalogLoadError, match="is found") as caught:
        CatalogReference.parse(name).load()
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    ("attribute", "says"),
    [
        ("lak", "module 'ref_attributes' has no 'lak'; did you mean 'lake'?"),
        ("Holder.lak", "has no 'Holder.lak'; did you mean 'lake'?"),
        ("zzz", "module 'ref_attributes' has no 'zzz'"),
        ("number", "ref_attributes:number is int, not a Catalog"),
        ("number.real.zzz", "has no 'number.real.zzz'"),
    ],
)
def test_attributes_that_are_no_catalog(make_module: Callable[..., Path], attribute: str, says: str) -> None:
    """An attribute that is not there has near names; one that is no catalog is told with its type."""
    path = make_module("ref_attributes", OWN)
    with pytest.raises(CatalogLoadError) as caught:
        CatalogReference.parse(f"ref_attributes:{attribute}").load()
    assert says in str(caught.value)
    assert caught.value.file == str(path)


@pytest.mark.parametrize("text", ["imp_tables", "imp_tables:lake", "imp_tables:Holder.lake"])
def test_how_a_program_gets_at_it(make_module: Callable[..., Path], text: str) -> None:
    """The import lines of a reference run, and its expression is the catalog."""
    make_module("imp_tables", OWN)
    reference = CatalogReference.parse(text)
    assert isinstance(reference.imported, CatalogImport)
    namespace: dict[str, object] = {}
    exec("\n".join(reference.imported.lines), namespace)
    found = eval(reference.imported.expression, namespace)
    assert isinstance(found, Catalog)
    assert found.list_tables() == reference.load().list_tables()
