"""What the footers of Parquet files say of their columns' values: null counts and bounds.

Two questions that footers leave open are answered from a bounded part of the data. They are asked in a process of their
own, see :mod:`lakecat.sources.parquet.isolation`: some damaged files make the reader abort the process.
"""

from __future__ import annotations

import base64
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from lakecat.sources.values import value_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


Bounds: TypeAlias = "tuple[int | None, str | None, str | None]"
"""Null count, smallest and largest value of a column; ``None`` is unknown."""
Source: TypeAlias = "str | list[str]"
"""A file by its path, or, of a file in a store, its footer: one text of Base64 in a list."""

# Polars reads INT96 as nanoseconds of 64 bits; pyarrow, asked for milliseconds, returns every time that INT96 can hold.
_NANOSECONDS = 2**63 // 10**6
_ROWS_TRIED = 1_000_000


@dataclass(slots=True)
class ColumnFooter:
    """What the footers of all files say of one column; ``None`` is unknown."""

    null_count: int | None = 0
    minimum: Any = None
    maximum: Any = None
    bounded: bool = True

    def add(self, chunk: Any, rows: int) -> None:
        """Add one column chunk of ``rows`` rows."""
        known = chunk.statistics if chunk.is_stats_set else None
        if known is None or not known.has_null_count:
            self.null_count, self.bounded = None, self.bounded and known is not None
        elif self.null_count is not None:
            self.null_count += known.null_count
        if known is None or not known.has_min_max:
            # A chunk of nulls alone has no bounds and needs none.
            self.bounded = self.bounded and known is not None and known.has_null_count and known.null_count == rows
            return
        low, high = known.min, known.max
        if any(isinstance(bound, float) and math.isnan(bound) for bound in (low, high)):
            self.bounded = False  # NaN in bounds says nothing (PARQUET-1222)
        elif self.bounded and self.minimum is not None and type(low) is not type(self.minimum):
            self.bounded = False  # files of different types: there is no order between their values
        elif self.bounded:
            self.minimum = low if self.minimum is None else min(self.minimum, low)
            self.maximum = high if self.maximum is None else max(self.maximum, high)


def read_columns(files: Iterable[Source]) -> dict[str, Bounds]:
    """Return null count and bounds, as text, of each column that is not nested.

    Asking pyarrow for a column chunk whose metadata are encrypted aborts the process: call it through
    :mod:`lakecat.sources.parquet.isolation`.

    Raises:
        OSError: A file or its footer cannot be read; pyarrow's own errors are among them.
    """
    import pyarrow.parquet

    columns: dict[str, ColumnFooter] = {}
    for file in files:
        metadata = pyarrow.parquet.read_metadata(file if isinstance(file, str) else _footer(*file))
        schema = metadata.schema
        names = {i: schema.column(i).path for i in range(len(schema)) if schema.column(i).max_repetition_level == 0}
        for group in (metadata.row_group(i) for i in range(metadata.num_row_groups)):
            for i, name in names.items():
                if "." not in name and not _misordered(metadata, i):  # a dot: a leaf of a struct
                    columns.setdefault(name, ColumnFooter()).add(group.column(i), group.num_rows)
    return {
        name: (c.null_count, value_text(c.minimum) if c.bounded else None, value_text(c.maximum) if c.bounded else None)
        for name, c in columns.items()
    }


def _footer(encoded: str) -> Any:
    """Return a footer as a file that has no other part."""
    import pyarrow

    return pyarrow.BufferReader(b"PAR1" + base64.b64decode(encoded))


def _misordered(metadata: Any, i: int) -> bool:
    """Return whether bounds may be false: parquet-mr before 1.10 compared decimals in bytes without a sign."""
    column, writer = metadata.schema.column(i), re.match(r"parquet-mr version 1\.(\d+)", metadata.created_by or "")
    old = writer is not None and int(writer[1]) < 10
    return old and column.logical_type.type == "DECIMAL" and "BYTE_ARRAY" in column.physical_type


def batches(opened: Any, columns: list[str], *, rows: int = 1 << 16) -> Iterator[Any]:
    """Yield the record batches of an opened file; pyarrow 18 fails where it has no row groups."""
    if opened.metadata.num_row_groups:
        yield from opened.iter_batches(batch_size=rows, columns=columns)


def read_first_record(files: Iterable[str]) -> dict[str, Any]:
    """Read the first record of the columns that repeat, of each file; returns nothing.

    Where a file begins in the middle of a record, Polars returns other rows without a word, and pyarrow raises.

    Raises:
        OSError: They are damaged; pyarrow's own errors are among them.
    """
    import pyarrow.parquet

    for file in files:
        with pyarrow.parquet.ParquetFile(file) as opened:
            schema = opened.schema
            paths = [schema.column(i).path for i in range(len(schema)) if schema.column(i).max_repetition_level > 0]
            next(batches(opened, sorted({path.partition(".")[0] for path in paths}), rows=1), None)
    return {}


def read_far_times(files: Iterable[str]) -> dict[str, Any]:
    """Return as ``columns`` which hold INT96 times that nanoseconds cannot, and as ``all`` whether all rows were read.

    No more than a million rows are read, the first ones, and of these only the columns of that type.

    Raises:
        OSError: They cannot be read; pyarrow's own errors are among them.
    """
    import pyarrow.parquet

    far: set[str] = set()
    left = _ROWS_TRIED
    for file in files:
        with pyarrow.parquet.ParquetFile(file, coerce_int96_timestamp_unit="ms") as opened:
            columns = map(opened.schema.column, range(len(opened.schema)))
            for path in [column.path for column in columns if column.physical_type == "INT96"]:
                read = 0
                for batch in batches(opened, [path]):
                    if any(map(_is_far, _leaves(batch.column(0)))):
                        far.add(path)
                        break
                    read += batch.num_rows
                    if read >= left:
                        break
            left -= opened.metadata.num_rows
        if left < 0:
            break
    return {"columns": sorted(far), "all": left >= 0}


def _leaves(array: Any) -> Iterator[Any]:
    """Yield the arrays of values that an array of lists, maps or structs is made of."""
    import pyarrow.types

    if pyarrow.types.is_map(array.type):
        yield from _leaves(array.keys)
        yield from _leaves(array.items)
    elif pyarrow.types.is_list(array.type) or pyarrow.types.is_large_list(array.type):
        yield from _leaves(array.flatten())
    elif pyarrow.types.is_struct(array.type):
        for field in array.flatten():
            yield from _leaves(field)
    else:
        yield array


def _is_far(array: Any) -> bool:
    import pyarrow.compute
    import pyarrow.types

    if not pyarrow.types.is_timestamp(array.type):  # the keys of a map are read with its values
        return False
    found = pyarrow.compute.min_max(array.cast("int64"))
    low, high = found["min"].as_py(), found["max"].as_py()
    return low is not None and (low <= -_NANOSECONDS or high >= _NANOSECONDS)


QUESTIONS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "columns": read_columns,
    "first record": read_first_record,
    "far times": read_far_times,
}


def answering() -> Callable[[str, list[Source]], dict[str, Any]]:
    """Return what answers one of the questions about files, for :mod:`lakecat.sources.parquet.isolation`."""
    return lambda question, files: QUESTIONS[question](files)
