"""Columns that folders named ``column=value`` give: which, of which dtype, and with which value for each file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import polars as pl

from lakecat.dtypes import parse_dtype
from lakecat.errors import DeclarationError, SchemaMismatchError, SourceError
from lakecat.metadata import check_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NULL = "__HIVE_DEFAULT_PARTITION__"
"""The value of a folder that stands for NULL."""

_INTEGER = re.compile(r"-?\d+", re.ASCII)
_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?)?", re.ASCII)
_TRUTHS = ("true", "false")


def check_partitioning(given: Any, where: str) -> dict[str, pl.DataType | None]:
    """Return the names of partition columns with their dtypes, ``None`` where the values are to tell.

    Args:
        given: A sequence of names, one name, or a mapping of names to dtypes.
        where: The table, for the error.

    Raises:
        DeclarationError: A name or dtype that cannot be.
    """
    if not isinstance(given, Mapping):
        return dict.fromkeys(check_texts(given, "partitioning", where))
    names = check_texts(list(given), "partitioning", where)
    dtypes = {name: parse_dtype(given[name], f"partition column {name!r} of {where}") for name in names}
    for name, dtype in dtypes.items():
        zone = getattr(dtype, "time_zone", None)
        plain = dtype.is_numeric() or dtype in (pl.String, pl.Boolean, pl.Date, pl.Datetime, pl.Categorical, pl.Enum)
        if not plain or zone not in (None, "UTC"):
            raise DeclarationError(
                f"partition column {name!r} of {where} has the dtype {type(dtype).__name__}, which no name of a folder "
                f"can hold; use a number, String, Boolean, Date, or Datetime without a zone or in UTC"
            )
    return dict(dtypes)


def folder_values(path: str) -> list[tuple[str, str]]:
    """Return the ``name=value`` of the folders of a path, outermost first, as they are written."""
    parts = (part.partition("=") for part in path.split("/")[:-1])
    return [(name, value) for name, sign, value in parts if sign and name]


class Partitions:
    """The partition columns of some files.

    Where no dtype is declared, the values of all files decide: whole numbers that fit are ``Int64`` (``03`` is 3),
    other numbers ``Float64``, ``true`` and ``false`` are ``Boolean``, ``2026-01-31`` is a ``Date``, with a time of day
    a ``Datetime``; everything else is a ``String``. A folder ``__HIVE_DEFAULT_PARTITION__`` is NULL and decides
    nothing.

    Args:
        files: The path of each file below the table's location.
        declared: The names of the columns, with dtypes where they are declared.
        table: The name of the table, for errors.

    Raises:
        SourceError: A file lies in no folder that gives a declared column, or in two.
        SchemaMismatchError: A value is none of the declared dtype.
    """

    def __init__(self, files: Sequence[str], declared: Mapping[str, pl.DataType | None], *, table: str) -> None:
        self._table = table
        self._columns: dict[str, pl.Series] = {}
        if declared:
            given = [self._given(file, declared) for file in files]
            for name, dtype in declared.items():
                self._columns[name] = self._column(name, [values[name] for values in given], dtype)

    @property
    def schema(self) -> pl.Schema:
        """Names and dtypes of the columns."""
        return pl.Schema({name: column.dtype for name, column in self._columns.items()})

    def values(self, index: int) -> dict[str, Any]:
        """Return the values that the columns have in one file."""
        return {name: column[index] for name, column in self._columns.items()}

    def _given(self, file: str, declared: Iterable[str]) -> dict[str, str | None]:
        found = folder_values(file)
        names = [name for name, _ in found]
        for name in declared:
            if names.count(name) != 1:
                gives = f"its folders give {', '.join(map(repr, dict.fromkeys(names)))}"
                gives = gives if names else "its folders have no 'name=value'"
                gives = gives if name not in names else "a file lies in two folders of that name"
                message = f"table {self._table!r} is declared as partitioned by {name!r}, and {gives}"
                raise SourceError(message, f"file {file!r}")
        return {name: None if value == NULL else decoded(value) for name, value in found}

    def _column(self, name: str, values: list[str | None], dtype: pl.DataType | None) -> pl.Series:
        texts = list(dict.fromkeys(value for value in values if value is not None))
        if dtype is None:
            dtype = inferred(texts)
        made = {text: value_of(text, dtype) for text in texts}
        if wrong := [text for text, value in made.items() if value is None and text]:
            raise SchemaMismatchError(
                f"partition column {name!r} of table {self._table!r} is declared as {type(dtype).__name__}, and the "
                f"name of a folder holds no such value; declare partitioning={{{name!r}: 'String'}} or another dtype",
                (name,),
                f"folder {f'{name}={wrong[0]}'!r}",
            )
        return pl.Series(name, [None if value is None else made[value] for value in values], dtype)


def decoded(value: str) -> str:
    """Return a folder's value without the escapes of URLs; as it is written where they stand for no text."""
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        return value


def inferred(texts: Iterable[str]) -> pl.DataType:
    """Return the dtype that these values have by the rule of :class:`Partitions`."""
    values = list(texts)

    def all_are(pattern: re.Pattern[str]) -> bool:
        return bool(values) and all(pattern.fullmatch(value) for value in values)

    if all_are(_INTEGER) and all(-(2**63) <= int(value) < 2**63 for value in values):
        return pl.Int64()
    if all_are(_NUMBER) and not all_are(_INTEGER):
        return pl.Float64()
    if values and all(value.lower() in _TRUTHS for value in values):
        return pl.Boolean()
    if all_are(_DATE) and _parsed(values, pl.Date()).null_count() == 0:
        return pl.Date()
    if all_are(_TIME) and _parsed(values, pl.Datetime("us")).null_count() == 0:
        return pl.Datetime("us")
    return pl.String()


def value_of(text: str, dtype: pl.DataType) -> Any:
    """Return a folder's value as one of a dtype; ``None`` if it is none."""
    if dtype in (pl.String, pl.Categorical):
        return text
    if isinstance(dtype, pl.Enum):
        return text if text in dtype.categories.to_list() else None
    if dtype == pl.Boolean:
        return {"true": True, "false": False}.get(text.lower())
    pattern = (
        _INTEGER if dtype.is_integer() else _NUMBER if dtype.is_numeric() else _DATE if dtype == pl.Date else _TIME
    )
    if not pattern.fullmatch(text):
        return None
    if isinstance(dtype, pl.Decimal) and not re.fullmatch(rf"-?\d*(\.\d{{0,{dtype.scale}}})?", text):
        return None
    return _parsed([text], dtype)[0]


def _parsed(texts: list[str], dtype: pl.DataType) -> pl.Series:
    column = pl.Series(texts, dtype=pl.String)
    if isinstance(dtype, pl.Datetime):
        whole = column.str.replace("T", " ", literal=True).str.replace(r"^(.{10})$", "$1 00:00:00")
        made = whole.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit=dtype.time_unit, strict=False)
        return made if dtype.time_zone is None else made.dt.replace_time_zone(dtype.time_zone)
    if dtype == pl.Date:
        return column.str.to_date("%Y-%m-%d", strict=False)
    return column.cast(dtype, strict=False)
