"""Records to JSON and back: for any frozen dataclass, and what else msgspec knows.

Writing leaves out fields that hold their default, and gives ASCII without blanks: equal records give equal bytes.
Reading is done by msgspec where all is as it should be, and by :mod:`lakecat.snapshot.exact` where it is not.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING
from typing import TYPE_CHECKING, Any, TypeVar, cast

from lakecat.errors import SnapshotError
from lakecat.snapshot.exact import checked, hints_of, keeps_unknown, parse, written_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_R = TypeVar("_R")
_SCALARS = frozenset((str, int, float, bool, type(None)))
_json = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def encode(value: Any) -> str:
    """Return a record, or what a field of one holds, as JSON.

    Raises:
        SnapshotError: It holds something that JSON cannot.
    """
    if isinstance(value, tuple) and any(getattr(item, "extra", ()) for item in value):
        return f"[{','.join(map(encode, value))}]"
    text = _json(_data(value))
    return with_members(text, getattr(value, "extra", ()))


def with_members(text: str, more: Iterable[tuple[str, str]]) -> str:
    """Return the JSON of an object with more members, whose values are JSON."""
    added = ",".join(f"{_json(name)}:{part}" for name, part in more)
    return f"{text[:-1]}{',' if added and text != '{}' else ''}{added}}}" if added else text


def _data(value: Any) -> Any:
    """Return a record as what JSON knows, without the fields that hold their default."""
    kind: Any = type(value)
    if kind in _SCALARS:
        return value
    if (fields := _fields(kind)) is not None:
        found = {}
        for name, default in fields:
            held = getattr(value, name)
            if held is not default and held != default:
                found[name] = held if type(held) in _SCALARS else _data(held)
        return found
    if isinstance(value, tuple | list):
        return [_data(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _data(item) for name, item in value.items()}
    return value if isinstance(value, str | int | float) else _foreign(value)


def _foreign(value: object) -> Any:
    import msgspec

    try:
        return msgspec.to_builtins(value)
    except TypeError as error:
        raise SnapshotError(f"a record holds {type(value).__name__}, which cannot be written: {error}") from None


@functools.cache
def _fields(kind: Any) -> tuple[tuple[str, Any], ...] | None:
    """Return names and defaults of the written fields; ``None`` of what is no record."""
    if not dataclasses.is_dataclass(kind):
        return None
    fields = written_fields(cast("type", kind))
    return tuple((f.name, f.default if f.default_factory is MISSING else f.default_factory()) for f in fields)


def decode(kind: type[_R], raw: bytes, where: str) -> _R:
    """Return JSON as a record.

    Args:
        kind: The record's class.
        raw: The JSON.
        where: Its place, for errors.

    Raises:
        SnapshotError: It is no JSON, or a value is not of the type of its field.
    """
    found = fast(_reader(cast("Any", kind)), raw)
    if found is None:
        data, text = parse(raw, where)
        found = checked(kind, data, where, text)
    return cast("_R", found)


def fast(read: Callable[[bytes], Any], raw: bytes) -> Any | None:
    """Return what msgspec makes of JSON; ``None`` where only the exact way can tell."""
    import msgspec

    try:
        return read(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


@functools.cache
def _reader(kind: Any) -> Callable[[bytes], Any]:
    import msgspec

    return strict_reader(mirror(kind), kind) if keeps_unknown(kind) else msgspec.json.Decoder(kind).decode


def strict_reader(check: Any, kind: Any) -> Callable[[bytes], Any]:
    """Return what reads JSON as ``kind`` where it can be read as ``check`` too."""
    import msgspec

    looked_at, read = msgspec.json.Decoder(check).decode, msgspec.json.Decoder(kind).decode

    def strictly(raw: bytes) -> Any:
        looked_at(raw)
        return read(raw)

    return strictly


@functools.cache
def mirror(kind: Any) -> Any:
    """Return a type that looks at no value, and takes no field that a record which keeps unknown ones does not know.

    To look twice is cheap: without values, msgspec passes over ten tables in the time in which it reads one.
    """
    import msgspec

    if keeps_unknown(kind):
        fields = [(name, mirror(hint), None) for name, hint in hints_of(kind).items()]
        return msgspec.defstruct(kind.__name__, fields, forbid_unknown_fields=True, gc=False)
    origin, of = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        (inner,) = (mirror(k) for k in of if k is not type(None))
        return msgspec.Raw if inner is msgspec.Raw else inner | None
    if origin is tuple and of[1:] == (...,) and keeps_unknown(of[0]):
        return tuple.__class_getitem__((mirror(of[0]), ...))
    return msgspec.Raw
