"""Invented tables, the same on each run: what the benchmark declares to lakecat and writes as plain pages."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = 30

_AREAS = [
    "billing",
    "catalog",
    "checkout",
    "finance",
    "growth",
    "identity",
    "inventory",
    "logistics",
    "marketing",
    "orders",
    "pricing",
    "support",
]
_THINGS = [
    "account",
    "address",
    "basket",
    "campaign",
    "coupon",
    "delivery",
    "invoice",
    "payment",
    "product",
    "refund",
    "session",
    "shipment",
    "visit",
]
_SHAPES = ["daily", "events", "history", "latest", "monthly", "summary"]
_OWNERS = [
    "analytics",
    "data platform",
    "finance reporting",
    "growth",
    "logistics",
    "marketing science",
    "risk",
    "support tools",
]
_TAGS = ["core", "experimental", "finance", "gold", "personal", "reporting", "silver"]
_PREFIXES = [
    "billing",
    "contract",
    "delivery",
    "first",
    "last",
    "latest",
    "parent",
    "preferred",
    "previous",
    "shipping",
    "signup",
    "total",
]
_SUFFIXES = (
    ("country_code", "String", "Country, as two letters of ISO 3166-1."),
    ("created_at", "Datetime('us', 'UTC')", "When the row was first written, in UTC."),
    ("date", "Date", "Day of the event in the time zone of the shop."),
    ("amount", "Decimal(18, 2)", "Money in the currency of the row, taxes included."),
    ("email", "String", "Address as the customer typed it, not checked."),
    ("count", "Int32", "How many there were on that day, zero where there were none."),
    ("score", "Float64", "Between 0 and 1; higher is better, missing before 2021."),
    ("is_valid", "Boolean", "Whether all checks passed when the row was loaded."),
    ("labels", "List(String)", "Free labels that the support team gave."),
    ("status", "Categorical", "State of the row: open, paid, closed or void."),
    ("key", "Int64", "Number that joins the table with the warehouse."),
)
_SENTENCES = (
    "Loaded each night from the shop's database and checked against the ledger.",
    "Rows are never changed once written, and corrections come as new rows.",
    "Test accounts are left out, as are orders below one euro.",
    "Before March 2022 the country was guessed from the telephone number.",
    "Reports use it for revenue, retention and forecasts.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column. Of ``text``, ``{code}`` is a literal, ``{column}`` and ``{table}`` are references to others."""

    name: str
    dtype: str
    text: str
    nullable: bool | None = None
    classification: str = ""
    key: bool = False
    references: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table. ``others`` are the tables to which its description refers."""

    name: str
    owner: str
    tags: tuple[str, ...]
    summary: str
    text: str
    others: tuple[str, ...]
    columns: tuple[Column, ...]


def table_name(number: int) -> str:
    """Return the name of a table, such as ``billing_invoice_daily_7``."""
    area, thing, shape = _AREAS[number % 12], _THINGS[number // 12 % 13], _SHAPES[number // 156 % 6]
    return f"{area}_{thing}_{shape}_{number}"


def make_table(number: int, count: int) -> Table:
    """Return one of ``count`` tables."""
    draw = random.Random(number)
    others = tuple(table_name(draw.randrange(count)) for _ in range(2))
    area, thing, shape, _ = table_name(number).split("_")
    return Table(
        name=table_name(number),
        owner=_OWNERS[number % len(_OWNERS)],
        tags=tuple(sorted(draw.sample(_TAGS, 2))),
        summary=f"One row a {thing} of {area}, {shape}.",
        text=" ".join(draw.sample(_SENTENCES, 3)),
        # Each third description holds markup and references.
        others=others if number % 3 == 0 else (),
        columns=tuple(_columns(draw, others)),
    )


def _columns(draw: random.Random, others: tuple[str, ...]) -> Iterator[Column]:
    yield Column(
        name="row_id", dtype="Int64", text="Number of the row, given once and never again.", nullable=False, key=True
    )
    text = "Whose row it is."
    yield Column(name="account_id", dtype="Int64", text=text, nullable=False, references=f"{others[0]}.row_id")
    yield Column(name="source_system", dtype="String", text="Where it came from; {code} means by hand.", nullable=False)
    yield Column(
        name="parent_row_id", dtype="Int64", text="The row it belongs to, see {column} of {table}.", nullable=True
    )
    names = [(prefix, suffix) for prefix in _PREFIXES for suffix in _SUFFIXES]
    for prefix, (suffix, dtype, text) in draw.sample(names, COLUMNS - 4):
        personal = "personal" if suffix == "email" else ""
        yield Column(
            name=f"{prefix}_{suffix}",
            dtype=dtype,
            text=text,
            nullable=draw.choice((True, False, None)),
            classification=personal,
        )
