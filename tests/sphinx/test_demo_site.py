"""Every snippet of every page of the demo site runs as it is shown, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Built

TABLES = (
    "airlines",
    "airports",
    "cancellations",
    "daily_departures",
    "delays_by_carrier",
    "flights",
    "planes",
    "weather",
)


@pytest.fixture(scope="module")
def snippets(demo_site: Built) -> dict[tuple[str, str], str]:
    """Return the code of each snippet by page and label, with its language before it."""
    found = {}
    for name in demo_site.files():
        if not name.endswith(".html") or name.startswith(("_static/", "search", "genindex")):
            continue
        page = demo_site.page(name.removesuffix(".html"))
        for tabs in page.select(".lc-snippets"):
            labels = [label.get_text(strip=True) for label in tabs.select("label")]
            contents = tabs.select("div.lc-code")
            assert len(labels) == len(contents)
            for label, content in zip(labels, contents, strict=True):
                blocks = content.select("div[class^=highlight-]")
                language = blocks[-1]["class"][0].removeprefix("highlight-")
                code = "\n".join(block.get_text() for block in blocks)
                found[name.removesuffix(".html"), label] = f"{language}\n{code}"
    return found


@pytest.mark.finding(29)
def test_the_json_schema_is_published(demo_site: Built) -> None:
    """The schema of exported catalogs lies beside the pages, is that of the code, and the reference links to it."""
    from lakecat.snapshot import json_schema

    assert "snapshots.schema.json" in demo_site.files()
    assert json.loads(demo_site.text("snapshots.schema.json")) == json_schema()
    links = {link["href"] for link in demo_site.page("reference/snapshots").select("a[href]")}
    assert "../snapshots.schema.json" in links


def test_every_table_has_snippets(snippets: dict[tuple[str, str], str]) -> None:
    """Each table's page has the snippets that it can have; the one with examples has no SQL."""
    assert {page for page, _ in snippets} >= {f"catalog/{table}" for table in TABLES}
    for table in TABLES:
        labels = {label for page, label in snippets if page == f"catalog/{table}"}
        assert labels == {"Polars", "Command line"} | (set() if table == "delays_by_carrier" else {"SQL"})


@pytest.mark.parametrize("table", TABLES)
def test_snippets_run_as_shown(snippets: dict[tuple[str, str], str], table: str, docs: Path, tmp_path: Path) -> None:
    """Python runs in a clean interpreter and makes a frame; the command line runs in a shell and names the table."""
    path = os.pathsep.join(p for p in (str(docs), os.environ.get("PYTHONPATH", "")) if p)
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PYTHONPATH": path, "PATH": programs, "PYTHONUTF8": "1"}
    ours = {key: code for key, code in snippets.items() if key[0] == f"catalog/{table}"}
    assert ours
    for (_, label), text in ours.items():
        language, _, code = text.partition("\n")
        assert language in ("python", "bash"), label
        shown = f"{code}\nprint(df.collect())"
        command = [sys.executable, "-W", "error", "-c", shown] if language == "python" else ["bash", "-ec", code]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", timeout=60, check=False
        )
        assert done.returncode == 0, f"{label} of {table}:\n{code}\n{done.stderr}"
        assert "shape: (" in done.stdout if language == "python" else table in done.stdout


def test_snippets_in_prose_are_those_of_the_pages(snippets: dict[tuple[str, str], str]) -> None:
    """A snippet that prose shows is one of a table's page, and so is run."""
    run = {code for (page, _), code in snippets.items() if page in {f"catalog/{table}" for table in TABLES}}
    assert set(snippets.values()) <= run
