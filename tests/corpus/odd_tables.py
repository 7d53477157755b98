"""A small corpus of lakecat's own: odd tables, written by hand where no library writes them, each with its facts.

Others have published far more tables; a corpus of these is read by `nox -s corpus`. This one is for those who have the
repository alone. What a case may be is said in :mod:`run_case`; a case is written by one function, which returns it.
"""

from __future__ import annotations

import json
import struct
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import deltalake
import pyarrow as pa
import pyarrow.parquet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
_ROWS = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "name": ["a", None, "ü"]})
_FIELDS = [
    {"name": "id", "type": "long", "nullable": True, "metadata": {}},
    {"name": "name", "type": "string", "nullable": True, "metadata": {}},
]
_FACTS: dict[str, Any] = {
    "rows": 3,
    "files": 1,
    "schema": _FIELDS,
    "columns": {"id": {"null_count": 0, "min": "1", "max": "3"}, "name": {"null_count": 1, "min": "a", "max": "ü"}},
}
_PLAIN = {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}


def _features(*names: str) -> dict[str, Any]:
    features = {"readerFeatures": list(names), "writerFeatures": list(names)}
    return {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **features}}


def _metadata(
    fields: list[dict[str, Any]] = _FIELDS, *, partitions: list[str] | None = None, **settings: str
) -> dict[str, Any]:
    return {
        "metaData": {
            "id": str(uuid.UUID(int=1)),
            "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps({"type": "struct", "fields": fields}),
            "partitionColumns": partitions or [],
            "configuration": {name.replace("_", "."): value for name, value in settings.items()},
            "createdTime": 0,
        }
    }


def _add(
    folder: Path, name: str, rows: pa.Table, *, partitions: dict[str, str | None] | None = None, **more: Any
) -> dict[str, Any]:
    """Write a data file and return the action that adds it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(rows, path)
    return {
        "add": {
            "path": quote(name),
            "partitionValues": partitions or {},
            "size": path.stat().st_size,
            "modificationTime": 0,
            "dataChange": True,
            "stats": json.dumps({"numRecords": rows.num_rows}),
            **more,
        }
    }


def _commit(folder: Path, version: int, *actions: dict[str, Any]) -> None:
    log = folder / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{json.dumps(action)}\n" for action in actions)
    (log / f"{version:020d}.json").write_text(text, encoding="utf-8")


def _case(kind: str, expect: str, *kinds: str, **facts: Any) -> dict[str, Any]:
    return {"kind": kind, "expect": expect, "error_kinds": list(kinds), "facts": _FACTS | facts}


def column_mapping_by_name(folder: Path) -> dict[str, Any]:
    """Columns of the files have other names than those of the table."""
    fields = [
        field | {"metadata": {"delta.columnMapping.id": i, "delta.columnMapping.physicalName": f"col-{i}"}}
        for i, field in enumerate(_FIELDS, 1)
    ]
    add = _add(folder, "0.parquet", _ROWS.rename_columns(["col-1", "col-2"]))
    protocol = {"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}}
    _commit(folder, 0, protocol, _metadata(fields, delta_columnMapping_mode="name"), add)
    return _case("delta", "ok", version=0)


def reader_version_2_without_mapping(folder: Path) -> dict[str, Any]:
    """A pipeline raised the version and maps nothing."""
    protocol = {"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}}
    _commit(folder, 0, protocol, _metadata(), _add(folder, "0.parquet", _ROWS))
    return _case("delta", "ok", version=0)


def deletion_vector(folder: Path) -> dict[str, Any]:
    """The second row of four is deleted by a bitmap that stands in the log itself."""
    rows = pa.table({"id": pa.array([1, 99, 2, 3], pa.int64()), "name": ["a", "gone", None, "ü"]})
    # One bitmap of 32 bits with one container, whose one value is the place of the deleted row.
    bitmap = struct.pack("<IIHHIH", 12346, 1, 0, 0, 16, 1)
    data = struct.pack("<IQI", 1681511377, 1, 0) + bitmap
    padded = data + b"\0" * (-len(data) % 4)
    vector = {"storageType": "i", "pathOrInlineDv": _z85(padded), "sizeInBytes": len(data), "cardinality": 1}
    _commit(
        folder, 0, _features("deletionVectors"), _metadata(), _add(folder, "0.parquet", rows, deletionVector=vector)
    )
    return _case("delta", "ok", version=0)


def _z85(data: bytes) -> str:
    text = ""
    for (number,) in struct.iter_unpack(">I", data):
        text += "".join(_Z85[number // 85**power % 85] for power in range(4, -1, -1))
    return text


def v2_checkpoint(folder: Path) -> dict[str, Any]:
    """The state of version 1 stands in a checkpoint of JSON, and the commits before it are gone."""
    name = f"{1:020d}.checkpoint.{uuid.UUID(int=2)}.json"
    actions = (
        {"checkpointMetadata": {"version": 1}},
        _features("v2Checkpoint"),
        _metadata(delta_checkpointPolicy="v2"),
        _add(folder, "0.parquet", _ROWS),
    )
    _commit(folder, 1, {"commitInfo": {"timestamp": 0, "operation": "WRITE"}})
    text = "".join(f"{json.dumps(action)}\n" for action in actions)
    (folder / "_delta_log" / name).write_text(text, encoding="utf-8")
    return _case("delta", "ok_or_unsupported", "unsupported_feature", "log_corrupt", version=1)


def strange_paths(folder: Path) -> dict[str, Any]:
    """A file lies in folders whose names must be escaped, below one that looks like a partition."""
    _commit(folder, 0, _PLAIN, _metadata(), _add(folder, "x=1/a b/100%/é#?.parquet", _ROWS))
    return _case("delta", "ok", version=0)


def partitions_in_the_log_alone(folder: Path) -> dict[str, Any]:
    """Values of partitions come from the log: NULL, and a text that no folder could be named by."""
    names = _ROWS.column("name").to_pylist()
    adds = [
        _add(folder, f"{i}.parquet", _ROWS.select(["id"]).slice(i, 1), partitions={"name": name})
        for i, name in enumerate([names[0], None, "a/b=c"])
    ]
    _commit(folder, 0, _PLAIN, _metadata(partitions=["name"]), *adds)
    columns = _FACTS["columns"] | {"name": {"null_count": 1, "min": "a", "max": "a/b=c"}}
    return _case("delta", "ok", version=0, files=3, columns=columns, partition_columns=["name"])


def binary_partition(folder: Path) -> dict[str, Any]:
    """A partition of bytes, of which deltalake leaves a text with an escape for each in the log."""
    fields = [_FIELDS[0], _FIELDS[1] | {"type": "binary"}]
    rows = pa.table({"id": _ROWS.column("id"), "name": pa.array([b"\x01a", None, b"ab"])})
    deltalake.write_deltalake(folder, rows, partition_by=["name"])
    columns = {"id": _FACTS["columns"]["id"], "name": {"null_count": 1, "min": "0x0161", "max": "0x6162"}}
    facts = {"schema": fields, "columns": columns, "partition_columns": ["name"], "files": 3}
    return _case("delta", "ok_or_unsupported", "unsupported_feature", version=0, **facts)


def empty_table(folder: Path) -> dict[str, Any]:
    """A table with columns and no file."""
    _commit(folder, 0, _PLAIN, _metadata())
    return _case("delta", "ok", version=0, rows=0, files=0, columns={"id": {"null_count": 0, "min": None, "max": None}})


def stray_files(folder: Path) -> dict[str, Any]:
    """The log's folder and the table's own hold files that are none of theirs."""
    _commit(folder, 0, _PLAIN, _metadata(), _add(folder, "0.parquet", _ROWS))
    for name in ("_delta_log/zz.json", f"_delta_log/.{1:020d}.json.crc", "_delta_log/_commit_1.json.tmp", "README.md"):
        (folder / name).write_bytes(b"not json")
    pyarrow.parquet.write_table(_ROWS, folder / "never-committed.parquet")
    return _case("delta", "ok", version=0)


def gap_in_the_log(folder: Path) -> dict[str, Any]:
    """The commit between two others is missing."""
    _commit(folder, 0, _PLAIN, _metadata(), _add(folder, "0.parquet", _ROWS))
    _commit(folder, 2, _add(folder, "2.parquet", _ROWS))
    return _case("delta", "error", "log_corrupt")


def half_a_commit(folder: Path) -> dict[str, Any]:
    """The last commit ends in the middle of a line."""
    _commit(folder, 0, _PLAIN, _metadata(), _add(folder, "0.parquet", _ROWS))
    (folder / "_delta_log" / f"{1:020d}.json").write_text('{"add":{"path":"1.par', encoding="utf-8")
    return _case("delta", "error", "log_corrupt")


def unknown_feature(folder: Path) -> dict[str, Any]:
    """Readers are asked for a feature that nobody has."""
    _commit(folder, 0, _features("flyingCarpets"), _metadata(), _add(folder, "0.parquet", _ROWS))
    return _case("delta", "error", "unsupported_feature", "log_corrupt", reader_features=["flyingCarpets"])


def missing_data_file(folder: Path) -> dict[str, Any]:
    """A file of the newest version was removed by hand."""
    _commit(folder, 0, _PLAIN, _metadata(), _add(folder, "0.parquet", _ROWS))
    (folder / "0.parquet").unlink()
    return _case("delta", "data_missing", "missing_data", version=0)


def marker_files(folder: Path) -> dict[str, Any]:
    """A folder with what Spark leaves while and after it writes."""
    for name in ("part-0.parquet", "_temporary/0/part-1.parquet", ".part-2.parquet", "_metadata.parquet"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pyarrow.parquet.write_table(_ROWS, folder / name)
    (folder / "_SUCCESS").touch()
    return _case("parquet", "ok")


def brackets_in_a_name(folder: Path) -> dict[str, Any]:
    """A file whose name is a pattern as well."""
    pyarrow.parquet.write_table(_ROWS, folder / "a[1]*.parquet")
    return _case("parquet", "ok") | {"file": "a[1]*.parquet"}


def hive_with_null(folder: Path) -> dict[str, Any]:
    """Folders that name the values of a partition, escaped, one of them for NULL."""
    for i, name in enumerate(["name=a", "name=__HIVE_DEFAULT_PARTITION__", "name=%C3%BC"]):
        (folder / name).mkdir()
        pyarrow.parquet.write_table(_ROWS.select(["id"]).slice(i, 1), folder / name / "0.parquet")
    return _case("parquet", "ok", files=3, partition_columns=["name"])


def footer_with_other_rows(folder: Path) -> dict[str, Any]:
    """The footer states four rows, and its row groups have three."""
    path = folder / "0.parquet"
    pyarrow.parquet.write_table(_ROWS, path)
    # The third field of the footer: the number of rows, in zigzag, before the list of row groups.
    start, _, end = path.read_bytes().rpartition(b"\x16\x06\x19")
    path.write_bytes(start + b"\x16\x08\x19" + end)
    return _case("parquet", "ok_or_flagged", "corrupt")


def cut_file(folder: Path) -> dict[str, Any]:
    """A file without its last bytes, which say where the footer is."""
    path = folder / "0.parquet"
    pyarrow.parquet.write_table(_ROWS, path)
    path.write_bytes(path.read_bytes()[:-9])
    return _case("parquet", "error", "corrupt")


def damaged_pages(folder: Path) -> dict[str, Any]:
    """A footer that is well, over pages that are not."""
    path = folder / "0.parquet"
    pyarrow.parquet.write_table(_ROWS, path, compression="zstd")
    data = path.read_bytes()
    path.write_bytes(data[:4] + b"\xff" * 120 + data[124:])
    return _case("parquet", "data_unreadable", "corrupt")


CASES: tuple[Callable[[Path], dict[str, Any]], ...] = (
    column_mapping_by_name,
    reader_version_2_without_mapping,
    deletion_vector,
    v2_checkpoint,
    strange_paths,
    partitions_in_the_log_alone,
    binary_partition,
    empty_table,
    stray_files,
    gap_in_the_log,
    half_a_commit,
    unknown_feature,
    missing_data_file,
    marker_files,
    brackets_in_a_name,
    hive_with_null,
    footer_with_other_rows,
    cut_file,
    damaged_pages,
)


def write(make: Callable[[Path], dict[str, Any]], folder: Path) -> dict[str, Any]:
    """Write a table into a folder of its name below the given one, and return its case."""
    name = make.__name__
    (folder / name).mkdir()
    case = make(folder / name)
    return case | {"id": name, "data": f"{name}/{case['file']}" if "file" in case else name}
