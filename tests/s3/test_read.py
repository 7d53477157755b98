"""Tables in a store are the tables that they are on disk."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lakecat import Catalog, CatalogRegistry, DeltaTable, ParquetTable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lakecat.snapshot import TableSnapshot

    from .ceph import Gateway


def catalog_of(**sources: DeltaTable | ParquetTable) -> Catalog:
    """Return a catalog of these tables under these names."""
    catalog = Catalog(CatalogRegistry())
    for name, source in sources.items():
        catalog.add_table(source, name)
    return catalog


def told(snapshot: TableSnapshot) -> dict[str, Any]:
    """Return what a snapshot says of the data: all but name, place in the code and location."""
    facts = [fact for fact in snapshot.facts if fact.label != "Location"]
    fields = {field.name for field in dataclasses.fields(snapshot) if field.repr}
    own = {"name", "origin", "sections", "extra"}
    return {
        **{name: getattr(snapshot, name) for name in fields - own},
        **{name: getattr(snapshot, name) for name in ("statistics", "history", "parameters")},
        "facts": facts,
    }


@pytest.fixture
def delta(tmp_path: Path, frame: pl.DataFrame) -> Path:
    """Return a partitioned Delta table of two commits."""
    path = tmp_path / "events"
    frame.head(2).write_delta(path, delta_write_options={"partition_by": ["day"]})
    frame.tail(2).write_delta(path, mode="append")
    return path


def test_delta_table_equals_its_local_copy(
    s3: Gateway, delta: Path, frame: pl.DataFrame, upload: Callable[[Path], str]
) -> None:
    """A Delta table has the rows, schema and description in a store that it has on disk, at each version."""
    uri = upload(delta)
    catalog = catalog_of(
        local=DeltaTable("local", uri=delta), stored=DeltaTable("stored", uri=uri, storage_options=s3.options())
    )
    for version, rows in ((None, 4), (0, 2), (1, 4)):
        params = {} if version is None else {"version": version}
        stored = catalog.table("stored", **params)
        local = catalog.table("local", **params)
        assert stored.collect_schema() == local.collect_schema() == frame.schema
        assert_frame_equal(stored.sort("id").collect(), frame.head(rows))
        assert_frame_equal(local.sort("id").collect(), frame.head(rows))
    snapshot = catalog.describe_table("stored")
    assert snapshot.problems == ()
    assert snapshot.statistics is not None
    assert snapshot.statistics.rows is not None
    assert snapshot.statistics.rows.value == 4
    assert told(snapshot) == told(catalog.describe_table("local"))


def test_filters_reach_the_store(s3: Gateway, delta: Path, frame: pl.DataFrame, upload: Callable[[Path], str]) -> None:
    """A filter on a partition and a selection of columns give the rows that they give on disk."""
    catalog = catalog_of(stored=DeltaTable("stored", uri=upload(delta), storage_options=s3.options()))
    query = catalog.table("stored").filter(pl.col("day") == "2026 01/03 é%").select("id", "day")
    assert_frame_equal(query.collect(), frame.filter(id=4).select("id", "day"))


@pytest.fixture(params=["file", "folder", "glob", "hive"])
def parquet(request: pytest.FixtureRequest, tmp_path: Path, frame: pl.DataFrame) -> tuple[Path, str, list[str]]:
    """Return a Parquet table's file or folder, the pattern to add to it, and what it is partitioned by."""
    root = tmp_path / "days"
    if request.param == "file":
        frame.write_parquet(path := tmp_path / "days.parquet")
        return path, "", []
    root.mkdir()
    for number, part in enumerate(frame.partition_by("day", maintain_order=True)):
        folder = root
        if request.param == "hive":
            (folder := root / f"day=2026-01-0{number + 1}").mkdir()
            part = part.drop("day")  # noqa: PLW2901
        part.write_parquet(folder / f"part-{number}.parquet")
    if request.param == "glob":
        return root, "/part-*.parquet", []
    # What Spark and Databricks leave beside the data.
    for marker in ("_SUCCESS", "_committed_1", "_started_1"):
        (root / marker).write_bytes(b"{}")
    return root, "", ["day"] if request.param == "hive" else []


def test_parquet_table_equals_its_local_copy(
    s3: Gateway, parquet: tuple[Path, str, list[str]], upload: Callable[[Path], str]
) -> None:
    """A file, a folder, a glob and hive partitions have the rows and schema in a store that they have on disk."""
    path, pattern, partitioning = parquet
    uri = upload(path) + pattern
    catalog = catalog_of(
        local=ParquetTable(name="local", uri=f"{path}{pattern}", partitioning=partitioning),
        stored=ParquetTable(name="stored", uri=uri, partitioning=partitioning, storage_options=s3.options()),
    )
    stored, local = catalog.table("stored"), catalog.table("local")
    assert stored.collect_schema() == local.collect_schema()
    assert stored.collect().height == 4
    assert_frame_equal(stored.sort("id").collect(), local.sort("id").collect())
    there, here = catalog.describe_table("stored"), catalog.describe_table("local")
    assert there.problems == here.problems == ()
    assert [(c.name, c.dtype) for c in there.columns or ()] == [(c.name, c.dtype) for c in here.columns or ()]
    assert told(there)["facts"] == told(here)["facts"]


def test_what_is_told_of_a_parquet_table_in_a_store_is_true(
    s3: Gateway, parquet: tuple[Path, str, list[str]], upload: Callable[[Path], str]
) -> None:
    """In a store, figures and nullability may be unknown, as each costs requests; where known, they are as on disk."""
    path, pattern, partitioning = parquet
    uri = upload(path) + pattern
    catalog = catalog_of(
        local=ParquetTable(name="local", uri=f"{path}{pattern}", partitioning=partitioning),
        stored=ParquetTable(name="stored", uri=uri, partitioning=partitioning, storage_options=s3.options()),
    )
    there, here = catalog.describe_table("stored"), catalog.describe_table("local")
    assert there.problems == here.problems == ()
    assert there.statistics is not None
    assert here.statistics is not None
    for field in dataclasses.fields(here.statistics):
        figure, true = (getattr(s.statistics, field.name) for s in (there, here))
        value = getattr(figure, "value", figure)
        assert value in (None, getattr(true, "value", true)), field.name
    for stored, local in zip(there.columns or (), here.columns or (), strict=True):
        assert stored.nullable in (None, local.nullable), stored.name


def test_file_with_letters_of_a_pattern_in_its_name(
    s3: Gateway, tmp_path: Path, frame: pl.DataFrame, upload: Callable[[Path], str]
) -> None:
    """An object whose key holds ``[``, ``*`` or ``?`` and exists is read as itself, not as a pattern."""
    for name in ("a[1].parquet", "b*.parquet", "c?.parquet"):
        frame.write_parquet(path := tmp_path / name)
        frame.head(1).write_parquet(other := tmp_path / f"{name[0]}1.parquet")
        upload(other)
        catalog = catalog_of(t=ParquetTable(name="t", uri=upload(path), storage_options=s3.options()))
        assert catalog.table("t").collect().height == 4, name
