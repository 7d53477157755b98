"""What the log of a Delta table tells, written here line by line: figures, flaws, and who may read the table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lakecat import DeltaTable
from lakecat.sources.delta.folder import LOG, commit_name
from lakecat.sources.delta.native import local_files
from lakecat.sources.delta.scratch import (
    empty_partitions,
    features,
    live_files,
    same_shape,
    why_not_carried,
    why_not_removed,
    why_not_replaced,
)
from lakecat.sources.delta.upkeep import _target_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def add(path: str = "a.parquet", rows: int | None = 10, partition: Any = None, **bounds: Any) -> dict[str, Any]:
    """Return the entry of a file; bounds are (nulls, smallest, largest), where ``None`` is not told."""
    found: dict[str, Any] = {}
    for key, i in (("nullCount", 0), ("minValues", 1), ("maxValues", 2)):
        found[key] = {name.replace("__", "."): known[i] for name, known in bounds.items() if known[i] is not None}
    stats = json.dumps({**({} if rows is None else {"numRecords": rows}), **found})
    values = {} if partition is None else {"p": partition[0]}
    return {
        "path": path, "size": 100, "partitionValues": values, "modificationTime": 0, "dataChange": True,
        **({} if rows is None and not bounds else {"stats": stats}),
    }  # fmt: skip


def write_log(
    folder: Path,
    columns: Mapping[str, str],
    *adds: dict[str, Any],
    by: tuple[str, ...] = (),
    settings: Mapping[str, str] | None = None,
    protocol: Mapping[str, Any] | None = None,
) -> DeltaTable:
    """Write the log of a table with these columns and files, none of which is there, and return the table."""
    fields = [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in columns.items()]
    metadata = {
        "id": "0", "format": {"provider": "parquet", "options": {}}, "partitionColumns": list(by),
        "schemaString": json.dumps({"type": "struct", "fields": fields}), "configuration": settings or {},
    }  # fmt: skip
    actions = [{"protocol": protocol or {"minReaderVersion": 1, "minWriterVersion": 2}}, {"metaData": metadata}]
    (folder / LOG).mkdir(parents=True)
    lines = [*actions, *({"add": file} for file in adds)]
    (folder / LOG / commit_name(0)).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return DeltaTable("t", uri=folder)


def modern(*readers: str, writers: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a protocol with features."""
    return {
        "minReaderVersion": 3, "minWriterVersion": 7,
        "readerFeatures": list(readers), "writerFeatures": [*readers, *writers],
    }  # fmt: skip


def figures(table: DeltaTable) -> dict[str, tuple[Any, ...]]:
    """Return null count, smallest and largest value of each column, and what the bounds are."""
    return {
        name: (found.null_count and found.null_count.value, found.minimum, found.maximum, found.bounds)
        for name, found in table.column_statistics().items()
    }


@pytest.mark.parametrize(
    ("adds", "found"),
    [
        ([], (0, None, None)),
        ([add(a=(1, 3, 5))], (1, "3", "5")),
        ([add(a=(1, 3, 5)), add("b", a=(2, 1, 4))], (3, "1", "5")),
        ([add(a=(1, 3, 5)), add("b", a=(10, None, None))], (11, "3", "5")),
        ([add(a=(1, 3, 5)), add("b", a=(9, None, None))], (10, None, None)),
        ([add(a=(1, 3, 5)), add("b", rows=None)], None),
        ([add(a=(None, 3, 5)), add("b", a=(1, 1, 4))], (None, "1", "5")),
        ([add(a=(1, 3, None)), add("b", a=(1, 1, 4))], (2, "1", None)),
        ([add(a=(0, None, None))], (0, None, None)),
    ],
)
def test_figures_of_a_column(tmp_path: Path, adds: list[dict[str, Any]], found: tuple[Any, ...] | None) -> None:
    """Counts and bounds are those of all files; where one file that has values does not tell, nothing is told."""
    known = figures(write_log(tmp_path, {"a": "long"}, *adds))
    assert known == ({} if found is None else {"a": (*found, "approximate")})


@pytest.mark.parametrize(
    ("adds", "found"),
    [
        ([add("p=x/a", partition=["x"]), add("p=y/a", partition=["y"])], (0, "x", "y", "exact")),
        ([add("p=x/a", partition=["x"]), add("a", 7, partition=[None])], (7, "x", "x", "exact")),
        ([add("p=x/a", 3, partition=["x"]), add("p=/a", 7, partition=[""])], (0, "", "x", "exact")),
        ([add("p=x/a", partition=["x"]), add("a", None, partition=[None])], (None, "x", "x", "exact")),
        ([add("p=x/a", None, partition=["x"])], (None, "x", "x", "exact")),
    ],
)
def test_figures_of_a_partition_column(tmp_path: Path, adds: list[dict[str, Any]], found: tuple[Any, ...]) -> None:
    """Bounds of a partition column are exact; its NULLs are counted where each file tells its rows."""
    table = write_log(tmp_path, {"a": "long", "p": "string"}, *adds, by=("p",))
    assert figures(table) == {"p": found}


def test_figures_where_rows_may_be_deleted(tmp_path: Path) -> None:
    """Rows that are marked as deleted still count in files: no number is told, and bounds are approximate."""
    files = [add("p=x/a", partition=["x"], a=(1, 3, 5))]
    table = write_log(tmp_path, {"a": "long", "p": "string"}, *files, by=("p",), protocol=modern("deletionVectors"))
    assert figures(table) == {"p": (None, "x", "x", "approximate"), "a": (None, "3", "5", "approximate")}
    assert table.statistics().rows is None


def test_bounds_of_a_partition_of_bytes(tmp_path: Path) -> None:
    """Bytes are told as such, from the escapes in which the log has them; an empty text is no NULL."""
    files = [add("p=%5Cu00FF/a", 3, partition=["\\u00ff"]), add("p=/b", 4, partition=[""])]
    table = write_log(tmp_path, {"a": "long", "p": "binary"}, *files, by=("p",))
    assert figures(table)["p"] == (0, "0x", "0xff", "exact")


def test_files_that_are_missing(tmp_path: Path) -> None:
    """How many files are missing is said, and the first one's name; the others do not make up for them."""
    table = write_log(tmp_path, {"a": "long"}, *(add(f"{name}.parquet") for name in "abc"))
    paths = local_files(table.handle.newest())
    assert paths is not None
    assert [path.parent for path in paths] == [tmp_path] * 3
    paths[1].touch()
    (problem,) = table.problems()
    detail = f"2 of 3 data files are missing, {paths[0].name!r} among them"
    assert (problem.code, problem.detail) == ("missing_data", detail)
    assert table.statistics().rows is None
    for path in paths:
        path.touch()
    assert table.problems() == ()
    rows = table.statistics().rows
    assert rows is not None
    assert rows.value == 30


def test_files_elsewhere(tmp_path: Path) -> None:
    """A file may lie outside of the table's folder, and its path is escaped either way."""
    files = [add("a%20b.parquet"), add((tmp_path / "c d.parquet").as_uri())]
    table = write_log(tmp_path / "t", {"a": "long"}, *files).handle.newest()
    assert set(local_files(table) or ()) == {tmp_path / "t" / "a b.parquet", tmp_path / "c d.parquet"}
    assert why_not_replaced(table) == "some of its data files lie outside of its folder"


TIME = {"t": "timestamp"}
NEAR = "2026-01-31T00:00:00Z"


@pytest.mark.parametrize(
    ("columns", "adds", "by", "reason"),
    [
        ({"a": "long"}, [add()], (), None),
        ({"p": "string"}, [add("p=x/a", partition=["x"])], ("p",), None),
        ({"p": "boolean"}, [add("p=true/a", partition=["true"])], ("p",), None),
        ({"p": "integer"}, [add("p=01/a", partition=["1"])], ("p",), None),
        ({"p": "integer"}, [add("p=2/a", partition=["1"])], ("p",), "data files outside"),
        ({"p": "integer"}, [add("p=__HIVE_DEFAULT_PARTITION__/a", partition=[None])], ("p",), None),
        ({"p": "string"}, [add("p=/a", partition=[""])], ("p",), None),
        ({"p": "string"}, [add("p=x/a", partition=[None])], ("p",), "data files outside"),
        ({"p": "string"}, [add("p=x/a", partition=["x"]), add("a", partition=["x"])], ("p",), "data files outside"),
        ({"p": "string"}, [add("q=x/a", partition=["x"])], ("p",), "data files outside"),
        ({"p": "string"}, [add("p=x/q=y/a", partition=["x"])], ("p",), "data files outside"),
        ({"p": "binary"}, [add("p=x/a", partition=["x"])], ("p",), "a partition column of bytes"),
        (TIME, [], (), None),
        (TIME, [add(t=(0, NEAR, NEAR))], (), None),
        (TIME, [add(t=(10, None, None))], (), None),
        (TIME, [add(t=(10, None, None)), add("b", t=(0, NEAR, NEAR))], (), None),
        (TIME, [add(t=(9, None, None)), add("b", t=(0, NEAR, NEAR))], (), "times of which the log has no bounds"),
        (TIME, [add(rows=None)], (), "times of which the log has no bounds"),
        (TIME, [add(t=(0, "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"))], (), "times before 1677 or after 2262"),
        (TIME, [add(rows=None), add("b", t=(0, NEAR, NEAR))], (), "times of which the log has no bounds"),
        (TIME, [add(t=(0, "1677-09-22T00:00:00Z", "2262-04-11T00:00:00Z"))], (), None),
        (TIME, [add(t=(0, "1677-09-21T00:00:00Z", NEAR))], (), "times before 1677 or after 2262"),
        (TIME, [add(t=(0, NEAR, "2262-04-12T00:00:00Z"))], (), "times before 1677 or after 2262"),
        (TIME, [add(t=(0, NEAR, NEAR)), add("b", t=(0, NEAR, "9999-12-31T00:00:00Z"))], (), "times before 1677"),
        ({"a": "long", **TIME}, [add("t=2026-01-31 00%3A00%3A00/a", partition=[NEAR])], (), "times of which"),
    ],
)
def test_who_reads_a_table(
    tmp_path: Path, columns: dict[str, str], adds: list[dict[str, Any]], by: tuple[str, ...], reason: str | None
) -> None:
    """Polars reads a table where folders have the values of the log, and times are known to be near."""
    table = write_log(tmp_path / "t", columns, *adds, by=by)
    (told,) = [fact.value for fact in table.facts() if fact.label == "Read with"]
    assert told.startswith("Polars" if reason is None else f"deltalake, because of {reason}")


def test_ten_entries_of_a_history(tmp_path: Path) -> None:
    """Ten entries are told where no number is asked for."""
    table = write_log(tmp_path, {"a": "long"})
    for version in range(1, 13):
        (tmp_path / LOG / commit_name(version)).write_text('{"commitInfo": {"operation": "WRITE"}}\n')
    assert [entry.version for entry in table.history()] == list(range(12, 2, -1))
    assert [entry.version for entry in table.history(limit=2)] == [12, 11]


@pytest.mark.parametrize(
    ("path", "kind", "reason"),
    [
        ("p=x/a b.parquet", "string", "its log escapes paths of data files as deltalake does not"),
        ("p=x/a%20b.parquet", "string", None),
        ("p=x/a%41.parquet", "string", "its log escapes paths of data files as deltalake does not"),
        ("p=x/!$&'()+,:;=@~.parquet", "string", None),
        ("p=x/a.parquet", "binary", "it is partitioned by bytes ('p'), which deltalake writes anew wrongly"),
    ],
)
def test_files_that_deltalake_would_not_remove(tmp_path: Path, path: str, kind: str, reason: str | None) -> None:
    """Paths that deltalake would write otherwise, and partitions of bytes, are told before anything is changed."""
    table = write_log(tmp_path, {"a": "long", "p": kind}, add(path, partition=["x"]), by=("p",)).handle.newest()
    found = why_not_removed(table, rewrites=True)
    assert found is None if reason is None else (found or "").startswith(reason)
    assert (why_not_removed(table, rewrites=False) is None) == (reason is None or kind == "binary")
    assert empty_partitions(table) == []


def test_partitions_of_empty_texts(tmp_path: Path) -> None:
    """The columns are named of which a file has an empty text; of files without statistics no rows are known."""
    files = [add("p=/q=1/a", None, partition=[""]), add("p=x/q=1/a", None, partition=["x"])]
    table = write_log(tmp_path, {"p": "string", "q": "string"}, *files, by=("p", "q")).handle.newest()
    assert empty_partitions(table) == ["p"]
    assert live_files(table)["num_records"].to_list() == [None, None]


@pytest.mark.parametrize(
    ("protocol", "settings", "reason"),
    [
        (None, {}, None),
        (modern("timestampNtz", "deletionVectors", writers=("appendOnly", "domainMetadata")), {}, None),
        (modern("vacuumProtocolCheck", writers=("rowTracking",)), {}, "rowTracking, vacuumProtocolCheck"),
        (None, {"delta.columnMapping.mode": "none"}, None),
        (None, {"delta.columnMapping.mode": "name"}, "column mapping"),
    ],
)
def test_features_that_new_files_would_lack(
    tmp_path: Path, protocol: dict[str, Any] | None, settings: dict[str, str], reason: str | None
) -> None:
    """Files are not made outside of a table that asks of them what they would not have."""
    table = write_log(tmp_path, {"a": "long"}, add(), settings=settings, protocol=protocol).handle.newest()
    assert why_not_carried(table) == reason
    assert why_not_replaced(table) == (None if reason is None else f"it uses {reason}, which its new files would lack")
    assert features(table) == frozenset((protocol or {}).get("writerFeatures", ()))


@pytest.mark.parametrize(
    "other",
    [
        lambda folder: write_log(folder, {"a": "long", "b": "long"}),
        lambda folder: write_log(folder, {"a": "integer"}),
        lambda folder: write_log(folder, {"b": "long"}),
        lambda folder: write_log(folder, {"a": "long"}, settings={"delta.appendOnly": "true"}),
        lambda folder: write_log(folder, {"a": "long"}, protocol=modern("timestampNtz")),
        lambda folder: write_log(folder, {"a": "long"}, protocol={"minReaderVersion": 1, "minWriterVersion": 1}),
        lambda folder: write_log(folder, {"a": "long"}, by=("a",)),
    ],
)
def test_versions_of_another_shape(tmp_path: Path, other: Callable[[Path], DeltaTable]) -> None:
    """Columns, partitions, settings and features make the shape of a version, its files do not."""
    one = write_log(tmp_path / "one", {"a": "long"}).handle.newest()
    assert same_shape(one, write_log(tmp_path / "same", {"a": "long"}, add()).handle.newest())
    assert not same_shape(one, other(tmp_path / "other").handle.newest())


@pytest.mark.parametrize(
    ("own", "given", "size"),
    [(None, None, 100 << 20), ("77", None, 77), ("77", 5, 5), (None, 5, 5), ("77mb", None, 100 << 20), ("77", 0, 0)],
)
def test_sizes_of_new_files(tmp_path: Path, own: str | None, given: int | None, size: int) -> None:
    """A size that is given counts, then the table's own setting, then 100 MB."""
    settings = {} if own is None else {"delta.targetFileSize": own}
    assert _target_size(write_log(tmp_path, {"a": "long"}, settings=settings).handle.newest(), given) == size
