"""Snapshots as JSON: both ways, checked, and the same bytes each time."""

from __future__ import annotations

import ast
import dataclasses
import json
import sys
import typing
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakecat import snapshot
from lakecat.errors import SnapshotError
from lakecat.snapshot import ColumnSnapshot, Fact, Figure, TableSnapshot, from_json, json_schema, to_json

snapshots = st.lists(st.builds(TableSnapshot), max_size=4)


@given(snapshots)
def test_round_trip(tables: list[TableSnapshot]) -> None:
    """Whatever a snapshot holds is read back equal, meets the schema, and gives the same bytes again."""
    text = to_json(tables)
    assert text.isascii()
    again = from_json(text)
    assert sorted(again, key=repr) == sorted(tables, key=repr)
    assert to_json(again) == text
    jsonschema.Draft202012Validator(json_schema()).validate(json.loads(text))


def test_the_schema_is_one() -> None:
    """The published schema is a valid JSON Schema, has every record, and refuses what is not in it."""
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    records = {n for n, v in vars(snapshot).items() if dataclasses.is_dataclass(v)}
    assert set(schema["$defs"]) == records
    validator = jsonschema.Draft202012Validator(schema)
    assert not validator.is_valid({"format_version": 1, "tables": [{"name": "a"}]})
    assert not validator.is_valid({"format_version": 1, "tables": [{"name": "a", "kind": "k", "new": 1}]})
    assert not validator.is_valid({"format_version": 2, "tables": []})


@pytest.mark.parametrize("name", ["\ud800", "\x00", "größe", "\u202e", '"\\', "😀"], ids=ascii)
def test_any_character_survives(name: str) -> None:
    """Names come from anywhere: even a lone surrogate is written, as ASCII, and read back."""
    tables = (TableSnapshot(name=name, kind=name, columns=(ColumnSnapshot(name=name),)),)
    assert from_json(to_json(tables).encode("ascii").decode()) == tables


def test_unknown_and_none_are_different() -> None:
    """No known columns and no columns at all stay apart, as do unknown and false."""
    tables = (
        TableSnapshot(name="a", kind="k", columns=None),
        TableSnapshot(name="b", kind="k", columns=()),
        TableSnapshot(name="c", kind="k", columns=(ColumnSnapshot(name="x", nullable=False), ColumnSnapshot(name="y"))),
    )
    assert from_json(to_json(tables)) == tables


def test_order_does_not_matter() -> None:
    """Tables are written in the order of their full names, however they are given."""
    tables = [TableSnapshot(name=n, kind="k", database=d) for n, d in (("b", None), ("a", "z"), ("a", None))]
    assert to_json(tables) == to_json(reversed(tables))
    assert [t.full_name for t in from_json(to_json(tables))] == ["a", "b", "z.a"]


def table(**fields: Any) -> str:
    """Return the JSON of one table with some fields."""
    return json.dumps({"format_version": 1, "tables": [{"name": "a", "kind": "k", **fields}]})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "this is no JSON"),
        ("{", "this is no JSON"),
        pytest.param("[" * 100_000, "this is no JSON", id="nested too deep"),
        ("[]", "snapshot format None is not known"),
        ("null", "snapshot format None is not known"),
        (
            '{"format_version": 2, "tables": []}',
            "snapshot format 2 is not known; this version of lakecat reads format 1",
        ),
        ('{"format_version": 1}', "tables is NoneType, not a list"),
        ('{"format_version": 1, "tables": 5}', "tables is int, not a list"),
        ('{"format_version": 1, "tables": {}}', "tables is dict, not a list"),
        ('{"format_version": 1, "tables": [5]}', "tables[0] is int, not an object"),
        ('{"format_version": 1, "tables": [{"name": "a"}]}', "tables[0] is not complete"),
        (table(colour="red"), "tables[0] has a field that is not known: 'colour'"),
        (table(owner=5), "tables[0].owner is int, not str"),
        (table(owner=None), "tables[0].owner is NoneType, not str"),
        (table(tags="pii"), "tables[0].tags is str, not a list"),
        (table(tags=[1]), "tables[0].tags[0] is int, not str"),
        (table(columns=[{"name": 5}]), "tables[0].columns[0].name is int, not str"),
        (table(columns=[{"name": "x", "nullable": 1}]), "tables[0].columns[0].nullable is int, not bool"),
        (table(columns_from="guess"), "tables[0].columns_from is 'guess', not one of 'declared', 'source', ''"),
        (table(statistics={"version": True}), "tables[0].statistics.version is bool, not int"),
        (table(statistics={"version": 1.5}), "tables[0].statistics.version is float, not int"),
        (table(facts=[{"label": "a"}]), "tables[0].facts[0] is not complete"),
    ],
)
def test_damaged_files(text: str, says: str) -> None:
    """What is no snapshot is an error that names the place and what stands there."""
    with pytest.raises(SnapshotError) as caught:
        from_json(text)
    assert says in str(caught.value)


def test_defaults_are_left_out() -> None:
    """A field that holds its default is not written; one that must be given always is."""
    data = json.loads(to_json([TableSnapshot(name="", kind="", facts=(Fact(label="", value=""),))]))
    assert data["tables"] == [{"name": "", "kind": "", "facts": [{"label": "", "value": ""}]}]


def test_records_are_frozen_and_plain() -> None:
    """Every record is frozen, has slots and takes keywords alone."""
    for record in (v for v in vars(snapshot).values() if dataclasses.is_dataclass(v)):
        assert "__slots__" in vars(typing.cast("type", record))
        assert all(f.kw_only for f in dataclasses.fields(record))
    with pytest.raises(dataclasses.FrozenInstanceError):
        Figure(value=1, provenance="exact", source="x").value = 2  # type: ignore[misc]


def test_the_records_need_the_standard_library_alone() -> None:
    """The module of the records imports nothing but the standard library and the errors."""
    tree = ast.parse(Path(str(snapshot.__file__)).read_text(encoding="utf-8"))
    imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    imported |= {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    ours = {name for name in imported if str(name).partition(".")[0] not in sys.stdlib_module_names}
    assert ours == {"lakecat.errors"}
