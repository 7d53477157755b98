"""Files of snapshots: a header and a table a line, one at a time in memory, whole or not there."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lakecat
from lakecat import snapshot
from lakecat.errors import SnapshotError
from lakecat.snapshot import Commit, SnapshotFile, TableSnapshot, from_json, json_schema, read, read_header, write

from ..snapshots.drawn import snapshots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..conftest import RunPython

FILES = Path(__file__).parents[1] / "snapshots"
ONE = TableSnapshot(name="a", kind="k", history=(Commit(version=1),))
HEADER = '{"format":"lakecat snapshots","format_version":"2.0"}\n'


@given(st.lists(snapshots, max_size=3))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, tables: list[TableSnapshot]) -> None:
    """What is written is read equal, in its order, meets the schema line by line, and gives the same bytes again."""
    folder = tmp_path_factory.mktemp("lines")
    assert write(folder / "a.jsonl", iter(tables)) == len(tables)
    assert list(read(folder / "a.jsonl")) == tables
    write(str(folder / "b.jsonl"), read(str(folder / "a.jsonl")))
    header, *lines = (folder / "a.jsonl").read_bytes().splitlines()
    assert (folder / "b.jsonl").read_bytes().splitlines()[1:] == lines
    schema = json_schema()
    of_line, of_header = ({**schema, "$ref": f"#/$defs/{n}"} for n in ("TableSnapshot", "SnapshotHeader"))
    for each in (of_line, of_header):
        each.pop("type"), each.pop("required"), each.pop("properties")
    jsonschema.Draft202012Validator(of_header).validate(json.loads(header))
    for line in lines:
        jsonschema.Draft202012Validator(of_line).validate(json.loads(line))


@pytest.mark.parametrize(("given", "told"), [("0", "1970-01-01T00:00:00Z"), ("1700000000", "2023-11-14T22:13:20Z")])
def test_the_header_says_when_and_by_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, told: str
) -> None:
    """The header names the format, its version, the writer, and the time that SOURCE_DATE_EPOCH sets."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
    write(tmp_path / "a.jsonl", [ONE])
    header = read_header(tmp_path / "a.jsonl")
    assert (header.as_of, header.generator) == (told, f"lakecat {lakecat.__version__}")
    first = json.loads((tmp_path / "a.jsonl").read_bytes().splitlines()[0])
    assert list(first) == ["format", "format_version", "as_of", "generator"]
    before = (tmp_path / "a.jsonl").read_bytes()
    write(tmp_path / "a.jsonl", [ONE])
    assert (tmp_path / "a.jsonl").read_bytes() == before


def test_without_a_setting_it_is_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without SOURCE_DATE_EPOCH the header has the time of writing, in UTC; a setting that is no number is an error."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    write(tmp_path / "a.jsonl", [])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", read_header(tmp_path / "a.jsonl").as_of)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "today")
    with pytest.raises(SnapshotError, match="SOURCE_DATE_EPOCH is 'today'; give a number of seconds"):
        write(tmp_path / "b.jsonl", [ONE])
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """Where the snapshots fail to come, the old file stays and nothing else is left."""

    def failing() -> Iterator[TableSnapshot]:
        yield ONE
        raise RuntimeError("no more")

    path = tmp_path / "a.jsonl"
    for before in (None, b"old"):
        if before is not None:
            path.write_bytes(before)
        with pytest.raises(RuntimeError, match="no more"):
            write(path, failing())
        assert [p.read_bytes() for p in tmp_path.iterdir()] == ([] if before is None else [before])
    with pytest.raises(SnapshotError, match="cannot be written"):
        write(path, [ONE.with_section("x", {"a": object()})])
    assert path.read_bytes() == b"old"
    with pytest.raises(FileNotFoundError, match="make the folder first"):
        write(tmp_path / "no" / "a.jsonl", [ONE])


def test_reading_is_one_at_a_time(tmp_path: Path) -> None:
    """A damaged line does not keep the ones before it from being read, nor are those after it looked at."""
    write(tmp_path / "a.jsonl", [ONE, dataclasses.replace(ONE, name="b")])
    text = (tmp_path / "a.jsonl").read_text()
    (tmp_path / "a.jsonl").write_text(text + "damaged\n" + "worse\n")
    found = read(tmp_path / "a.jsonl")
    assert [next(found).name, next(found).name] == ["a", "b"]
    with pytest.raises(SnapshotError, match=r"a.jsonl, line 4: table is no JSON"):
        next(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ": it is empty; a file of snapshots begins with a header"),
        ("\n\n", ": it is empty; a file of snapshots begins with a header"),
        ("hello\n", ": this is no JSON"),
        ("\xff", ": this is no JSON"),
        ("[]", ": snapshot format None is not known"),
        ('{"format":"lakecat snapshots"}\n', ", line 1: snapshot format None is not known"),
        ('{"format":"lakecat snapshots","format_version":"3.0"}\n', ", line 1: snapshot format '3.0' is not known"),
        ('{"format":"other","format_version":"2.0"}\n', ", line 1: the format is 'other', not 'lakecat snapshots'"),
        ('{"format":"x","format_version":"2.0","as_of":5}\n', ", line 1: header.as_of is int, not str"),
        (
            f'{HEADER}{{"name":"a","kind":"k","columns":[{{"name":1}}]}}\n',
            ", line 2: table.columns[0].name is int",
        ),
        (f'{HEADER}\n{{"name":"a"}}\n', ", line 3: table is not complete: it has no 'kind'"),
        (f'{HEADER}{{"name":"a","kind', ", line 2: table is no JSON"),
        (f"{HEADER}5\n", ", line 2: table is int, not an object"),
        (f"{HEADER}\0\n", ", line 2: table is no JSON"),
        ('{"format_version":"2.0","tables":[{"name":"a","kind":5}]}', ": tables[0].kind is int, not str"),
        ('{"format_version":"2.0","tables":5}', ": tables is int, not a list"),
    ],
)
def test_damaged_files(tmp_path: Path, text: str, says: str) -> None:
    """What is no file of snapshots is one error that names the file, the line and the place."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SnapshotError) as caught:
        list(read(path))
    assert str(caught.value).startswith(f"{path}{says}")
    assert "\n" not in str(caught.value)


def test_a_section_names_its_line(tmp_path: Path) -> None:
    """A damaged section, which is found when it is asked for, still knows its file and line."""
    sections = {"history": {"version": 1, "record": {"commits": 5}}}
    (tmp_path / "a.jsonl").write_text(f"{HEADER}{json.dumps({'name': 'a', 'kind': 'k', 'sections': sections})}\n")
    (table,) = read(tmp_path / "a.jsonl")
    with pytest.raises(SnapshotError, match=r"a.jsonl, line 2: table.sections.history.record.commits is int"):
        _ = table.history


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A file that is not there is said at once, before a table is asked for."""
    for path in (tmp_path / "no.jsonl", tmp_path):
        with pytest.raises(SnapshotError, match=re.escape(f"the snapshot file {str(path)!r} cannot be read")):
            read(path)


@pytest.mark.parametrize("name", ["format_1.json", "format_1_real.json"])
def test_documents_are_read_too(name: str, tmp_path: Path) -> None:
    """A JSON document, also of an older version, is a file of snapshots; its header knows the version alone."""
    text = (FILES / name).read_text(encoding="utf-8")
    assert tuple(read(FILES / name)) == from_json(text)
    assert read_header(FILES / name) == snapshot.SnapshotHeader(format="", format_version="1")
    (tmp_path / "a.json").write_text(snapshot.to_json(from_json(text), indent=None))
    assert tuple(read(tmp_path / "a.json")) == from_json(text)


def test_unknown_parts_of_the_header_are_no_error(tmp_path: Path) -> None:
    """A newer minor version may say more in the header."""
    (tmp_path / "a.jsonl").write_text('{"format":"lakecat snapshots","format_version":"2.99","new":[1]}\n')
    assert list(SnapshotFile(tmp_path / "a.jsonl")) == []
    assert read_header(tmp_path / "a.jsonl").extra == (("new", "[1]"),)


def test_memory_does_not_grow_with_the_file(tmp_path: Path, run_python: RunPython) -> None:
    """Writing and reading 20 times as many tables takes no more memory, up to a small part of the file."""
    code = """
import sys, tracemalloc
from lakecat.snapshot import ColumnSnapshot, TableSnapshot, read, write
columns = tuple(ColumnSnapshot(name=f"column_{i}", description="x" * 100) for i in range(30))
def tables(n):
    return (TableSnapshot(name=f"t{i}", kind="k", columns=columns) for i in range(n))
def peak(n):
    tracemalloc.start()
    write("a.jsonl", tables(n))
    assert sum(len(table.columns) for table in read("a.jsonl")) == 30 * n
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found
peak(10)
print(peak(1000) - peak(50))
"""
    done = run_python(code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 100_000 < (tmp_path / "a.jsonl").stat().st_size
