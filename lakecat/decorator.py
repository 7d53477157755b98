"""Declaring tables: ``@table`` for functions, ``register_static_table`` for objects."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from lakecat.declaration import Declaration
from lakecat.errors import DeclarationError
from lakecat.execution import current_execution
from lakecat.metadata import Place
from lakecat.names import told
from lakecat.registry import RegisteredTable, Registry, current_registry
from lakecat.sources.base import HasParameters, TableSource, check_is_source, instead_of
from lakecat.sources.function import FunctionSource

if TYPE_CHECKING:
    from lakecat.sources.declared import ChangeToken

_F = TypeVar("_F", bound=Callable[..., Any])
_OWN = str(Path(__file__).parent) + os.sep


@overload
def table(function: _F, /) -> _F: ...
@overload
def table(
    *,
    description: str | None = None,
    tags: Iterable[str] = (),
    owner: str = "",
    schema: Any = None,
    name: str | None = None,
    database: str | None = None,
    examples: Mapping[str, Any] | None = None,
    deprecated: str = "",
    change_token: ChangeToken | None = None,
) -> Callable[[_F], _F]: ...
def table(
    function: Callable[..., Any] | None = None,
    /,
    *,
    description: str | None = None,
    tags: Iterable[str] = (),
    owner: str = "",
    schema: Any = None,
    name: str | None = None,
    database: str | None = None,
    examples: Mapping[str, Any] | None = None,
    deprecated: str = "",
    change_token: ChangeToken | None = None,
) -> Any:
    """Declare the function's frame as a table of the current registry; the function itself is returned, unchanged.

    Args:
        function: A function that returns a LazyFrame or a DataFrame. Its parameters become the table's.
        description: What one row is; what the function or object says of itself where none is given.
            reStructuredText in documentation.
        tags: Free labels; the object's own where none are given.
        owner: Who answers for the table; the object's own where none is given.
        schema: The columns: a mapping of names to Polars dtypes or their names, a ``pl.Schema``, a ``pa.Schema``,
            or Columns, whose dtypes may be left to the data.
        name: The table's name; that of the function or object where none is given.
        database: The database it belongs to.
        examples: Values of parameters with which the snippets of documentation run.
        deprecated: Why not to use it any more, and what to use.
        change_token: What tells documentation of changes that a function's code and the tables that it reads do not
            show: a path of a file or folder, several, or a function without parameters that returns a text (of a
            database, say), or ``None`` for "always read again". An object has a method of that name instead.

    Raises:
        DeclarationError: A value that cannot be.
        DuplicateTableError: The name is declared already, and this is no reload of the module that did it.

    Example:
        >>> @table(owner="growth")
        ... def users() -> pl.DataFrame:
        ...     '''One row a user.'''
        ...     return pl.DataFrame({"user_id": [1, 2]})
    """
    declared = Declaration(
        description=description,
        tags=tags,
        owner=owner,
        schema=schema,
        name=name,
        database=database,
        examples=examples,
        deprecated=deprecated,
        change_token=change_token,
    )

    def declare(function: _F) -> _F:
        if not callable(function) or isinstance(function, (type, classmethod, staticmethod)):
            instead = instead_of(function) or "use register_static_table for an object"
            raise DeclarationError(f"@table goes on a function, not on {told(function)}; {instead}")
        add_function(function, declared, registry=current_registry())
        return function

    if isinstance(function, str):
        raise DeclarationError(f"write @table(name={function!r}), not @table({function!r})")
    return declare if function is None else declare(function)


def register_static_table(
    obj: TableSource,
    name: str | None = None,
    *,
    description: str | None = None,
    tags: Iterable[str] | None = None,
    owner: str | None = None,
    schema: Any = None,
    database: str | None = None,
    examples: Mapping[str, Any] | None = None,
    deprecated: str = "",
    change_token: ChangeToken | None = None,
) -> None:
    """Declare an object, such as a DeltaTable or a ParquetTable, as a table of the current registry.

    Args:
        obj: Any object with ``kind``, ``scan``, ``schema``, ``facts`` and ``change_token``.
        description: What one row is; what the function or object says of itself where none is given.
            reStructuredText in documentation.
        tags: Free labels; the object's own where none are given.
        owner: Who answers for the table; the object's own where none is given.
        schema: The columns: a mapping of names to Polars dtypes or their names, a ``pl.Schema``, a ``pa.Schema``,
            or Columns, whose dtypes may be left to the data.
        name: The table's name; that of the function or object where none is given.
        database: The database it belongs to.
        examples: Values of parameters with which the snippets of documentation run.
        deprecated: Why not to use it any more, and what to use.
        change_token: What tells documentation of changes that a function's code and the tables that it reads do not
            show: a path of a file or folder, several, or a function without parameters that returns a text (of a
            database, say), or ``None`` for "always read again". An object has a method of that name instead.

    Raises:
        DeclarationError: It is no table source, or a value that cannot be.
        DuplicateTableError: The name is declared already, and this is no reload of the module that did it.
    """
    declared = Declaration(
        description=description,
        tags=tags,
        owner=owner,
        schema=schema,
        name=name,
        database=database,
        examples=examples,
        deprecated=deprecated,
        change_token=change_token,
    )
    add_source(obj, declared, registry=current_registry(), place=calling_place())


def add_function(function: Callable[..., Any], declared: Declaration, *, registry: Registry) -> None:
    """Add a function to a registry; see :func:`table`."""
    own = getattr(function, "__name__", "")
    metadata = declared.metadata(
        kind=FunctionSource.kind,
        name=own,
        description=inspect.getdoc(function) or "",
        owner=None,
        parameters=_parameters_of(function, declared.full_name(own)),
        place=_place_of(function),
    )
    run = metadata.place.execution if metadata.place else None
    source = FunctionSource(
        function,
        name=metadata.full_name,
        schema=metadata.schema,
        change_token=declared.change_token,
        declared_in=None if run is None else (run.module, run.code.co_filename),
    )
    registry.add(RegisteredTable(metadata, source))


def add_source(obj: TableSource, declared: Declaration, *, registry: Registry, place: Place | None) -> None:
    """Add a source to a registry; see :func:`register_static_table`."""
    source = check_is_source(obj)
    if declared.change_token is not None:
        raise DeclarationError("change_token is for functions; an object tells by its own method of that name")
    own = getattr(obj, "name", None)
    if own is None and declared.name is None:
        raise DeclarationError(
            f"{type(obj).__name__} has no name of its own; give one: register_static_table(obj, 'name')"
        )
    metadata = declared.metadata(
        kind=source.kind,
        name=own,  # type: ignore[arg-type]
        description=getattr(obj, "description", "") or "",
        tags=getattr(obj, "tags", ()),
        owner=getattr(obj, "owner", "") or "",
        parameters=_parameters_of_source(source) if declared.examples else (),
        place=place,
    )
    registry.add(RegisteredTable(metadata, source))


def calling_place() -> Place:
    """Return the place outside this package that called into it."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    return Place(
        module=frame.f_globals.get("__name__", "__main__"),
        qualname=frame.f_code.co_qualname,
        file=frame.f_code.co_filename,
        line=frame.f_lineno,
        execution=current_execution(),
    )


def _place_of(function: Callable[..., Any]) -> Place:
    inner = inspect.unwrap(function)
    code = getattr(inner, "__code__", None)
    if code is None:  # a partial, or an object with __call__
        return calling_place()
    return Place(
        module=inner.__module__ or "__main__",
        qualname=inner.__qualname__,
        file=code.co_filename,
        line=code.co_firstlineno,
        execution=current_execution(),
    )


def _parameters_of(function: Callable[..., Any], table: str) -> tuple[str, ...] | None:
    """Return the names of a function's parameters; ``None`` where it takes any."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise DeclarationError(
            f"what is to be table {table!r} does not tell its parameters; write a function that calls it"
        ) from None
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    return tuple(p.name for p in parameters if p.kind is not p.VAR_POSITIONAL)


def _parameters_of_source(source: TableSource) -> tuple[str, ...] | None:
    try:
        return tuple(p.name for p in source.parameters()) if isinstance(source, HasParameters) else ()
    except Exception:  # noqa: BLE001 - one bad source takes no module down; its page tells what is wrong
        return None
