"""Types as a corpus states them (Delta's JSON, Arrow's text), compared with the dtypes of Polars."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

_SCALARS: dict[str, tuple[str, ...]] = {
    # Delta
    "string": ("String", "Categorical", "Enum"),
    "long": ("Int64",),
    "integer": ("Int32",),
    "short": ("Int16",),
    "byte": ("Int8",),
    "float": ("Float32",),
    "double": ("Float64",),
    "boolean": ("Boolean",),
    "binary": ("Binary",),
    "date": ("Date",),
    "void": ("Null",),
    # Arrow
    "bool": ("Boolean",),
    "null": ("Null",),
    **{f"{sign}int{bits}": (f"{sign.upper()}Int{bits}",) for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "halffloat": ("Float16", "Float32"),
    "large_string": ("String", "Categorical", "Enum"),
    "string_view": ("String", "Categorical", "Enum"),
    "large_binary": ("Binary",),
    "binary_view": ("Binary",),
}
_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"fixed_size_binary\[\d+\]", "Binary"),
    (r"date(32|64)\[\w+\]", "Date"),
    (r"time(32|64)\[\w+\]", "Time"),
    (r"duration\[\w+\]", "Duration"),
)
_UTC = ("UTC", "Etc/UTC", "+00:00", "Z", "GMT")


def fits(dtype: pl.DataType, stated: Any) -> bool:
    """Tell whether a dtype is the one that Polars has for a stated type.

    Units of times count for Delta, which has microseconds alone; Arrow's are the ones that one reader chose.
    """
    if isinstance(stated, str):
        return _fits_text(dtype, stated.strip())
    kind = stated["type"]
    if kind == "struct":
        fields = dtype.fields if isinstance(dtype, pl.Struct) else None
        return (
            fields is not None
            and [f.name for f in fields] == [f["name"] for f in stated["fields"]]
            and all(fits(_instance(f.dtype), s["type"]) for f, s in zip(fields, stated["fields"], strict=True))
        )
    if kind == "array":
        return isinstance(dtype, pl.List | pl.Array) and fits(_instance(dtype.inner), stated["elementType"])
    if kind == "map":
        pair = _pair(dtype)
        return pair is not None and fits(pair[0], stated["keyType"]) and fits(pair[1], stated["valueType"])
    return fits(dtype, kind)


def _fits_text(dtype: pl.DataType, stated: str) -> bool:
    if stated.endswith(" not null"):
        return _fits_text(dtype, stated.removesuffix(" not null"))
    if stated in _SCALARS:
        return type(dtype).__name__ in _SCALARS[stated]
    if "<" in stated:
        return _fits_arrow(dtype, stated)
    if found := re.fullmatch(r"decimal\d*\((\d+), ?(-?\d+)\)", stated):
        return isinstance(dtype, pl.Decimal) and (dtype.precision, dtype.scale) == (int(found[1]), int(found[2]))
    if stated in ("timestamp", "timestamp_ntz"):
        zoned = stated == "timestamp"
        return (
            isinstance(dtype, pl.Datetime) and dtype.time_unit == "us" and _same_zone(dtype, "UTC" if zoned else None)
        )
    if found := re.fullmatch(r"timestamp\[\w+(?:, tz=(.+))?\]", stated):
        # Polars has no zone without a name, such as -02:15: the same moments are shown in UTC.
        unnamed = found[1] is not None and re.fullmatch(r"[+-]\d\d:?\d\d", found[1])
        return isinstance(dtype, pl.Datetime) and _same_zone(dtype, "UTC" if unnamed else found[1])
    if stated == "variant":
        return isinstance(dtype, pl.Struct) and {f.name for f in dtype.fields} >= {"metadata", "value"}
    return any(re.fullmatch(pattern, stated) and type(dtype).__name__ == name for pattern, name in _PATTERNS)


def _fits_arrow(dtype: pl.DataType, stated: str) -> bool:
    """Compare with a nested type in the text of Arrow, such as ``map<string, int32 ('a')>``."""
    found = re.fullmatch(r"(\w+)<(.*)>(\[\d+\])?", stated, re.DOTALL)
    if found is None:
        raise ValueError(f"the corpus states a type that is not understood: {stated!r}")
    kind, parts = found[1], split(found[2])
    if kind in ("list", "large_list", "fixed_size_list", "list_view", "large_list_view"):
        return isinstance(dtype, pl.List | pl.Array) and fits(_instance(dtype.inner), _field(parts[0])[1])
    if kind == "map":
        pair = _pair(dtype)
        value = re.sub(r" \('[^']*'\)$", "", parts[1])
        return pair is not None and fits(pair[0], parts[0]) and fits(pair[1], value)
    if kind == "struct":
        fields = [{"name": name, "type": of} for name, of in map(_field, parts)]
        return fits(dtype, {"type": "struct", "fields": fields})
    if kind == "dictionary":
        return fits(dtype, dict(part.split("=", 1) for part in parts)["values"])
    if kind == "extension":
        return isinstance(dtype, pl.Binary | pl.String)
    raise ValueError(f"the corpus states a type that is not understood: {stated!r}")


def split(text: str) -> list[str]:
    """Split at the commas that are in no bracket."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "<[(") - (letter in ">])")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _field(text: str) -> tuple[str, str]:
    name, _, of = text.partition(": ")
    return name, of


def _pair(dtype: pl.DataType) -> tuple[pl.DataType, pl.DataType] | None:
    """Return the dtypes of a map's keys and values; Polars without maps has lists of pairs."""
    if type(dtype).__name__ == "Map":
        return _instance(dtype.key), _instance(dtype.value)
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct) and len(dtype.inner.fields) == 2:
        key, value = dtype.inner.fields
        return _instance(key.dtype), _instance(value.dtype)
    return None


def _instance(dtype: Any) -> pl.DataType:
    return dtype() if isinstance(dtype, type) else dtype


def _same_zone(dtype: pl.Datetime, zone: str | None) -> bool:
    found = dtype.time_zone
    return found == zone or (found in _UTC and zone in _UTC)
