"""Snippets run exactly as they stand, whatever the table's name."""

from __future__ import annotations

import shlex
import subprocess
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from lakecat import Catalog, table
from lakecat.cli import main
from lakecat.introspect import introspect
from lakecat.reference import CatalogReference
from lakecat.registry import current_registry

NAMES = [
    "users",
    "order",
    "With Space",
    "it's",
    'say "x"',
    "back\\slash",
    "größe",
    "-x",
    "--help",
    "a.b",
    "$HOME `id`",
    "{x}",
    "1st",
    "\u202eevil",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_python_snippets_run(name: str) -> None:
    """The Python and SQL snippets of a table print its rows."""
    table(name=name, database="db.x")(lambda: pl.LazyFrame({"x": [41, 42]}))
    for snippet in Catalog().describe_table(name).snippets:
        printed: list[Any] = []
        exec(snippet.code, {"print": printed.append})
        assert snippet.verified
        assert printed[0]["x"].to_list() == [41, 42], snippet


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_shell_snippets_run(name: str, make_module: Any) -> None:
    """The command of a table, split by a shell, shows it."""
    make_module(
        "snippet_tables",
        f"import polars as pl\nfrom lakecat import table\ntable(name={name!r})(lambda: pl.LazyFrame({{'x': [1]}}))\n",
    )
    reference = CatalogReference.parse("snippet_tables")
    reference.load()
    (code,) = [
        s.code
        for s in introspect(
            current_registry().get(name), imported=reference.imported, reference=str(reference)
        ).snippets
        if s.language == "bash"
    ]
    split = subprocess.run(
        ["sh", "-c", f"lakecat() {{ printf '%s\\0' \"$@\"; }}; {code}"], capture_output=True, check=True
    )
    words = split.stdout.decode().split("\0")[:-1]
    assert words == shlex.split(code)[1:]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "(function)" in done.stdout


def test_parameters_in_snippets() -> None:
    """Examples give values to parameters; a snippet without a value for one is not called verified."""
    table(name="flights", examples={"month": 7, "carrier": "U'A"})(
        lambda month, carrier: pl.LazyFrame({"m": [month], "c": [carrier]})
    )
    table(name="unknown")(lambda month: pl.LazyFrame({"m": [month]}))
    (snippet,) = Catalog().describe_table("flights").snippets
    printed: list[Any] = []
    exec(snippet.code, {"print": printed.append})
    assert printed[0].rows() == [(7, "U'A")]
    (missing,) = Catalog().describe_table("unknown").snippets
    assert not missing.verified
    assert 'table("unknown", month=...)' in missing.code
