"""No credential of a storage option or a location reaches a page, a log, a doctree or an index."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Build, NewProject

CANARY = "CANARY7f3a"
TABLES = f'''
from pathlib import Path

from lakecat import Column, DeltaTable, ParquetTable, register_static_table, table

DELTA = {{
    "aws_secret_access_key": "{CANARY}-secret",
    "AWS_SESSION_TOKEN": "{CANARY}/token+=",
    "azure_storage_sas_key": "{CANARY}%2Fsas",
    "aws_access_key_id": "{CANARY}-id",
    "aws_endpoint_url": "http://user:{CANARY}@127.0.0.1:9",
    "aws_region": "eu-north-1",
    "allow_http": "true",
    "max_retries": "0",
    "connect_timeout": "1s",
}}
POLARS = DELTA | {{"max_retries": 0}}
HERE = Path(__file__).parent
register_static_table(DeltaTable("in_store", uri="s3://lake/delta", storage_options=DELTA))
register_static_table(ParquetTable("parquet_store", uri="s3://lake/p.parquet", storage_options=POLARS))
register_static_table(ParquetTable("user_part", uri="ftp://u:{CANARY}-url@127.0.0.1/a", storage_options=POLARS))
register_static_table(
    ParquetTable("query", uri="https://127.0.0.1:9/a.parquet?sig={CANARY}-query#{CANARY}", storage_options=POLARS)
)
register_static_table(DeltaTable("delta_url", uri="abfss://c:{CANARY}@127.0.0.1/?s={CANARY}", storage_options=DELTA))
register_static_table(ParquetTable("local", uri=HERE / "gone.parquet", storage_options=POLARS))


@table
def tells():
    raise RuntimeError("cannot open https://user:{CANARY}-text@127.0.0.1/x?sig={CANARY}-sig now")
'''
NAMES = ("in_store", "parquet_store", "user_part", "query", "delta_url", "local", "tells")


@pytest.mark.parametrize("builder", ["html", "epub"])
def test_no_secret_anywhere(build: Build, builder: str) -> None:
    """The canary is in no byte of the output, the doctrees and the log, while every table has its page."""
    index = "T\n=\n\n.. toctree::\n\n   catalog/index\n\n.. lakecat-table:: in_store\n   :no-index:\n"
    conf = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\nproject = copyright = "T"\nversion = "1"\n'
    # No proxy of the machine may answer for the stores, none of which exists.
    built = build(
        {"conf.py": conf, "tables.py": TABLES, "index.rst": index}, builder=builder, NO_PROXY="*", no_proxy="*"
    )
    assert built.status == 0, built.errors
    assert CANARY not in built.output
    assert CANARY not in built.errors
    folders = [built.outdir, built.outdir.parent / "doctrees"]
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in found} >= {"environment.pickle", "in_store.doctree"}
    for path in found:
        assert CANARY.encode() not in path.read_bytes(), path
        if path.suffix == ".epub":
            with zipfile.ZipFile(path) as archive:
                assert not [n for n in archive.namelist() if CANARY.encode() in archive.read(n)]
    for name in NAMES:
        assert [w for w in built.warnings if f"'{name}'" in w], name


def test_location_without_its_secret_parts(build: Build) -> None:
    """Of a URL, host and path are shown, and what was left out is marked."""
    tables = (
        "from lakecat import *\n"
        'register_static_table(ParquetTable("q", uri="ftp://u:p4ss@127.0.0.1:9/a.parquet?s=1"), schema={"a": "Int64"})'
    )
    built = build({"tables.py": tables, "index.rst": "T\n=\n\nx\n"}, NO_PROXY="*", no_proxy="*")
    assert "ftp://***@127.0.0.1:9/a.parquet?***" in built.said("catalog/q", "dl.lc-details")


def test_secret_that_fails_at_import(project: NewProject) -> None:
    """An import that fails shows no URL's secret in the log or on the index."""
    text = f'raise ConnectionError("https://user:{CANARY}@db.example/x?token={CANARY} refused")\n'
    built = project({"tables.py": text, "index.rst": "T\n=\n\nx\n"}).build()
    assert len(built.warnings) == 1
    assert CANARY not in built.errors
    assert CANARY not in built.text("catalog/index.html")
