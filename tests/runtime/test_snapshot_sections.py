"""Sections of snapshots: bytes until asked for, handed on as they are, and records for whoever knows them."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from collections.abc import Mapping  # noqa: TC003 - the codec looks at it
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakecat.errors import SnapshotError
from lakecat.snapshot import (
    ColumnSnapshot,
    ColumnStatistics,
    Commit,
    Figure,
    HistorySection,
    Section,
    Statistics,
    StatisticsSection,
    TableSnapshot,
    codec,
    from_json,
    json_schema,
    tables,
    to_json,
)
from lakecat.snapshot.records import BUILT_IN

from ..snapshots.drawn import columns, extras, json_texts, snapshots

if TYPE_CHECKING:
    from types import ModuleType

FILES = Path(__file__).parents[1] / "snapshots"
SCHEMA = jsonschema.Draft202012Validator(json_schema())
ODD = b'{"big": 1.50E+03,\t"text":"\\u00fc\\/ \xc3\xbc", "list" : [ ] }'
"""JSON that nobody here would write in this way."""


def read(**fields: Any) -> TableSnapshot:
    """Return a table as it is read from a file of a newer version."""
    return from_json(json.dumps({"format_version": "2.9", "tables": [{"name": "a", "kind": "k", **fields}]}))[0]


def written(table: TableSnapshot) -> dict[str, Any]:
    """Return a table as it is written."""
    found: dict[str, Any] = json.loads(to_json([table]))["tables"][0]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """A third party's record."""

    reads: tuple[str, ...] = ()
    weights: Mapping[str, float] = dataclasses.field(default_factory=dict)


class Preview(msgspec.Struct, frozen=True):
    """A third party's record, of another kind."""

    rows: list[list[int]]


@pytest.mark.parametrize("record", [Lineage(reads=("b",), weights={"b": 1.0}), Preview(rows=[[1]])], ids=repr)
def test_a_third_partys_section(record: object) -> None:
    """A section that lakecat does not know is written, read and given back as its owner's record."""
    table = TableSnapshot(name="a", kind="k").with_section("theirs", record, version=3)
    for found in (table, *from_json(to_json([table]))):
        assert found.decoded("theirs", type(record), version=3) == record
        assert found.decoded("theirs", type(record), version=3) is found.decoded("theirs", type(record), version=3)
        assert found.decoded("theirs", type(record), version=2) is None
        assert found.decoded("other", type(record)) is found.section("other") is None
        assert found.with_section("theirs", None) == TableSnapshot(name="a", kind="k")
    SCHEMA.validate(json.loads(to_json([table])))


def test_what_is_unknown_keeps_its_bytes() -> None:
    """A section is handed on byte for byte, however often the snapshot is read, changed elsewhere and written."""
    line = b'{"name":"a","kind":"k","sections":{"history":{"version":1,"record":%s},"x":{"version":7,"record":%s}}}'
    table = tables.decode_table(line % (b'{"commits": [ {"version":3, "by":"me"}] }', ODD), "line 1")
    assert table.history == (Commit(version=3),)
    table = dataclasses.replace(table.with_section("y", Lineage()), owner="somebody")
    again = tables.decode_table(tables.encode_table(table), "line 1")
    for found in (table, again):
        assert found.section("x").raw == ODD
        assert found.section("history").raw == b'{"commits": [ {"version":3, "by":"me"}] }'
    assert tables.encode_table(again) == tables.encode_table(table)


@given(snapshots, json_texts, extras, st.integers(0, 9))
def test_fields_that_are_not_known_are_kept(table: TableSnapshot, value: str, extra: Any, version: int) -> None:
    """What a newer version adds anywhere in the core is kept, meets the schema, and changes nothing that is known."""
    data = written(table)
    for part in (
        data,
        *(data.get("columns") or ()),
        *data.get("problems", ()),
        *[data[n] for n in ("origin",) if n in data],
    ):
        part["added"] = json.loads(value)
    for section in data.get("sections", {}).values():
        section["added"] = json.loads(value)
        if isinstance(section["record"], dict):
            section["record"]["added"] = json.loads(value)
    text = json.dumps({"format_version": f"2.{version}", "more": 1, "tables": [data]})
    SCHEMA.validate(json.loads(text))
    (found,) = from_json(text)
    assert written(found) == data
    assert written(dataclasses.replace(found, summary="x", extra=found.extra)) == {**data, "summary": "x"}
    assert (found.history, found.statistics, found.facts) == (table.history, table.statistics, table.facts)
    assert [c.statistics for c in found.columns or ()] == [c.statistics for c in table.columns or ()]


@given(st.lists(snapshots, max_size=2))
def test_both_ways_of_reading_agree(drawn: list[TableSnapshot]) -> None:
    """What the fast way reads, the exact way reads too, and finds the same."""
    for table in drawn:
        raw = tables.encode_table(table)
        exactly = tables._decode_exactly(raw, "here")
        assert tables.decode_table(raw, "here") == exactly == table
        for name, kind in BUILT_IN.items():
            if (section := exactly.section(name)) is not None and section.version == 1:
                data, text = codec.parse(section.raw, "here")
                assert codec.checked(kind, data, "here", text) == section.decoded(kind)


def test_a_newer_section_is_kept_and_not_read() -> None:
    """Of a section with a newer version than is known nothing is said, and it is handed on."""
    newer = {"version": 2, "record": {"commits": "another thing"}}
    table = read(sections={"history": newer, "statistics": {"version": 2, "record": 5}}, columns=[{"name": "x"}])
    assert (table.history, table.statistics, table.columns) == ((), None, (ColumnSnapshot(name="x"),))
    assert written(dataclasses.replace(table, owner="me"))["sections"]["history"] == newer
    replaced = dataclasses.replace(table, statistics=Statistics(version=4))
    assert written(replaced)["sections"]["statistics"] == {"version": 1, "record": {"table": {"version": 4}}}


def test_sections_are_not_looked_into() -> None:
    """A damaged section fails when it is asked for, by one sentence with its place; what else is known is known."""
    table = read(
        owner="me",
        columns=[{"name": "x"}],
        sections={
            "history": {"version": 1, "record": {"commits": [{"version": "1"}]}},
            "statistics": {"version": 1, "record": {"columns": {"x": {"bounds": "no"}}}},
        },
    )
    assert table.owner == "me"
    with pytest.raises(SnapshotError) as caught:
        _ = table.history
    assert str(caught.value) == "tables[0].sections.history.record.commits[0].version is str, not int"
    with pytest.raises(
        SnapshotError, match=r"tables\[0\].sections.statistics.record.columns.x.bounds is 'no', not one"
    ):
        _ = table.columns
    mended = table.with_section("statistics", None)
    assert mended.columns == (ColumnSnapshot(name="x"),)


@given(st.lists(columns(), max_size=3, unique_by=lambda column: column.name))
def test_figures_of_columns_are_in_their_section(drawn: list[ColumnSnapshot]) -> None:
    """Statistics of columns are written in the section, and stand at the columns for whoever asks."""
    table = TableSnapshot(name="a", kind="k", columns=tuple(drawn))
    figures = {column.name: column.statistics for column in drawn if column.statistics is not None}
    section = table.decoded("statistics", StatisticsSection)
    assert (dict(section.columns) if section else {}) == figures
    assert all("statistics" not in column for column in written(table)["columns"])
    (again,) = from_json(to_json([table]))
    assert again.columns == tuple(drawn)
    assert again.with_section("statistics", None).section("statistics") is None


def test_figures_may_come_with_the_section() -> None:
    """A section collected by itself gives columns their figures; a hidden column has none, in no form."""
    figure = ColumnStatistics(minimum="secret", null_count=Figure(value=1, provenance="exact", source="log"))
    section = Section.of("statistics", StatisticsSection(columns={"x": figure, "y": figure}))
    shown = (ColumnSnapshot(name="x"), ColumnSnapshot(name="y"))
    table = TableSnapshot(name="a", kind="k", columns=shown, sections=(section,))
    assert [column.statistics for column in table.columns or ()] == [figure, figure]
    hidden = (shown[0], dataclasses.replace(shown[1], hidden=True))
    for found in (
        TableSnapshot(name="a", kind="k", columns=hidden, sections=(section,)),
        dataclasses.replace(table, columns=tuple(dataclasses.replace(c, hidden=True) for c in table.columns or ())),
        TableSnapshot(name="a", kind="k", columns=(dataclasses.replace(hidden[1], statistics=figure),)),
    ):
        assert to_json([found]).count("secret") == sum(not column.hidden for column in found.columns or ())


def test_what_json_cannot_hold_is_said() -> None:
    """A record with a value that JSON does not have is an error of lakecat when it is written."""
    table = TableSnapshot(name="a", kind="k").with_section("odd", Lineage(reads=(object(),)))  # type: ignore[arg-type]
    with pytest.raises(SnapshotError, match="a record holds object, which cannot be written"):
        to_json([table])


def test_a_section_is_frozen_and_readable() -> None:
    """A section cannot be changed, and its repr says what it holds."""
    section = Section.of("history", HistorySection(commits=(Commit(version=1),)))
    with pytest.raises(dataclasses.FrozenInstanceError):
        section.version = 2
    assert repr(section) == """Section('history', version 1, {"commits":[{"version":1}]})"""
    assert section != Section.of("history", HistorySection())
    assert section != 5


def format_1() -> ModuleType:
    """Import the program that wrote the files of format 1."""
    spec = importlib.util.spec_from_file_location("format_1", FILES / "format_1.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_files_of_format_1_are_read() -> None:
    """A file that revision f3785fb wrote gives the records that it was made of."""
    found = from_json((FILES / "format_1.json").read_text(encoding="utf-8"))
    made = format_1()
    assert sorted(found, key=repr) == sorted((made.EVERYTHING, *made.LEAST), key=repr)
    assert from_json(to_json(found)) == found


def test_an_export_of_format_1_is_read() -> None:
    """The export of real tables that revision f3785fb wrote says today what it said then."""
    text = (FILES / "format_1_real.json").read_text(encoding="utf-8")
    for table, old in zip(from_json(text), json.loads(text)["tables"], strict=True):
        new = {**written(table)}
        held = {name: section["record"] for name, section in new.pop("sections").items()}
        figures = held.get("statistics", {}).get("columns", {})
        new["columns"] = [
            {**c, **({"statistics": figures[c["name"]]} if c["name"] in figures else {})} for c in new["columns"]
        ]
        for field, name, inner in (
            ("statistics", "statistics", "table"),
            ("history", "history", "commits"),
            ("facts", "details", "facts"),
            ("parameters", "parameters", "parameters"),
            ("snippets", "snippets", "snippets"),
        ):
            if inner in held.get(name, {}):
                new[field] = held[name][inner]
        assert new == old
