"""Snapshots as JSON: both ways, checked, and the same bytes each time."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakecat import snapshot
from lakecat.errors import SnapshotError
from lakecat.snapshot import (
    ColumnSnapshot,
    Fact,
    Figure,
    TableSnapshot,
    from_json,
    json_schema,
    to_json,
)

from ..snapshots.drawn import snapshots

if TYPE_CHECKING:
    from ..conftest import RunPython

SCHEMA = jsonschema.Draft202012Validator(json_schema())


@given(st.lists(snapshots, max_size=3))
def test_round_trip(tables: list[TableSnapshot]) -> None:
    """Whatever a snapshot holds is read back equal, meets the schema, and gives the same bytes again."""
    text = to_json(tables)
    assert text.isascii()
    again = from_json(text)
    assert sorted(again, key=repr) == sorted(tables, key=repr)
    assert [hash(table) for table in again] == [hash(table) for table in sorted(tables, key=lambda t: t.full_name)]
    assert to_json(again) == to_json(from_json(text)) == text
    SCHEMA.validate(json.loads(text))


@given(snapshots)
def test_a_snapshot_is_a_value(table: TableSnapshot) -> None:
    """What was read can be pickled, copied and replaced as what was made, and nothing of it is lost."""
    for made in (table, *from_json(to_json([table]))):
        assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made == table
        assert dataclasses.replace(made) == made
        assert to_json([dataclasses.replace(made)]) == to_json([table])
        assert dataclasses.replace(made, owner="x", history=()) == dataclasses.replace(table, owner="x", history=())
        assert made.columns == table.columns
        assert (made.statistics, made.parameters, made.facts) == (table.statistics, table.parameters, table.facts)
        assert (made.history, made.snippets, made.sections) == (table.history, table.snippets, table.sections)


def test_the_schema_is_one() -> None:
    """The published schema is a valid JSON Schema, has every record, and refuses what is of another type."""
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    records = {n for n, v in vars(snapshot).items() if dataclasses.is_dataclass(v)}
    assert set(schema["$defs"]) == records - {"Line", "TableHead"} | {"Section"}
    good = {"name": "a", "kind": "k"}
    assert SCHEMA.is_valid({"format_version": "2.0", "tables": [good]})
    for bad in (
        {"name": "a"},
        {**good, "owner": 5},
        {**good, "sections": {"lineage": {"version": 1}}},
        {**good, "sections": {"history": {"version": 1, "record": {"commits": [{"version": "7"}]}}}},
    ):
        assert not SCHEMA.is_valid({"format_version": "2.0", "tables": [bad]}), bad
    assert not SCHEMA.is_valid({"format_version": "3.0", "tables": []})


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
    return json.dumps({"format_version": "2.0", "tables": [{"name": "a", "kind": "k", **fields}]})


def old(**fields: Any) -> str:
    """Return the JSON of one table with some fields, in format 1."""
    return json.dumps({"format_version": 1, "tables": [{"name": "a", "kind": "k", **fields}]})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "this is no JSON"),
        ('{"format_version": "2.0", "tables": [}', "this is no JSON"),
        ("{", "this is no JSON"),
        pytest.param("[" * 100_000, "this is no JSON", id="nested too deep"),
        ("[]", "snapshot format None is not known"),
        ("null", "snapshot format None is not known"),
        ('{"format_version": 0, "tables": []}', "snapshot format 0 is not known"),
        ('{"format_version": 1.5, "tables": []}', "snapshot format 1.5 is not known"),
        ('{"format_version": true, "tables": []}', "snapshot format True is not known"),
        ('{"format_version": "2.", "tables": []}', "snapshot format '2.' is not known"),
        (
            '{"format_version": "3.1", "tables": []}',
            "format '3.1' is not known; this version of lakecat reads formats 1 and 2; a newer version reads it",
        ),
        ('{"format_version": 1}', "tables is NoneType, not a list"),
        ('{"format_version": 1, "tables": 5}', "tables is int, not a list"),
        ('{"format_version": 1, "tables": {}}', "tables is dict, not a list"),
        ('{"format_version": 1, "tables": [5]}', "tables[0] is int, not an object"),
        ('{"format_version": 1, "tables": [{"name": "a"}]}', "tables[0] is not complete"),
        (table(owner=5), "tables[0].owner is int, not str"),
        (table(owner=None), "tables[0].owner is NoneType, not str"),
        (table(tags="pii"), "tables[0].tags is str, not a list"),
        (table(tags=[1]), "tables[0].tags[0] is int, not str"),
        (table(columns=[{"name": 5}]), "tables[0].columns[0].name is int, not str"),
        (table(columns=[{"name": "x", "nullable": 1}]), "tables[0].columns[0].nullable is int, not bool"),
        (table(columns_from="guess"), "tables[0].columns_from is 'guess', not one of 'declared', 'source', ''"),
        (table(sections=[]), "tables[0].sections is list, not an object"),
        (table(sections={"x": 5}), "tables[0].sections.x is int, not an object"),
        (table(sections={"x": {"version": 1}}), "tables[0].sections.x is not complete: it has no 'record'"),
        (table(sections={"x": {"version": "1", "record": 1}}), "tables[0].sections.x.version is str, not int"),
        (table(origin={"module": "m"}), "tables[0].origin is not complete: it has no 'qualname'"),
        (table(problems=[5]), "tables[0].problems[0] is int, not an object"),
        (old(statistics={"version": True}), "tables[0].statistics.version is bool, not int"),
        (old(statistics={"version": 1.5}), "tables[0].statistics.version is float, not int"),
        (old(facts=[{"label": "a"}]), "tables[0].facts[0] is not complete: it has no 'value'"),
        (old(columns=[{"name": "x", "statistics": {"bounds": 1}}]), "tables[0].columns[0].statistics.bounds is 1, not"),
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
    details = {"version": 1, "record": {"facts": [{"label": "", "value": ""}]}}
    assert data["tables"] == [{"name": "", "kind": "", "sections": {"details": details}}]


def test_records_are_frozen_and_plain() -> None:
    """Every record is frozen and takes keywords alone."""
    for record in (v for v in vars(snapshot).values() if dataclasses.is_dataclass(v)):
        assert record.__dataclass_params__.frozen
        assert all(f.kw_only for f in dataclasses.fields(record) if f.init)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Figure(value=1, provenance="exact", source="x").value = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        TableSnapshot(name="a", kind="k").columns = ()  # type: ignore[misc]


def test_the_records_need_the_standard_library_alone(run_python: RunPython) -> None:
    """To make, compare and print records does not load the codec's library."""
    code = """
import sys
from lakecat.snapshot import records, values
made = records.TableSnapshot(name="a", kind="k", history=(values.Commit(version=1),))
assert made == records.TableSnapshot(name="a", kind="k", history=(values.Commit(version=1),)), made
print("msgspec" in sys.modules)
"""
    done = run_python(code)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "False"), done.stderr
