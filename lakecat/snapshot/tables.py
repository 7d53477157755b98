"""A snapshot to one JSON object, and back."""

from __future__ import annotations

import dataclasses
import functools
import operator
from typing import TYPE_CHECKING, Any

from lakecat.errors import SnapshotError
from lakecat.snapshot.codec import encode, fast, mirror, strict_reader, with_members
from lakecat.snapshot.exact import checked, hints_of, members, parse, written_fields
from lakecat.snapshot.records import TableSnapshot
from lakecat.snapshot.section import Section

if TYPE_CHECKING:
    from collections.abc import Callable

_HINTS = hints_of(TableSnapshot)
_DEFAULTS = {f.name: f.default for f in written_fields(TableSnapshot)}
_values = operator.attrgetter(*_DEFAULTS)
_SECTION = frozenset(("version", "record"))


def encode_table(table: TableSnapshot) -> bytes:
    """Return a snapshot as a JSON object without line breaks; what it holds and nobody knows is as it was.

    Raises:
        SnapshotError: It holds something that JSON cannot.
    """
    held = ((name, table._bare if name == "columns" else getattr(table, name)) for name in _DEFAULTS)
    core = [(name, encode(value)) for name, value in held if value != _DEFAULTS[name]]
    known = {"sections", *_DEFAULTS}
    text = with_members("{}", [*core, *(item for item in table.extra if item[0] not in known)])
    return _with_sections(text, table.sections)


def _with_sections(text: str, sections: tuple[Section, ...]) -> bytes:
    if not sections:
        return text.encode()
    parts = [b'"sections":{' if text == "{}" else b',"sections":{']
    for i, section in enumerate(sections):
        head = f'{"," if i else ""}{encode(section.name)}:{{"version":{section.version},"record":'
        tail = with_members("{}", [item for item in section.extra if item[0] not in _SECTION])[1:]
        parts += [head.encode(), section.raw, ("," * (tail != "}") + tail).encode()]
    return b"".join((text[:-1].encode(), *parts, b"}}"))


def decode_table(raw: bytes, where: str) -> TableSnapshot:
    """Return the snapshot that a JSON object holds. Its sections are not looked into.

    Args:
        raw: The object.
        where: Its place, for errors.

    Raises:
        SnapshotError: It is no JSON, or a value is not of the type of its field.
    """
    core = fast(_reader(), raw)
    if core is None:
        return _decode_exactly(raw, where)
    place = f"{where}.sections."
    sections = [
        Section(name=name, version=held.version, raw=bytes(held.record), where=f"{place}{name}.record")
        for name, held in core.sections.items()
    ]
    return TableSnapshot.of_core(dict(zip(_DEFAULTS, _values(core), strict=True)), sections)


@functools.cache
def _reader() -> Callable[[bytes], Any]:
    import msgspec

    strict: dict[str, Any] = {"forbid_unknown_fields": True, "gc": False}
    section = msgspec.defstruct("Section", [("version", int), ("record", msgspec.Raw)], **strict)
    check = msgspec.defstruct("Check", [("sections", msgspec.Raw, None)], bases=(mirror(TableSnapshot),), **strict)
    required = [(name, hint) for name, hint in _HINTS.items() if _DEFAULTS[name] is dataclasses.MISSING]
    optional = [(name, hint, _DEFAULTS[name]) for name, hint in _HINTS.items() if (name, hint) not in required]
    sections: Any = ("sections", dict.__class_getitem__((str, section)), msgspec.field(default_factory=dict))
    return strict_reader(check, msgspec.defstruct("Core", [*required, *optional, sections], gc=False))


def _decode_exactly(raw: bytes, where: str) -> TableSnapshot:
    data, text = parse(raw, where)
    found = checked(TableSnapshot, data, where, text)
    core = {name: getattr(found, name) for name in _DEFAULTS}
    unknown = tuple((name, part) for name, part in found.extra if name != "sections")
    sections = _sections(data.get("sections", {}), dict(found.extra).get("sections", "{}"), f"{where}.sections")
    return TableSnapshot.of_core(core, sections, unknown)


def _sections(data: Any, text: str, where: str) -> list[Section]:
    if not isinstance(data, dict):
        raise SnapshotError(f"{where} is {type(data).__name__}, not an object")
    found = []
    for name, part in members(text).items():
        held, place = data[name], f"{where}.{name}"
        if not isinstance(held, dict):
            raise SnapshotError(f"{place} is {type(held).__name__}, not an object")
        if missing := sorted(_SECTION - held.keys()):
            raise SnapshotError(f"{place} is not complete: it has no {missing[0]!r}")
        version, parts = checked(int, held["version"], f"{place}.version"), members(part)
        extra = tuple((key, value) for key, value in parts.items() if key not in _SECTION)
        record = parts["record"].encode()
        found.append(Section(name=name, version=version, raw=record, extra=extra, where=f"{place}.record"))
    return found
