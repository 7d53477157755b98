"""SQL over the tables of a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from lakecat import Catalog, DeltaTable, ParquetTable, TableNotFoundError, register_static_table, table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def opened(delta: Path, parquet: Path) -> list[str]:
    """Declare tables of each kind; return the names of the function tables that are called."""
    calls: list[str] = []
    register_static_table(DeltaTable("events", uri=delta))
    register_static_table(ParquetTable("users", uri=parquet), database="crm")

    def declare(name: str) -> None:
        def function() -> pl.LazyFrame:
            calls.append(name)
            return pl.LazyFrame({"user_id": [1, 2], "x": [10, 20]})

        table(name=name)(function)

    for name in ("numbers", "order", "With Space", "it's", 'say "x"', "user_id", "country"):
        declare(name)

    @table
    def month(month: int) -> pl.LazyFrame:
        raise AssertionError("a table whose name is only a column's is not opened")

    return calls


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT user_id FROM events WHERE country = 'PT'", [(2,)]),
        ("select count(*) from numbers", [(2,)]),
        ("SELECT x FROM numbers n JOIN events e ON n.user_id = e.user_id ORDER BY x", [(10,), (20,)]),
        ('SELECT count(*) FROM "crm.users"', [(3,)]),
        ("SELECT count(*) FROM crm.users", [(3,)]),
        ("SELECT count(*) FROM users", [(3,)]),
        ('SELECT x FROM "order" WHERE x > 10', [(20,)]),
        ('SELECT x FROM "With Space" WHERE x > 10', [(20,)]),
        ('SELECT x FROM "it\'s" WHERE x > 10', [(20,)]),
        ('SELECT x FROM "say ""x""" WHERE x > 10', [(20,)]),
        ("WITH c AS (SELECT x FROM numbers) SELECT max(x) FROM c", [(20,)]),
        ("SELECT x AS month FROM numbers WHERE x > 10", [(20,)]),
        ("SELECT count(*) FROM events WHERE user_id IN (SELECT user_id FROM numbers)", [(2,)]),
        ("SELECT 'numbers'", [("numbers",)]),
    ],
)
def test_queries(opened: list[str], sql: str, rows: list[tuple[object, ...]]) -> None:
    """Tables of every kind and name are queried and joined, with and without their database."""
    assert Catalog().sql(sql).collect().rows() == rows


@pytest.mark.parametrize(
    ("sql", "called"),
    [
        ("SELECT user_id, country FROM events", set()),
        ("SELECT 'order', x FROM numbers -- not \"With Space\"", {"numbers"}),
        ('SELECT o.user_id FROM numbers JOIN "order" o ON numbers.x = o.x', {"numbers", "order"}),
    ],
)
def test_only_what_is_read_is_opened(opened: list[str], sql: str, called: set[str]) -> None:
    """A table is opened if the query reads it, not if a column, text or comment has its name."""
    Catalog().sql(sql)
    assert set(opened) == called
    assert len(opened) == len(called)


@pytest.mark.parametrize(
    ("sql", "name", "near"),
    [
        ("SELECT * FROM event", "event", ("events",)),
        ("SELECT * FROM events JOIN numbrs ON 1 = 1", "numbrs", ("numbers",)),
        ('SELECT * FROM "crm.user"', "crm.user", ("crm.users",)),
        ("SELECT * FROM crm.zzz", "crm.zzz", ()),
        ("SELECT * FROM zzz", "zzz", ()),
    ],
)
def test_unknown_tables(opened: list[str], sql: str, name: str, near: tuple[str, ...]) -> None:
    """A table that is not there is an error of `sql()` itself, with near names."""
    with pytest.raises(TableNotFoundError) as caught:
        Catalog().sql(sql)
    assert caught.value.name == name
    assert caught.value.near[: len(near)] == near


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("SELEC x", pl.exceptions.SQLInterfaceError),
        ("", pl.exceptions.SQLInterfaceError),
        ("SELECT nothing FROM numbers", pl.exceptions.ColumnNotFoundError),
    ],
)
def test_bad_queries(opened: list[str], sql: str, error: type[Exception]) -> None:
    """What Polars says of a query that it does not understand is passed on, at once."""
    with pytest.raises(error):
        Catalog().sql(sql)


def test_queries_are_lazy(opened: list[str], delta: Path) -> None:
    """`sql()` returns a LazyFrame whose filters and columns reach the file."""
    frame = Catalog().sql("SELECT user_id FROM events WHERE country = 'PT'")
    assert isinstance(frame, pl.LazyFrame)
    plan = frame.explain()
    assert "SELECTION" in plan
    assert "*/2 COLUMNS" in plan or "PROJECT 2/2" in plan
    for file in delta.glob("*.parquet"):
        file.unlink()
    with pytest.raises(OSError, match="No such file"):
        frame.collect()
