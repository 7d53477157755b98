"""The command line: what it prints, and that errors are one line."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import lakecat
from lakecat.cli import main
from lakecat.snapshot import from_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result
    from conftest import RunPython

SOURCE = '''
import polars as pl
from lakecat import Column, DeltaTable, register_static_table, table

@table(owner="growth", tags=["pii", "core"], deprecated="Use people.", schema=[
    Column("user_id", "Int64", nullable=False, description="The key,\\nfrom the CRM."),
    Column("email", "String", nullable=True),
])
def users():
    """One row a user.

    \\x1b[31mRed\\x1b[0m text and a \\u202emark.
    """
    return pl.LazyFrame()

@table
def unknown(month: int): ...

register_static_table(DeltaTable("gone", uri="nowhere/gone"), tags=["core"])
table(name="\\x1b[31mred")(lambda: pl.LazyFrame({"\\x1b[2Ja": [1]}))
'''


@pytest.fixture
def run(make_module: Callable[..., Path]) -> Callable[..., Result]:
    """Declare tables in a module; return a function that runs a command on it."""
    make_module("cli_tables", SOURCE)

    def invoke(*args: str | os.PathLike[str], catalog: str = "cli_tables") -> Result:
        return CliRunner().invoke(main, [*map(os.fspath, args), "--catalog", catalog])

    return invoke


def test_list(run: Callable[..., Result]) -> None:
    """`list` prints one line a table: name, kind, owner and tags."""
    done = run("list")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["␛[31mred", "function"],
        ["gone", "delta", "core"],
        ["unknown", "function"],
        ["users", "function", "growth", "pii,", "core"],
    ]
    assert done.stderr == ""


def test_catalog_before_the_command(run: Callable[..., Result]) -> None:
    """`--catalog` may stand before the command; one that stands after it counts."""
    assert CliRunner().invoke(main, ["--catalog", "cli_tables", "list"]).stdout == run("list").stdout
    assert CliRunner().invoke(main, ["--catalog", "nowhere", "list", "--catalog", "cli_tables"]).exit_code == 0


@pytest.mark.parametrize(
    ("options", "names"),
    [(["--kind", "delta"], ["gone"]), (["--owner", "growth", "--tag", "core"], ["users"]), (["--tag", "zzz"], [])],
)
def test_list_chooses(run: Callable[..., Result], options: list[str], names: list[str]) -> None:
    """`list` takes a kind, a tag and an owner."""
    assert [line.split()[0] for line in run("list", *options).stdout.splitlines()] == names


def test_list_chooses_by_database(make_module: Callable[..., Path]) -> None:
    """`list` takes a database, and says which is near one that no table has."""
    declare = "".join(f"table(name={n!r}, database={d!r})(lambda: None)\n" for n, d in [("a", "lake"), ("b", None)])
    make_module("cli_databases", f"from lakecat import table\n{declare}")
    for database, found, told in (
        ("lake", "lake.a  function\n", ""),
        ("lak", "", "No table: none of 2 tables has the database 'lak'; did you mean 'lake'?\n"),
    ):
        done = CliRunner().invoke(main, ["list", "--catalog", "cli_databases", "--database", database])
        assert (done.stdout, done.stderr) == (found, told)


def test_show(run: Callable[..., Result]) -> None:
    """`show` prints description, facts and columns, and nothing that a terminal would obey."""
    done = run("show", "users")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "users  (function)"
    assert lines[1].split(" · ")[0] == "deprecated"
    assert "owner growth" in lines[2].split(" · ")
    assert lines[3:7] == ["", "Deprecated. Use people.", "", "One row a user."]
    assert "␛[31mRed␛[0m text and a [U+202E]mark." in lines
    rows = [re.split(r"\s{2,}", line) for line in lines]
    assert ["user_id", "Int64 not null", "The key, from the CRM."] in rows
    assert any(row[1:] == ["String"] for row in rows)


@pytest.mark.parametrize(
    ("name", "says", "code"),
    [
        ("gone", ["There were no data at this table's location", "there is no Delta table 'gone'"], 3),
        ("unknown", ["the table cannot be asked without a value for"], 0),
        ("\x1b[31mred", ["␛[31mred  (function)", "␛[2Ja"], 0),
    ],
)
def test_show_what_is_odd(run: Callable[..., Result], name: str, says: list[str], code: int) -> None:
    """`show` says what is unknown and why, and prints names as inert characters."""
    done = run("show", name)
    assert done.exit_code == code, done.output
    assert [text for text in says if text not in done.stdout] == []
    assert "\x1b" not in done.stdout


def test_show_figures(make_module: Callable[..., Path], delta: Path) -> None:
    """`show` prints the number of rows with where it comes from."""
    make_module(
        "cli_delta",
        f"import lakecat\nlakecat.register_static_table(lakecat.DeltaTable('events', uri={str(delta)!r}))\n",
    )
    done = CliRunner().invoke(main, ["show", "events", "--catalog", "cli_delta"])
    assert "Rows         3 (exact, from: Delta log)" in done.stdout.splitlines()


def test_snapshot(run: Callable[..., Result], tmp_path: Path) -> None:
    """`snapshot` writes all tables, tells each problem in a line on stderr, and is the same twice."""
    out = tmp_path / "snapshot.json"
    done = run("snapshot", "--out", out, "--allow-problems")
    assert done.exit_code == 0, done.output
    first = out.read_bytes()
    assert [s.name for s in from_json(first.decode())] == ["\x1b[31mred", "gone", "unknown", "users"]
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 2
    assert done.stderr.splitlines()[0].startswith("gone: there is no Delta table 'gone'")
    assert done.stderr.splitlines()[1].startswith("4 tables written to")
    run("snapshot", "--out", out, "--allow-problems")
    assert out.read_bytes() == first


BAD_MODULE = "x = 1\nraise ValueError('\\x1b[31mfirst\\x1b[0m\\nsecond')\n"


@pytest.mark.parametrize(
    ("args", "catalog", "says"),
    [
        (["show", "user"], "cli_tables", "no table 'user' in this catalog (4 tables); did you mean 'users'?"),
        (
            ["list"],
            "cli_nowhere",
            "catalog module 'cli_nowhere' cannot be imported: no module named 'cli_nowhere' is found",
        ),
        (["list"], "cli tables", "'cli tables' names no catalog"),
        (["list"], "cli_tables:lak", "module 'cli_tables' has no 'lak'"),
        (["list"], "cli_bad", "ValueError: first second ("),
        (["list"], "cli_bad", "cli_bad.py:2)"),
        (["list"], "cli_exit", "SystemExit: 0"),
        (["snapshot", "--out", "nowhere/out.json"], "cli_tables", "No such file or directory"),
    ],
)
def test_errors(
    run: Callable[..., Result],
    make_module: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    args: list[str],
    catalog: str,
    says: str,
) -> None:
    """An error is one line on stderr with exit code 1, and nothing on stdout."""
    monkeypatch.chdir(tmp_path)
    make_module("cli_bad", BAD_MODULE)
    make_module("cli_exit", "import sys\nsys.exit(0)\n")
    done = run(*args, catalog=catalog)
    assert done.exit_code == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("Error: ")
    assert says in lines[0]
    assert "\x1b" not in lines[0]


@pytest.mark.parametrize("args", [["list"], ["show", "--catalog", "x"], ["nothing"], ["snapshot", "--catalog", "x"]])
def test_usage(args: list[str]) -> None:
    """What is not a command, or lacks a part, is told with the usage and exit code 2."""
    done = CliRunner().invoke(main, args)
    assert done.exit_code == 2
    assert "Usage: " in done.stderr


def test_version_and_help() -> None:
    """`--version` and `--help` answer."""
    assert CliRunner().invoke(main, ["--version"]).stdout == f"lakecat, version {lakecat.__version__}\n"
    assert "snapshot" in CliRunner().invoke(main, ["--help"]).stdout


def test_as_a_module(tmp_path: Path, run_python: RunPython) -> None:
    """`python -m lakecat` finds modules in the current folder; errors have no traceback."""
    (tmp_path / "here.py").write_text(
        "import lakecat, polars\n@lakecat.table\ndef users(): return polars.LazyFrame()\n"
    )
    done = run_python(["-m", "lakecat", "list", "--catalog", "here"], cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "users  function\n", "")
    done = run_python(["-m", "lakecat", "snapshot", "--catalog", "here", "--out", "out.json"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads((tmp_path / "out.json").read_text())["tables"]
    snippets = found["sections"]["snippets"]["record"]["snippets"]
    assert snippets[0]["code"].startswith("import here  # declares the tables\nfrom lakecat import Catalog\n")
    done = run_python(["-m", "lakecat", "show", "user", "--catalog", "here"], cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: no table 'user' in this catalog (1 table); did you mean 'users'?\n"
