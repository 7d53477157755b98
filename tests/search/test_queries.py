"""Sphinx's own search, as the built site runs it, finds tables by whatever people know of them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Hits = dict[str, list[dict[str, Any]]]
    Search = Callable[[Path, list[str]], Hits]

FULL_NAMES = {
    name: f"catalog/{name}#table-{name}"
    for name in (
        "airlines",
        "airports",
        "cancellations",
        "daily_departures",
        "delays_by_carrier",
        "flights",
        "planes",
        "weather",
    )
}
FIRST = {
    # Parts of a name, alone and together.
    "daily": "catalog/daily_departures#table-daily_departures",
    "departures": "catalog/daily_departures#table-daily_departures",
    "delays": "catalog/delays_by_carrier#table-delays_by_carrier",
    "carrier": "catalog/delays_by_carrier#table-delays_by_carrier",
    "delays by carrier": "catalog/delays_by_carrier#table-delays_by_carrier",
    "DAILY Departures": "catalog/daily_departures#table-daily_departures",
    # Words of descriptions, of tables and of columns.
    "Puerto Rico": "catalog/airports",
    "humidity percent": "catalog/weather",
    "rotorcraft": "catalog/planes",
    "millibars": "catalog/weather",
    "Iowa": "catalog/weather",
    # Columns and parts of columns.
    "wind_gust": "catalog/weather#column-weather.wind_gust",
    "gust": "catalog/weather#column-weather.wind_gust",
    "tzone": "catalog/airports#column-airports.tzone",
    "manufacturer": "catalog/planes#column-planes.manufacturer",
    "sched_dep_time": "catalog/flights#column-flights.sched_dep_time",
    "sched arr": "catalog/flights#column-flights.sched_arr_time",
    "late share": "catalog/delays_by_carrier#column-delays_by_carrier.late_share",
    # A table and a column.
    "flights.dest": "catalog/flights#column-flights.dest",
    "flights.tailnum": "catalog/flights#column-flights.tailnum",
    "flights dest": "catalog/flights#column-flights.dest",
    "planes manufacturer": "catalog/planes#column-planes.manufacturer",
    # A part of a name and a word of a description.
    "gust mph": "catalog/weather",
    "wind mph": "catalog/weather",
    "registry manufacturer": "catalog/planes",
    "pressure millibars": "catalog/weather",
    "offset daylight": "catalog/airports",
}
LISTS = {
    # Owners and tags: the list of their tables.
    "flight-operations": "owner",
    "meteorology": "owner",
    "analytics": "owner",
    "geography": "tag",
    "fleet": "tag",
}
AMONG = {
    # Every table of an owner, of a tag, or with a column is found, if not first.
    "flight-operations": {"flights"},
    "meteorology": {"weather"},
    "analytics": {"cancellations", "daily_departures", "delays_by_carrier"},
    "reference-data": {"airlines", "airports", "planes"},
    "geography": {"airports"},
    "lookup": {"airlines", "airports", "planes"},
    "on-time": {"flights", "daily_departures", "delays_by_carrier"},
    "tailnum": {"flights", "planes"},
    "dep delay": {"flights", "daily_departures", "delays_by_carrier"},
    "time_hour": {"flights", "weather"},
    "origin": {"flights", "weather", "daily_departures"},
    "parquet": {"airlines", "airports", "planes"},
    "delta": {"flights", "weather"},
}


@pytest.fixture(scope="module")
def hits(site: Path, search: Search) -> Hits:
    """Return the hits of all queries, best first."""
    return search(site, [*FULL_NAMES, *FIRST, *LISTS, *AMONG, "zzzz"])


@pytest.mark.parametrize(("query", "expected"), [*FULL_NAMES.items(), *FIRST.items()])
def test_first_hit(hits: Hits, site: Path, query: str, expected: str) -> None:
    """The first hit is the page and place that the query means, and the page has that place."""
    assert hits[query], "nothing is found"
    first = hits[query][0]
    assert f"{first['docname']}{first['anchor']}" == expected
    html = (site / f"{first['docname']}.html").read_text(encoding="utf-8")
    assert not first["anchor"] or f'id="{first["anchor"].removeprefix("#")}"' in html


@pytest.mark.parametrize(("query", "kind"), LISTS.items())
def test_no_hit_is_better_than_a_list(hits: Hits, site: Path, query: str, kind: str) -> None:
    """For an owner or tag, the list of its tables, or its section, is a best hit; releases order equals differently."""
    section = f"{kind}-{query}"
    found = next(hit for hit in hits[query] if hit["docname"] == "catalog/index")
    assert found["score"] == hits[query][0]["score"]
    assert found["anchor"] in ("", f"#{section}")
    assert f'id="{section}"' in (site / "catalog/index.html").read_text(encoding="utf-8")


def test_there_are_enough_queries() -> None:
    """At least thirty queries are tried."""
    assert len(FULL_NAMES | FIRST | LISTS) >= 30


@pytest.mark.parametrize("name", FULL_NAMES)
def test_table_is_alone_at_the_top_for_its_name(hits: Hits, name: str) -> None:
    """Nothing scores as high as a table for its own name."""
    first, second = hits[name][:2]
    assert first["score"] > second["score"]
    assert (first["kind"], first["title"]) == ("object", name)


@pytest.mark.parametrize(("query", "tables"), AMONG.items())
def test_every_table_is_found(hits: Hits, query: str, tables: set[str]) -> None:
    """Every table that the query fits is among the hits."""
    found = {str(hit["docname"]).removeprefix("catalog/") for hit in hits[query]}
    assert tables <= found


def test_nothing_is_found(hits: Hits) -> None:
    """A word that is nowhere finds nothing."""
    assert hits["zzzz"] == []


TABLES = """
from lakecat import Column, table

SCHEMA = [Column("user_id", "Int64"), Column("signup_country_code", "Utf8"), Column("lastSeenAt", "Int64")]


@table(schema=SCHEMA, description="One row for each person who has enrolled.", tags=["personal-data"], database="crm")
def signed_up(): ...


@table(schema={"country": "Utf8"}, description="Where people live, as *they* say.")
def residence(): ...
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, search: Search) -> Hits:
    """Return the hits of a small site of its own."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "tables.py").write_text(TABLES, encoding="utf-8")
    conf = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\nproject = "Own"\n'
    (folder / "conf.py").write_text(conf, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-b", "autocatalog", str(folder), str(folder / "site")],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return search(folder / "site", list(OWN))


OWN = {
    "country enrolled": "catalog/crm.signed_up",
    "enrolled country": "catalog/crm.signed_up",
    "signup person": "catalog/crm.signed_up",
    "seen": "catalog/crm.signed_up#column-crm.signed_up.lastSeenAt",
    "last enrolled": "catalog/crm.signed_up",
    "lastSeenAt": "catalog/crm.signed_up#column-crm.signed_up.lastSeenAt",
    "signed_up": "catalog/crm.signed_up#table-crm.signed_up",
    "crm.signed_up": "catalog/crm.signed_up#table-crm.signed_up",
    "crm.signed_up.user_id": "catalog/crm.signed_up#column-crm.signed_up.user_id",
    "country": "catalog/residence#column-residence.country",
    "code": "catalog/crm.signed_up#column-crm.signed_up.signup_country_code",
    "personal data enrolled": "catalog/crm.signed_up",
    "crm enrolled": "catalog/crm.signed_up",
}


@pytest.mark.parametrize(("query", "expected"), OWN.items())
def test_mixed_queries(own: Hits, query: str, expected: str) -> None:
    """Words of a description with parts of a column's name, in either order, find the table."""
    assert own[query], "nothing is found"
    assert f"{own[query][0]['docname']}{own[query][0]['anchor']}" == expected
