"""The command line in a shell: exit codes, pipes, files that are kept, and what is said where nothing is found."""

from __future__ import annotations

import json
import os
import shlex
import signal
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

import lakecat
from lakecat import Catalog, CatalogRegistry
from lakecat.snapshot import from_json, read

if TYPE_CHECKING:
    from conftest import RunPython

GOOD = "import lakecat, polars\n@lakecat.table(owner='growth', tags=['pii'])\ndef users(): return polars.LazyFrame()\n"
BAD = GOOD + "lakecat.register_static_table(lakecat.DeltaTable('gone', uri='nowhere/gone'), owner='geo')\n"
MANY = "import lakecat, polars\nfor i in range({0}):\n"
MANY += "    lakecat.table(name=f'table_{{i:05}}')(lambda: polars.LazyFrame())\n"


class Shell(Protocol):
    """What the fixture `shell` returns."""

    def __call__(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line of Bash, in which `lakecat` is the command, to its end."""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Return a function that runs lines of Bash in a folder with modules to look at."""
    for name, source in {"good": GOOD, "bad": BAD, "many": MANY.format(5_000), "few": MANY.format(3)}.items():
        (tmp_path / f"{name}.py").write_text(source)
    (tmp_path / "empty.py").write_text("import lakecat\n")

    def run(line: str) -> subprocess.CompletedProcess[str]:
        command = f'lakecat() {{ {shlex.quote(sys.executable)} -m lakecat "$@"; }}\nset -o pipefail\n{line}'
        return subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )

    return run


def environment() -> dict[str, str]:
    """Return the variables of this process, with which the package that is tested is found."""
    home = str(Path(lakecat.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([home, os.environ.get("PYTHONPATH", "")])}


@pytest.mark.finding(20)
@pytest.mark.parametrize("module", ["many", "few"])
@pytest.mark.parametrize("command", ["list", "snapshot --out -"])
def test_a_reader_that_has_seen_enough_is_no_failure(shell: Shell, module: str, command: str) -> None:
    """A pipe into `head` succeeds, also under pipefail, and nothing is said, however much is left."""
    done = shell(f"lakecat {command} --catalog {module} 2>errors | head -1")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 1
    said = shell("cat errors").stdout
    assert [line for line in said.splitlines() if " written to " not in line] == []


@pytest.mark.finding(20)
def test_every_command_ends_well_when_the_reader_is_gone(shell: Shell) -> None:
    """A pipe that nobody reads any more is no failure of any command, and nothing is said."""
    for command in ("list --catalog few", "show table_00000 --catalog few", "snapshot --catalog few --out -", "doctor"):
        done = shell(f"lakecat {command} 2>errors | true")
        assert done.returncode == 0, command
        assert "Error" not in shell("cat errors").stdout


@pytest.mark.finding(20)
def test_problems_are_told_through_a_pipe_too(shell: Shell) -> None:
    """What `show` found out does not get lost where the reader goes away."""
    done = shell("lakecat show gone --catalog bad | head -1")
    assert (done.returncode, done.stdout, done.stderr) == (3, "gone  (delta)\n", "")


@pytest.mark.finding(20)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "command", ["list --catalog many", "show users --catalog good", "snapshot --out - --catalog few"]
)
def test_a_full_disk_is_one_line(shell: Shell, command: str) -> None:
    """Where standard output cannot be written, one line says so, and nothing follows when the program ends."""
    done = shell(f"lakecat {command} > /dev/full")
    assert done.returncode == 1
    assert done.stderr == "Error: No space left on device: standard output\n"


@pytest.mark.finding(20)
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("snapshot --catalog bad --out out.json", 3),
        ("snapshot --catalog bad --out out.json --allow-problems", 0),
        ("snapshot --catalog good --out out.json", 0),
        ("snapshot --catalog bad --out out.jsonl", 3),
        ("snapshot --catalog bad --out out.jsonl --allow-problems", 0),
        ("snapshot --catalog good --out out.jsonl", 0),
        ("snapshot --catalog good --out out --format csv", 2),
        ("snapshot --catalog bad --out -", 3),
        ("snapshot --catalog bad --out - --allow-problems", 0),
        ("show gone --catalog bad", 3),
        ("show gone --catalog bad --allow-problems", 0),
        ("show users --catalog bad", 0),
        ("list --catalog bad", 0),
        ("show user --catalog bad", 1),
        ("list --catalog nowhere", 1),
        ("snapshot --catalog bad", 2),
    ],
)
def test_exit_codes(shell: Shell, command: str, code: int) -> None:
    """What is not known is told by code 3, an error by 1, a mistake in the command by 2."""
    assert shell(f"lakecat {command}").returncode == code


@pytest.mark.finding(20)
def test_a_snapshot_with_problems_keeps_the_old_file(shell: Shell, tmp_path: Path) -> None:
    """A table that cannot be read leaves the file as it was, unless problems are allowed; both ways they are told."""
    out = tmp_path / "out.json"
    out.write_text("before")
    done = shell("lakecat snapshot --catalog bad --out out.json")
    assert (out.read_text(), done.stdout) == ("before", "")
    first, last = done.stderr.splitlines()
    assert first.startswith("gone: there is no Delta table 'gone'")
    assert last == "Nothing written: problems in 1 of 2 tables; --allow-problems writes what is known"
    done = shell("lakecat snapshot --catalog bad --out out.json --allow-problems")
    assert done.stderr.splitlines() == [first, "2 tables written to out.json"]
    assert [table.name for table in from_json(out.read_text())] == ["gone", "users"]


@pytest.mark.parametrize(
    ("options", "form"),
    [
        ("--out out.jsonl", "jsonl"),
        ("--out out.json", "json"),
        ("--out out", "json"),
        ("--out out.json --format jsonl", "jsonl"),
        ("--out out.jsonl --format json", "json"),
        ("--out -", "json"),
        ("--out - --format jsonl", "jsonl"),
        ("--out /dev/stdout --format jsonl", "jsonl"),
    ],
)
def test_the_name_of_the_file_or_an_option_says_the_form(shell: Shell, tmp_path: Path, options: str, form: str) -> None:
    """A file whose name ends in .jsonl holds JSON Lines, each other one a document, unless an option says otherwise."""
    done = shell(f"lakecat snapshot --catalog bad --allow-problems {options} | cat")
    name = options.split()[1]
    text = (tmp_path / name).read_text() if name.startswith("out") else done.stdout
    (tmp_path / "copy").write_text(text)
    assert [table.name for table in read(tmp_path / "copy")] == ["gone", "users"]
    assert (len(text.splitlines()) == 3, '"format":"lakecat snapshots"' in text) == ((form == "jsonl"),) * 2


@pytest.mark.parametrize("out", ["out.jsonl", "- --format jsonl", "/dev/stdout --format jsonl"])
def test_lines_with_problems_are_not_written(shell: Shell, tmp_path: Path, out: str) -> None:
    """Though lines are written as tables come, a problem of the last one leaves the old file, and pipes get nothing."""
    (tmp_path / "out.jsonl").write_text("before")
    done = shell(f"lakecat snapshot --catalog bad --out {out}")
    assert (done.returncode, done.stdout, (tmp_path / "out.jsonl").read_text()) == (3, "", "before")
    last = done.stderr.splitlines()[-1]
    assert last == "Nothing written: problems in 1 of 2 tables; --allow-problems writes what is known"
    assert not list(tmp_path.glob(".lakecat*"))


@pytest.mark.finding(20)
def test_a_dash_is_standard_output(shell: Shell, tmp_path: Path) -> None:
    """`--out -` writes the JSON to standard output and nothing else there, and no file."""
    before = {path.name for path in tmp_path.iterdir()}
    done = shell("lakecat snapshot --catalog good --out -")
    assert [table["name"] for table in json.loads(done.stdout)["tables"]] == ["users"]
    assert done.stderr == "1 table written to standard output\n"
    assert {path.name for path in tmp_path.iterdir()} - before <= {"__pycache__"}
    again = shell("lakecat snapshot --catalog good --out /dev/stdout | cat")
    assert again.stdout == done.stdout


@pytest.mark.finding(20)
@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("new_folder/catalog.json", "Error: No such file or directory; make the folder first: new_folder\n"),
        ("good.py/catalog.json", "Error: Not a directory: good.py\n"),
    ],
)
def test_a_folder_that_is_not_there(shell: Shell, tmp_path: Path, out: str, says: str) -> None:
    """Where there is no folder for the file, the folder is named, and no internal name; no table is opened first."""
    done = shell(f"lakecat snapshot --catalog bad --out {out}")
    assert (done.returncode, done.stderr) == (1, says)
    with pytest.raises(OSError, match=Path(out).parts[0]) as caught:
        Catalog(CatalogRegistry()).export_catalog_metadata(tmp_path / out)
    assert ".part" not in str(caught.value)
    assert not (tmp_path / "new_folder").exists()


@pytest.mark.finding(20)
def test_a_folder_is_no_file(shell: Shell, tmp_path: Path) -> None:
    """A folder that is given as the file is told by its name."""
    (tmp_path / "folder").mkdir()
    done = shell("lakecat snapshot --catalog good --out folder")
    assert done.returncode == 2
    assert "'folder' is a directory" in done.stderr
    with pytest.raises(IsADirectoryError, match="folder"):
        Catalog(CatalogRegistry()).export_catalog_metadata(tmp_path / "folder")
    assert list((tmp_path / "folder").iterdir()) == []


def refuse(path: Path, *_: object, **__: object) -> None:
    """Fail as a folder that may not be written, also for root."""
    raise PermissionError(13, "Permission denied", str(path))


@pytest.mark.finding(20)
def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of writing names the file that was asked for."""
    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(PermissionError, match=r"out\.json") as caught:
        Catalog(CatalogRegistry()).export_catalog_metadata(tmp_path / "out.json")
    assert ".part" not in str(caught.value)


@pytest.mark.finding(20)
def test_a_file_keeps_its_permissions_and_its_links(tmp_path: Path) -> None:
    """The file behind a symbolic link is replaced, not the link, and may be read by those who could before."""
    target, link = tmp_path / "real" / "catalog.json", tmp_path / "link.json"
    target.parent.mkdir()
    target.write_text("before")
    target.chmod(0o640)
    link.symlink_to(target)
    Catalog(CatalogRegistry()).export_catalog_metadata(link)
    assert link.is_symlink()
    assert from_json(target.read_text()) == ()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in target.parent.iterdir()) == ["catalog.json"]


def test_a_new_file_is_as_others(tmp_path: Path) -> None:
    """A file that was not there gets the permissions that the process gives to new files."""
    (tmp_path / "other").write_text("")
    Catalog(CatalogRegistry()).export_catalog_metadata(tmp_path / "out.json")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("other", "out.json")}
    assert len(modes) == 1


@pytest.mark.finding(20)
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    """A named pipe is written to, and stays a pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, encoding="utf-8") as reader:
        try:
            Catalog(CatalogRegistry()).export_catalog_metadata(pipe)
            is_pipe = pipe.is_fifo()
        finally:
            if not pipe.is_fifo():
                reader.kill()
        assert is_pipe
        assert reader.stdout is not None
        assert from_json(reader.stdout.read()) == ()


@pytest.mark.finding(20)
@pytest.mark.parametrize(
    ("options", "module", "says"),
    [
        ("--owner nobody", "bad", "No table: none of 2 tables has the owner 'nobody'"),
        ("--owner grwth", "bad", "No table: none of 2 tables has the owner 'grwth'; did you mean 'growth'?"),
        ("--tag PII", "bad", "No table: none of 2 tables has the tag 'PII'; did you mean 'pii'?"),
        ("--kind delt", "bad", "No table: none of 2 tables has the kind 'delt'; did you mean 'delta'?"),
        ("--owner geo --tag pii", "bad", "No table: none of 2 tables has the tag 'pii' and the owner 'geo' at once"),
        ("--owner geo", "empty", "No table: this catalog is empty."),
        ("", "empty", "No table: this catalog is empty."),
        ("--owner $'\\e[31mx'", "good", "No table: none of 1 table has the owner '\\x1b[31mx'"),
    ],
)
def test_a_list_of_nothing_says_why(shell: Shell, options: str, module: str, says: str) -> None:
    """Where nothing is listed, one line on standard error says why; that is no failure."""
    done = shell(f"lakecat list --catalog {module} {options}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"{says}\n")


@pytest.mark.finding(20)
@pytest.mark.parametrize("whom", ["command", "all"])
def test_an_interrupt_is_one_line_and_keeps_the_file(tmp_path: Path, whom: str) -> None:
    """Ctrl-C, which a terminal sends to all processes, ends the command with code 130; the old file stays alone."""
    (tmp_path / "slow.py").write_text(
        "import lakecat, pathlib, threading\n@lakecat.table\ndef slow():\n"
        "    pathlib.Path('reading').touch()\n    threading.Event().wait(60)\n"
    )
    (tmp_path / "out.json").write_text("before")
    command = [sys.executable, "-m", "lakecat", "snapshot", "--catalog", "slow", "--out", "out.json"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True
    ) as process:
        assert process.stderr is not None
        ends = time.monotonic() + 60
        while not (tmp_path / "reading").exists() and time.monotonic() < ends:
            time.sleep(0.05)
        if whom == "all":
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait(60) == 130
    assert said == "Interrupted.\n"
    assert (tmp_path / "out.json").read_text() == "before"
    names = {path.name for path in tmp_path.iterdir()} - {"__pycache__"}
    assert names == {"out.json", "slow.py", "reading"}


def test_names_that_the_terminal_lacks(shell: Shell, tmp_path: Path) -> None:
    """A letter that the terminal does not know is written with its number."""
    (tmp_path / "odd.py").write_text(GOOD.replace("users", "\u0436"), encoding="utf-8")
    done = shell("PYTHONIOENCODING=latin-1 lakecat list --catalog odd")
    assert (done.returncode, done.stdout.split()[0], done.stderr) == (0, "\\u0436", "")


PACKAGE = {
    "shop/__init__.py": "",
    "shop/__main__.py": "raise SystemExit(5)",
    "shop/users.py": GOOD,
    "shop/broken.py": "1 / 0",
    "shop/deep/__init__.py": "raise SystemExit(6)",
    "shop/deep/orders.py": GOOD.replace("users", "orders"),
    "shop/bare/sales.py": GOOD.replace("users", "sales"),
}


@pytest.mark.finding(28)
@pytest.mark.parametrize(
    ("init", "names"),
    [
        ("", ["shop.bare.sales", "shop.broken", "shop.deep", "shop.deep.orders", "shop.users"]),
        ("import shop.users", ["shop.bare.sales", "shop.broken", "shop.deep", "shop.deep.orders"]),
    ],
)
@pytest.mark.parametrize("command", ["list", "snapshot --out -", "show nothing"])
def test_modules_that_nobody_imported_are_told(
    shell: Shell, tmp_path: Path, init: str, names: list[str], command: str
) -> None:
    """Tables in modules that the import of a package leaves out are missing: these are named, and not imported."""
    for name, source in {**PACKAGE, "shop/__init__.py": init}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    done = shell(f"lakecat {command} --catalog shop")
    assert done.returncode == (1 if command == "show nothing" else 0), done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Note: ")]
    assert line.partition("missing here: ")[2].split(", ") == names


def test_a_package_that_imports_all_is_not_told_of(shell: Shell, tmp_path: Path) -> None:
    """Where every module was imported there is nothing to say."""
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / "__init__.py").write_text("import whole.users\n")
    (tmp_path / "whole" / "users.py").write_text(GOOD)
    done = shell("lakecat list --catalog whole")
    assert (done.returncode, done.stdout.split()[0], done.stderr) == (0, "users", "")


@pytest.mark.finding(28)
def test_modules_in_a_zip_file(shell: Shell, tmp_path: Path) -> None:
    """A package in a zip file is looked through like one in a folder."""
    with zipfile.ZipFile(tmp_path / "shop.zip", "w") as archive:
        for name, source in PACKAGE.items():
            archive.writestr(name, source)
    done = shell('PYTHONPATH="shop.zip:$PYTHONPATH" lakecat list --catalog shop')
    assert "missing here: shop.broken, shop.deep, shop.deep.orders, shop.users" in done.stderr


@pytest.mark.finding(28)
def test_many_modules_are_counted(shell: Shell, tmp_path: Path) -> None:
    """Of many modules some are named, and the others counted."""
    (tmp_path / "large").mkdir()
    for i in range(15):
        (tmp_path / "large" / f"m{i:02}.py").write_text("")
    done = shell("lakecat list --catalog large")
    assert "leaves out 15 modules" in done.stderr
    assert "large.m09 and 5 more" in done.stderr


HARMFUL = '''
import os, time
import polars as pl
from lakecat import Column, table

@table
def calm():
    """Calm rows."""
    print("a word of calm")
    return pl.LazyFrame({"a": [1]})

@table(schema=[Column("email", "String", classification="personal")])
def personal():
    """Rows of people."""

@table
def leaves():
    """Ends the process."""
    os._exit(0)

@table
def hangs():
    """Does not end."""
    time.sleep(100)
'''


def test_functions_that_do_harm_cost_themselves(run_python: RunPython, tmp_path: Path) -> None:
    """One that ends its process or hangs is a problem of its table; what another prints is told beside the file."""
    (tmp_path / "harmful.py").write_text(HARMFUL, encoding="utf-8")
    command = ["-m", "lakecat", "--catalog", "harmful", "snapshot", "--out", "-", "--format", "json"]
    done = run_python([*command, "--time-limit", "3", "--allow-problems"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = {table.name: table for table in from_json(done.stdout)}
    assert [column.name for column in found["calm"].columns or ()] == ["a"]
    assert [problem.code for problem in found["leaves"].problems] == ["process_ended"]
    assert [problem.code for problem in found["hangs"].problems] == ["time_limit"]
    assert found["leaves"].description == "Ends the process."
    lines = done.stderr.splitlines()
    assert "calm printed: a word of calm" in lines
    assert any("hangs: the function of table 'hangs' took more than 3 seconds" in line for line in lines)
    refused = run_python([*command, "--time-limit", "3"], cwd=tmp_path)
    assert refused.returncode == 3
    assert "problems in 2 of 4 tables" in refused.stderr
    shown = run_python(["-m", "lakecat", "show", "leaves", "--catalog", "harmful"], cwd=tmp_path)
    assert shown.returncode == 3
    assert "ended its process with status 0" in shown.stdout


@pytest.mark.parametrize("value", ["0", "-1", "soon"])
def test_limits_are_numbers_above_nought(run_python: RunPython, tmp_path: Path, value: str) -> None:
    """Anything else is a mistake in how the command is used."""
    (tmp_path / "harmful.py").write_text(HARMFUL, encoding="utf-8")
    done = run_python(["-m", "lakecat", "show", "calm", "--catalog", "harmful", "--time-limit", value], cwd=tmp_path)
    assert done.returncode == 2
    assert "--time-limit" in done.stderr
