"""What a corpus states of columns, beside what Polars finds in a frame: null counts, bounds and numbers of values."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import polars as pl
from expected_types import fits

from lakecat.dtypes import parse_dtype

if TYPE_CHECKING:
    from lakecat.snapshot import ColumnStatistics, TableSnapshot

_PER_SECOND = {"ms": 10**3, "us": 10**6, "ns": 10**9}
_MILLISECOND = timedelta(milliseconds=1)


def schema_differences(found: dict[str, pl.DataType], facts: dict[str, Any]) -> list[str]:
    """Return how names, order and dtypes of columns differ from the stated ones."""
    stated = {field["name"]: field.get("type", field.get("arrow_type")) for field in facts["schema"]}
    if list(found) != list(stated):
        return [f"columns are {list(found)}, not {list(stated)}"]
    return [f"{name!r} is {found[name]}, not {of}" for name, of in stated.items() if not fits(found[name], of)]


def frame_differences(frame: pl.DataFrame, facts: dict[str, Any]) -> list[str]:
    """Return how the rows of a frame differ from the stated facts."""
    found = []
    if frame.height != facts["rows"]:
        found.append(f"{frame.height} rows, not {facts['rows']}")
    for name, stated in facts.get("columns", {}).items():
        series = frame.get_column(name)
        values = series.drop_nulls()
        if series.dtype.is_float():
            values = values.drop_nans()
        if series.null_count() != stated["null_count"]:
            found.append(f"{name!r} has {series.null_count()} nulls, not {stated['null_count']}")
        bounds = {bound: bound_text(values, bound) for bound in ("min", "max") if bound in stated}
        found += [
            f"{bound} of {name!r} is {text}, not {stated[bound]}"
            for bound, text in bounds.items()
            if not same(text, stated[bound])
        ]
        if "n_unique" in stated and (count := series.drop_nulls().n_unique()) != stated["n_unique"]:
            found.append(f"{name!r} has {count} distinct values, not {stated['n_unique']}")
    return found


def bound_text(values: pl.Series, bound: str) -> str | None:
    """Return the least or largest value as a corpus writes it."""
    if not values.len():
        return None
    dtype = values.dtype
    if isinstance(dtype, pl.Categorical | pl.Enum):
        values = values.cast(pl.String)
    if dtype == pl.Binary:
        return "0x" + (min if bound == "min" else max)(values.to_list()).hex()
    if isinstance(dtype, pl.Datetime | pl.Time):
        # Python's times have neither nanoseconds nor years above 9999.
        number = getattr(values.to_physical(), bound)()
        unit = dtype.time_unit if isinstance(dtype, pl.Datetime) else "ns"
        return _time_text(
            number, unit, zoned=isinstance(dtype, pl.Datetime) and dtype.time_zone is not None, dtype=dtype
        )
    value = getattr(values, bound)()
    match value:
        case bool():
            return str(value).lower()
        case Decimal():
            return f"{value:f}"
        case float():
            return repr(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _time_text(number: int, unit: str, *, zoned: bool, dtype: pl.DataType) -> str:
    seconds, part = divmod(number, _PER_SECOND[unit])
    digits = str(part).zfill(len(str(_PER_SECOND[unit])) - 1).rstrip("0")
    fraction = f".{digits}" if digits else ""
    if dtype == pl.Time:
        return time(seconds // 3600, seconds // 60 % 60, seconds % 60).isoformat() + fraction
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return f"{number} {unit} from 1970"
    return moment.replace(tzinfo=None).isoformat() + fraction + ("Z" if zoned else "")


def same(found: str | None, stated: str | None) -> bool:
    """Tell whether two texts are one value: trailing zeros of fractions do not count."""
    return found == stated or (found is not None and stated is not None and _value(found) == _value(stated))


def _value(text: str) -> Any:
    """Return what a text stands for, so that it can be compared."""
    if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z?|\d\d:\d\d:\d\d\.\d+", text):
        return re.sub(r"\.?0+(?=Z?$)", "", text) if "." in text else text
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def described_differences(snapshot: TableSnapshot, facts: dict[str, Any]) -> list[str]:
    """Return what a description says that the facts do not; what it leaves out or marks as approximate is no matter."""
    found: list[str] = []
    if snapshot.columns is None:
        return ["no columns"]
    found += schema_differences({c.name: parse_dtype(c.dtype, "column") for c in snapshot.columns}, facts)
    nullable = {field["name"]: field["nullable"] for field in facts["schema"]}
    for column in snapshot.columns:
        if column.nullable is not None and column.nullable != nullable.get(column.name):
            found.append(f"{column.name!r} is described as {'' if column.nullable else 'not '}nullable")
        if column.statistics is not None and (stated := facts.get("columns", {}).get(column.name)):
            found += _column_differences(column.name, column.statistics, stated)
    figures = snapshot.statistics
    if "version" in facts and (figures is None or figures.version != facts["version"]):
        found.append(f"version {figures and figures.version}, not {facts['version']}")
    partitions = next((fact.value for fact in snapshot.facts if fact.label == "Partitioned by"), "")
    if partitions != ", ".join(facts.get("partition_columns", ())):
        found.append(f"partitioned by {partitions!r}")
    rows = facts.get("rows", facts.get("footer_rows"))
    if figures and figures.rows and figures.rows.provenance == "exact" and figures.rows.value != rows:
        found.append(f"{figures.rows.value} rows, said to be exact, not {rows}")
    files = facts.get("num_files", facts.get("files"))
    if figures and figures.files and figures.files.provenance == "exact" and figures.files.value != files:
        found.append(f"{figures.files.value} files, not {files}")
    return found + _history_differences(snapshot, facts)


def _column_differences(name: str, known: ColumnStatistics, stated: dict[str, Any]) -> list[str]:
    found = []
    nulls = known.null_count
    if nulls is not None and nulls.provenance == "exact" and nulls.value != stated["null_count"]:
        found.append(f"{name!r} is described with {nulls.value} nulls, not {stated['null_count']}")
    for bound, text in (("min", known.minimum), ("max", known.maximum)):
        true = stated.get(bound)
        if text is None or bound not in stated:
            continue
        if known.bounds == "exact" and not same(text, true):
            found.append(f"{name!r} is described with {bound} {text}, said to be exact, not {true}")
        elif known.bounds == "approximate" and true is not None and not _bounds(text, true, bound):
            found.append(f"{name!r} is described with {bound} {text}, which does not bound {true}")
    return found


def _bounds(text: str, true: str, bound: str) -> bool:
    """Tell whether a text bounds a value; an ellipsis cuts, and logs round times to the millisecond."""
    if text.endswith("…"):
        return text[:-1] <= true if bound == "min" else text[:-1] >= true[: len(text) - 1]
    low, high = (_value(text), _value(true)) if bound == "min" else (_value(true), _value(text))
    if type(low) is not type(high):
        low, high = (text, true) if bound == "min" else (true, text)
    if isinstance(low, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z?", true):
        return bool(datetime.fromisoformat(low) <= datetime.fromisoformat(high) + _MILLISECOND)
    return bool(low <= high)


def _history_differences(snapshot: TableSnapshot, facts: dict[str, Any]) -> list[str]:
    stated = {entry["version"]: entry for entry in facts.get("history", ()) if entry.get("has_commit_info", True)}
    found = []
    for commit in snapshot.history:
        entry = stated.get(commit.version)
        if entry is None:
            continue
        if commit.operation and commit.operation != entry["operation"]:
            found.append(f"commit {commit.version} is described as {commit.operation}, not {entry['operation']}")
        when = entry.get("timestamp_ms")
        made = datetime.fromtimestamp((when or 0) / 1000, UTC).isoformat(timespec="milliseconds")
        if commit.time and when and commit.time != made:
            found.append(f"commit {commit.version} is described as of {commit.time}, not {when} ms")
    return found
