"""Kinds of source that packages bring: made by their names, checked, and named in errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lakecat import Catalog, CatalogRegistry, DeclarationError, PluginError, source_of

if TYPE_CHECKING:
    from pathlib import Path

KINDS = """
import polars as pl
from lakecat import DeclarationError


class Counted:
    kind = "counted"

    def __init__(self, height, *, name="n"):
        if height < 0:
            raise DeclarationError("a height is not negative")
        self.height, self.name = height, name

    def scan(self, **params):
        return pl.LazyFrame({self.name: range(self.height)}, schema={self.name: pl.Int64})

    def schema(self):
        return pl.Schema({self.name: pl.Int64})

    def facts(self):
        return ()

    def change_token(self):
        return str(self.height)


def leaves(**options):
    raise SystemExit(f"password={options['password']}")


number = int
"""


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    about = tmp_path / "kinds-1.0.dist-info"
    about.mkdir()
    (tmp_path / "kinds_of_a_test.py").write_text(KINDS, encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: kinds\nVersion: 1.0\n", encoding="utf-8")
    entries = {"counted": "Counted", "leaves": "leaves", "number": "number", "gone": "gone"}
    lines = "".join(f"{name} = kinds_of_a_test:{value}\n" for name, value in entries.items())
    (about / "entry_points.txt").write_text(f"[lakecat.sources]\n{lines}", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_a_kind_is_made_and_read() -> None:
    """What it is made with is handed on, and the table is one like any other."""
    catalog = Catalog(CatalogRegistry())
    catalog.add_table(source_of("counted", 3, name="id"), "rows")
    assert catalog.table("rows").collect()["id"].to_list() == [0, 1, 2]
    assert catalog.describe_table("rows").kind == "counted"


ERRORS = {
    "unknown": (lambda: source_of("conted", 3), "no kind of source 'conted' is installed", "did you mean 'counted'?"),
    "gone": (lambda: source_of("gone"), "kind of source 'gone' of kinds 1.0 cannot be used", "has no 'gone'"),
    "arguments": (lambda: source_of("counted"), "kind of source 'counted' (of kinds 1.0) cannot be made", "TypeError"),
    "no source": (lambda: source_of("number", 3), "kind of source 'number' (of kinds 1.0) made int", "no source"),
    "leaves": (lambda: source_of("leaves", password="hunter2"), "'leaves' (of kinds 1.0) cannot be made", "SystemExit"),
}


@pytest.mark.parametrize("what", ERRORS)
def test_errors_name_what_is_wrong(what: str) -> None:
    """One sentence says which kind of which package, and no secret."""
    make, *said = ERRORS[what]
    with pytest.raises(PluginError) as caught:
        make()
    assert all(text in str(caught.value) for text in said), str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_errors_of_lakecat_stay_as_they_are() -> None:
    """What a kind says in lakecat's own words is not wrapped."""
    with pytest.raises(DeclarationError, match="a height is not negative"):
        source_of("counted", -1)
