"""The JSON Schema of snapshots, derived from the records."""

from __future__ import annotations

import collections.abc
import dataclasses
import types
import typing
from typing import Any, Literal

from lakecat.snapshot.exact import hints_of, written_fields
from lakecat.snapshot.lines import SnapshotHeader
from lakecat.snapshot.records import BUILT_IN, TableSnapshot

_TYPES = {str: "string", int: "integer", bool: "boolean"}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what :func:`lakecat.snapshot.to_json` writes.

    What it does not know is allowed, as a reader keeps it: a newer version may write more. Of a section with a newer
    version than is known it says nothing.
    """
    definitions: dict[str, Any] = {}
    table = _schema_of(TableSnapshot, definitions)
    known = {name: _section(kind, definitions) for name, kind in sorted(BUILT_IN.items())}
    _schema_of(SnapshotHeader, definitions)
    definitions["Section"] = {
        "type": "object",
        "required": ["version", "record"],
        "properties": {"version": {"type": "integer"}, "record": {}},
    }
    definitions["TableSnapshot"]["properties"]["sections"] = {
        "type": "object",
        "properties": known,
        "additionalProperties": {"$ref": "#/$defs/Section"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lakecat table snapshots",
        "type": "object",
        "required": ["format_version", "tables"],
        "properties": {
            "format_version": {"type": "string", "pattern": r"^2\.\d+$"},
            "tables": {"type": "array", "items": table},
        },
        "$defs": definitions,
    }


def _section(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    record = {"properties": {"record": _schema_of(kind, definitions)}}
    is_known = {"properties": {"version": {"maximum": 1}}}
    return {"$ref": "#/$defs/Section", "if": is_known, "then": record}


def _schema_of(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, of = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return {"enum": list(of)}
    if origin in (typing.Union, types.UnionType):
        (inner,) = (k for k in of if k is not type(None))
        return {"anyOf": [_schema_of(inner, definitions), {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "items": _schema_of(of[0], definitions)}
    if origin is collections.abc.Mapping:
        return {"type": "object", "additionalProperties": _schema_of(of[1], definitions)}
    if dataclasses.is_dataclass(kind):
        name = kind.__name__  # type: ignore[union-attr]
        if name not in definitions:
            definitions[name] = {}
            required = [f.name for f in written_fields(kind) if _is_required(f)]  # type: ignore[arg-type]
            properties = {k: _schema_of(v, definitions) for k, v in hints_of(kind).items()}  # type: ignore[arg-type]
            definitions[name] = {"type": "object", "required": required, "properties": properties}
        return {"$ref": f"#/$defs/{name}"}
    return {"type": _TYPES[kind]}


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
