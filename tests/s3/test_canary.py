"""A canary wherever a credential can stand; then all of lakecat is run, and the bird is in nothing that it left."""

from __future__ import annotations

import base64
import gzip
import io
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest

from .ceph import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from tests.conftest import RunPython

    from .ceph import Gateway

# What the store accepts is a canary as well: a run in which all fails would show less.
CANARIES = (SECRET, "canary-WRONG/secret+", "canary-token", "canary-azure-key", "canary-user-part", "canary-query")
SECRETS = dict(zip(("GOOD", "WRONG", "TOKEN", "AZURE", "USER", "QUERY"), CANARIES, strict=True))

PYPROJECT = """
[tool.lakecat]
environment = "local"
root = "s3://{bucket}"
log_level = "DEBUG"
audit_log = "audit.jsonl"

[tool.lakecat.storage]
endpoint_url = "{endpoint}"
region = "{region}"
access_key_id = "{key}"
"""

# The canaries are in variables of the process, so that each file of the project can be searched for them.
LAKE = '''
"""Tables that can be read, and tables that cannot, each with a credential in another place."""
import os

import polars as pl

from lakecat import DeltaTable, ParquetTable, get_table, register_static_table, table

GOOD, WRONG, TOKEN, AZURE, USER, QUERY = (
    os.environ[f"CANARY_{name}"] for name in ("GOOD", "WRONG", "TOKEN", "AZURE", "USER", "QUERY")
)
STORE = {"aws_endpoint_url": os.environ["CANARY_STORE"], "aws_region": os.environ["CANARY_REGION"]}
STORE |= {"aws_allow_http": "true", "max_retries": 0, "retry_timeout": "1s"}
OPTIONS = STORE | {"aws_access_key_id": os.environ["CANARY_KEY"]}
REFUSED = OPTIONS | {"aws_endpoint_url": f"http://{USER}:{USER}@127.0.0.1:9"}
BUCKET = os.environ["CANARY_BUCKET"]

events = DeltaTable("events", description="By the environment alone.")
register_static_table(events)
for kind in (DeltaTable, ParquetTable):
    name = kind.__name__.lower()
    place = f"s3://{BUCKET}/{name}"
    for suffix, uri, options in (
        ("good", place, OPTIONS | {"aws_secret_access_key": GOOD}),
        ("wrong", place, OPTIONS | {"aws_secret_access_key": WRONG, "aws_session_token": TOKEN}),
        ("azure", place, OPTIONS | {"aws_secret_access_key": WRONG, "azure_storage_account_key": AZURE}),
        ("refused", place, REFUSED | {"aws_secret_access_key": WRONG}),
        ("user_part", f"s3://{USER}:{USER}@{BUCKET}/x", OPTIONS | {"aws_secret_access_key": GOOD}),
        ("query", f"s3://{BUCKET}/a.parquet?sig={QUERY}#{QUERY}", OPTIONS | {"aws_secret_access_key": WRONG}),
    ):
        options = {key: value if kind is ParquetTable else str(value) for key, value in options.items()}
        register_static_table(kind(f"{name}_{suffix}", uri=uri, storage_options=options))


@table
def fails() -> pl.LazyFrame:
    """Its error tells where it went."""
    raise ConnectionError(f"https://{USER}:{USER}@db.example/x?sig={QUERY} is not there")


@table(examples={"api_token": "none"})
def with_token(api_token: str) -> pl.LazyFrame:
    """A parameter that is a credential."""
    return get_table("events")
'''

USE = '''
import contextlib, copy, logging, os, pickle, sys, traceback

logging.basicConfig(level=logging.DEBUG)
import lake
import polars as pl
from lakecat import Catalog, DeltaTable, TableFunctionError
from lakecat.config import LakecatConfig, current_config
from lakecat.doctor import examine

frame = pl.DataFrame({"id": [1, 2, 3], "name": ["a", "b", None]})
catalog, events, good = Catalog(), lake.events, DeltaTable("good", uri=f"s3://{lake.BUCKET}/deltatable",
    storage_options={key: str(value) for key, value in lake.OPTIONS.items()} | {"aws_secret_access_key": lake.GOOD})
frame.write_parquet(f"s3://{lake.BUCKET}/parquettable/a.parquet", storage_options=lake.OPTIONS | {
    "aws_secret_access_key": lake.GOOD})


def attempt(act):
    """Show what something gives, or its whole traceback, and leave a pickle of it."""
    try:
        found = act()
    except Exception as error:
        # What a table's own function says in its own error is not lakecat's to change; what lakecat makes of it is.
        traceback.print_exception(error, chain=not isinstance(error, TableFunctionError))
        found = error
    print(repr(found), str(found), sep="\\n")
    if not isinstance(found, pl.LazyFrame):  # Polars keeps in a plan what it needs to read elsewhere
        with contextlib.suppress(Exception), open("pickles", "ab") as file:
            pickle.dump(found, file)


for source in (events, good):
    attempt(lambda: source.create(schema={"id": pl.Int64, "name": pl.String}))
    attempt(lambda: source.append(frame))
    attempt(lambda: source.append(frame.select("id")))
    attempt(lambda: source.merge(frame.head(1), on="id"))
    attempt(lambda: source.delete("id = 3"))
    attempt(lambda: source.delete("nonsense ="))
    attempt(lambda: source.overwrite(frame))
    attempt(lambda: source.compact())
    attempt(lambda: source.z_order("id"))
    attempt(lambda: source.describe(description="Told."))
    attempt(lambda: source.restore(version=1))
    attempt(lambda: source.vacuum())
    attempt(lambda: source.history())
    assert source.scan().collect().height == 3, source
for name in catalog.list_tables():
    source = catalog.registry.get(name).source
    params = {"api_token": lake.TOKEN} if name == "with_token" else {}
    attempt(lambda: (source, getattr(source, "storage_options", None)))
    attempt(lambda: catalog.table(name, **params))
    attempt(lambda: catalog.table(name, **params).collect())
    attempt(lambda: catalog.table(name, **params).explain())
    attempt(lambda: catalog.table(name, version=99))
    attempt(lambda: catalog.sql(f"SELECT count(*) FROM {name}").collect())
    attempt(lambda: catalog.describe_table(name))
    attempt(source.change_token if hasattr(source, "change_token") else None)
    if hasattr(source, "append"):
        attempt(lambda: source.append(frame) if not name.endswith("good") and name != "events" else None)
assert catalog.table("deltatable_good").collect().height == 3
assert catalog.table("parquettable_good").collect().height == 3
attempt(lambda: catalog.export_catalog_metadata("export.json"))
config = current_config()
attempt(lambda: (config, config.model_dump(), config.model_dump_json(), examine(config)))
attempt(lambda: LakecatConfig.from_environment("production"))
attempt(lambda: LakecatConfig(root=f"s3://{lake.USER}@b/x?{lake.QUERY}", storage={"access_key_id": lake.GOOD}))
attempt(lambda: LakecatConfig(root="x", storage={"options": {"aws_secret_acces_key": lake.WRONG}}))
attempt(lambda: DeltaTable("t", uri="s3://b/t", storage_options={"aws_secret_acces_key": lake.WRONG}))
'''
CONF = 'project = author = copyright = "L"\nversion = "1"\nextensions = ["sphinx_lakecat"]\nlakecat_catalog = "lake"\n'
INDEX = "Lake\n====\n\n.. toctree::\n\n   catalog/index\n\n.. lakecat-table:: events\n   :no-index:\n"
COMMANDS = (
    ("use.py",),
    ("-m", "lakecat", "--catalog", "lake", "list"),
    *(
        ("-m", "lakecat", "--catalog", "lake", "show", "--allow-problems", name)
        for name in ("events", "deltatable_wrong", "fails", "parquettable_query")
    ),
    ("-m", "lakecat", "--catalog", "lake", "snapshot", "--allow-problems", "--out", "snapshot.json"),
    ("-m", "lakecat", "doctor"),
    *(("-m", "sphinx", "-v", "-b", builder, "docs", f"site/{builder}") for builder in ("html", "epub", "text")),
    ("-m", "sphinx", "-b", "autocatalog", "docs", "site/autocatalog"),
)


def test_no_credential_gets_out(s3: Gateway, bucket: str, tmp_path: Path, run_python: RunPython) -> None:
    """Every operation, command and builder is run; no canary is in an output, log, pickle, export or page."""
    place = {"bucket": bucket, "endpoint": s3.endpoint, "region": s3.region, "key": s3.key}
    files = {"pyproject.toml": PYPROJECT.format(**place), "lake.py": LAKE, "use.py": USE}
    files |= {"docs/conf.py": "import sys\nsys.path.insert(0, '..')\n" + CONF, "docs/index.rst": INDEX}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    environment = {
        **{f"CANARY_{name}": value for name, value in SECRETS.items()},
        "CANARY_BUCKET": bucket,
        "CANARY_STORE": s3.endpoint,
        "CANARY_REGION": s3.region,
        "CANARY_KEY": s3.key,
        "LAKECAT_STORAGE__SECRET_ACCESS_KEY": SECRET,
        "LAKECAT_STORAGE__OPTIONS__AZURE_STORAGE_ACCOUNT_KEY": SECRETS["AZURE"],
        "PYTHONPATH": str(tmp_path),
        # No proxy of the machine may answer for stores that do not exist.
        "NO_PROXY": "*",
        "no_proxy": "*",
    }
    for command in COMMANDS:
        done = run_python(command, cwd=tmp_path, env=environment, timeout=240)
        assert done.returncode == 0, printed(done)
        assert [line for line in printed(done).splitlines() if leaks(line.encode())] == [], command
    searched = dict(everything(tmp_path))
    made = {name.rpartition("/")[2] for name in searched}
    assert made >= {"audit.jsonl", "pickles", "export.json", "snapshot.json", "environment.pickle", "events.html"}
    assert {name: found for name, data in searched.items() if (found := leaks(data))} == {}


@pytest.mark.parametrize("canary", CANARIES)
def test_the_search_finds_what_it_looks_for(tmp_path: Path, canary: str) -> None:
    """A canary is found plain, quoted, in base64, and inside archives."""
    (tmp_path / "plain").write_text(f"x{canary}x")
    (tmp_path / "quoted").write_text(f"x{quote(canary, safe='')}x")
    (tmp_path / "base64").write_bytes(base64.b64encode(canary.encode()))
    (tmp_path / "gzip").write_bytes(gzip.compress(canary.encode()))
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("inside", canary)
    assert {name for name, data in everything(tmp_path) if leaks(data)} == {
        str(tmp_path / "plain"),
        str(tmp_path / "quoted"),
        str(tmp_path / "base64"),
        str(tmp_path / "gzip"),
        str(tmp_path / "zip") + "/inside",
    }


def printed(done: CompletedProcess[str]) -> str:
    """Return all that a command wrote to the terminal."""
    return done.stdout + done.stderr


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of each file, and of what is in archives."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                yield from ((f"{path}/{name}", archive.read(name)) for name in archive.namelist())
        else:
            yield str(path), data


def leaks(data: bytes) -> list[str]:
    """Return the canaries that bytes hold: as they are, or as URLs, XML or base64 have them."""
    forms = {
        canary: (
            canary,
            quote(canary),
            quote(canary, safe=""),
            escape(canary),
            base64.b64encode(canary.encode()).decode(),
        )
        for canary in CANARIES
    }
    return [canary for canary, shapes in forms.items() if any(shape.encode() in data for shape in shapes)]
