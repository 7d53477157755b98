"""The project's chores: `python -m pip install nox && nox -s tests` needs only Python and pip.

Versions, dependencies and groups are read from `pyproject.toml`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"

ROOT = Path(__file__).parent.resolve()
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
PACKAGES = ("lakecat", "sphinx_lakecat")
LONGEST_FILE = 400
# Suites with a session of their own: they need a browser, a server, or other people's tables.
ELSEWHERE = (
    "--ignore=tests/browser",
    "--ignore=tests/s3",
    "--ignore=tests/corpus/test_corpus.py",
    "--ignore=tests/sphinx/themes",
)
# What takes long and is the same on each Python: one of them is enough.
LONG = ("fuzz", "mutants", "runtime/test_delta_pairs.py", "runtime/test_delta_writers.py", "sphinx/test_oracle.py")
# What an installed wheel can break: files that were left out of it, entry points, and paths.
OF_A_WHEEL = (
    "test_architecture.py",
    "test_demo.py",
    "test_readme.py",
    "runtime/test_cli.py",
    "runtime/test_cli_output.py",
    "runtime/test_config.py",
    "runtime/test_doctor.py",
    "runtime/test_isolation.py",
    "runtime/test_reference.py",
    "runtime/test_snippets.py",
    "runtime/test_typing.py",
    "search",
    "sphinx/test_autocatalog.py",
    "sphinx/test_builders.py",
    "sphinx/test_demo_site.py",
    "sphinx/test_directive.py",
    "sphinx/test_sidebar.py",
)
# The releases of Sphinx that people have, each with the Python that runs it here. The newest that a Python can have is
# also what `tests` installs: 9.0 on 3.11, 9.1 on 3.12, and so on.
SPHINXES = {"8.1": "3.11", "8.2": "3.12", "9.0": "3.11", "newest": "3.13"}

# Beside the checkout, if at all.
CORPUS = ROOT.parent / "shared" / "corpus"

PYTHONS = nox.project.python_versions(PROJECT)
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
if sys.version_info[:2] > (3, int(PYTHONS[-1].split(".")[1])):
    # Nothing else may be installed: a Python newer than the listed ones is tried too.
    PYTHONS.append(HERE)


def starts(version: str) -> bool:
    """Tell whether a Python of this version starts by its name."""
    program = shutil.which(f"python{version}")
    return program is not None and subprocess.run([program, "-V"], check=False, capture_output=True).returncode == 0


# The Python that leaves nothing out, and the one whose suite of documentation is that of an older Sphinx.
WHOLE = HERE if HERE in PYTHONS else next(filter(starts, PYTHONS), HERE)
OLDER = SPHINXES["8.2"] if SPHINXES["8.2"] != WHOLE and starts(SPHINXES["8.2"]) else ""

nox.options.sessions = ["lint", "tests", "docs"]
nox.options.reuse_venv = "yes"
# A Python that is missing is skipped (Nox would make it an error where CI is set), unless all of them are: then nothing
# would be tested.
nox.options.error_on_missing_interpreters = not (HERE in PYTHONS or any(map(starts, PYTHONS)))


def install(
    session: nox.Session, *groups: str, package: tuple[str, ...] = ("-e", ".[docs]"), options: tuple[str, ...] = ()
) -> None:
    """Install lakecat with its `docs` extra and the named dependency groups."""
    session.install(*package, *nox.project.dependency_groups(PROJECT, *groups), *options)
    if "-e" in package:
        # Tests start a thousand programs, each of which would compile all modules where Python is told to write none.
        session.run("python", "-m", "compileall", "-q", *PACKAGES, silent=True)


def constraints(session: nox.Session, pins: list[str]) -> str:
    """Return a file that holds versions for pip, for as long as the session's environment."""
    file = Path(session.create_tmp()) / "constraints.txt"
    file.write_text("\n".join(pins) + "\n", encoding="utf-8")
    return str(file)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the suite, then the code in the documentation; arguments after `--` go to the suite alone.

    One Python runs all of it. The others leave out what takes long, and the one on which the session `sphinx` runs an
    older Sphinx leaves the documentation to that; with arguments nothing is left out.
    """
    install(session, "test")
    left_out: tuple[str, ...] = ()
    if session.python != WHOLE and not session.posargs:
        left_out = (*LONG, "sphinx", "search") if session.python == OLDER else LONG
    ignored = [f"--ignore=tests/{path}" for path in left_out]
    session.run("python", "-m", "pytest", "-n", "auto", *ELSEWHERE, *ignored, *session.posargs)
    if not session.posargs:
        session.run("python", "-m", "pytest", "--doctest-glob=*.rst", "docs")


@nox.session
@nox.parametrize(
    "python,release",
    [(python if starts(python) else HERE, release) for release, python in SPHINXES.items()],
    ids=list(SPHINXES),
)
def sphinx(session: nox.Session, release: str) -> None:
    """Run what documentation is tested by with a release of Sphinx; arguments after `--` choose tests."""
    pins = ("-c", constraints(session, [f"sphinx=={release}.*"])) if release != "newest" else ()
    install(session, "test", "themes", options=pins)
    session.run("python", "-m", "pytest", "-n", "auto", *(session.posargs or ["tests/sphinx", "tests/search"]))


@nox.session
def docs(session: nox.Session) -> None:
    """Build the demo lakehouse and its site into `site/`; each warning is an error."""
    install(session, "docs")
    # -E: a warning that failed the last build must not be hidden by what that build cached.
    session.run("sphinx-build", "-b", "html", "-E", "-W", "-n", "--keep-going", *session.posargs, "docs", "site")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, types, layers and the length of files."""
    install(session, "lint", "docs")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("lint-imports")
    if too_long := long_files():
        session.error(f"more than {LONGEST_FILE} lines: " + ", ".join(too_long))


@nox.session
def browser(session: nox.Session) -> None:
    """Drive the built site with the installed Chromium."""
    install(session, "test", "browser")
    session.run("python", "-m", "pytest", "-m", "browser", *session.posargs, "tests/browser")


@nox.session
def s3(session: nox.Session) -> None:
    """Read and write tables in a real store: Ceph's radosgw on the loopback, from Debian's packages."""
    install(session, "test")
    # Much of the time is waiting for servers that do not answer; each process has a server of its own.
    session.run("python", "-m", "pytest", "-n", "2", "--dist=loadfile", *session.posargs, "tests/s3")


@nox.session
def corpus(session: nox.Session) -> None:
    """Read the tables of an acceptance corpus: `nox -s corpus -- PATH`, or the one that lies beside the checkout."""
    paths = [arg for arg in session.posargs if not arg.startswith("-")][:1]
    options = [arg for arg in session.posargs if arg not in paths]
    folder = Path(paths[0]).resolve() if paths else CORPUS
    if not paths and not folder.is_dir():
        # It is other people's data and not a part of the project; the suite makes odd tables of its own.
        session.skip(f"there is no corpus at {folder}: give its folder, as in `nox -s corpus -- PATH`")
    install(session, "test")
    session.run("python", "-m", "pytest", "-n", "auto", f"--corpus={folder}", *options, "tests/corpus/test_corpus.py")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Ask random plans of random tables, for 180 seconds unless `--seconds N` or `--queries N` is given after `--`."""
    install(session, "test")
    with session.chdir("tests"):
        session.run("python", "-m", "fuzz", *session.posargs, env={"POLARS_MAX_THREADS": "1"})


@nox.session
def mutants(session: nox.Session) -> None:
    """Make each wrong edit of `tests/mutants/*.patch`, and see the test that it names fail."""
    install(session, "test")
    session.run("python", "tests/mutants/patches.py", *session.posargs)


@nox.session
def mutate(session: nox.Session) -> None:
    """Make 300 sampled edits of the code (`--count`, `--seed`), and see how many the tests notice; takes an hour."""
    install(session, "test")
    session.install("cosmic-ray>=8.7")
    session.run("python", "tests/mutants/sample.py", *session.posargs)


@nox.session
def findings(session: nox.Session) -> None:
    """Run the tests of numbered findings against older code and against this: `nox -s findings -- REVISION`."""
    install(session, "test")
    session.run("python", "tests/findings.py", *session.posargs)


@nox.session
def lowest(session: nox.Session) -> None:
    """Run the suite with the lowest version of everything that `pyproject.toml` names."""
    install(session, "test", options=("-c", constraints(session, lowest_versions())))
    session.run("python", "-m", "pytest", "-n", "auto", *ELSEWHERE, *session.posargs)


@nox.session
def newest(session: nox.Session) -> None:
    """Run the suite with the newest releases of everything, those before a release included: it may fail."""
    session.install("--pre", "--upgrade", "-e", ".[docs]", *nox.project.dependency_groups(PROJECT, "test"))
    session.run("python", "-m", "pytest", "-n", "auto", *ELSEWHERE, *session.posargs)


@nox.session(reuse_venv=False)
def wheel(session: nox.Session) -> None:
    """Run the tests that an installation can break against the built wheel.

    From an empty folder, where the checkout's packages cannot be imported; arguments after `--` choose other tests.
    """
    with tempfile.TemporaryDirectory(prefix="lakecat-wheel-") as name:
        folder = Path(name)
        session.run("python", "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(folder / "dist"), str(ROOT))
        (built,) = (folder / "dist").glob("*.whl")
        install(session, "test", package=(f"lakecat[docs] @ {built.as_uri()}",))
        copy_without_packages(folder / "checkout")
        (folder / "empty").mkdir()
        suite = folder / "checkout" / "tests"
        with session.chdir(folder / "empty"):
            for package in PACKAGES:
                found = session.run("python", "-c", f"import {package}; print({package}.__file__)", silent=True)
                if "site-packages" not in str(found):
                    session.error(f"{package} comes from {found}, not from the wheel")
            elsewhere = [option.replace("tests", str(suite)) for option in ELSEWHERE]
            options = ("-n", "auto", "-p", "no:cacheprovider", "--import-mode=importlib", *elsewhere)
            chosen = session.posargs or OF_A_WHEEL
            session.run("python", "-m", "pytest", *options, *(str(suite / path) for path in chosen))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure builds of many tables beside plain pages; arguments after `--` go to the benchmark."""
    install(session, "docs")
    session.run("python", "benchmarks/bench_docs.py", *session.posargs)


@nox.session
def bench_read(session: nox.Session) -> None:
    """Measure reading beside reading by hand, and what logs cost; arguments after `--` go to the benchmark."""
    install(session)
    session.run("python", "benchmarks/bench_read.py", *session.posargs)


def lowest_versions() -> list[str]:
    """Return a pin for each lower bound of `pyproject.toml`."""
    project = PROJECT["project"]
    groups = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *PROJECT["dependency-groups"].values(),
    ]
    named = [each for group in groups for each in group if isinstance(each, str)]
    bounds = (re.fullmatch(r"([\w-]+)>=([\w.]+)", each) for each in named)
    return sorted({f"{bound[1]}=={bound[2]}" for bound in bounds if bound})


def long_files() -> list[str]:
    """List the source files of both packages that are longer than the cap, with their lengths."""
    sources = (
        path for package in PACKAGES for suffix in ("py", "css", "js") for path in (ROOT / package).rglob(f"*.{suffix}")
    )
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources}
    return [f"{path.relative_to(ROOT)} ({n})" for path, n in sorted(lengths.items()) if n > LONGEST_FILE]


def copy_without_packages(target: Path) -> None:
    """Copy what the tests read (themselves, docs, README, settings) but neither package and nothing built."""
    target.mkdir()
    for item in sorted(ROOT.iterdir()):
        if item.name.startswith(".") or item.name in {*PACKAGES, "site", "build", "dist"}:
            continue
        if item.is_dir():
            shutil.copytree(item, target / item.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(item, target / item.name)
