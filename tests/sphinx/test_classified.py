"""No value of a classified column is in anything that is published, whatever it stands in."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import NewProject, Project

NUMBER, DAY = "98765432198", "1931-05-17"
# Each place has a canary of its own, so that a failure says which it was; all begin alike.
CANARY = "canary"
TABLES = """
import datetime
import enum
import logging
import sys
from pathlib import Path
from typing import Literal

import polars as pl

from lakecat import Column, DeltaTable, ParquetTable, register_static_table, table
from lakecat.snapshot import ColumnStatistics, Fact, Figure

logging.basicConfig(stream=sys.stderr, level=logging.DEBUG)
for noisy in ("asyncio", "PIL", "markdown_it"):
    logging.getLogger(noisy).setLevel(logging.WARNING)
DATA = Path(__file__).parent / "data"
PII = [
    Column("email", classification="pii", deprecated="Use another."),
    Column("born", classification=" PII "),
    Column("salary", classification="confidential"),
    Column("Phone", classification="pii"),
    Column("profile.city", classification="pii"),
    Column("open_text", classification="Public"),
]
register_static_table(DeltaTable("in_delta", uri=DATA / "delta"), schema=PII)
register_static_table(DeltaTable("in_delta_parts", uri=DATA / "parts"), schema=PII)
register_static_table(DeltaTable("in_delta_gone", uri=DATA / "gone"), schema=PII)
register_static_table(ParquetTable("in_parquet", uri=DATA / "p.parquet"), schema=PII)
register_static_table(ParquetTable("in_hive", uri=DATA / "hive", partitioning=["email"]), schema=PII)
register_static_table(ParquetTable("in_folder", uri=DATA / "hive" / "email=canary-in-path"), schema=PII)
register_static_table(ParquetTable("in_nowhere", uri=DATA / "email=canary-in-gone" / "x.parquet"), schema=PII)


class Colour(enum.Enum):
    RED = "canary-enum-default"


CATEGORIES = pl.Enum(["canary-category"])


@table(schema=[
    Column("email", CATEGORIES, classification="pii"),
    Column("salary", pl.List(pl.Struct({"x": CATEGORIES})), classification="confidential"),
    Column("flag", pl.Array(CATEGORIES, (2, 3)), classification="pii"),
], examples={"email": "canary-example", "min_salary": "canary-example-2", "token": "canary-example-3"})
def declared_enum(
    email: Literal["canary-annotation"] = "canary-default",
    emails: list = ["canary-list"],
    salaryOf: Colour = Colour.RED,
    min_salary: str = "x",
    token: str = "canary-secret-default",
):
    return pl.LazyFrame()


@table(schema=[Column("email", classification="pii")])
def called_enum():
    return pl.LazyFrame(schema={"email": pl.Enum(["canary-called"]), "other": pl.Int8})


@table(schema=[Column("email", pl.Enum(["canary-declared"]), classification="pii"), Column("x")])
def mismatched_enum():
    return pl.LazyFrame(schema={"email": pl.Enum(["canary-actual"]), "x": pl.Int8})


@table(schema=[Column("email", classification="pii")])
def raises():
    raise ValueError("what is canary-in-error for a value")


@table(schema=[Column("email", classification="pii")])
def fails_later():
    return pl.LazyFrame({"email": ["canary-in-frame"]}).select(pl.col("canary-in-plan"))


class Store:
    kind = "own"
    email = "no attribute"

    def __init__(self, fails=""):
        self.fails = fails

    def scan(self, **params):
        raise RuntimeError("canary-in-scan")

    def schema(self):
        return pl.Schema({"email": pl.Enum(["canary-own"]), "b": pl.Int8})

    def columns(self):
        return (Column("email", pl.Enum(["canary-own"]), classification="" if self.fails else "pii"), Column("b"))

    def facts(self):
        if self.fails:
            raise RuntimeError("canary-in-facts")
        yield Fact(label="Emails", value="canary-in-fact, canary-in-fact-2")
        yield Fact(label="Partitions", value="email=canary-in-partition, b=1")
        yield Fact(label="Best", value="{'email': 'canary-in-mapping'}")

    def change_token(self):
        return "1"

    def column_statistics(self):
        return {
            "email": ColumnStatistics(
                null_count=Figure(value=98765432198, provenance="exact", source="x"),
                minimum="canary-min", maximum="canary-max",
            )
        }


register_static_table(Store(), "third_party")
register_static_table(Store("facts"), "third_party_fails", schema=[Column("email", classification="pii")])
"""
DATA = """
import datetime, sys
from pathlib import Path
import polars as pl
data = Path(sys.argv[1])
frame = pl.DataFrame({
    "email": ["canary-a", "canary-z"], "born": [datetime.date(1931, 5, 17)] * 2, "salary": [98765432198] * 2,
    "phone": ["canary-phone"] * 2, "open_text": ["shown-least", "shown-most"], "profile": [{"city": "canary-city"}] * 2,
})
frame.write_delta(data / "delta")
frame.write_parquet(data / "p.parquet")
frame.write_delta(data / "parts", delta_write_options={"partition_by": ["email"]})
frame.write_delta(data / "gone", delta_write_options={"partition_by": ["email"]})
for file in (data / "gone").rglob("*.parquet"):
    file.unlink()
for value in ("canary-in-path", "canary-other"):
    folder = data / "hive" / f"email={value}"
    folder.mkdir(parents=True)
    frame.drop("email").write_parquet(folder / "part-0.parquet")
"""
NAMES = (
    *("in_delta", "in_delta_parts", "in_delta_gone", "in_parquet", "in_hive", "in_folder", "in_nowhere"),
    *("declared_enum", "called_enum", "mismatched_enum", "raises", "fails_later", "third_party", "third_party_fails"),
)
CONF = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\nproject = copyright = "T"\nversion = "1"\n'


@pytest.fixture(scope="module")
def classified(project: NewProject) -> Project:
    """Return a project whose tables hold the canary in every place where a value can stand."""
    index = "T\n=\n\n.. toctree::\n\n   catalog/index\n\n.. lakecat-table:: in_delta\n   :no-index:\n"
    found = project({"conf.py": CONF, "tables.py": TABLES, "index.rst": index})
    data = found.srcdir / "data"
    data.mkdir()
    subprocess.run([sys.executable, "-c", DATA, str(data)], check=True, timeout=120)
    return found


def leaks(path: Path) -> list[str]:
    """Return where a file, or what is compressed in it, holds a canary."""
    contents = {"": path.read_bytes()}
    if path.name == "objects.inv":
        contents["body"] = zlib.decompress(contents[""].split(b"zlib.\n", 1)[1])
    if path.suffix == ".epub":
        with zipfile.ZipFile(path) as archive:
            contents |= {name: archive.read(name) for name in archive.namelist()}
    words = [word.encode() for word in (CANARY, NUMBER, f"{int(NUMBER):,}", DAY)]
    return [f"{path.name} {name}" for name, data in contents.items() if any(word in data.lower() for word in words)]


@pytest.mark.finding(10)
@pytest.mark.parametrize("builder", ["html", "text", "latex", "epub", "json"])
def test_no_value_is_published(classified: Project, builder: str) -> None:
    """No file of a build, no doctree, no pickle and no line of the log holds a value of a classified column."""
    built = classified.build(builder=builder)
    assert built.status == 0, built.errors
    folders = [built.outdir, built.outdir.parent / "doctrees"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"environment.pickle", "in_delta.doctree", "third_party.doctree"}
    # Sources of documents are copied, and are no work of ours.
    assert [leak for path in files if "_sources" not in path.parts for leak in leaks(path)] == []
    said = (built.output + built.errors).lower()
    assert [line for line in said.splitlines() if CANARY in line or NUMBER in line] == []
    for name in NAMES:
        assert [path for path in files if path.name.startswith(f"{name}.")], name
    shown = [path for path in files if path.suffix in (".html", ".txt", ".tex", ".fjson")]
    everything = b"".join(path.read_bytes().replace(rb"\sphinxhyphen{}", b"-") for path in shown)
    if everything:
        assert b"shown-least" in everything
        assert b"hidden (classified as pii)" in everything


@pytest.mark.finding(10)
@pytest.mark.parametrize("what", ["snapshot", "show", "program"])
def test_no_value_is_told(classified: Project, what: str, tmp_path: Path) -> None:
    """The command line, exports, descriptions and the log hold none either."""
    program = (
        "import tables, lakecat, json\n"
        "catalog = lakecat.Catalog()\n"
        "for name in catalog.list_tables():\n    print(repr(catalog.describe_table(name)))\n"
        "print(json.dumps(catalog.export_catalog_metadata(), default=str))\n"
        "for name in catalog.list_tables():\n"
        "    try:\n        catalog.table(name, **({'email': 'canary-param'} if name == 'declared_enum' else {}))\n"
        "    except lakecat.LakecatError as error:\n        print(getattr(error, 'message', ''))\n"
    )
    commands = {
        "snapshot": [["-m", "lakecat", "snapshot", "--catalog", "tables", "--out", str(tmp_path / "out.json")]],
        "show": [["-m", "lakecat", "show", "--catalog", "tables", name] for name in NAMES],
        "program": [["-c", program]],
    }[what]
    environment = {**os.environ, "LAKECAT_LOG_LEVEL": "DEBUG", "LAKECAT_AUDIT_LOG": str(tmp_path / "audit.jsonl")}
    said = ""
    for command in commands:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=classified.srcdir, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        said += done.stdout + done.stderr
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    said = "\n".join([said, *(path.read_text(encoding="utf-8") for path in files)])
    assert "in_delta" in said
    assert [line for line in said.lower().splitlines() if CANARY in line or NUMBER in line or DAY in line] == []
