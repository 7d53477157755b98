"""What authors declare about a table: :class:`TableMetadata` and :class:`Column`."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from lakecat.dtypes import parse_dtype
from lakecat.errors import DeclarationError
from lakecat.names import check_name, full_name, told

if TYPE_CHECKING:
    from lakecat.execution import Execution

SchemaLike: TypeAlias = "Mapping[str, Any] | Iterable[Column] | pl.Schema"
"""A mapping of names to dtypes or their names, a ``pl.Schema``, a ``pa.Schema``, or :class:`Column` objects."""


class TableType(StrEnum):
    """Names of the built-in kinds of table. Open: any text is a kind, and nothing depends on this list."""

    FUNCTION = "function"
    DELTA = "delta"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Column:
    """One column, as its author describes it.

    Args:
        name: The column's name in the data.
        dtype: A Polars dtype or its name; ``None`` leaves it to the data.
        nullable: Whether values may be missing; ``None`` leaves it to the data.
        description: What a value means, with its unit. reStructuredText in documentation.
        tags: Free labels.
        classification: How the values must be treated, such as ``"personal"``; ``""`` says nothing.
        deprecated: Why not to use the column any more, and what to use.
        primary_key: Whether the column is the primary key or a part of it.
        references: The column that this one points to, as ``"table.column"``.

    Raises:
        DeclarationError: A name or dtype that cannot be.
    """

    name: str
    dtype: Any = None
    _: dataclasses.KW_ONLY
    nullable: bool | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    classification: str = ""
    deprecated: str = ""
    primary_key: bool = False
    references: str = ""

    def __post_init__(self) -> None:
        # Data name columns as they like: only text is asked for.
        if not isinstance(self.name, str):
            raise DeclarationError(f"the name of a column is text, not {told(self.name)}")
        where = f"column {self.name!r}"
        if self.tags != ():
            object.__setattr__(self, "tags", check_texts(self.tags, "tags", where))
        for name in ("description", "classification", "deprecated", "references"):
            check_text(getattr(self, name), name, where)
        if self.nullable is not None and not isinstance(self.nullable, bool):
            raise DeclarationError(f"nullable of {where} is {told(self.nullable)}; write True, False or None")
        if "\n" in self.description:
            object.__setattr__(self, "description", inspect.cleandoc(self.description))
        if self.dtype is not None:
            object.__setattr__(self, "dtype", parse_dtype(self.dtype, where))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something is declared, and the run of a module that did it, if one did."""

    module: str
    qualname: str
    file: str
    line: int
    execution: Execution | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def runs_in(self) -> str:
        """The module whose run declares it: another than :attr:`module` where a helper does that for its caller."""
        return self.execution.module if self.execution else self.module

    def is_in(self, module: str) -> bool:
        """Return whether it is in a module, or in one of a package; also by way of a helper that stands elsewhere."""
        return any(name == module or name.startswith(f"{module}.") for name in (self.module, self.runs_in))

    def replaces(self, other: Place) -> bool:
        """Return whether the module that declared ``other`` is executed again; two calls in one run are no reload."""
        return self.execution is not None and other.execution is not None and self.execution.repeats(other.execution)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMetadata:
    """All that is declared about one table. Frozen; equal when all is equal.

    Args:
        name: The name of the table, without its database.
        kind: What it is: "function", "delta", "parquet" or any other text. Nothing depends on it.
        description: What one row is, where the data come from and what to know before use. reStructuredText in
            documentation.
        tags: Free labels, in the author's order.
        owner: Who answers for the table.
        columns: What is declared about columns; ``None`` where nothing is.
        database: The database it belongs to, if any.
        deprecated: Why not to use the table any more, and what to use.
        examples: Values of parameters with which the snippets of documentation run.
        place: Where it is declared; ``None`` where that is unknown.

    Raises:
        DeclarationError: A value that cannot be; the message names the table and the field.
    """

    name: str
    kind: str
    description: str = ""
    tags: tuple[str, ...] = ()
    owner: str = ""
    columns: tuple[Column, ...] | None = None
    database: str | None = None
    deprecated: str = ""
    examples: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.database is not None:
            check_name(self.database, "database")
        where = f"table {self.full_name!r}"
        object.__setattr__(self, "tags", check_texts(self.tags, "tags", where))
        for name in ("description", "owner", "deprecated", "kind"):
            check_text(getattr(self, name), name, where)
        # A description in triple quotes is indented like its code, which in markup would make it a quotation.
        object.__setattr__(self, "description", inspect.cleandoc(self.description))
        if not isinstance(self.examples, Mapping):
            raise DeclarationError(
                f"examples of {where} is {type(self.examples).__name__}; write a mapping of parameters to values"
            )

    @property
    def full_name(self) -> str:
        """``database.name``, or ``name`` alone."""
        return full_name(self.name, self.database)

    @property
    def schema(self) -> pl.Schema | None:
        """The declared schema; ``None`` unless every declared column has a dtype."""
        if self.columns is None or any(c.dtype is None for c in self.columns):
            return None
        return pl.Schema({c.name: c.dtype for c in self.columns})


def check_text(value: object, name: str, where: str) -> str:
    """Return ``value`` if it is text; otherwise raise a DeclarationError that names the field and ``where``."""
    if not isinstance(value, str):
        raise DeclarationError(f"{name} of {where} is {type(value).__name__}, not text")
    return value


def check_texts(values: object, name: str, where: str) -> tuple[str, ...]:
    """Return texts as a tuple, without repeats; one text stands for itself, not for its letters."""
    if isinstance(values, str):
        return (values,) if values else ()
    if values is None:
        return ()
    if not isinstance(values, Iterable):
        raise DeclarationError(f"{name} of {where} is {type(values).__name__}; write a list of texts")
    return tuple(dict.fromkeys(check_text(v, f"one of the {name}", where) for v in values))


def columns_from(schema: Any, where: str) -> tuple[Column, ...] | None:
    """Return the columns that a ``schema=`` argument declares; ``None`` for ``None``.

    Args:
        schema: See :data:`SchemaLike`. A mapping's values may also be columns, or ``None`` for a dtype that the data
            know.
        where: The table, for the error.

    Raises:
        DeclarationError: It is none of these, names a column twice, or has an unknown dtype.
    """
    if schema is None:
        return None
    if isinstance(schema, Mapping):
        columns = tuple(_column(name, value, where) for name, value in schema.items())
    elif type(schema).__module__.partition(".")[0] == "pyarrow" and hasattr(schema, "field"):
        columns = tuple(_from_arrow(schema))
    elif isinstance(schema, Iterable) and not isinstance(schema, str):
        columns = tuple(schema)
    else:
        raise DeclarationError(
            f"schema of {where} is {type(schema).__name__}; write a mapping of names to dtypes, or a list of Column"
        )
    seen: set[str] = set()
    for column in columns:
        if not isinstance(column, Column):
            raise DeclarationError(
                f"schema of {where} holds {told(column)}; write Column(name, dtype), or a mapping of names to dtypes"
            )
        if column.name in seen:
            raise DeclarationError(f"schema of {where} names column {column.name!r} twice")
        seen.add(column.name)
    return columns


def _column(name: Any, value: Any, where: str) -> Column:
    if isinstance(value, Column):
        return dataclasses.replace(value, name=name)
    if not isinstance(name, str):
        raise DeclarationError(f"schema of {where} has a column name that is no text: {told(name)}")
    return Column(name, None if value is None else parse_dtype(value, f"column {name!r} of {where}"))


def _from_arrow(schema: Any) -> Iterable[Column]:
    import pyarrow as pa

    for arrow in schema:
        notes = {k.decode(errors="replace"): v.decode(errors="replace") for k, v in (arrow.metadata or {}).items()}
        # Polars panics on metadata that are not UTF-8, and a name that stands twice is for the caller to refuse.
        (dtype,) = pl.Schema(pa.schema([arrow.remove_metadata()])).values()
        description = notes.get("description") or notes.get("comment", "")
        yield Column(arrow.name, dtype, nullable=arrow.nullable, description=description)
