"""A second build reads what changed, and nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import polars as pl
import pytest

if TYPE_CHECKING:
    from conftest import NewProject, Project

INDEX = "T\n=\n\n.. toctree::\n\n   catalog/index\n   events\n   countries\n   other\n"
DIRECTIVE = "P\n=\n\n.. lakecat-table:: {}\n   :no-index:\n"
PAGES = {
    "index.rst": INDEX,
    "events.rst": DIRECTIVE.format("user_events"),
    "countries.rst": DIRECTIVE.format("countries"),
    "other.rst": "O\n=\n\n:lakecat:table:`user_events`\n",
}


@pytest.fixture(scope="module")
def shop(new_shop: NewProject) -> Project:
    """Return the shop, built. Each test leaves it built and its documents as they were."""
    return built_shop(new_shop)


def built_shop(new_shop: NewProject) -> Project:
    """Return a new shop, built once. In a module of its own, a table is edited without touching the others."""
    found = new_shop(PAGES)
    found.write({"conf.py": (found.srcdir / "conf.py").read_text().replace('"tables"', '["tables", "more"]')})
    found.write({"more.py": more("One row an order.")})
    built = found.build("-W", "--keep-going")
    assert (built.status, built.warnings, built.counts[1:]) == (0, [], (0, 0))
    return found


def more(description: str, *names: str) -> str:
    """Return a module that declares tables."""
    functions = [
        f'@table(owner="sales", schema={{"a": "Int64"}}, description={description!r})\ndef {name}(): ...\n\n\n'
        for name in (names or ("orders",))
    ]
    return "from lakecat import table\n\n\n" + "".join(functions)


def test_nothing_changed(shop: Project) -> None:
    """A build with nothing changed reads and writes no page."""
    built = shop.build("-W")
    assert (built.status, built.counts, built.read, built.wrote) == (0, (0, 0, 0), set(), set())


def test_new_commit(shop: Project) -> None:
    """A new commit of a Delta table re-reads its page and the prose that shows it; both say the new figures."""
    events = pl.DataFrame({"user_id": [3], "event": ["view"], "amount": [0]})
    events.write_delta(shop.srcdir / "data/user_events", mode="append")
    built = shop.build("-W")
    assert built.read == {"catalog/user_events", "events"}
    assert "3 rows" in built.said("catalog/user_events")
    assert "v1" in built.said("events")
    assert shop.build().read == set()


def test_new_column(shop: Project) -> None:
    """A Parquet file that is written again re-reads its page and the prose that shows it; a new column is found."""
    pl.DataFrame({"code": ["CH"], "capital": ["Bern"]}).write_parquet(shop.srcdir / "data/countries.parquet")
    built = shop.build("-W")
    assert built.read == {"catalog/countries", "countries"}
    assert "capital" in built.said("countries")
    assert "countries.capital" in built.inventory["lakecat:column"]


def test_description_is_edited(shop: Project) -> None:
    """A new description re-reads the page and, as its summary is listed, the index."""
    shop.write({"more.py": more("One row per order.")})
    built = shop.build("-W")
    assert built.read == {"catalog/orders", "catalog/index"}
    assert "One row per order." in built.said("catalog/orders")
    assert "One row per order." in built.said("catalog/index")
    shop.write({"more.py": more("One row an order.")})
    assert shop.build("-W").read == {"catalog/orders", "catalog/index"}


@pytest.mark.parametrize("lost", [False, True], ids=["", "page lost before"])
def test_table_is_added_and_removed(shop: Project, lost: bool) -> None:
    """A new table gets a page and an entry; a table that is gone loses both, and its anchor."""
    shop.write({"more.py": more("One row an order.", "orders", "returns")})
    built = shop.build("-W")
    assert {"catalog/returns", "catalog/index"} <= built.read
    assert "catalog/user_events" not in built.read
    neighbours = {"catalog/orders", "catalog/returns", "catalog/user_events"}
    assert built.wrote == {"index", "catalog/index", *neighbours}, "others show nothing of it"
    assert "returns" in built.said("catalog/index")
    assert "returns" in built.inventory["lakecat:table"]
    if lost:
        (built.outdir / "catalog/returns.html").unlink()
    shop.write({"more.py": more("One row an order.")})
    built = shop.build("-W")
    assert built.counts[2] == 1
    assert not (built.outdir / "catalog/returns.html").exists()
    assert "returns" not in built.said("catalog/index")
    assert "returns" not in built.inventory["lakecat:table"]
    assert "returns" not in built.text("searchindex.js")


def test_prose_names_a_table_that_comes_and_goes(shop: Project) -> None:
    """A page that shows an unknown table is read again when the table is declared, and when it is removed."""
    shop.write({"other.rst": DIRECTIVE.format("returns")})
    assert len(shop.build().warnings) == 1
    shop.write({"more.py": more("One row an order.", "orders", "returns")})
    built = shop.build("-W")
    assert (built.status, built.warnings) == (0, [])
    assert "other" in built.read
    shop.write({"more.py": more("One row an order.")})
    (warning,) = shop.build().warnings
    assert "no table 'returns'" in warning
    shop.write({"other.rst": PAGES["other.rst"]})
    assert shop.build("-W").status == 0


def test_unrelated_file_is_touched(shop: Project) -> None:
    """A touched page is read again, alone; a touched module whose text is the same re-reads no table."""
    os.utime(shop.srcdir / "other.rst")
    os.utime(shop.srcdir / "more.py")
    built = shop.build("-W")
    assert built.read <= {"other"}
    assert not {name for name in built.wrote if name.startswith("catalog/")}


def test_catalog_fails_and_comes_back(shop: Project) -> None:
    """A catalog that fails takes its pages away, and brings them back when it is mended."""
    shop.write({"more.py": "raise ValueError\n"})
    built = shop.build()
    assert len(built.warnings) == 1
    assert not (built.outdir / "catalog/orders.html").exists()
    assert "The catalog more could not be loaded" in built.said("catalog/index")
    shop.write({"more.py": more("One row an order.")})
    built = shop.build("-W")
    assert (built.outdir / "catalog/orders.html").exists()
    assert "could not be loaded" not in built.said("catalog/index")


def test_data_go_and_come_back(shop: Project) -> None:
    """A table whose data go is read again at each build, with one warning, until they are there."""
    file = shop.srcdir / "data/countries.parquet"
    kept = file.read_bytes()
    file.unlink()
    for _ in range(2):
        built = shop.build()
        assert [w.rpartition("[")[2] for w in built.warnings] == ["lakecat.not_found]"]
        assert built.read == {"catalog/countries", "countries"}
        assert "unknown" in built.said("countries")
    file.write_bytes(kept)
    built = shop.build("-W")
    assert (built.status, built.read) == (0, {"catalog/countries", "countries"})
    assert shop.build().read == set()


def test_setting_is_changed(new_shop: NewProject) -> None:
    """Another folder moves all pages, and leaves none behind."""
    shop = built_shop(new_shop)
    conf = (shop.srcdir / "conf.py").read_text(encoding="utf-8")
    shop.write({"conf.py": f'{conf}lakecat_autocatalog = "lake"\n', "index.rst": INDEX.replace("catalog/", "lake/")})
    built = shop.build("-W", "--keep-going")
    assert (built.status, built.warnings) == (0, [])
    assert (built.outdir / "lake/users.html").exists()
    assert not list((built.outdir / "catalog").glob("*.html"))
