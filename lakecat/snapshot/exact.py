"""JSON to records by the standard library alone: slower than the codec's library, and exact.

It names the place of what is wrong, keeps fields that a newer version wrote, and takes every text that Python has, lone
surrogates among them.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
import json
import re
import types
import typing
from typing import TYPE_CHECKING, Any, Literal

from lakecat.errors import SnapshotError

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES = {str: "str", int: "int", float: "float", bool: "bool"}
_decode = json.JSONDecoder().raw_decode
_blank = re.compile(r"[ \t\n\r]*").match


def parse(raw: bytes, where: str) -> tuple[Any, str]:
    """Return what a JSON text says, and the text.

    Raises:
        SnapshotError: It is no JSON.
    """
    try:
        text = raw.decode("utf-8")
        return json.loads(text), text
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise SnapshotError(f"{where} is no JSON: {reason}") from None


def members(text: str) -> dict[str, str]:
    """Return the members of a JSON object as they stand in its text, which must be JSON."""
    return {str(name): part for name, part in _parts(text)}


def elements(text: str) -> list[str]:
    """Return the elements of a JSON array as they stand in its text, which must be JSON."""
    return [part for _, part in _parts(text)]


def _parts(text: str) -> Iterator[tuple[str | None, str]]:
    at = _end_of_blank(text, 0)
    is_object = text[at] == "{"
    at = _end_of_blank(text, at + 1)
    while text[at] not in "]}":
        name = None
        if is_object:
            name, at = _decode(text, at)
            at = _end_of_blank(text, _end_of_blank(text, at) + 1)  # past the colon
        _, end = _decode(text, at)
        yield name, text[at:end]
        at = _end_of_blank(text, end)
        if text[at] == ",":
            at = _end_of_blank(text, at + 1)


def _end_of_blank(text: str, at: int) -> int:
    found = _blank(text, at)
    return found.end() if found else at


def written_fields(kind: type) -> tuple[dataclasses.Field[Any], ...]:
    """Return the fields of a record that stand in its JSON object: not those that hold what is kept elsewhere."""
    return tuple(f for f in dataclasses.fields(kind) if f.init and not f.metadata.get("elsewhere"))


@functools.cache
def hints_of(kind: type) -> dict[str, Any]:
    """Return the types of those fields. They are found once, as that takes longer than to read a record."""
    hints = typing.get_type_hints(kind)
    return {f.name: hints[f.name] for f in written_fields(kind)}


@functools.cache
def keeps_unknown(kind: Any) -> bool:
    """Return whether a record keeps fields that it does not know, in ``extra``."""
    return dataclasses.is_dataclass(kind) and any(f.name == "extra" for f in dataclasses.fields(kind))


def checked(kind: Any, data: Any, where: str, text: str = "") -> Any:
    """Return parsed JSON as a record, or as whatever type a field of one may have.

    Args:
        kind: The type.
        data: What JSON said.
        where: The place, for errors, such as ``tables[3].columns``.
        text: The JSON itself; what is not known of a record that keeps it is taken from there.

    Raises:
        SnapshotError: It is of another type; the sentence names the place.
    """
    if kind is Any:
        return data
    origin, of = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        if not any(data == value and type(data) is type(value) for value in of):
            raise SnapshotError(f"{where} is {data!r}, not one of {', '.join(map(repr, of))}")
        return data
    if origin in (typing.Union, types.UnionType) and type(None) in of and len(of) == 2:
        return None if data is None else checked(next(k for k in of if k is not type(None)), data, where, text)
    if origin is tuple and of[1:] == (...,):
        return _checked_list(of[0], data, where, text)
    if origin in (dict, collections.abc.Mapping):
        return {name: checked(of[1], value, f"{where}.{name}") for name, value in _object(data, where).items()}
    if dataclasses.is_dataclass(kind):
        return _checked_record(kind, _object(data, where), where, text)
    if kind not in _NAMES:
        return _converted(kind, data, where)
    if kind is float and type(data) is int:
        return float(data)
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise SnapshotError(f"{where} is {type(data).__name__}, not {_NAMES[kind]}")
    return data


def _checked_list(kind: Any, data: Any, where: str, text: str) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise SnapshotError(f"{where} is {type(data).__name__}, not a list")
    texts = elements(text) if text and keeps_unknown(kind) else [""] * len(data)
    return tuple(checked(kind, item, f"{where}[{i}]", texts[i]) for i, item in enumerate(data))


def _checked_record(kind: Any, data: dict[str, Any], where: str, text: str) -> Any:
    hints = hints_of(kind)
    for field in written_fields(kind):
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and field.name not in data:
            raise SnapshotError(f"{where} is not complete: it has no {field.name!r}")
    texts = members(text) if text and keeps_unknown(kind) else {}
    found = {
        name: checked(hints[name], value, f"{where}.{name}", texts.get(name, ""))
        for name, value in data.items()
        if name in hints
    }
    if texts:
        found["extra"] = tuple((name, part) for name, part in texts.items() if name not in hints)
    return kind(**found)


def _object(data: Any, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise SnapshotError(f"{where} is {type(data).__name__}, not an object")
    return data


def _converted(kind: Any, data: Any, where: str) -> Any:
    """Return data as a type that a third party's record uses."""
    import msgspec

    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise SnapshotError(f"{where} is not what it should be: {error}") from None
