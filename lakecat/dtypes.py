"""Polars dtypes from what authors write: dtypes, Python types and names such as ``"Utf8"`` or ``"List(Int64)"``."""

from __future__ import annotations

import ast
import difflib
import functools
from typing import TYPE_CHECKING, Any

import polars as pl

from lakecat.errors import DeclarationError
from lakecat.names import told

if TYPE_CHECKING:
    from polars.datatypes import DataTypeClass

_NAMES: dict[str, DataTypeClass] = {
    name: value
    for name, value in vars(pl).items()
    if isinstance(value, type) and issubclass(value, pl.DataType) and name != "DataType"
}
# Names that Polars once had, or that its users write from habit.
_NAMES |= {"Utf8": pl.String, "str": pl.String, "int": pl.Int64, "float": pl.Float64, "bool": pl.Boolean}
_FOLDED = {name.casefold(): value for name, value in _NAMES.items()}


def parse_dtype(value: Any, where: str) -> pl.DataType:
    """Return the Polars dtype that ``value`` names.

    Args:
        value: A Polars dtype or its class, a Python type, or text: a name of either kind, with arguments if it has
            some, as in ``"Datetime('us', 'UTC')"``, ``"Struct({'a': Int64})"`` or ``"pl.List(pl.String)"``. Text is
            read, never executed.
        where: What the dtype belongs to, for the error: ``column 'email' of table 'users'``.

    Raises:
        DeclarationError: It names no dtype; the message has a near name where there is one.
    """
    if isinstance(value, pl.DataType):
        return value
    try:
        if isinstance(value, str):
            return _from_text(value)
        if isinstance(value, type):
            return _instance(value if issubclass(value, pl.DataType) else pl.DataType.from_python(value))
    except _UnknownNameError as error:
        near = difflib.get_close_matches(error.args[0], _NAMES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "; use a Polars dtype such as 'Int64' or 'String'"
        raise DeclarationError(f"{where} has the unknown dtype {error.args[0]!r}{hint}") from None
    except (
        SyntaxError,
        TypeError,
        ValueError,
        IndexError,
        MemoryError,
        RecursionError,
    ) as error:  # the last two: nested too deep
        raise DeclarationError(f"{where} has a dtype that cannot be read: {told(value)} ({error})") from None
    raise DeclarationError(f"{where} has {told(value)} for a dtype; use a Polars dtype or its name, such as 'Int64'")


class _UnknownNameError(Exception):
    pass


@functools.lru_cache(maxsize=1024)
def _from_text(text: str) -> pl.DataType:
    """Return the dtype of a text. Catalogs write few texts very often, and dtypes are not changed."""
    return _instance(_read(ast.parse(text.strip(), mode="eval").body))


def _instance(value: Any) -> pl.DataType:
    if isinstance(value, pl.DataType):
        return value
    if isinstance(value, type) and issubclass(value, pl.DataType):
        try:
            return value()
        except TypeError:
            raise ValueError(f"{value.__name__} needs arguments, as in {_example(value.__name__)}") from None
    raise ValueError(f"{value!r} is no dtype")


def _example(name: str) -> str:
    return {"List": "List(Int64)", "Array": "Array(Int64, 3)", "Struct": "Struct({'a': Int64})"}.get(name, f"{name}(…)")


def _read(node: ast.expr) -> Any:
    """Return the value of a dtype expression: names of dtypes, calls of them, and literals."""
    if isinstance(node, ast.Name):
        try:
            return _NAMES[node.id] if node.id in _NAMES else _FOLDED[node.id.casefold()]
        except KeyError:
            raise _UnknownNameError(node.id) from None
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("pl", "polars"):
        return _read(ast.Name(node.attr))
    if isinstance(node, ast.Call) and all(k.arg for k in node.keywords):
        arguments = [_read(a) for a in node.args]
        return _read(node.func)(*arguments, **{k.arg: _read(k.value) for k in node.keywords if k.arg})
    if isinstance(node, ast.List):
        return [_read(item) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(_read(item) for item in node.elts)
    if isinstance(node, ast.Dict) and all(node.keys):
        return {_read(k): _read(v) for k, v in zip(node.keys, node.values, strict=True) if k is not None}
    if isinstance(node, ast.Constant):
        return node.value
    raise ValueError("write a dtype's name, with literal arguments if it has some")


_LONG = 40
"""So many letters of a text that is no dtype of Polars are shown."""
DEEPEST = 32
"""How deep the text of a dtype goes; nobody reads further, and Polars' own text of a deeper one may end the program."""


_WITH_MORE = (pl.Struct, pl.List, pl.Array, pl.Enum)


def dtype_text(dtype: pl.DataType | None, *, values: bool = True) -> str:
    """Return a dtype as text; ``""`` for ``None``.

    Args:
        dtype: The dtype. What is nested deeper than :data:`DEEPEST` is an ellipsis.
        values: Whether the categories of an Enum, which are values of the column, are shown.

    Example:
        >>> dtype_text(pl.List(pl.Enum(["a"])), values=False)
        'List(Enum(…))'
    """
    if dtype is None:
        return ""
    if not isinstance(dtype, _WITH_MORE):
        return str(dtype)
    depth, level = 0, [dtype]
    has_enum = False
    while level and depth <= DEEPEST:
        has_enum = has_enum or any(isinstance(each, pl.Enum) for each in level)
        level = [inner for each in level for inner in _inner(each)]
        depth += 1
    return str(dtype) if not level and (values or not has_enum) else _text(dtype, values, DEEPEST)


def _inner(dtype: Any) -> list[Any]:
    if isinstance(dtype, pl.Struct):
        return [field.dtype for field in dtype.fields]
    return [dtype.inner] if isinstance(dtype, (pl.List, pl.Array)) else []


def _text(dtype: Any, values: bool, left: int) -> str:
    inner = _inner(dtype)
    if inner and not left:
        return "…"
    texts = [_text(each, values, left - 1) for each in inner]
    if isinstance(dtype, pl.Struct):
        return f"Struct({{{', '.join(f'{f.name!r}: {t}' for f, t in zip(dtype.fields, texts, strict=True))}}})"
    if inner:
        return f"{type(dtype).__name__}({', '.join(texts)}{f', {dtype.size}' if isinstance(dtype, pl.Array) else ''})"
    text = str(dtype)
    # What holds an Enum in a way that is not known here shows its name alone.
    return text if values or "categories" not in text else f"{type(dtype).__name__}(…)"


@functools.lru_cache(maxsize=1024)
def said_dtype(text: str) -> str:
    """Return the text of a dtype as people say it; a text that is none of Polars' dtypes as it is.

    Example:
        >>> said_dtype("Duration(time_unit='us')"), said_dtype("List(Struct({'a': Int64}))"), said_dtype("Int64")
        ('duration in µs', 'list of struct', 'Int64')
    """
    try:
        return _said(_from_text(text), text)
    except (_UnknownNameError, SyntaxError, TypeError, ValueError, IndexError, MemoryError, RecursionError):
        kind = text.partition("(")[0]
        said = {"Enum": "enum", "Struct": "struct", "List": "list", "Array": "array"}.get(kind)
        return said or (text if len(text) <= _LONG else kind)


def _said(dtype: pl.DataType, text: str) -> str:
    match dtype:
        case pl.Struct():
            return f"struct, {len(dtype.fields)} field{'' if len(dtype.fields) == 1 else 's'}"
        case pl.List():
            return f"list of {_said_inside(dtype.inner)}"
        case pl.Array():
            return f"array of {dtype.shape[0]} {_said_inside(dtype.inner)}"
        case pl.Datetime() | pl.Duration():
            unit = {"ns": "ns", "us": "µs", "ms": "ms"}[dtype.time_unit]
            zone = getattr(dtype, "time_zone", None)
            return f"{type(dtype).__name__.lower()} in {unit}{f', {zone}' if zone else ''}"
        case pl.Decimal():
            return f"decimal({dtype.precision}, {dtype.scale})"
        case pl.Enum():
            return f"enum of {len(dtype.categories)}"
    return text


def _said_inside(dtype: Any) -> str:
    return "struct" if isinstance(dtype, pl.Struct) else _said(dtype, str(dtype))
