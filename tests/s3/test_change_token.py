"""Whether a table in a store has changed is known without reading it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat import DeltaTable, ParquetTable

if TYPE_CHECKING:
    import polars as pl

    from .ceph import Gateway


def test_delta_token_changes_with_each_commit(s3: Gateway, bucket: str, frame: pl.DataFrame) -> None:
    """The token of a Delta table is equal while nothing is committed, and a new one after each commit."""
    uri = f"s3://{bucket}/events"
    tokens = []
    for _ in range(3):
        frame.write_delta(uri, mode="append", storage_options=s3.options())
        # A new object each time: nothing that an object remembers may hide a commit or make one up.
        first, second = (DeltaTable("events", uri=uri, storage_options=s3.options()) for _ in range(2))
        assert first.change_token() == first.change_token() == second.change_token()
        tokens.append(first.change_token())
    assert None not in tokens
    assert len(set(tokens)) == 3


def test_an_old_object_sees_a_new_commit(s3: Gateway, bucket: str, frame: pl.DataFrame) -> None:
    """A source that was used before a commit tells of the commit, and reads it."""
    uri = f"s3://{bucket}/events"
    frame.write_delta(uri, storage_options=s3.options())
    source = DeltaTable("events", uri=uri, storage_options=s3.options())
    before = source.change_token()
    assert source.scan().collect().height == 4
    frame.write_delta(uri, mode="append", storage_options=s3.options())
    assert source.change_token() != before
    assert source.scan().collect().height == 8


def test_token_does_not_survive_a_table_made_anew(s3: Gateway, bucket: str, frame: pl.DataFrame) -> None:
    """A table removed and written again has another token though its version is the same, and is read as it is now."""
    uri = f"s3://{bucket}/events"
    frame.write_delta(uri, storage_options=s3.options())
    before = DeltaTable("events", uri=uri, storage_options=s3.options()).change_token()
    old = DeltaTable("events", uri=uri, storage_options=s3.options())
    assert old.scan().collect().height == 4
    for key in s3.client.keys(bucket):
        s3.client.delete(f"{bucket}/{key}")
    frame.select("id").write_delta(uri, storage_options=s3.options())
    assert DeltaTable("events", uri=uri, storage_options=s3.options()).change_token() != before
    assert old.change_token() != before
    assert old.scan().collect().columns == ["id"]


def test_parquet_token_is_unknown_or_right(s3: Gateway, bucket: str, frame: pl.DataFrame) -> None:
    """The token of a Parquet table in a store is equal while nothing changed; after a change it is another or none."""
    uri = f"s3://{bucket}/users.parquet"
    source = ParquetTable(name="users", uri=uri, storage_options=s3.options())
    frame.write_parquet(uri, storage_options=s3.options())
    before = source.change_token()
    assert source.change_token() == before
    frame.head(3).write_parquet(uri, storage_options=s3.options())
    after = source.change_token()
    assert after is None or after != before
