"""A section that an installed package adds stands wherever lakecat's own do; one that fails costs itself alone."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import polars as pl
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Install, NewProject, Project

TABLES = '''
import polars as pl
from lakecat import Column, table

@table(owner="growth", schema=[Column("email", "String", classification="personal"), Column("age", "Int64")])
def users():
    """One row a user."""
    return pl.LazyFrame(schema={"email": pl.String, "age": pl.Int64})

@table(schema={"a": "Int64"})
def others():
    """Nothing is known of these."""
'''
FRESHNESS = """
from dataclasses import dataclass, field

from lakecat.blocks import Grid, Head, Mark, Part, Prose, Ref, Row, Text
from lakecat.sections.base import Detail, Put

@dataclass(frozen=True)
class Fresh:
    days: int
    columns: dict[str, str] = field(default_factory=dict)

class Freshness:
    name, version, record = "freshness", 1, Fresh

    def collect(self, table):
        if table.metadata.name == "users":
            return Fresh(3, {"age": "weekly", "email": "token=hunter2hunter2"})

    def draw(self, table, index):
        if known := table.decoded(self.name, Fresh):
            yield Put("head", (Mark("stale", "warn", "not updated"),), 70)
            for column, often in known.columns.items():
                yield Put("column.values", (Text(f"every_{often}"),), 0, column)
            rows = (Row((((Ref("owner", "growth"),),), ((Text("midnight & noon"),),))),)
            grid = Grid("Runs", (Head("Who"), Head("When")), rows, (Text("As planned."),))
            yield Part("freshness", "Freshness", (Prose((Text(f"Updated {known.days} days ago."),)), grid), 45)
            yield Detail("Pipeline", (Text("nightly_load"),), "scheduler", 50)

    def words(self, table):
        if table.decoded(self.name, Fresh):
            yield "perishable"
"""
SAID = (
    *("stale", "not updated", "every_weekly", "Values", "Freshness", "Updated 3 days ago.", "growth"),
    *("midnight & noon", "As planned.", "Pipeline", "nightly_load", "scheduler"),
)
INDEX = "T\n=\n\n.. toctree::\n\n   catalog/index\n"
SHOW = "from lakecat.cli import main; main(['show', 'users', '--catalog', 'tables'])"
NOTEBOOK = "import tables; from lakecat import Catalog; print(Catalog().describe_table('users')._repr_html_())"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, install: Install) -> str:
    """Return the path of Python with the package."""
    return install(tmp_path_factory.mktemp("packages") / "site", FRESHNESS, "freshness", "Freshness")


@pytest.fixture(scope="module")
def site(project: NewProject) -> Project:
    """Return a project with a table about which the section knows something, and one about which it does not."""
    return project({"tables.py": TABLES, "index.rst": INDEX})


def run(site: Project, path: str, code: str) -> str:
    """Return what a program prints."""
    env = {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, '.'); {code}"]
    done = subprocess.run(command, cwd=site.srcdir, env=env, check=False, capture_output=True, timeout=100)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.mark.parametrize("way", ["html", "text", "latex", "show", "notebook"])
def test_it_stands_everywhere(site: Project, path: str, way: str) -> None:
    """Its part, its pieces in shared places and its records are shown in each way, and escaped; no secret is."""
    if way in ("show", "notebook"):
        said = run(site, path, SHOW if way == "show" else NOTEBOOK)
    else:
        built = site.build("-W", "-E", builder=way, PYTHONPATH=path)
        assert (built.status, built.warnings) == (0, [])
        place = {"html": "catalog/users.html", "text": "catalog/users.txt", "latex": "*.tex"}[way]
        said = next(built.outdir.glob(place)).read_text(encoding="utf-8")
    said = " ".join(said.replace("&amp;", "&").replace("\\&", "&").replace("\\_", "_").split())
    for fact in SAID:
        assert all(word in said for word in fact.split()), fact
    assert "hunter2" not in said


def test_it_is_found_and_nothing_else_changes(site: Project, path: str) -> None:
    """Search finds its words. Of a table that it does not know the page is the same; installing it draws pages anew."""
    without = site.build("-W")
    before = without.files()
    built = site.build("-W", PYTHONPATH=path)
    assert '"perish":' in built.text("searchindex.js")
    assert "freshness" in built.text("catalog/users.html")
    assert built.files()["catalog/others.html"] == before["catalog/others.html"]
    again = site.build("-W")
    assert again.files()["catalog/users.html"] == before["catalog/users.html"]


BROKEN = {
    "import": (
        "raise RuntimeError('hunter2')",
        "section 'broken' of lakecat-broken 1.0 cannot be used: importing module 'lakecat_broken' raised RuntimeError",
    ),
    "class": ("class Broken: pass", "section 'broken' (of lakecat-broken 1.0) cannot be used: it raised TypeError"),
    "draw": ("draw = raising", "The section 'broken' of this page cannot be shown: it raised SystemExit."),
    "words": ("words = raising", "The section 'broken' of this page cannot be shown: it raised SystemExit."),
    "slot": ("draw = odd", "The section 'broken' of this page cannot be shown: there is no slot 'nowhere'"),
    "collect": ("version, record, collect = 1, int, raising", "the section 'broken' raised SystemExit"),
}
SECTION = """
from lakecat.sections.base import Put

def raising(self, table, index=None):
    raise SystemExit("hunter2")

def odd(self, table, index):
    return [Put("nowhere", ())]

class Broken:
    name = "broken"
    draw = words = lambda self, table, index=None: ()
"""


@pytest.mark.parametrize("what", BROKEN)
def test_one_that_fails_costs_itself(project: NewProject, install: Install, tmp_path: Path, what: str) -> None:
    """The build goes on with a warning that names it, and each page is there; what it raised is on none."""
    code, warning = BROKEN[what]
    code = f"{SECTION}    {code}\n" if "=" in code else code
    path = install(tmp_path / "site", code, "broken", "Broken")
    built = project({"tables.py": TABLES, "index.rst": INDEX}).build(PYTHONPATH=path)
    assert built.status == 0
    assert any(warning in line and "[lakecat.section_failed]" in line for line in built.warnings), built.warnings
    assert "One row a user." in built.said("catalog/users")
    assert not [name for name, data in built.files().items() if b"hunter2" in data]


HARMFUL = {
    "exits": ("os._exit(0)", "ended its process with status 0", "process_ended"),
    "dies": ("os.kill(os.getpid(), 9)", "ended its process by signal SIGKILL", "process_ended"),
    "hangs": ("time.sleep(1000)", "took more than 3 seconds", "time_limit"),
}
COLLECTS = """
import os, sys, time
from dataclasses import dataclass

@dataclass(frozen=True)
class Known:
    text: str

class Broken:
    name, version, record = "broken", 1, Known

    def collect(self, table):
        print("hunter2 is printed")
        if table.metadata.name == "users":
            {harm}
        return Known("harmless")

    def draw(self, table, index):
        return ()

    def words(self, table):
        return ()
"""


@pytest.mark.parametrize("jobs", ["-j1", "-j2"])
@pytest.mark.parametrize("harm", HARMFUL)
def test_one_that_does_harm_costs_the_page_of_its_table(
    project: NewProject, install: Install, tmp_path: Path, harm: str, jobs: str
) -> None:
    """What a section collects is code of others: it runs where functions do, also for tables that are data."""
    statement, says, subtype = HARMFUL[harm]
    path = install(tmp_path / "site", COLLECTS.format(harm=statement), "broken", "Broken")
    data = tmp_path / "data.parquet"
    pl.DataFrame({"a": [1, 2]}).write_parquet(data)
    stored = "from lakecat import ParquetTable, register_static_table\n"
    stored += f"register_static_table(ParquetTable(name='{{0}}', uri={str(data)!r}), description='Data of {{0}}.')\n"
    conf = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\nlakecat_time_limit = 3\n'
    tables = stored.format("users") + stored.format("others")
    site = project({"conf.py": conf, "tables.py": tables, "index.rst": INDEX})
    built = site.build(jobs, PYTHONPATH=path)
    assert built.status == 0, built.errors
    assert len(built.warnings) == 1, built.warnings
    (warning,) = built.warnings
    assert says in warning
    assert f"[lakecat.{subtype}]" in warning
    assert "Data of users." in built.said("catalog/users")
    assert "2 rows" in built.said("catalog/others")
    assert not [name for name, data in built.files().items() if b"hunter2" in data]
