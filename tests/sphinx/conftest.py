"""Builds of real projects, each in a clean interpreter, as a catalog's modules stay imported while a process lives."""

from __future__ import annotations

import json
import os
import posixpath
import re
import select
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

import polars as pl
import pytest
from bs4 import BeautifulSoup
from sphinx.util.inventory import InventoryFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bs4 import Tag

CONF = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\n'
TIMEOUT = 300
FORKING = Path(__file__).with_name("forks.py")
DOCS = Path(__file__).resolve().parents[2] / "docs"

SHOP = '''
"""A small shop: a function, a Delta table and a Parquet file."""
from pathlib import Path

import polars as pl

from lakecat import Column, DeltaTable, ParquetTable, register_static_table, table

DATA = Path(__file__).parent / "data"


@table(
    owner="growth team",
    tags=["core", "people"],
    schema=[
        Column("user_id", "Int64", nullable=False, primary_key=True, description="The *number* of a user."),
        Column("email", pl.String, nullable=True, description="Where to write to.", classification="personal"),
        Column("signup_country_code", "Utf8", references="countries.code", tags=["geo"]),
        Column("old_name", "Utf8", deprecated="Use email."),
        Column("address", pl.Struct({"street": pl.String, "number": pl.Int32, "town": pl.String})),
    ],
)
def users():
    """One row for each user who has signed up, see :lakecat:table:`countries`.

    * a first point
    * a second one
    """
    return pl.LazyFrame({"user_id": [1]})


register_static_table(
    DeltaTable("user_events", uri=DATA / "user_events"),
    owner="growth team",
    tags=["events"],
    description="One row for each thing that a user did.",
    schema=[Column("amount", description="In francs.")],
)
register_static_table(
    ParquetTable(name="countries", uri=DATA / "countries.parquet"), description="Where the shop delivers to."
)


@table(database="crm", examples={"month": 7}, deprecated="Use users.", schema={"month": "Int64"})
def contacts(month: int, kind: str = "all"):
    """People who wrote to the shop."""
    return pl.LazyFrame({"month": [month]})


@table
def by_day(day: str):
    """Its columns depend on a value that nobody gave."""
    return pl.LazyFrame({day: [1]})
'''


@dataclass(frozen=True)
class Built:
    """What a build gave."""

    srcdir: Path
    outdir: Path
    status: int
    output: str
    errors: str

    @cached_property
    def warnings(self) -> list[str]:
        """The warnings, without colours and with paths below the source folder made relative."""
        lines = re.sub(r"\x1b\[[0-9;]*m", "", self.errors).replace(f"{self.srcdir}{os.sep}", "").splitlines()
        return [line for line in lines if "WARNING" in line or "ERROR" in line]

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many documents Sphinx found added, changed and removed."""
        found = re.search(r"(\d+) added, (\d+) changed, (\d+) removed", self.output)
        assert found, self.output
        return int(found[1]), int(found[2]), int(found[3])

    @property
    def read(self) -> set[str]:
        """The documents that were read."""
        return set(re.findall(r"^reading sources\.\.\. \[ *\d+%\] (.+)$", self.output, re.MULTILINE))

    @property
    def wrote(self) -> set[str]:
        """The documents that were written."""
        return set(re.findall(r"^writing output\.\.\. \[ *\d+%\] (.+)$", self.output, re.MULTILINE))

    def text(self, name: str) -> str:
        """Return the text of a file."""
        return (self.outdir / name).read_text(encoding="utf-8")

    def page(self, docname: str) -> Tag:
        """Return the article of an HTML page."""
        return content(self.text(f"{docname}.html"))

    def said(self, docname: str, selector: str = "") -> str:
        """Return the text of an HTML page, or of the elements of it that are selected, on one line."""
        page = self.page(docname)
        return " ".join(" ".join(e.get_text(" ") for e in (page.select(selector) if selector else [page])).split())

    @property
    def inventory(self) -> dict[str, dict[str, str]]:
        """The URIs of ``objects.inv``: by type, then by name."""
        with (self.outdir / "objects.inv").open("rb") as stream:
            found = InventoryFile.load(stream, "", posixpath.join)

        def uri(entry: Any) -> str:
            # Before Sphinx 8.2 an object is a tuple of project, version, URI and title.
            return str(entry.uri if hasattr(entry, "uri") else entry[2])

        return {kind: {name: uri(entry) for name, entry in objects.items()} for kind, objects in found.items()}

    def files(self) -> dict[str, bytes]:
        """Return the bytes of each file of the output."""
        return {
            path.relative_to(self.outdir).as_posix(): path.read_bytes()
            for path in sorted(self.outdir.rglob("*"))
            if path.is_file()
        }


def dead_links(outdir: Path) -> list[str]:
    """Return each link of a site's pages that leads to no file of it, or to no element of that file."""
    pages = {path: BeautifulSoup(path.read_bytes(), "html.parser") for path in outdir.rglob("*.html")}
    anchors = {path: {e["id"] for e in page.select("[id]")} | {""} for path, page in pages.items()}
    dead = []
    for path, page in pages.items():
        if "_static" in path.relative_to(outdir).parts:
            continue
        for link in page.select("a[href], link[href], area[href]"):
            url = urlsplit(str(link["href"]))
            # Sphinx names these in the head of its single page, and does not make them.
            of_sphinx = link.name == "link" and {"index", "search"} & set(link["rel"])
            if url.scheme or url.netloc or str(link["href"]) == "#" or of_sphinx:
                continue
            target = Path(os.path.normpath(path.parent / unquote(url.path))) if url.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or unquote(url.fragment) not in anchors.get(target, {unquote(url.fragment)}):
                dead.append(f"{path.relative_to(outdir).as_posix()}: {link['href']}")
    return dead


@pytest.fixture(scope="session")
def check_links() -> Callable[[Path], list[str]]:
    """Return a function that returns the dead links of a site."""
    return dead_links


def content(html: str) -> Tag:
    """Return the element of a page that holds its content, in the themes that are tested."""
    soup = BeautifulSoup(html, "html.parser")
    found = soup.select_one("article[role=main], div.body[role=main]")
    assert found, html[:2000]
    return found


@dataclass
class Project:
    """A source folder that can be built, changed and built again."""

    srcdir: Path
    outdir: Path

    def write(self, files: Mapping[str, str]) -> None:
        """Write files of the source folder."""
        for name, text in files.items():
            path = self.srcdir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def build(self, *args: str, builder: str = "html", outdir: Path | None = None, **env: str) -> Built:
        """Run Sphinx; the doctrees of all builders are shared, as in a Makefile."""
        outdir = outdir or self.outdir / builder
        command = [sys.executable, "-m", "sphinx", "-b", builder, *args, "-d", str(outdir.parent / "doctrees")]
        # A .pyc of the same second and size would hide an edit; it is also no file of ours.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "NO_COLOR": "1", **env}
        command += [str(self.srcdir), str(outdir)]
        # What Python itself reads when it starts needs a start.
        if sys.platform == "linux" and not any(name.startswith("PYTHON") for name in env):
            return Built(self.srcdir, outdir, *FORKS.run(command[3:], environment))
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=TIMEOUT,
            check=False,
        )
        return Built(self.srcdir, outdir, done.returncode, done.stdout, done.stderr)


class Forks:
    """Builds by the program ``forks.py``, which is started with the first."""

    def __init__(self) -> None:
        self._program: subprocess.Popen[str] | None = None

    def run(self, arguments: list[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
        """Run Sphinx; return the status, what it wrote and its errors.

        Raises:
            TimeoutError: It did not end.
        """
        if self._program is None:
            self._program = subprocess.Popen(
                [sys.executable, str(FORKING)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
                start_new_session=True,
            )
        program = self._program
        assert program.stdin
        assert program.stdout
        with tempfile.TemporaryDirectory(prefix="forks-") as name:
            files = {kind: Path(name, kind) for kind in ("output", "errors")}
            asked = {"arguments": arguments, "environment": dict(environment), **{k: str(f) for k, f in files.items()}}
            program.stdin.write(f"{json.dumps(asked)}\n")
            program.stdin.flush()
            if not select.select([program.stdout], [], [], TIMEOUT)[0]:
                os.killpg(program.pid, signal.SIGKILL)
                self._program = None
                raise TimeoutError(f"sphinx {' '.join(arguments)} did not end in {TIMEOUT} s")
            status = int(program.stdout.readline())
            return status, *(file.read_text(encoding="utf-8") for file in files.values())

    def close(self) -> None:
        """End the program."""
        if self._program is not None and self._program.stdin and self._program.stdout:
            self._program.stdin.close()
            self._program.stdout.close()
            self._program.wait()


FORKS = Forks()


@pytest.fixture(scope="session", autouse=True)
def _ended() -> Iterator[None]:
    """End what was started to build."""
    yield
    FORKS.close()


class NewProject(Protocol):
    """What the fixture `project` returns."""

    def __call__(self, files: Mapping[str, str] | None = None) -> Project:
        """Return a project with these files; `conf.py` is given where it is not among them."""


class Build(Protocol):
    """What the fixture `build` returns."""

    def __call__(self, files: Mapping[str, str], *args: str, builder: str = "html", **env: str) -> Built:
        """Build a project of these files."""


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> NewProject:
    """Return a function that makes a project in a folder of its own."""

    def new(files: Mapping[str, str] | None = None) -> Project:
        folder = tmp_path_factory.mktemp("project")
        found = Project(folder / "src", folder / "out")
        found.srcdir.mkdir()
        found.write({"conf.py": CONF, **(files or {})})
        return found

    return new


@pytest.fixture(scope="session")
def build(project: NewProject) -> Build:
    """Return a function that builds files in a folder of their own."""

    def run(files: Mapping[str, str], *args: str, builder: str = "html", **env: str) -> Built:
        return project(files).build(*args, builder=builder, **env)

    return run


class Install(Protocol):
    """What the fixture `install` returns."""

    def __call__(self, folder: Path, code: str, name: str, attribute: str) -> str:
        """Put a package that adds a section into a folder, as an installer does; return the path that finds it."""


@pytest.fixture(scope="session")
def install() -> Install:
    """Return a function that installs a package with a section."""

    def run(folder: Path, code: str, name: str, attribute: str) -> str:
        folder.mkdir(exist_ok=True)
        (folder / f"lakecat_{name}.py").write_text(code, encoding="utf-8")
        about = folder / f"lakecat_{name}-1.0.dist-info"
        about.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: lakecat-{name}\nVersion: 1.0\n"
        (about / "METADATA").write_text(metadata, encoding="utf-8")
        entry = f"[lakecat.sections]\n{name} = lakecat_{name}:{attribute}\n"
        (about / "entry_points.txt").write_text(entry, encoding="utf-8")
        return os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))

    return run


def write_data(folder: Path) -> None:
    """Write the data of the shop."""
    data = folder / "data"
    data.mkdir()
    events = pl.DataFrame({"user_id": [1, 2], "event": ["view", "buy"], "amount": [0, 5]})
    events.write_delta(data / "user_events")
    pl.DataFrame({"code": ["CH"], "country": ["Switzerland"]}).write_parquet(data / "countries.parquet")


@pytest.fixture(scope="session")
def new_shop(project: NewProject) -> NewProject:
    """Return a function that makes a project with the shop's tables and data."""

    def new(files: Mapping[str, str] | None = None) -> Project:
        conf = f"{CONF}project = copyright = 'Shop'\nversion = '1'\n"
        found = project({"conf.py": conf, "tables.py": SHOP, **(files or {})})
        write_data(found.srcdir)
        return found

    return new


PROSE = """
Shop
====

.. toctree::

   catalog/index
   prose
"""
TABLE_IN_PROSE = """
Prose
=====

The table :lakecat:table:`users` has :lakecat:column:`users.email`.

.. lakecat-table:: users
   :columns: email, user_id
   :no-index:
"""


@pytest.fixture(scope="session")
def shop(new_shop: NewProject) -> Project:
    """Return the shop with a first page and a page of prose; tests that build it write to a folder of their own."""
    return new_shop({"index.rst": PROSE, "prose.rst": TABLE_IN_PROSE})


@pytest.fixture(scope="session")
def shop_html(shop: Project) -> Built:
    """Return the shop as HTML."""
    built = shop.build("-W", "--keep-going", "-n")
    assert (built.status, built.warnings) == (0, [])
    return built


@pytest.fixture(scope="session")
def docs() -> Path:
    """Return the folder of this project's documentation."""
    return DOCS


@pytest.fixture(scope="session")
def pyproject() -> Path:
    """Return this project's pyproject.toml."""
    return DOCS.parent / "pyproject.toml"


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Return the built documentation of this project."""
    found = Project(DOCS, tmp_path_factory.mktemp("demo"))
    built = found.build("-W", "--keep-going", "-n")
    assert (built.status, built.warnings) == (0, [])
    return built
