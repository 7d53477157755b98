"""Sites from files of snapshots: the same where code and data are gone, and a stand-in where tables cannot be read."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lakecat.snapshot import Commit, TableSnapshot, read, to_json, write

from .conftest import CONF, SHOP, Project
from .oracle import compared

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Build, Built, NewProject

WITH_MISTAKES = (
    SHOP
    + '''
from lakecat import Column

frame = pl.DataFrame({"a": [1, None], "é.x": ["<b>", "\\u202e"]})


@table(owner="nobody", tags=["<odd>"], schema=[Column("a", "Int64", nullable=False, references="gone.column")])
def mistakes():
    """Broken ``markup` and :lakecat:table:`no_such_table`."""
    return frame.lazy()


@table(schema=[Column("b", "String", references="users.nothing")])
def dangling():
    """It points to :lakecat:column:`users.nothing`, and to :lakecat:table:`nowhere`."""
    return frame.lazy()


register_static_table(DeltaTable("described", uri=DATA / "described"), schema=[Column("a", "String", nullable=False)])
'''
)
FAILING = '''
from lakecat import Column, DeltaTable, register_static_table, table

register_static_table(DeltaTable("gone", uri="nowhere/gone"), schema=[Column("x", "Int64")], description="It was here.")


@table
def raises():
    """It fails."""
    raise RuntimeError("no luck today")
'''
PROSE = """
Prose
=====

Read :lakecat:table:`users`, :lakecat:column:`dangling.b`, :lakecat:column:`user_events.nothing` and
:lakecat:owner:`nobody`.

.. lakecat-table:: mistakes

.. lakecat-table:: user

.. toctree::

   catalog/index
"""


def export(folder: Path, code: Path, out: Path, *args: str) -> None:
    """Write the catalog to a file, by a process of its own in a folder of its own."""
    folder.mkdir(exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "lakecat",
        "snapshot",
        "--catalog",
        "tables",
        "--allow-problems",
        "--out",
        str(out),
    ]
    environment = {**os.environ}
    environment["PYTHONPATH"] = f"{environment.get('PYTHONPATH', '')}:{code}"
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    done = subprocess.run([*command, *args], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def without_code(project: Project, out: str) -> Project:
    """Delete the code and the data of a project, and let its site be built from a file."""
    (project.srcdir / "tables.py").unlink()
    shutil.rmtree(project.srcdir / "data", ignore_errors=True)
    conf = (project.srcdir / "conf.py").read_text()
    assert 'lakecat_catalog = "tables"' in conf
    project.write({"conf.py": conf.replace('lakecat_catalog = "tables"', f"lakecat_snapshot = {out!r}")})
    return Project(project.srcdir, project.outdir.parent / "from_file")


def told(built: Built) -> list[str]:
    """Return all that a build said was wrong."""
    return sorted(re.sub(r"\x1b\[[0-9;]*m", "", built.errors).splitlines())


@pytest.mark.parametrize(
    ("builder", "form"),
    [
        ("html", "jsonl"),
        ("html", "json"),
        *((name, "jsonl") for name in ("autocatalog", "singlehtml", "text", "latex")),
    ],
)
def test_a_site_from_a_file_alone(new_shop: NewProject, builder: str, form: str) -> None:
    """Where code and data are gone, the pages and the warnings are byte for byte those of the live site."""
    files = {"tables.py": WITH_MISTAKES} | ({} if builder == "autocatalog" else {"index.rst": PROSE})
    project = new_shop(files)
    describe(project.srcdir / "data" / "described")
    live = project.build(builder=builder)
    export(project.srcdir.parent / "elsewhere", project.srcdir, project.srcdir / f"catalog.{form}")
    stored = without_code(project, f"catalog.{form}").build(builder=builder)
    assert stored.status == live.status == 0
    assert told(stored) == told(live)
    assert len(told(live)) >= 6
    before, after = live.files(), stored.files()
    assert before.keys() == after.keys()
    assert [name for name in before if before[name] != after[name]] == []
    assert any("mistakes" in name for name in before) or builder in ("singlehtml", "latex")


def describe(folder: Path) -> None:
    """Write a Delta table with a description of its own."""
    import polars as pl

    pl.DataFrame({"a": [1, None]}).write_delta(
        folder, delta_write_options={"description": "What the *data* say.", "name": "x"}
    )


def test_tables_that_failed(new_shop: NewProject) -> None:
    """Of tables that could not be read the pages are the same too; warnings lack what no file of ours holds."""
    project = new_shop({"tables.py": FAILING, "index.rst": "A\n=\n"})
    live = project.build()
    assert live.status == 0
    export(project.srcdir.parent / "elsewhere", project.srcdir, project.srcdir / "catalog.jsonl")
    assert b"luck" not in (project.srcdir / "catalog.jsonl").read_bytes()
    stored = without_code(project, "catalog.jsonl").build()
    assert stored.files() == live.files()
    assert any("no luck today" in line for line in told(live))
    for line, full in zip(told(stored), told(live), strict=True):
        assert full.startswith(line.partition(" [lakecat")[0])


def test_a_second_build_reads_what_changed(new_shop: NewProject) -> None:
    """A file that says the same reads nothing again; one that says another thing of a table, that table's page."""
    project = new_shop({"index.rst": "A\n=\n"})
    path = project.srcdir / "catalog.jsonl"
    export(project.srcdir.parent / "elsewhere", project.srcdir, path)
    project = without_code(project, "catalog.jsonl")
    assert project.build().status == 0
    tables = list(read(path))
    write(path, tables)
    assert project.build().read == set()
    changed = [t.with_section("history", None) if t.name == "user_events" else t for t in tables]
    write(path, reversed(changed))
    again = project.build()
    assert again.read == {"catalog/user_events"}
    assert "History" not in again.said("catalog/user_events")
    fresh = Project(project.srcdir, project.outdir.parent / "fresh").build()
    assert compared(fresh.outdir) == compared(again.outdir)


def test_parallel_reading(new_shop: NewProject) -> None:
    """Pages that two processes read from a file are those that one reads."""
    project = new_shop({"index.rst": PROSE})
    export(project.srcdir.parent / "elsewhere", project.srcdir, project.srcdir / "catalog.jsonl")
    project = without_code(project, "catalog.jsonl")
    one = project.build()
    two = Project(project.srcdir, project.outdir.parent / "two").build("-j", "2")
    assert (two.files(), told(two)) == (one.files(), told(one))


def site(build: Build, text: str, conf: str = "lakecat_snapshot = 'a.jsonl'", **files: str) -> Built:
    """Build a site from a file with some text."""
    return build(
        {"conf.py": f'extensions = ["sphinx_lakecat"]\n{conf}\n', "index.rst": "A\n=\n", "a.jsonl": text, **files}
    )


HEADER = '{"format":"lakecat snapshots","format_version":"2.0","as_of":"2026-01-02T03:04:05Z"}\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a.jsonl: it is empty; a file of snapshots begins with a header"),
        ("hello", "a.jsonl: this is no JSON"),
        (HEADER.replace("2.0", "9.0"), "a.jsonl, line 1: snapshot format '9.0' is not known"),
    ],
)
def test_a_file_that_cannot_be_used(build: Build, text: str, says: str) -> None:
    """A file that is no file of snapshots is one warning, and the index says that its tables are missing."""
    built = site(build, text)
    (warning,) = built.warnings
    assert says in warning
    assert warning.endswith("[lakecat.snapshot]")
    assert "The catalog a.jsonl could not be loaded; its tables are missing here." in built.said("catalog/index")


def test_a_file_that_is_not_there(build: Build) -> None:
    """A file that is not there is named."""
    (warning,) = site(build, "", conf="lakecat_snapshot = ['b.jsonl']").warnings
    assert "the snapshot file " in warning
    assert "b.jsonl' cannot be read: No such file or directory" in warning


def test_one_bad_line_takes_no_other_table_down(build: Build) -> None:
    """A line that cannot be used costs its own table, and a damaged part of one that part."""
    good = {"name": "good", "kind": "k"}
    bad_history = {**good, "name": "half", "sections": {"history": {"version": 1, "record": {"commits": [5]}}}}
    bad_figures = {**good, "name": "figures", "columns": [{"name": "x"}]}
    bad_figures["sections"] = {"statistics": {"version": 1, "record": {"columns": 5}}}
    bad_columns = {**good, "name": "columns", "owner": "me", "columns": [{"name": 5}]}
    lines = "\n".join(json.dumps(table) for table in (good, bad_history, bad_figures, bad_columns, good))
    built = site(build, f"{HEADER}{lines}\nnonsense\n{{}}\n")
    assert built.status == 0
    assert {line.split("WARNING: ")[1].split(" [")[0] for line in built.warnings} == {
        "table 'good' stands twice in the snapshot files of this site; the first one is shown",
        "a.jsonl, line 7: table is no JSON: Expecting value: line 1 column 1 (char 0); this table is missing",
        "a.jsonl, line 8: table is not complete: it has no 'name'; this table is missing",
        "table 'half': a.jsonl, line 3: table.sections.history.record.commits[0] is int, not an object",
        "table 'figures': a.jsonl, line 4: table.sections.statistics.record.columns is int, not an object",
        "table 'columns': a.jsonl, line 5: table.columns[0].name is int, not str",
    }
    assert "What the snapshot file says of this table is damaged" in built.said("catalog/half")
    assert "owner me" in built.said("catalog/columns")
    assert "x" in built.said("catalog/figures", ".lc-columns")
    assert "damaged" not in built.said("catalog/good")
    assert str(built.srcdir) not in "".join(text.decode(errors="replace") for text in built.files().values())


def test_several_files(build: Build, tmp_path: Path) -> None:
    """Several files are one catalog; a document of another version is one of them."""
    write(tmp_path / "a.jsonl", [TableSnapshot(name="a", kind="k")])
    text = to_json([TableSnapshot(name="b", kind="k", history=(Commit(version=1),))])
    built = site(
        build, (tmp_path / "a.jsonl").read_text(), conf="lakecat_snapshot = ['a.jsonl', 'b.json']", **{"b.json": text}
    )
    assert built.warnings == []
    assert "2 tables" in built.said("catalog/index")
    assert "History" in built.said("catalog/b")


def test_a_setting_that_names_no_file(build: Build) -> None:
    """A value that is no name of a file is a mistake in conf.py, told in a sentence."""
    built = site(build, "", conf="lakecat_snapshot = [5]")
    assert built.status != 0
    assert "lakecat_snapshot in conf.py holds 5; write the name of a file, or a list of names" in built.errors


@pytest.fixture
def kept(new_shop: NewProject, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return the shop with a file of snapshots beside the catalog."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767323045")
    project = new_shop({"index.rst": "A\n=\n"})
    export(project.srcdir.parent / "elsewhere", project.srcdir, project.srcdir / "catalog.jsonl")
    project.write(
        {"conf.py": f"{CONF}lakecat_snapshot = 'catalog.jsonl'\nproject = copyright = 'Shop'\nversion = '1'\n"}
    )
    return project


NOTE = "This table could not be read when this page was made; what its data tell is shown as of 2026-01-02, 03:04 UTC."


def test_what_can_be_read_is_not_taken_from_the_file(kept: Project) -> None:
    """While all tables can be read, the file changes nothing."""
    with_file = kept.build()
    (kept.srcdir / "catalog.jsonl").unlink()
    kept.write({"conf.py": f"{CONF}project = copyright = 'Shop'\nversion = '1'\n"})
    without = Project(kept.srcdir, kept.outdir.parent / "without").build()
    assert (with_file.files(), with_file.warnings) == (without.files(), [])


def test_a_table_that_cannot_be_read_falls_back(kept: Project) -> None:
    """Of a table whose data are gone the page shows what the file says of them, and from when, and the code of now."""
    before = kept.build()
    shutil.rmtree(kept.srcdir / "data" / "user_events")
    kept.write({"tables.py": SHOP.replace("One row for each thing that a user did.", "Another text.")})
    after = kept.build()
    (warning,) = after.warnings
    assert "there is no Delta table 'user_events'" in warning
    page = after.said("catalog/user_events")
    assert NOTE in page
    assert "Another text." in page
    assert "so its columns and size are unknown" not in page
    for selector in (".lc-columns", ".lc-rows"):
        assert after.said("catalog/user_events", selector) == before.said("catalog/user_events", selector) != ""
    assert after.said("catalog/countries") == before.said("catalog/countries")


def test_a_table_that_came_back_is_read_again(kept: Project) -> None:
    """A page that showed the file is made anew when the data are there again, and is as if they had never been gone."""
    before = kept.build()
    (kept.srcdir / "data" / "user_events").rename(kept.srcdir / "gone")
    assert NOTE in kept.build().said("catalog/user_events")
    (kept.srcdir / "gone").rename(kept.srcdir / "data" / "user_events")
    assert kept.build().files() == before.files()


def test_a_table_that_is_not_declared_any_more_is_gone(kept: Project) -> None:
    """The file does not bring back what the code no longer declares."""
    kept.write({"tables.py": SHOP.replace("@table\ndef by_day", "def by_day")})
    assert "by_day" not in kept.build().said("catalog/index")


def test_a_catalog_that_cannot_be_loaded_falls_back(kept: Project) -> None:
    """Where the code cannot be imported, all its tables are shown as the file knew them, and each page says so."""
    before = kept.build()
    kept.write({"tables.py": "import nothing_of_this_name\n"})
    after = kept.build()
    assert [line.split("[")[-1] for line in after.warnings] == ["lakecat.import_failed]"]
    assert after.said("catalog/index") == before.said("catalog/index")
    note = "The code of this table could not be loaded when this page was made; what its data tell is shown as of 2026"
    for name in ("users", "user_events", "countries", "crm.contacts", "by_day"):
        assert note in after.said(f"catalog/{name}")
    kept.write({"tables.py": SHOP})
    assert kept.build().files() == before.files()


def test_a_file_that_knows_no_more_does_not_stand_in(kept: Project) -> None:
    """A table that could not be read when the file was written either is told of as it is without a file."""
    shutil.rmtree(kept.srcdir / "data" / "user_events")
    export(kept.srcdir.parent / "elsewhere", kept.srcdir, kept.srcdir / "catalog.jsonl")
    page = kept.build().said("catalog/user_events")
    assert "as of" not in page
    assert "so its columns and size are unknown" in page


def test_values_that_are_hidden_by_now_are_not_shown(kept: Project) -> None:
    """A column that was classified since keeps the file from being shown: it holds values of it."""
    assert b"maximum" in (kept.srcdir / "catalog.jsonl").read_bytes()
    shutil.rmtree(kept.srcdir / "data" / "user_events")
    code = SHOP.replace('Column("amount",', 'Column("amount", classification="secret",')
    kept.write({"tables.py": code})
    page = kept.build().said("catalog/user_events")
    assert "as of" not in page
    assert "so its columns and size are unknown" in page
