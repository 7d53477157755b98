"""Texts of exceptions are on no page and in no index; the log of the build has them without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Build

SECRETS = ("hunter3", "tok-canary", "AKIAIOSFODNN7EXAMPLE", "bear-canary", "opensesame99", "heldbysource")
TEXT = (
    "a library says password=hunter3 {'token': 'tok-canary'} AKIAIOSFODNN7EXAMPLE Bearer bear-canary "
    "https://u:hunter3@x.example/?sig=tok-canary opensesame99 heldbysource"
)
TABLES = f"""
import polars as pl

from lakecat import ParquetTable, register_static_table, table

OPTIONS = {{"aws_secret_access_key": "heldbysource", "max_retries": 0}}
register_static_table(ParquetTable("holds", uri="ftp://127.0.0.1/x", storage_options=OPTIONS), schema={{"a": "Int8"}})


class Store:
    kind = "own"

    def scan(self, **params):
        return pl.LazyFrame()

    def schema(self):
        raise ValueError({TEXT!r})

    def facts(self):
        return ()

    def change_token(self):
        raise KeyError({TEXT!r})


register_static_table(Store(), "third_party")


@table
def function():
    raise RuntimeError({TEXT!r})


@table
def later():
    return pl.LazyFrame({{"a": [1]}}).select({TEXT!r})
"""
CONF = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\nproject = copyright = "T"\nversion = "1"\n'


@pytest.mark.finding(11)
@pytest.mark.parametrize("builder", ["html", "text"])
def test_texts_of_exceptions(build: Build, builder: str) -> None:
    """No byte of the output and the doctrees holds what an exception said; the log does, and no secret with it."""
    index = "T\n=\n\n.. toctree::\n\n   catalog/index\n\n.. lakecat-table:: function\n   :no-index:\n"
    built = build(
        {"conf.py": CONF, "tables.py": TABLES, "index.rst": index},
        builder=builder,
        LAKECAT_STORAGE__SECRET_ACCESS_KEY="opensesame99",
        LAKECAT_STORAGE__ACCESS_KEY_ID="somebody-known",
    )
    assert built.status == 0, built.errors
    folders = [built.outdir, built.outdir.parent / "doctrees"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    unwanted = [text.encode() for text in ("a library says", *SECRETS)]
    assert [(path, text) for path in files for text in unwanted if text in path.read_bytes()] == []
    assert [secret for secret in SECRETS if secret in built.output + built.errors] == []
    for name in ("third_party", "function", "later"):
        (warning,) = [w for w in built.warnings if f"'{name}'" in w]
        assert warning.startswith("tables.py:")
        assert "a library says password=***" in warning
    page = built.text(f"catalog/function.{'txt' if builder == 'text' else 'html'}")
    assert "RuntimeError" in page


TWO_FAILURES = """
import polars as pl

from lakecat import register_static_table


class Store:
    kind = "own"

    def scan(self, **params):
        return pl.LazyFrame({"a": [1]})

    def schema(self):
        return pl.Schema({"a": pl.Int64})

    def facts(self):
        raise ValueError("what facts say")

    def history(self, limit=None):
        raise ValueError("what history says")

    def change_token(self):
        return "1"


register_static_table(Store(), "third_party")
"""


def test_each_problem_has_its_own_reason(build: Build) -> None:
    """Where a table has several problems, the log says of each what was raised, once."""
    built = build({"conf.py": CONF, "index.rst": "T\n=\n", "tables.py": TWO_FAILURES})
    for said in ("what facts say", "what history says"):
        assert built.errors.count(said) == 1
