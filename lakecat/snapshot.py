"""What documentation knows of a table: plain records, from the standard library alone.

Records hold no clock, no absolute path and no live object, so the same code and data give the same bytes.
``columns=None`` means that the columns are unknown; ``()`` means that there are none. Errors are data: see
:class:`Problem`.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from lakecat.errors import SnapshotError

FORMAT_VERSION = 1
"""Version of the JSON form; a change that older readers would misread raises it."""

_R = TypeVar("_R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number and where it comes from.

    Args:
        value: The number: a count, or bytes, as the field that holds it says.
        provenance: ``exact``, or ``approximate`` where the source gives a bound or an unverified sum.
        source: What it was read from, such as "Delta log" or "Parquet footers".
    """

    value: int
    provenance: Literal["exact", "approximate"]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnStatistics:
    """What metadata say of a column's values; ``None`` is unknown.

    Args:
        null_count: Number of values that are missing.
        minimum: A value that none is below, as text.
        maximum: A value that none is above, as text.
        bounds: ``exact`` if the two are values of the column; ``approximate`` if they only bound it, as logs do.
    """

    null_count: Figure | None = None
    minimum: str | None = None
    maximum: str | None = None
    bounds: Literal["exact", "approximate"] = "approximate"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSnapshot:
    """One column, as text. ``nullable=None`` is unknown; ``dtype=""`` is unknown.

    ``hidden`` says that its classification is not public: no record holds a value of it.
    """

    name: str
    dtype: str = ""
    nullable: bool | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    classification: str = ""
    deprecated: str = ""
    primary_key: bool = False
    references: str = ""
    hidden: bool = False
    statistics: ColumnStatistics | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A label and a value that documentation shows as they are; both are plain text."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Figures of a whole table, read without reading its rows. ``None`` is unknown.

    Args:
        rows: Number of rows.
        bytes: Size of the data files in bytes.
        files: Number of data files.
        last_change: Time of the last commit, ISO 8601 in UTC.
        version: Number of the last commit.
    """

    rows: Figure | None = None
    bytes: Figure | None = None
    files: Figure | None = None
    last_change: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One change of a table.

    Args:
        version: Its number.
        time: When it was made, ISO 8601 in UTC; ``None`` is unknown.
        operation: What it was, in the words of its writer.
        rows_added: How many rows it added, if the writer says so.
    """

    version: int
    time: str | None = None
    operation: str = ""
    rows_added: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a table; ``default`` is its Python text, or ``None`` where a value must be given.

    Of one that stands for a hidden column, or whose name is that of a secret, the default is an ellipsis and ``hidden``
    says why.
    """

    name: str
    annotation: str = ""
    default: str | None = None
    hidden: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """Code to copy. ``language`` is a name that Pygments knows; ``verified`` says that it runs as it stands."""

    label: str
    language: str
    code: str
    verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a table is declared: ``file`` is relative to the folder that holds the top package of ``module``."""

    module: str
    qualname: str
    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that could not be found out.

    Args:
        code: A short name of the kind of problem; in Sphinx, the subtype of the warning.
        message: One sentence for a reader: what is unknown, and why.
        detail: What an engineer needs to know, in one line.
    """

    code: str
    message: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSnapshot:
    """All that a page about a table shows."""

    name: str
    kind: str
    database: str | None = None
    summary: str = ""
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    deprecated: str = ""
    columns: tuple[ColumnSnapshot, ...] | None = None
    columns_from: Literal["declared", "source", ""] = ""
    parameters: tuple[Parameter, ...] = ()
    facts: tuple[Fact, ...] = ()
    statistics: Statistics | None = None
    history: tuple[Commit, ...] = ()
    snippets: tuple[Snippet, ...] = ()
    origin: Origin | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def full_name(self) -> str:
        """``database.name``, or ``name`` alone where the table has no database."""
        return f"{self.database}.{self.name}" if self.database else self.name


def to_json(snapshots: typing.Iterable[TableSnapshot], *, indent: int | None = 2) -> str:
    """Return snapshots as JSON text, sorted by full name; fields that hold their default are left out."""
    tables = [_to_data(s) for s in sorted(snapshots, key=lambda s: s.full_name)]
    return json.dumps({"format_version": FORMAT_VERSION, "tables": tables}, indent=indent, ensure_ascii=True) + "\n"


def from_json(text: str) -> tuple[TableSnapshot, ...]:
    """Return the snapshots of a JSON text that :func:`to_json` wrote.

    Raises:
        SnapshotError: It is no JSON, has another format version, or a value is not of the type of its field.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"this is no JSON: {error}") from None
    version = data.get("format_version") if isinstance(data, dict) else None
    if version != FORMAT_VERSION:
        raise SnapshotError(
            f"snapshot format {version!r} is not known; this version of lakecat reads format {FORMAT_VERSION}"
        )
    tables: tuple[TableSnapshot, ...] = _from_data(tuple[TableSnapshot, ...], data.get("tables"), "tables")
    return tables


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what :func:`to_json` writes, derived from the records."""
    definitions: dict[str, Any] = {}
    table = _schema_of(TableSnapshot, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lakecat table snapshots",
        "type": "object",
        "required": ["format_version", "tables"],
        "properties": {"format_version": {"const": FORMAT_VERSION}, "tables": {"type": "array", "items": table}},
        "$defs": definitions,
    }


def _to_data(record: Any) -> Any:
    if dataclasses.is_dataclass(record):
        items = ((f, getattr(record, f.name)) for f in dataclasses.fields(record))
        return {f.name: _to_data(value) for f, value in items if value != f.default}
    return [_to_data(item) for item in record] if isinstance(record, tuple) else record


def _from_data(kind: Any, data: Any, where: str) -> Any:
    if typing.get_origin(kind) is Literal:
        kind, allowed = str, typing.get_args(kind)
        if data not in allowed:
            raise SnapshotError(f"{where} is {data!r}, not one of {', '.join(map(repr, allowed))}")
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        if data is None:
            return None
        (kind,) = (k for k in typing.get_args(kind) if k is not type(None))
    if typing.get_origin(kind) is tuple:
        if not isinstance(data, list):
            raise SnapshotError(f"{where} is {type(data).__name__}, not a list")
        return tuple(_from_data(typing.get_args(kind)[0], item, f"{where}[{i}]") for i, item in enumerate(data))
    if dataclasses.is_dataclass(kind):
        if not isinstance(data, dict):
            raise SnapshotError(f"{where} is {type(data).__name__}, not an object")
        hints = _hints(kind)  # type: ignore[arg-type]
        if unknown := data.keys() - hints.keys():
            raise SnapshotError(f"{where} has a field that is not known: {sorted(unknown)[0]!r}")
        try:
            return kind(**{k: _from_data(hints[k], v, f"{where}.{k}") for k, v in data.items()})  # type: ignore[operator]
        except TypeError as error:
            raise SnapshotError(f"{where} is not complete: {error}") from None
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise SnapshotError(f"{where} is {type(data).__name__}, not {kind.__name__}")
    return data


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    """Return the types of a record's fields, which takes longer than to read it."""
    return typing.get_type_hints(kind)


def _schema_of(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if typing.get_origin(kind) is Literal:
        return {"enum": list(typing.get_args(kind))}
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        (inner,) = (k for k in typing.get_args(kind) if k is not type(None))
        return {"anyOf": [_schema_of(inner, definitions), {"type": "null"}]}
    if typing.get_origin(kind) is tuple:
        return {"type": "array", "items": _schema_of(typing.get_args(kind)[0], definitions)}
    if dataclasses.is_dataclass(kind):
        name = kind.__name__  # type: ignore[union-attr]
        if name not in definitions:
            definitions[name] = {}
            hints = typing.get_type_hints(kind)
            required = [f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING]
            definitions[name] = {
                "type": "object",
                "additionalProperties": False,
                "required": required,
                "properties": {k: _schema_of(v, definitions) for k, v in hints.items()},
            }
        return {"$ref": f"#/$defs/{name}"}
    return {"type": {str: "string", int: "integer", bool: "boolean"}[kind]}
