"""All snapshots of a catalog as one JSON document."""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any

from lakecat.errors import SnapshotError
from lakecat.snapshot.codec import fast
from lakecat.snapshot.exact import elements, members, parse
from lakecat.snapshot.tables import decode_table, encode_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lakecat.snapshot.records import TableSnapshot

FORMAT_VERSION = "2.0"
"""Version of the JSON form. The first number rises when a reader would misread it, the second when it says more."""

_MAJOR = 2


def to_json(snapshots: Iterable[TableSnapshot], *, indent: int | None = 2) -> str:
    """Return snapshots as JSON text, sorted by full name; fields that hold their default are left out.

    Raises:
        SnapshotError: A record holds something that JSON cannot.
    """
    tables = b",".join(map(encode_table, sorted(snapshots, key=lambda s: s.full_name)))
    text = b'{"format_version":"%s","tables":[%s]}' % (FORMAT_VERSION.encode(), tables)
    return _laid_out(text, indent).decode() + "\n"


def from_json(text: str) -> tuple[TableSnapshot, ...]:
    """Return the snapshots of a JSON text that :func:`to_json` wrote, in this version or an older one.

    Raises:
        SnapshotError: It is no JSON, has a format that is newer than is known, or a value is not of the type of its
            field. Of a section that is found when somebody asks for it.
    """
    version, tables = tables_of(text.encode(errors="surrogatepass"))
    read = reader_of(version)
    return tuple(read(table, f"tables[{i}]") for i, table in enumerate(tables))


def tables_of(raw: bytes, where: str = "") -> tuple[object, tuple[bytes, ...]]:
    """Return the version of a document, and the JSON of each table without blanks between its parts.

    Raises:
        SnapshotError: It is no such document, or a newer one than is known.
    """
    found = fast(_reader(), raw)
    if found is not None:
        reader_of(found.format_version, where)
        return found.format_version, tuple(_laid_out(bytes(table), -1) for table in found.tables)
    data, _ = parse(raw, f"{where}this")
    version = data.get("format_version") if isinstance(data, dict) else None
    reader_of(version, where)
    if not isinstance(tables := data.get("tables"), list):
        raise SnapshotError(f"{where}tables is {type(tables).__name__}, not a list")
    compact = members(_laid_out(raw, -1).decode())["tables"]
    return version, tuple(table.encode() for table in elements(compact))


@functools.cache
def _reader() -> Callable[[bytes], Any]:
    import msgspec

    fields: list[Any] = [("format_version", Any), ("tables", list[msgspec.Raw])]
    return msgspec.json.Decoder(msgspec.defstruct("Document", fields)).decode


def reader_of(version: object, where: str = "") -> Callable[[bytes, str], TableSnapshot]:
    """Return what reads a table of a format; only one whose first number is newer than is known cannot be read.

    Raises:
        SnapshotError: It cannot be read.
    """
    found = re.match(r"(\d{1,9})(\.\d+)?\Z", str(version)) if isinstance(version, str) or type(version) is int else None
    major = int(found[1]) if found else 0
    if 0 < major <= _MAJOR:
        if major == _MAJOR:
            return decode_table
        from lakecat.snapshot.legacy import decode_legacy_table  # late, as few files are that old

        return decode_legacy_table
    hint = "; a newer version reads it" if major else ""
    known = f"this version of lakecat reads formats 1 and {_MAJOR}"
    raise SnapshotError(f"{where}snapshot format {version!r} is not known; {known}{hint}")


def _laid_out(raw: bytes, indent: int | None) -> bytes:
    """Return JSON with other blanks between its parts, each of which stays as it was written; none with -1."""
    import msgspec

    try:
        return msgspec.json.format(raw, indent=indent or 0)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # lone surrogates, or nested deep
        compact = indent == -1
        text = json.dumps(
            json.loads(raw), indent=None if compact else indent, separators=(",", ":") if compact else None
        )
        return text.encode()
