"""The README and the pages do what they say: examples run, sites build, references name what is there."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return an empty folder in which the README's two files were saved."""
    folder = tmp_path / "shop"
    folder.mkdir()
    example, conf = blocks("python")
    (folder / "shop.py").write_text(example, encoding="utf-8")
    (folder / "conf.py").write_text(conf, encoding="utf-8")
    return folder


def test_example_joins_the_three_tables(shop: Path, run_python: Callable[..., CompletedProcess[str]]) -> None:
    """The example, in an empty folder on a fresh interpreter, gives the values that the README prints."""
    code = "import json, runpy; print(json.dumps(runpy.run_path('shop.py', run_name='__main__')['answer'].to_dicts()))"
    done = run_python(["-W", "error", "-c", code], cwd=shop)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout.splitlines()[-1])
    assert rows == [
        {"country": "Peru", "buyers": 1, "amount": 12},
        {"country": "Switzerland", "buyers": 2, "amount": 55},
    ]
    (shown,) = blocks("text")
    cells = [[cell.strip() for cell in line.strip("│").split("┆")] for line in shown.splitlines() if "┆" in line]
    assert cells[0] == list(rows[0])
    assert cells[-len(rows) :] == [[str(value) for value in row.values()] for row in rows]


def test_example_collects_once() -> None:
    """The example asks for its three tables by name, joins, filters and groups them, and collects once."""
    example = blocks("python")[0]
    assert re.findall(r'catalog\.table\("(\w+)"\)', example) == ["users", "user_events", "countries"]
    counts = {call: example.count(f".{call}(") for call in ("join", "filter", "group_by", "collect")}
    assert counts == {"join": 2, "filter": 1, "group_by": 1, "collect": 1}


SPOIL = """
import shutil, sys
from pathlib import Path

import polars as pl
import shop

# Everything of the Parquet file but its first four bytes and its footer, and all data files of the Delta table.
file = Path("lake/countries.parquet")
data = file.read_bytes()
footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
file.write_bytes(data[:4] + b"?" * (footer - 4) + data[footer:])
for part in Path("lake/user_events").glob("*.parquet"):
    part.unlink()

catalog = shop.Catalog()
frames = {name: catalog.table(name) for name in ("users", "user_events", "countries")}
schemas = {name: frame.collect_schema().names() for name, frame in frames.items()}
joined = frames["users"].join(frames["user_events"], on="user_id")
joined = joined.join(frames["countries"], left_on="signup_country_code", right_on="code")
print(schemas)
for frame in (frames["user_events"], frames["countries"], joined):
    try:
        frame.collect()
    except BaseException as error:
        print("fails")
"""


@pytest.mark.finding(29)
def test_no_row_is_read_before_collect(shop: Path, run_python: Callable[..., CompletedProcess[str]]) -> None:
    """As the README says: with logs and footers alone, all is there but the rows."""
    assert "Before `collect()` no row is read: of a Delta table only its log, of a Parquet table only footers" in README
    assert "No data file is opened" not in README
    done = run_python(["-c", SPOIL], cwd=shop)
    assert done.returncode == 0, done.stderr
    schemas, *verdicts = done.stdout.splitlines()
    assert "'amount'" in schemas
    assert "'country'" in schemas
    assert verdicts == ["fails"] * 3


@pytest.mark.finding(29)
def test_sources_and_their_check_are_documented() -> None:
    """The protocol of a source has its members on a page of the reference, and so has what checks it."""
    page = DOCS / "reference" / "sources.rst"
    assert page.is_file()
    text = page.read_text(encoding="utf-8")
    from lakecat.sources import base
    from lakecat.testing import check_source

    members = {name for name in vars(base.TableSource) if not name.startswith("_")}
    assert members == set(re.findall(r"^   \.\. py:(?:method|attribute):: (\w+)", text, re.MULTILINE))
    assert f"lakecat.testing.check_source({', '.join(['source', '*', 'params=None'])})" in text
    assert parameters_of(check_source) == ["source", "params=None"]
    protocols = {name for name in vars(base) if name.startswith("Has")}
    assert protocols == set(re.findall(r"^``(Has\w+)``", text, re.MULTILINE))
    assert "check_source(" in (DOCS / "how-to" / "source.rst").read_text(encoding="utf-8")


def test_example_has_one_table_of_each_kind(shop: Path, run_python: Callable[..., CompletedProcess[str]]) -> None:
    """What the example declares is listed by the command line: a function, a Delta table and a Parquet file."""
    done = run_python(["-m", "lakecat", "list", "--catalog", "shop"], cwd=shop)
    assert done.returncode == 0, done.stderr
    listed = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()}
    assert listed == {"users": "function", "user_events": "delta", "countries": "parquet"}


def test_conf_builds_a_site(shop: Path, run_python: Callable[..., CompletedProcess[str]]) -> None:
    """The command under the conf.py builds a page for each table, without a warning."""
    (command,) = re.findall(r"`(sphinx-build [^`]*)`", README)
    done = run_python(["-m", "sphinx", *command.split()[1:], "-W", "--keep-going"], cwd=shop)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {page.name for page in (shop / "site" / "catalog").glob("*.html")}
    assert pages == {"index.html", "users.html", "user_events.html", "countries.html"}


def test_commands_name_sessions_of_nox() -> None:
    """The two commands of the README run sessions that the noxfile has."""
    sessions = re.findall(r"^python -m pip install nox && nox -s (\w+)$", README, re.MULTILINE)
    assert sessions == ["docs", "tests"]
    noxfile = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    assert set(sessions) <= set(re.findall(r"^@nox\.session.*\ndef (\w+)", noxfile, re.MULTILINE))


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_links_lead_somewhere(target: str) -> None:
    """Each file that the README links to or shows is in the repository."""
    assert (ROOT / target).exists()


def test_tutorial_builds_a_site(tmp_path: Path, run_python: Callable[..., CompletedProcess[str]]) -> None:
    """The files of the tutorial, saved in an empty folder, build a page for each table without a warning."""
    text = (DOCS / "tutorial.rst").read_text(encoding="utf-8")
    saved = re.findall(r"^\.\. testcode::\n\n((?:   # (\w+\.py)\n)(?:(?:   .*)?\n)*)", text, re.MULTILINE)
    assert [name for _, name in saved] == ["make_data.py", "shop.py", "conf.py"]
    for code, name in saved:
        (tmp_path / name).write_text(re.sub(r"^   ", "", code, flags=re.MULTILINE), encoding="utf-8")
    assert run_python(["make_data.py"], cwd=tmp_path).returncode == 0
    done = run_python(["-m", "sphinx", "-b", "autocatalog", "-W", "-n", "--keep-going", ".", "site"], cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "site" / "index.html").is_file()
    for table in ("users", "user_events", "countries"):
        assert (tmp_path / "site" / "catalog" / f"{table}.html").is_file()


def documented(pattern: str, *pages: str) -> list[str]:
    """Return what pages of the reference declare, in their order."""
    texts = [(DOCS / "reference" / page).read_text(encoding="utf-8") for page in pages]
    return [found for text in texts for found in re.findall(pattern, text, re.MULTILINE)]


def test_reference_names_the_public_api() -> None:
    """The pages on Python have each public name of lakecat once, and no other."""
    import lakecat

    pattern = r"^\.\. py:(?:function|class|exception|data|decorator):: (\w+)(?![\w.])"
    assert sorted(documented(pattern, "python.rst", "errors.rst")) == sorted(lakecat.__all__)


def test_reference_shows_the_signatures() -> None:
    """Each signature on the page on Python has the parameters of the code, in their order and with their defaults."""
    import lakecat

    shown = documented(r"^\.\. py:(?:function|class|decorator):: (\w+)(\(.*\))$", "python.rst")
    methods = documented(r"^   \.\. py:method:: (\w+)(\(.*\))$", "python.rst")
    assert len(shown) > 5
    assert len(methods) > 5
    of_catalog = [(getattr(lakecat.Catalog, name), text.replace("(", "(self, ", 1)) for name, text in methods]
    for thing, text in [*((getattr(lakecat, name), text) for name, text in shown), *of_catalog]:
        # Records are made by lakecat alone; the fields of a configuration stand on the page on environments.
        if "..." in text or hasattr(thing, "model_fields"):
            continue
        assert parameters_of_text(text) == parameters_of(thing), thing


def parameters_of_text(text: str) -> list[str]:
    """Return the parameters that a documented signature names, each with its default."""
    namespace: dict[str, Any] = {}
    exec(f"def shown{text}: ...", namespace)
    return parameters_of(namespace["shown"])


def parameters_of(thing: Callable[..., Any]) -> list[str]:
    """Return the parameters of a callable, without private, positional-only and type information."""
    parameters = [p for p in inspect.signature(thing).parameters.values() if p.kind is not p.POSITIONAL_ONLY]
    return [str(p.replace(annotation=p.empty)) for p in parameters if not p.name.startswith("_")]


def test_reference_names_the_settings() -> None:
    """The page on settings has each setting once, with its default."""
    from sphinx_lakecat.config import SETTINGS

    found = documented(r"^\.\. confval:: (\w+)\n(?:   :type:.*\n)?   :default: ``(.*)``$", "settings.rst")
    assert dict(found) == {setting.name: repr(setting.default) for setting in SETTINGS}
    assert len(found) == len(SETTINGS)
    pages = [README, *(page.read_text(encoding="utf-8") for page in DOCS.rglob("*.rst"))]
    written = {name for page in pages for name in re.findall(r"^ *(lakecat_\w+) = ", page, re.MULTILINE)}
    assert written <= dict(found).keys()


def test_reference_names_the_warnings() -> None:
    """The page on warnings has each subtype once, and no other."""
    from sphinx_lakecat.warnings import Subtype

    found = documented(r"^``lakecat\.(\w+)``$", "warnings.rst")
    assert sorted(found) == sorted(subtype.value for subtype in Subtype)


def test_reference_names_the_commands() -> None:
    """The page on the command line has each command once, with each of its options."""
    from lakecat.cli import main

    found = documented(r"^lakecat (\w+)\b.*$", "command-line.rst")
    assert sorted(found) == sorted(main.commands)
    text = (DOCS / "reference" / "command-line.rst").read_text(encoding="utf-8")
    for command in main.commands.values():
        for parameter in command.params:
            assert all(f"``{option}" in text for option in parameter.opts if option.startswith("-"))
