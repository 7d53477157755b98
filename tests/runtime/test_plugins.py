"""What installed packages bring: found late, named in errors, and broken alone."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from lakecat import CatalogLoadError, PluginError
from lakecat.cli import main
from lakecat.plugins import GROUPS, find, installed, load, load_all
from lakecat.reference import CatalogReference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import RunPython

TABLES = """
import polars as pl
from lakecat import Catalog, CatalogRegistry

catalog = Catalog(CatalogRegistry())
catalog.add_table(lambda: pl.LazyFrame({"id": [1]}), "boats", owner="harbour")
"""


class Site:
    """A folder on the import path, into which packages are installed as pip leaves them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, package: str, entries: dict[str, dict[str, str]] | str, *, version: str = "1.0") -> None:
        """Write what pip writes of a package: its name, and its entry points by group."""
        info = self.folder / f"{package.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        if package:
            text = f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
            info.joinpath("METADATA").write_text(text, encoding="utf-8")
        if not isinstance(entries, str):
            parts = (
                f"[{group}]\n" + "".join(f"{n} = {v}\n" for n, v in found.items()) for group, found in entries.items()
            )
            entries = "\n".join(parts)
        info.joinpath("entry_points.txt").write_text(entries, encoding="utf-8")

    def module(self, name: str, source: str) -> None:
        """Write a module of a package."""
        self.folder.joinpath(f"{name}.py").write_text(source, encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Return a folder on the import path; what was imported from it is forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield Site(folder)
    for name in sys.modules.keys() - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            del sys.modules[name]


@pytest.mark.parametrize("group", GROUPS)
def test_what_a_package_brings_is_found_and_loaded_late(group: str, site: Site) -> None:
    """Each group is looked for when it is asked for, and a module is imported when its entry is loaded."""
    assert installed(group) == ()
    site.module("acme_parts", "class Parts:\n    wheel = object()\n")
    site.install("acme-parts", {group: {"wheel": "acme_parts:Parts.wheel", "all": "acme_parts"}})
    assert [(p.name, p.package) for p in installed(group)] == [("all", "acme-parts 1.0"), ("wheel", "acme-parts 1.0")]
    assert "acme_parts" not in sys.modules
    module = load(group, "all")
    assert load(group, "wheel") is module.Parts.wheel
    assert [installed(other) for other in GROUPS if other != group] == [()] * (len(GROUPS) - 1)


@pytest.mark.parametrize("group", GROUPS)
def test_an_unknown_name_says_what_is_installed(group: str, site: Site) -> None:
    """The error names what packages bring, and the nearest."""
    with pytest.raises(PluginError) as caught:
        load(group, "wheels")
    what = GROUPS[group]
    assert str(caught.value) == f"no {what} 'wheels' is installed; no package brings one (entry point {group!r})"
    site.install("acme", {group: {"wheel": "acme_parts"}})
    site.install("emca", {group: {"axle": "emca_parts"}}, version="2")
    with pytest.raises(PluginError) as caught:
        find(group, "wheels")
    listed = "there is 'axle' (of emca 2), 'wheel' (of acme 1.0)"
    assert str(caught.value) == f"no {what} 'wheels' is installed; {listed}; did you mean 'wheel'?"


BROKEN: dict[str, tuple[str, str, str]] = {
    "raises": ("raise RuntimeError('password=CANARY no')", "bad", "importing module 'bad' raised RuntimeError"),
    "ends": ("import sys; sys.exit(0)", "bad", "importing module 'bad' raised SystemExit"),
    "no syntax": ("def", "bad", "importing module 'bad' raised SyntaxError"),
    "no module": ("", "worse", "importing module 'worse' raised ModuleNotFoundError"),
    "no attribute": ("x = 1", "bad:y", "module 'bad' has no 'y'"),
    "no attribute below": ("x = 1", "bad:x.y", "module 'bad' has no 'x.y'"),
    "nothing": ("", "", "importing module '' raised ValueError"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_one_costs_itself_alone(how: str, site: Site) -> None:
    """What cannot be imported is one sentence that names the package; the others are there."""
    source, value, says = BROKEN[how]
    site.module("bad", source)
    site.module("good", "part = 5")
    site.install("acme", {"lakecat.sections": {"bad": value}})
    site.install("emca", {"lakecat.sections": {"good": "good:part"}})
    found, errors = load_all("lakecat.sections")
    assert found == {"good": 5}
    (error,) = errors
    assert str(error).startswith(f"section 'bad' of acme 1.0 cannot be used: {says}")
    assert "\n" not in str(error)
    assert "CANARY" not in str(error)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"[lakecat.sections]\nno equals sign\n", 1),
        (b"[lakecat.sections\nx = y", 0),
        (b"[lakecat.sections]\n\xff = x", 0),
    ],
    ids=["an entry that is none", "a group that is none", "no text"],
)
def test_a_file_that_cannot_be_read_costs_its_package_alone(data: bytes, told: int, site: Site) -> None:
    """A package whose entries are damaged takes no other with it, and is named where all are loaded."""
    site.module("good", "part = 5")
    site.install("acme", "")
    site.install("emca", {"lakecat.sections": {"good": "good:part"}})
    site.folder.joinpath("acme-1.0.dist-info/entry_points.txt").write_bytes(data)
    found, errors = load_all("lakecat.sections")
    assert found == {"good": 5}
    sentence = "what acme 1.0 brings cannot be used: its file entry_points.txt cannot be read"
    assert [str(error) for error in errors] == [sentence] * told
    assert load("lakecat.sections", "good") == 5


def test_two_packages_with_one_name_are_told_apart(site: Site) -> None:
    """Neither is taken by chance: the error names both. The same package found twice is one."""
    site.module("good", "part = 5")
    for package in ("acme", "emca"):
        site.install(package, {"lakecat.sections": {"part": "good:part"}})
    with pytest.raises(
        PluginError, match=r"section 'part' is brought by acme 1\.0 and emca 1\.0; uninstall all but one"
    ):
        load("lakecat.sections", "part")
    found, errors = load_all("lakecat.sections")
    assert (found, len(errors)) == ({}, 1)


def test_a_package_that_is_shadowed_is_not_there(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two versions on the path the first counts, as for imports."""
    site.install("acme", {"lakecat.sections": {"part": "old"}})
    newer = Site(tmp_path / "newer")
    newer.install("acme", {"lakecat.sections": {"part": "new"}}, version="2")
    monkeypatch.syspath_prepend(newer.folder)
    assert find("lakecat.sections", "part").module == "new"


def test_a_package_without_a_name_brings_what_it_brings(site: Site) -> None:
    """A folder with entry points alone is enough."""
    site.module("good", "part = 5")
    site.install("", {"lakecat.sections": {"part": "good:part"}})
    assert load("lakecat.sections", "part") == 5
    assert installed("lakecat.sections")[0].package == "a package without a name"


@pytest.mark.parametrize("name", ["harbour", "acme-harbour", "Häfen & Boote"])
def test_a_catalog_has_a_name(name: str, site: Site, run_python: RunPython, tmp_path: Path) -> None:
    """`lakecat list --catalog NAME` lists the catalog of an installed package, from any folder."""
    site.module("acme_tables", TABLES)
    site.install("acme", {"lakecat.catalogs": {name: "acme_tables:catalog"}})
    assert str(CatalogReference.parse(name)) == "acme_tables:catalog"
    path = os.pathsep.join([str(site.folder), os.environ.get("PYTHONPATH", "")])
    for command in (["list", "--catalog", name], ["show", "boats", "--catalog", name]):
        done = run_python(["-m", "lakecat", *command], env={**os.environ, "PYTHONPATH": path})
        assert (done.returncode, "boats" in done.stdout, done.stderr) == (0, True, "")


def test_a_module_comes_before_a_catalog_of_its_name(site: Site, make_module: Callable[..., Any]) -> None:
    """What a name meant before a package was installed it means afterwards."""
    make_module("harbour", TABLES)
    site.install("acme", {"lakecat.catalogs": {"harbour": "acme_tables:catalog"}})
    assert str(CatalogReference.parse("harbour")) == "harbour"
    assert str(CatalogReference.parse("harbour:catalog")) == "harbour:catalog"


def test_an_unknown_catalog_says_which_are_installed(site: Site) -> None:
    """A name that neither a module nor a package has is one sentence with what there is."""
    site.install("acme", {"lakecat.catalogs": {"harbour": "acme_tables:catalog"}})
    listed = r"; there is 'harbour' \(of acme 1\.0\)"
    with pytest.raises(CatalogLoadError, match=rf"no module named 'harbor' is found{listed}"):
        CatalogReference.parse("harbor").load()
    with pytest.raises(CatalogLoadError, match=rf"'har-bor' names no catalog; write .*{listed}"):
        CatalogReference.parse("har-bor")
    with pytest.raises(CatalogLoadError, match=r"no module named 'harbor' is found$"):
        CatalogReference.parse("harbor:catalog").load()


def test_a_catalog_that_two_packages_bring_is_none(site: Site) -> None:
    """A name that two packages give is one sentence, and none of them is taken."""
    for package in ("acme", "emca"):
        site.install(package, {"lakecat.catalogs": {"harbour": f"{package}_tables"}})
    with pytest.raises(CatalogLoadError, match=r"catalog 'harbour' is brought by acme 1\.0 and emca 1\.0"):
        CatalogReference.parse("harbour")


def test_a_broken_catalog_is_told_as_any(site: Site) -> None:
    """A catalog that cannot be imported, or is none, says where."""
    site.module("acme_tables", "number = 5\n")
    site.install("acme", {"lakecat.catalogs": {"harbour": "acme_tables:number", "gone": "no_such_module"}})
    with pytest.raises(CatalogLoadError, match="acme_tables:number is int, not a Catalog"):
        CatalogReference.parse("harbour").load()
    with pytest.raises(CatalogLoadError, match="no module named 'no_such_module' is found"):
        CatalogReference.parse("gone").load()


def test_packages_are_looked_at_only_where_there_is_no_module(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference to a module costs no search of what is installed."""
    site.module("acme_tables", TABLES)
    monkeypatch.setattr("lakecat.plugins.installed", lambda group: pytest.fail("packages were looked at"))
    assert CatalogReference.parse("acme_tables:catalog").load().list_tables() == ["boats"]
    assert CatalogReference.parse("acme_tables").module == "acme_tables"


EXPORTERS = """
def owners(snapshots):
    yield "table,owner\\n"
    for table in snapshots:
        yield f"{table.full_name},{table.owner}\\n"

def whole(snapshots):
    return f"{len(list(snapshots))} tables\\n"

def fails(snapshots):
    next(iter(snapshots))
    raise ValueError("password=hunter3 is wrong")

def numbers(snapshots):
    return [1, 2]

def leaves(snapshots):
    raise SystemExit(0)

def half(snapshots):
    return "\\udc80"

def first(snapshots):
    return next(iter(snapshots)).full_name
"""


@pytest.fixture
def export(site: Site, tmp_path: Path) -> Callable[..., tuple[int, str, str, str]]:
    """Return a function that exports a catalog: exit code, both streams, and the file, which had a text before."""
    site.module("acme_tables", TABLES)
    site.module("acme_exports", EXPORTERS)
    names = ("owners", "whole", "fails", "numbers", "leaves", "half", "first")
    site.install("acme", {"lakecat.exporters": {name: f"acme_exports:{name}" for name in names}})
    out = tmp_path / "out.csv"
    out.write_text("before", encoding="utf-8")

    def run(form: str, *, to: str = "", catalog: str = "acme_tables:catalog") -> tuple[int, str, str, str]:
        done = CliRunner().invoke(
            main, ["snapshot", "--catalog", catalog, "--format", form, "--out", to or os.fspath(out)]
        )
        return done.exit_code, done.stdout, done.stderr, out.read_text(encoding="utf-8")

    return run


@pytest.mark.parametrize(("form", "text"), [("owners", "table,owner\nboats,harbour\n"), ("whole", "1 tables\n")])
def test_a_format_of_a_package(export: Callable[..., Any], form: str, text: str) -> None:
    """What the exporter gives, whole or in pieces, is the file, or standard output."""
    assert export(form)[::3] == (0, text)
    assert export(form, to="-")[:2] == (0, text)


@pytest.mark.parametrize(
    ("form", "code", "says"),
    [
        (
            "owner",
            2,
            "no exporter 'owner' is installed; there is 'fails' (of acme 1.0), 'first' (of acme",
        ),
        ("fails", 1, "exporter 'fails' (of acme 1.0) failed: it raised ValueError"),
        ("leaves", 1, "exporter 'leaves' (of acme 1.0) failed: it raised SystemExit"),
        ("half", 1, "exporter 'half' (of acme 1.0) failed: it raised UnicodeEncodeError"),
        ("numbers", 1, "exporter 'numbers' (of acme 1.0) failed: it raised TypeError (it gave int, not text)"),
    ],
)
def test_a_format_that_cannot_be_had(export: Callable[..., Any], form: str, code: int, says: str) -> None:
    """It is one sentence with the package to blame and no secret, nothing is printed, and the file stays as it was."""
    found, printed, told, kept = export(form)
    assert (found, printed, kept) == (code, "", "before")
    assert says in " ".join(told.split())
    assert "hunter3" not in told
    assert "Traceback" not in told


def test_problems_keep_an_export_from_being_written(export: Callable[..., Any], site: Site) -> None:
    """As with the other formats, a table that cannot be read is told, also one that no exporter looks at."""
    site.module("bad_tables", TABLES + 'catalog.add_table(lambda: pl.no_such_frame, "last")\n')
    for form in ("owners", "first"):
        code, _, told, kept = export(form, catalog="bad_tables:catalog")
        assert (code, kept) == (3, "before")
        assert "Nothing written: problems in 1 of 2 tables" in told
