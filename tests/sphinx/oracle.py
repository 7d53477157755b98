"""Edits a project at random, and compares each build on top of older ones with a build from nothing.

``python oracle.py FOLDER SEED JOBS STEPS`` prints each edit and, where the builds differ, how; then it exits with 1.
Run in a process of its own, as Sphinx forks, and a program that imports catalogs keeps them.
"""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import random
import re
import shutil
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

import lakecat

OWNERS = ("growth", "sales", "")
TAGS = ((), ("core",), ("core", "people"))
CLASSES = ("", "public", "personal")


@dataclass
class Declared:
    """A table."""

    name: str
    kind: str = "function"
    database: str = ""
    owner: str = "growth"
    tags: tuple[str, ...] = ()
    description: str = "One row a thing."
    classification: str = ""
    references: str = ""
    deprecated: str = ""
    above: int = 0

    @property
    def full_name(self) -> str:
        """The name with the database."""
        return f"{self.database}.{self.name}" if self.database else self.name

    def code(self, data: str) -> str:
        """Return the declaration."""
        column = f"Column('a', 'Int64', classification={self.classification!r}, references={self.references!r})"
        said = (
            f"name={self.name!r}, database={self.database or None!r}, owner={self.owner!r}, tags={list(self.tags)!r}, "
            f"description={self.description!r}, deprecated={self.deprecated!r}, schema=[{column}]"
        )
        blank = "\n" * self.above
        if self.kind == "function":
            return f"{blank}\n@table({said})\ndef f_{self.name}(): ...\n"
        source = {"delta": "DeltaTable", "parquet": "ParquetTable"}[self.kind]
        where = f"DATA / {data!r} / {self.name + ('.parquet' if self.kind == 'parquet' else '')!r}"
        return f"{blank}\nregister_static_table({source}({self.name!r}, uri={where}), {said})\n"


# Functions whose columns only a call tells: of helpers, of tables below other tables, of a file and of an own catalog.
DERIVED = """
import functools, threading
import polars as pl
import near, own

register_static_table(DeltaTable("up", uri=DATA / {data!r} / "up"))

@functools.cache
def kept():
    return Catalog().table("first_below")

@table
def helped():
    import late
    return pl.LazyFrame(schema=dict.fromkeys([*near.names(), late.NAME], pl.Int64))

@table
def first_below():
    return Catalog().sql("SELECT *, 1 AS one FROM up")

@table(database="deep")
def second_below():
    found = []
    thread = threading.Thread(target=lambda: found.append(Catalog().table("first_below")))
    thread.start()
    thread.join()
    return found[0].with_columns(two=2)

@table
def third_below():
    return Catalog().db("deep").table("second_below").with_columns(three=3)

@table
def a_keeps():
    return kept()

@table
def b_keeps():
    return kept().with_columns(b=1)

@table(change_token=DATA / "names.csv")
def from_file():
    return pl.read_csv(DATA / "names.csv").head(0)

@table
def from_own():
    return own.catalog.table("raw")

@table
def listed():
    return pl.LazyFrame(schema=dict.fromkeys(Catalog().list_tables(owner="sales"), pl.Int64))

@table
def hopes():
    try:
        return Catalog().table("perhaps")
    except LookupError:
        return pl.LazyFrame(schema={{"in_vain": pl.Int64}})
"""
OWN = """
from pathlib import Path
from lakecat import *
catalog = Catalog(CatalogRegistry())
catalog.add_table(DeltaTable("raw", uri=Path(__file__).parent / {data!r} / "raw"))
"""
HELPERS = ("far", "near", "late", "own")
EDITIONS = ("far", "near", "late", "up", "raw", "csv")


@dataclass
class State:
    """A project, as it is to be."""

    folder: Path
    tables: list[Declared] = field(default_factory=list)
    more: list[Declared] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    data: str = "data"
    broken: bool = False
    numbers: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("far", "near", "late", "up", "raw", "csv"), 0)
    )
    """Of each helper and of what functions read, which edition it is."""
    perhaps: bool = False
    own: set[str] = field(default_factory=set)
    """Documents of the source folder that were there once: Sphinx leaves their pages when they go."""

    def write(self) -> None:
        """Write what changed, and nothing else."""
        head = "from pathlib import Path\nfrom lakecat import *\nDATA = Path(__file__).parent\n"
        settings = {"lakecat_catalog": ["tables", "more"], **self.settings}
        derived = DERIVED.format(data=self.data)
        if self.perhaps:
            derived += "\n@table(schema={'there': 'Int64'})\ndef perhaps():\n    return pl.LazyFrame({'there': [1]})\n"
        files = {
            "far.py": f"NAME = 'far{self.numbers['far']}'\n",
            "near.py": f"import far\n\ndef names():\n    return [far.NAME, 'near{self.numbers['near']}']\n",
            "late.py": f"NAME = 'late{self.numbers['late']}'\n",
            "own.py": OWN.format(data=self.data),
            "names.csv": f"csv{self.numbers['csv']},b\n1,2\n",
            "conf.py": 'extensions = ["sphinx_lakecat"]\n' + "".join(f"{k} = {v!r}\n" for k, v in settings.items()),
            "tables.py": head + "".join(table.code(self.data) for table in self.tables) + derived,
            "more.py": head + "".join(table.code(self.data) for table in self.more) + "1 / 0\n" * self.broken,
            **self.documents,
        }
        self.own |= {name.removesuffix(".rst") for name in self.documents}
        for name in [p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*.rst")]:
            if name not in files:
                (self.folder / name).unlink()
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
        for table in self.tables:
            path = self.folder / self.data / table.name
            path.parent.mkdir(exist_ok=True)
            if table.kind == "delta" and not path.exists():
                pl.DataFrame({"a": [1, 2]}).write_delta(path)
            elif table.kind == "parquet" and not (file := path.with_suffix(".parquet")).exists():
                pl.DataFrame({"a": [1, 2]}).write_parquet(file)

        for name in ("up", "raw"):
            path, column = self.folder / self.data / name, f"{name}{self.numbers[name]}"
            if not path.exists() or column not in pl.scan_delta(path).collect_schema():
                frame = pl.DataFrame({column: [1], "a": [2]})
                frame.write_delta(path, mode="overwrite", delta_write_options={"schema_mode": "overwrite"})

    def fill(self, rows: int, kind: str) -> None:
        """Change the data of the tables of a kind."""
        for table in self.tables:
            frame, path = pl.DataFrame({"a": list(range(rows))}), self.folder / self.data / table.name
            if table.kind == kind == "delta":
                frame.write_delta(path, mode="append")
            elif table.kind == kind == "parquet":
                frame.write_parquet(path.with_suffix(".parquet"))


def begin(folder: Path) -> State:
    """Return the project before the first edit."""
    folder.mkdir(parents=True)
    state = State(folder)
    state.tables = [
        Declared("users", tags=("core",)),
        Declared("orders", owner="sales", references="users.a", description="See :lakecat:table:`users` and *more*."),
        Declared("events", kind="delta", owner="", tags=("people",)),
        Declared("days", kind="parquet", database="crm", owner="sales"),
    ]
    state.more = [Declared("returns", database="shop", description="See :lakecat:column:`users.a`.")]
    links = ":lakecat:table:`users` :lakecat:column:`orders.a` :lakecat:owner:`sales` :lakecat:tag:`core`"
    state.documents = {
        "index.rst": "T\n=\n\n.. toctree::\n   :glob:\n\n   first\n   catalog/index\n   lake/index\n   prose*\n",
        "first.rst": f"First\n=====\n\n{links}\n",
        "prose.rst": "Prose\n=====\n\n.. lakecat-table:: days\n   :no-index:\n\n:lakecat:table:`returns`\n",
    }
    return state


def edit(state: State, chance: random.Random, which: str) -> str:
    """Make one edit of a kind, and say which."""
    table = chance.choice([*state.tables, *state.more])
    folder = state.settings.get("lakecat_autocatalog", "catalog") or "catalog"

    def put(name: str, value: Any) -> str:
        setattr(table, name, value)
        return f"{table.full_name}.{name} = {value!r}"

    def own(name: str, text: str) -> str:
        if state.documents.pop(name, None) is None:
            state.documents[name] = text
        return f"{name} {'comes' if name in state.documents else 'goes'}"

    def setting(name: str, *values: Any) -> str:
        state.settings[name] = chance.choice([v for v in values if v != state.settings.get(name, values[0])])
        return f"{name} = {state.settings[name]!r}"

    def next_of(name: str) -> str:
        state.numbers[name] += 1
        return f"{name}{state.numbers[name]}"

    def move() -> str:
        after = "data" if state.data == "moved" else "moved"
        shutil.rmtree(state.folder / after, ignore_errors=True)
        (state.folder / state.data).rename(state.folder / after)
        state.data = after
        return f"data in {after}"

    def touch() -> str:
        for path in state.folder.rglob("*"):
            os.utime(path)
        return "everything"

    def remove() -> str:
        if len(state.tables) > 2:
            state.tables.remove(chance.choice(state.tables))
        return f"{[t.full_name for t in state.tables]} are left"

    def add() -> str:
        number = chance.randrange(100)
        state.tables.append(Declared(f"new{number}", references="days.a", above=chance.randrange(3)))
        return f"new{number}"

    directive = chance.choice(["", f"\n.. lakecat-table:: {table.name}\n"])
    # In other documents it would make a circle, on which Sphinx itself fails.
    toctree = chance.choice(["", "\n.. toctree::\n   :glob:\n\n   *\n"])
    return {
        "description": lambda: put("description", f"Number {chance.randrange(100)}. See :lakecat:table:`days`."),
        "broken markup": lambda: put("description", "It has ``no end."),
        "owner": lambda: put("owner", chance.choice(OWNERS)),
        "tags": lambda: put("tags", chance.choice(TAGS)),
        "classification": lambda: put("classification", chance.choice(CLASSES)),
        "deprecated": lambda: put("deprecated", chance.choice(["", "Use another."])),
        "rename": lambda: put("name", f"{table.name}x"),
        "database": lambda: put("database", chance.choice(["", "crm", "shop"])),
        "reference": lambda: put("references", chance.choice(["", "days.a", "users.a", "nothing.a"])),
        "line": lambda: put("above", chance.randrange(9)),
        "kind": lambda: put("kind", "function"),
        "add": add,
        "remove": remove,
        "own index": lambda: own(f"{folder}/index.rst", f"Own\n===\n{directive}{toctree}"),
        "own page": lambda: own(f"{folder}/{table.full_name}.rst", f"Own\n===\n{directive}"),
        "prose": lambda: own(f"prose{chance.randrange(3)}.rst", f"P\n=\n{directive}\n:lakecat:table:`{table.name}`\n"),
        "append": lambda: (state.fill(3, "delta"), "delta")[1],
        "rewrite": lambda: (state.fill(chance.randrange(5, 9), "parquet"), "parquet")[1],
        "move data": move,
        "touch": touch,
        "near helper": lambda: next_of("near"),
        "far helper": lambda: next_of("far"),
        "late helper": lambda: next_of("late"),
        "schema two up": lambda: next_of("up"),
        "schema of an own catalog": lambda: next_of("raw"),
        "file that is read": lambda: next_of("csv"),
        "hoped for": lambda: (setattr(state, "perhaps", not state.perhaps), f"{state.perhaps}")[1],
        "second catalog": lambda: setting("lakecat_catalog", ["tables", "more"], ["tables"], ["more", "tables"]),
        "second catalog breaks": lambda: (setattr(state, "broken", not state.broken), f"{state.broken}")[1],
        "folder": lambda: setting("lakecat_autocatalog", "catalog", "lake", ""),
        "markup": lambda: setting("lakecat_description_markup", "rst", "text"),
        "import": lambda: setting("lakecat_snippet_import", "", "from shop import catalog"),
        "sidebar": lambda: setting("lakecat_compact_sidebar", True, False),
    }[which]()


KINDS = (
    *("description", "owner", "tags", "own index", "prose", "classification", "own page", "rename", "append", "touch"),
    *("rewrite", "deprecated", "remove", "move data", "sidebar", "add", "database", "reference", "second catalog"),
    *("near helper", "far helper", "late helper", "schema two up", "schema of an own catalog", "file that is read"),
    *("hoped for", "folder", "line", "broken markup", "second catalog breaks", "markup", "import", "kind"),
)


def build(state: State, outdir: Path, jobs: int) -> list[str]:
    """Build the project, and return the warnings about tables."""
    importlib.invalidate_caches()
    for name in ("tables", "more", *HELPERS):
        sys.modules.pop(name, None)
    told = io.StringIO()
    doctrees = outdir.parent / f"{outdir.name}-doctrees"
    with lakecat.use_registry(lakecat.CatalogRegistry()), patch_docutils(state.folder), docutils_namespace():
        app = Sphinx(
            state.folder, state.folder, outdir, doctrees, "html", status=None, warning=told, parallel=jobs
        )  # fmt: skip
        app.build()
    gc.unfreeze()
    lines = re.sub(r"\x1b\[[0-9;]*m", "", told.getvalue()).splitlines()
    return sorted(line for line in lines if "[lakecat." in line)


def compared(outdir: Path) -> dict[str, Any]:
    """Return the files of a site; of the index of search, what it says."""
    return {
        path.relative_to(outdir).as_posix(): searched(path) if path.name == "searchindex.js" else path.read_bytes()
        for path in outdir.rglob("*")
        if path.is_file() and "_sources" not in path.parts
    }


def searched(path: Path) -> dict[str, Any]:
    """Return the index of search without the numbers of documents and types, which depend on the order of reading."""
    index = json.loads(re.fullmatch(r"Search\.setIndex\((.*)\)", path.read_text(encoding="utf-8"), re.DOTALL)[1])  # type: ignore[index]
    names = index.pop("docnames")

    def of(numbers: Any) -> list[str]:
        return sorted(names[n] for n in ([numbers] if isinstance(numbers, int) else numbers))

    found: dict[str, Any] = {"titles": sorted(zip(names, index["titles"], strict=True)), "names": sorted(names)}
    found["files"] = sorted(index["filenames"])
    for key in ("terms", "titleterms"):
        found[key] = {term: of(numbers) for term, numbers in index[key].items() if of(numbers)}
    found["all titles"] = {t: sorted((names[n], str(a)) for n, a in places) for t, places in index["alltitles"].items()}
    found["objects"] = sorted(
        (prefix, str(rest[-1]), names[doc], index["objtypes"][str(kind)], *map(str, rest))
        for prefix, objects in index["objects"].items()
        for doc, kind, *rest in objects
    )
    return found


def differences(state: State, outdir: Path, clean: Path) -> list[str]:
    """Return what is not the same in two sites."""
    one, two = compared(outdir), compared(clean)
    left = {f"{docname}.html" for docname in state.own} - two.keys()
    return sorted(
        name if name in one and name in two else f"{name}, only in the {'old' if name in one else 'new'} one"
        for name in (one.keys() | two.keys()) - left
        if one.get(name) != two.get(name)
    )


def main(folder: Path, seed: int, jobs: int, steps: int) -> int:
    """Make edits, and compare after each; return how many builds differed."""
    chance = random.Random(seed)
    kinds = list(KINDS)
    chance.shuffle(kinds)
    state = begin(folder / "src")
    state.write()
    build(state, folder / "html", jobs)
    for step in range(steps):
        which = kinds[step % len(kinds)]
        said = edit(state, chance, which)
        print(f"{step}: {which}: {said}", flush=True)  # noqa: T201
        state.write()
        old = build(state, folder / "html", jobs)
        new = build(state, folder / f"clean{step}", 1)
        found = differences(state, folder / "html", folder / f"clean{step}")
        found += [f"warning of one build alone: {line}" for line in sorted({*old} ^ {*new})]
        found += ["warnings are repeated"] if len(old) != len(new) else []
        if found:
            print(*found, f"see {folder}", sep="\n  ", flush=True)  # noqa: T201
            return 1
        shutil.rmtree(folder / f"clean{step}")
        shutil.rmtree(folder / f"clean{step}-doctrees")
    return 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.dont_write_bytecode = True
    sys.exit(main(Path(sys.argv[1]), *map(int, sys.argv[2:])))
