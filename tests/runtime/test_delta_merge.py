"""Merges into Delta tables and deletes from them, on disk."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from lakecat import (
    DeltaTable,
    SchemaMismatchError,
    TableParameterError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

FRAMES = [pytest.param(lambda frame: frame, id="DataFrame"), pytest.param(lambda frame: frame.lazy(), id="LazyFrame")]
MORE = pl.DataFrame({"user_id": [4], "country": ["SE"]})


def rows(source: DeltaTable, **params: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a table, sorted."""
    return sorted(source.scan(**params).collect().rows())


def log_of(source: DeltaTable) -> list[str]:
    """Return the names of a table's commits."""
    return sorted(path.name for path in (Path(source.uri) / "_delta_log").glob("*.json"))


def test_delete(events: DeltaTable) -> None:
    """Rows of a predicate are deleted; where there are none, there is no commit."""
    done = events.delete("country = 'NO'")
    assert (done.version, done.rows_deleted, rows(events)) == (1, 2, [(2, "PT")])
    assert events.delete("country = 'NO'").version == 1
    events.delete("true")
    assert rows(events) == []


@pytest.mark.parametrize("predicate", [pl.col("user_id") == 1, None, "", " ", 1])
def test_predicates_are_sql_text(events: DeltaTable, predicate: Any) -> None:
    """A predicate that is no text, a Polars expression too, is refused."""
    for operation in (
        lambda: events.delete(predicate),
        lambda: events.overwrite(MORE, predicate="" if predicate is None else predicate),
        lambda: events.merge(MORE, predicate=predicate),
    ):
        with pytest.raises(TableParameterError, match=r"SQL text|one of the two"):
            operation()


@pytest.mark.parametrize("predicate", ["user_id ==== 1", "town = 'x'", "user_id", "sin(country, 1) = 2"])
def test_predicates_that_cannot_be(events: DeltaTable, predicate: str) -> None:
    """SQL that is none, or names no column, is a mistake in an argument."""
    with pytest.raises(TableParameterError, match="cannot be deleted from: the predicate"):
        events.delete(predicate)
    assert len(log_of(events)) == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, [(1, "NO"), (2, "DK"), (3, "NO"), (4, "SE")]),
        ({"when_matched": "keep"}, [(1, "NO"), (2, "PT"), (3, "NO"), (4, "SE")]),
        ({"when_not_matched": "skip"}, [(1, "NO"), (2, "DK"), (3, "NO")]),
        ({"when_matched": "delete", "when_not_matched": "skip"}, [(1, "NO"), (3, "NO")]),
        ({"when_not_in_frame": "delete"}, [(2, "DK"), (4, "SE")]),
    ],
)
@pytest.mark.parametrize("form", FRAMES)
def test_merge(
    events: DeltaTable, arguments: dict[str, Any], expected: list[Any], form: Callable[[pl.DataFrame], Any]
) -> None:
    """Upsert, insert only, update only, delete and synchronise, by a key and by a predicate."""
    frame = form(pl.DataFrame({"user_id": [2, 4], "country": ["DK", "SE"]}))
    done = events.merge(frame, on="user_id", **arguments)
    assert (done.version, rows(events)) == (1, expected)
    events.restore(version=0)
    events.merge(frame, predicate="target.user_id = source.user_id", **arguments)
    assert rows(events) == expected


def test_merge_with_a_part_of_the_columns(events: DeltaTable) -> None:
    """Where nothing is inserted, a frame may have the keys alone, or leave columns as they are."""
    done = events.merge(pl.DataFrame({"user_id": [2, 9]}), on="user_id", when_matched="delete", when_not_matched="skip")
    assert (done.rows_deleted, rows(events)) == (1, [(1, "NO"), (3, "NO")])


def test_merges_that_cannot_be(events: DeltaTable) -> None:
    """Keys that are not in both, two rows for one, and unknown choices are refused, and change nothing."""
    twice = pl.DataFrame({"user_id": [2, 2], "country": ["DK", "SE"]})
    with pytest.raises(TableParameterError, match="several rows of the frame match one row"):
        events.merge(twice, on="user_id")
    with pytest.raises(SchemaMismatchError, match="'town'"):
        events.merge(MORE, on=["user_id", "town"])
    with pytest.raises(TableParameterError, match="when_matched for table 'events' is 'replace'"):
        events.merge(MORE, on="user_id", when_matched="replace")  # type: ignore[arg-type]
    for arguments in ({}, {"on": "user_id", "predicate": "true"}):
        with pytest.raises(TableParameterError, match="one of the two"):
            events.merge(MORE, **arguments)  # type: ignore[arg-type]
    assert len(log_of(events)) == 1


@pytest.mark.parametrize("name", ["A", "a b", "a.b", 'q"x', "a`b", "Größe", "it's", "1x", "select", "source"])
def test_merge_by_columns_of_any_name(tmp_path: Path, name: str) -> None:
    """Names that SQL would read otherwise are quoted."""
    source = DeltaTable("t", uri=tmp_path / "t")
    source.create(schema={name: pl.Int64, "v": pl.Int64})
    source.merge(pl.DataFrame({name: [1, 2], "v": [1, 2]}), on=name)
    source.merge(pl.DataFrame({name: [2, 3], "v": [20, 30]}), on=name)
    assert rows(source) == [(1, 1), (2, 20), (3, 30)]


KEYS = st.one_of(st.none(), st.integers(0, 4))
VALUES = st.one_of(st.none(), st.integers(-3, 3))


@st.composite
def tables(draw: st.DrawFn, unique: bool) -> pl.DataFrame:
    """Return a small table of a key and a value."""
    pairs = draw(st.lists(st.tuples(KEYS, VALUES), max_size=6, unique_by=(lambda pair: pair[0]) if unique else None))
    return pl.DataFrame(pairs, schema={"k": pl.Int64, "v": pl.Int64}, orient="row")


def merged(
    target: pl.DataFrame, frame: pl.DataFrame, matched: str, not_matched: str, not_in_frame: str
) -> pl.DataFrame:
    """Return what a merge should make, by plain Polars."""
    parts = [target.join(frame, on="k", how="anti")] if not_in_frame == "keep" else []
    if matched == "keep":
        parts.append(target.join(frame, on="k", how="semi"))
    elif matched == "update":
        parts.append(target.select("k").join(frame, on="k"))
    if not_matched == "insert":
        parts.append(frame.join(target, on="k", how="anti"))
    return pl.concat([target.clear(), *parts])


@given(
    target=tables(unique=False),
    frame=tables(unique=True),
    matched=st.sampled_from(["update", "delete", "keep"]),
    not_matched=st.sampled_from(["insert", "skip"]),
    not_in_frame=st.sampled_from(["keep", "delete"]),
    lazy=st.booleans(),
)
def test_merge_is_what_polars_would_make(
    target: pl.DataFrame, frame: pl.DataFrame, matched: Any, not_matched: Any, not_in_frame: Any, lazy: bool
) -> None:
    """Any merge of any two small tables, with NULL keys and repeated keys in the table, gives what joins give."""
    with tempfile.TemporaryDirectory() as folder:
        source = DeltaTable("t", uri=folder)
        source.create(schema=target.schema)
        source.append(target)
        source.merge(
            frame.lazy() if lazy else frame,
            on="k",
            when_matched=matched,
            when_not_matched=not_matched,
            when_not_in_frame=not_in_frame,
        )
        expected = merged(target, frame, matched, not_matched, not_in_frame)
        assert_frame_equal(source.scan().collect().sort("k", "v"), expected.sort("k", "v"))
