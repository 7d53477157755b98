"""Compaction and overwrites of a Delta table in a store: rows, and what is left where they fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import deltalake
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lakecat import DeltaTable
from lakecat.errors import SourceError

if TYPE_CHECKING:
    from .ceph import Gateway

PLACES = ["x y", "a/b=%c", None, "é:#?*{}", ""]


@pytest.fixture(params=["lake/sales", "a lake/sales é"])
def sales(request: pytest.FixtureRequest, s3: Gateway, bucket: str) -> DeltaTable:
    """Return a table of two files in each of its partitions."""
    source = DeltaTable("sales", uri=f"s3://{bucket}/{request.param}", storage_options=s3.options())
    source.create(schema={"id": pl.Int64, "place": pl.String}, partition_by="place")
    for start in (0, 10):
        source.append(pl.DataFrame({"id": range(start, start + len(PLACES)), "place": PLACES}))
    return source


def left(sales: DeltaTable, s3: Gateway) -> list[str]:
    """Return the keys below a table that belong to no version of it."""
    bucket, _, folder = sales.uri.removeprefix("s3://").partition("/")
    keys = s3.client.keys(bucket, f"{folder}/")
    log = b"".join(s3.client.get(f"{bucket}/{key}") for key in keys if f"{folder}/_delta_log/" in key)
    return [key for key in keys if f"{folder}/_delta_log/" not in key and key.rpartition("/")[2].encode() not in log]


@pytest.mark.finding(2)
def test_rewrites(sales: DeltaTable, s3: Gateway) -> None:
    """Rows of odd partitions stay what they were, and nothing but the files of versions stays in the store."""
    before = sales.scan().collect().sort("id")
    done = sales.compact()
    assert (done.version, done.files_added, done.files_removed) == (3, 5, 10)
    assert_frame_equal(sales.scan().collect().sort("id"), before)
    assert left(sales, s3) == []
    frame = before.filter(pl.col("place") != "")
    assert sales.overwrite(frame.lazy()).rows_added == 6
    assert sales.z_order("id").version == 5
    assert_frame_equal(sales.scan().collect().sort("id"), frame)
    assert_frame_equal(sales.scan(version=2).collect().sort("id"), before)
    assert left(sales, s3) == []
    for commit in sales.history():
        assert sales.scan(timestamp=commit.time).collect().height == sales.scan(version=commit.version).collect().height


@pytest.mark.finding(2)
@pytest.mark.parametrize("landed", [True, False])
def test_a_commit_that_fails(sales: DeltaTable, s3: Gateway, monkeypatch: pytest.MonkeyPatch, landed: bool) -> None:
    """Files stay if the commit was taken after all, and go if it was not."""
    before = sales.scan().collect().sort("id")
    real = deltalake.DeltaTable.create_write_transaction

    def lose(*args: Any, **options: Any) -> None:
        if landed:
            real(*args, **options)
        raise OSError("the answer is lost")

    monkeypatch.setattr(deltalake.DeltaTable, "create_write_transaction", lose)
    with pytest.raises(SourceError):
        sales.compact()
    again = DeltaTable("again", uri=sales.uri, storage_options=s3.options())
    assert_frame_equal(again.scan().collect().sort("id"), before)
    assert again.history(limit=1)[0].version == (3 if landed else 2)
    assert left(sales, s3) == []
