"""The function of a table hangs, exits, dies, forks, prints or eats memory: it costs its own page, and no other."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Build, Built, NewProject

TABLES = r'''
import os, signal, sys, threading, time

import polars as pl

import beside
from lakecat import Column, register_static_table, table


@table
def a_good():
    """It is as it was."""
    return pl.LazyFrame({"good": [1]})


@table
def exits():
    os._exit(0)


@table
def hangs(day: int = 1):
    """It never comes back."""
    time.sleep(600)


@table
def dies():
    os.kill(os.getpid(), signal.SIGSEGV)


@table
def eats():
    held = bytearray(2**30)
    time.sleep(600)


@table
def ends():
    raise BaseException("x")


@table
def forks():
    name = "child" if os.fork() == 0 else "parent"
    return pl.LazyFrame({name: [1]})


@table
def closes():
    for number in (0, 1, 2):
        os.close(number)
    return pl.LazyFrame({"closed": [1]})


@table
def moves():
    os.chdir("/")
    os.environ.clear()
    return pl.LazyFrame({"moved": [1]})


@table
def prints():
    print("noise of it")
    print("at https://user:CANARY7f3a@127.0.0.1/x")
    os.write(2, b"written past Python\n")
    for number in range(100):
        print("line", number)
    return pl.LazyFrame({"printed": [1]})


@table(schema=[Column("email", classification="personal")])
def prints_personal():
    print("somebody@example.com")
    return pl.LazyFrame({"email": ["somebody@example.com"]})


@table
def starts():
    for _ in range(16):
        threading.Thread(target=time.sleep, args=(600,)).start()
    return pl.LazyFrame({"started": [1]})


class Odd:
    def __repr__(self):
        os._exit(0)


@table(schema={"a": "Int64"})
def odd_default(value=Odd()):
    """Its default ends what asks for its text."""


class Source:
    kind = "odd"

    def __init__(self, where):
        self.where = where

    def _here(self, name):
        if name == self.where:
            os._exit(0)

    def scan(self, **params):
        return pl.LazyFrame({"a": [1]})

    def schema(self):
        self._here("schema")
        return pl.Schema({"a": pl.Int64})

    def facts(self):
        self._here("facts")
        return ()

    def change_token(self):
        self._here("token")
        return "1"


for method in ("schema", "facts", "token"):
    register_static_table(Source(method), name=f"source_{method}", description="Odd.")


@table(schema={"a": "Int64"}, change_token=lambda: os._exit(0))
def odd_token():
    """What tells of its changes ends what asks for it."""


@table(schema=[Column("a", "Int64", references="source_schema.a")])
def refers():
    """A column of it references one that cannot be had."""


@table
def z_last():
    """It finds all as conf.py left it."""
    import later

    found = {"later": later.NAME, "env": os.environ["FROM_CONF"], "cwd": os.path.basename(os.getcwd())}
    return pl.LazyFrame(schema={f"{key}_{value}": pl.Int64 for key, value in found.items()})
'''
CONF = """
import os, sys
sys.path.insert(0, os.path.abspath("extra"))
os.environ["FROM_CONF"] = "set"
extensions = ["sphinx_lakecat"]
lakecat_catalog = "tables"
lakecat_time_limit = 10
lakecat_memory_limit = 512
"""
FILES = {
    "conf.py": CONF,
    "tables.py": TABLES,
    "beside.py": "",
    "extra/later.py": "NAME = 'found'\n",
    "index.rst": "T\n=\n\n.. lakecat-table:: a_good\n   :no-index:\n",
}
GOOD = {
    "a_good": "good",
    "forks": "parent",
    "closes": "closed",
    "moves": "moved",
    "prints": "printed",
    "starts": "started",
    "prints_personal": "email",
    "z_last": f"later_found env_set cwd_{Path.cwd().name}",
}
BAD = {
    "exits": "the function of table 'exits' ended its process with status 0; {} [lakecat.process_ended]",
    "hangs": "the function of table 'hangs' took more than 10 seconds; {} [lakecat.time_limit]",
    "dies": "the function of table 'dies' ended its process by signal SIGSEGV; {} [lakecat.process_ended]",
    "eats": "the function of table 'eats' took more than 512 MiB of memory; {} [lakecat.memory_limit]",
    "odd_default": "the function of table 'odd_default' ended its process with status 0; {} [lakecat.process_ended]",
    "odd_token": "the function of table 'odd_token' ended its process with status 0; {} [lakecat.process_ended]",
    "source_schema": "table 'source_schema', when it was asked, ended its process with status 0; {} "
    "[lakecat.process_ended]",
    "source_facts": "table 'source_facts', when it was asked, ended its process with status 0; {} "
    "[lakecat.process_ended]",
    "source_token": "table 'source_token', when it was asked, ended its process with status 0; {} "
    "[lakecat.process_ended]",
}


@pytest.fixture(scope="module", params=["-j1", "-j2"])
def built(request: pytest.FixtureRequest, project: NewProject) -> Built:
    """Return a site of such tables."""
    return project(FILES).build(request.param)


def test_the_build_goes_on(built: Built) -> None:
    """The site is whole, and every good table has its page with its columns."""
    assert built.status == 0, built.errors
    assert "build succeeded" in built.output
    for name, columns in GOOD.items():
        page = built.said(f"catalog/{name}")
        assert [c for c in columns.split() if c not in page] == [], (name, page, built.errors)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_table(built: Built, name: str) -> None:
    """A bad one has its page, which says so, and one warning of its own kind at its declaration."""
    start, end = BAD[name].split("{}")
    (warning,) = [w for w in built.warnings if f"{name!r}" in w]
    assert warning.startswith("tables.py:"), warning
    assert start in warning
    assert warning.endswith(end.strip()), warning
    assert "could tell is unknown" in built.said(f"catalog/{name}") or name.endswith("_token")


def test_what_a_bad_table_still_says(built: Built) -> None:
    """What is declared is there: description and parameters."""
    page = built.said("catalog/hangs")
    assert "It never comes back." in page
    assert "day: int = 1" in page
    assert "Its default ends what asks for its text." in built.said("catalog/odd_default")


def test_what_is_printed(built: Built) -> None:
    """What a function prints is in the log with its table's name, without secrets and bounded, and on no page."""
    assert "table 'prints' printed: noise of it" in built.output
    assert "table 'prints' printed: written past Python" in built.output
    assert "table 'prints' printed 83 more lines" in built.output
    assert "table 'prints_personal' printed 1 line" in built.output
    assert "CANARY7f3a" not in built.output + built.errors
    assert "somebody@example.com" not in built.output + built.errors
    for file, data in built.files().items():
        assert b"noise of it" not in data, file
        assert b"CANARY7f3a" not in data, file


def test_no_other_warning(built: Built) -> None:
    """Nothing else is warned of."""
    others = [w for w in built.warnings if not any(repr(name) in w for name in (*BAD, "ends")) and "lakecat" in w]
    assert others == []


def test_a_catalog_that_only_conf_py_has(build: Build) -> None:
    """Where no other process can load the catalog, its functions are called in that of the build, which says so."""
    conf = """
import sys, types
import polars as pl
import lakecat
made = types.ModuleType("made")
made.catalog = lakecat.Catalog(lakecat.CatalogRegistry())
made.catalog.add_table(lambda: pl.LazyFrame({"from_conf": [1]}), "made_here")
sys.modules["made"] = made
extensions = ["sphinx_lakecat"]
lakecat_catalog = ["made:catalog", "tables"]
"""
    tables = "import os\nfrom lakecat import table\n@table\ndef exits():\n    os._exit(0)\n"
    built = build({"conf.py": conf, "tables.py": tables, "index.rst": "T\n=\n"})
    assert built.status == 0, built.errors
    assert [w.rpartition("[")[2] for w in built.warnings if "lakecat" in w] == ["lakecat.process_ended]"]
    assert "from_conf" in built.said("catalog/made_here")
    assert "functions of made:catalog are called in this process, as another one cannot load them" in built.output


@pytest.mark.parametrize("setting", ["lakecat_time_limit = 0", "lakecat_memory_limit = -1"])
def test_limits_that_cannot_be(build: Build, setting: str) -> None:
    """A limit that nothing can keep is an error of the configuration."""
    built = build({"conf.py": f'extensions = ["sphinx_lakecat"]\n{setting}\n', "index.rst": "T\n=\n"})
    name, _, value = setting.partition(" = ")
    assert built.status != 0
    assert f"{name} in conf.py is {value}; write a number above 0" in built.errors


def test_two_catalogs(build: Build) -> None:
    """Functions of two catalogs are asked, and columns may reference those of the other one."""
    one = """
import polars as pl
from lakecat import Catalog, CatalogRegistry, Column
catalog = Catalog(CatalogRegistry())
catalog.add_table(
    lambda: pl.LazyFrame({"a": [1]}), "one",
    schema=[Column("a", references="two.b"), Column("x", "Int64", references="two.gone")],
)
"""
    two = """
import polars as pl
from lakecat import Catalog, CatalogRegistry
catalog = Catalog(CatalogRegistry())
catalog.add_table(lambda: pl.LazyFrame({"b": [1]}), "two", schema={"b": "Int64"})
catalog.add_table(lambda: pl.LazyFrame({"c": [1]}), "one")
"""
    conf = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = ["one:catalog", "two:catalog"]\n'
    built = build({"conf.py": conf, "one.py": one, "two.py": two, "index.rst": "T\n=\n"})
    assert built.status == 0, built.errors
    assert {w.rpartition("[")[2] for w in built.warnings} >= {"lakecat.duplicate_table]", "lakecat.unknown_table]"}
    assert not [w for w in built.warnings if "'two.b'" in w]
    assert "from one import catalog" in built.said("catalog/one")


def test_ctrl_c_while_a_function_hangs(project: NewProject) -> None:
    """Somebody who stops the build stops it, with the process that calls functions."""
    tables = (
        "import os, pathlib, time\nfrom lakecat import table\n@table\ndef hangs():\n"
        "    pathlib.Path(__file__).with_name('pid').write_text(str(os.getpid()))\n    time.sleep(600)\n"
    )
    site = project({"tables.py": tables, "index.rst": "T\n=\n"})
    command = [sys.executable, "-m", "sphinx", "-b", "html", str(site.srcdir), str(site.outdir)]
    # A program that runs in the background of a shell ignores it.
    code = "import signal, subprocess, sys; signal.signal(2, signal.default_int_handler); "
    code += "import runpy; sys.argv = sys.argv[1:]; runpy.run_module('sphinx', run_name='__main__', alter_sys=True)"
    command = [sys.executable, "-c", code, *command[2:]]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            file, end = site.srcdir / "pid", time.monotonic() + 120
            while not (file.exists() and file.read_text(encoding="utf-8")) and process.poll() is None:
                assert time.monotonic() < end
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            assert process.wait(60) != 0
        finally:
            process.kill()
    pid = int((site.srcdir / "pid").read_text(encoding="utf-8"))
    assert pid != process.pid
    assert not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes()
