"""Filters of Polars as SQL, as far as that is certain, for readers that can leave out files and rows by it."""

from __future__ import annotations

import datetime
import json
from typing import Any

import polars as pl

_COMPARISONS = {"Eq": "=", "NotEq": "<>", "Lt": "<", "LtEq": "<=", "Gt": ">", "GtEq": ">="}
_MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_UNITS = {"Milliseconds": 1_000, "Microseconds": 1}
_EPOCH = datetime.datetime(1970, 1, 1)  # noqa: DTZ001 (zones are written by the caller)
_LAST_DAY = (datetime.date.max - _EPOCH.date()).days
_FIRST_DAY = (datetime.date.min - _EPOCH.date()).days
# SQL engines read the text of a time as nanoseconds of 64 bits, and fail outside of about 1678 to 2262.
_LARGEST_TIME = 2**63 // 1000 - 86_400_000_000


def sql_filter(predicate: pl.Expr, schema: pl.Schema) -> str | None:
    """Return a SQL condition that is true wherever ``predicate`` is, or ``None`` if there is none that is certain.

    Readers may drop rows by it; the predicate itself must still be applied to what they return. Understood are
    comparisons of a column with a literal, null checks, booleans, and their combinations. Columns of floats are left
    out: Polars and SQL engines do not order NaN alike, and an engine that is asked for those that are not null takes
    a column for constant where its bounds are equal, which leave NaN out.

    Args:
        predicate: The filter, as Polars gives it to an IO source.
        schema: Names and dtypes of the table.
    """
    try:
        tree = json.loads(predicate.meta.serialize(format="json"))
    except (pl.exceptions.PolarsError, ValueError):
        return None
    return _condition(tree, schema)


def _condition(tree: Any, schema: pl.Schema) -> str | None:
    match tree:
        case {"BinaryExpr": {"left": left, "op": "And" | "LogicalAnd", "right": right}}:
            # Either side alone is true wherever both are.
            sides = [side for side in (_condition(left, schema), _condition(right, schema)) if side is not None]
            return " AND ".join(f"({side})" for side in sides) or None
        case {"BinaryExpr": {"left": left, "op": "Or" | "LogicalOr", "right": right}}:
            first, second = _condition(left, schema), _condition(right, schema)
            return f"({first}) OR ({second})" if first is not None and second is not None else None
        case {"BinaryExpr": {"left": {"Column": name}, "op": op, "right": {"Literal": literal}}} if op in _COMPARISONS:
            return _comparison(name, _COMPARISONS[op], literal, schema)
        case {"BinaryExpr": {"left": {"Literal": literal}, "op": op, "right": {"Column": name}}} if op in _COMPARISONS:
            return _comparison(name, _MIRRORED[_COMPARISONS[op]], literal, schema)
        case {"Function": {"input": [{"Column": name}], "function": {"Boolean": "IsNull" | "IsNotNull" as check}}}:
            if (dtype := schema.get(name)) is None or dtype.is_float():
                return None
            return f"{quoted(name)} IS {'NOT ' if check == 'IsNotNull' else ''}NULL"
        case {"Column": name} if schema.get(name) == pl.Boolean:
            return f"{quoted(name)} = true"
    return None


def _comparison(name: str, operator: str, literal: Any, schema: pl.Schema) -> str | None:
    value = _literal(literal, schema.get(name))
    return None if value is None else f"{quoted(name)} {operator} {value}"


def _literal(literal: Any, dtype: pl.DataType | None) -> str | None:
    """Return a literal as SQL if it is of the column's own kind."""
    if dtype is None:
        return None
    match literal:
        case {"Dyn": {"Int": int(value)}} if dtype.is_integer():
            return str(value)
        case {"Scalar": {"String": str(value)}} | {"Dyn": {"Str": str(value)}} if dtype == pl.String:
            return "'" + value.replace("'", "''") + "'"
        case {"Scalar": {"Boolean": bool(value)}} if dtype == pl.Boolean:
            return str(value).lower()
        case {"Scalar": {"Date": int(days)}} if dtype == pl.Date and _FIRST_DAY <= days <= _LAST_DAY:
            return f"DATE '{(_EPOCH + datetime.timedelta(days=days)).date().isoformat()}'"
        case {"Scalar": {"Datetime": [int(value), unit, zone]}} if isinstance(dtype, pl.Datetime) and unit in _UNITS:
            microseconds = value * _UNITS[unit]
            if (zone is None) != (dtype.time_zone is None) or abs(microseconds) > _LARGEST_TIME:
                return None
            moment = _EPOCH + datetime.timedelta(microseconds=microseconds)
            return f"TIMESTAMP '{moment.isoformat()}{'' if zone is None else 'Z'}'"
        case {"Scalar": dict(scalar)} if dtype.is_integer() and len(scalar) == 1:
            ((kind, value),) = scalar.items()
            return str(value) if kind.startswith(("Int", "UInt")) and isinstance(value, int) else None
    return None


def quoted(name: str) -> str:
    """Return the name of a column for SQL."""
    return '"' + name.replace('"', '""') + '"'
