"""What a Parquet file's footer says of the file: its columns, its rows, and whether it contradicts itself."""

from __future__ import annotations

import hashlib
import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from lakecat.errors import CorruptDataError, EncryptedDataError, SchemaMismatchError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lakecat.sources.parquet.files import DataFile, Place

MOST_FOOTERS = 1_000
"""How many footers of a table are read before ``collect()``; of a table of more files the first ones."""

_MAGIC = b"PAR1"
_OFFSET = re.compile(r"[+-]\d\d:?\d\d")
_TAIL = 1 << 16
_AT_ONCE = 16
_KEPT = 10_000
_MOST_DIGESTS = 1_000_000
_SHAPES = 8


@dataclass(frozen=True, slots=True)
class Shape:
    """What files of the same columns have in common.

    Args:
        schema: Names and dtypes as Polars has them; as pyarrow has them where Polars does not know the file.
        nullable: Whether each column may hold NULL.
        has_int96: Whether a column has times of the old type INT96.
        repeats: Whether a column holds lists or maps.
        unreadable: Why Polars does not know it; ``""`` if it does.
    """

    schema: pl.Schema
    nullable: dict[str, bool]
    has_int96: bool
    repeats: bool
    unreadable: str


@dataclass(frozen=True, slots=True)
class Footer:
    """What one footer says.

    Args:
        rows: The number of rows.
        shape: The columns.
        flaw: What it contradicts itself in; ``""`` for nothing.
    """

    rows: int
    shape: Shape
    flaw: str


class Footers:
    """The footers of a table's files, each read once while its file is the same.

    Args:
        table: The name of the table, for errors.
        typed: Turns an error of a library into one of lakecat.
    """

    def __init__(self, *, table: str, typed: Callable[[BaseException], SourceError]) -> None:
        self._table = table
        self._typed = typed
        # By location, with the stamp of the file at that time.
        self._known: dict[str, tuple[str, Footer]] = {}
        self._digests: dict[str, tuple[str, str]] = {}
        self._shapes: list[tuple[Any, bytes, Shape]] = []

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_known": {}, "_digests": {}, "_shapes": []}

    def read(self, place: Place, files: Sequence[DataFile]) -> list[Footer]:
        """Return what the footers of these files say.

        Raises:
            SourceError: A file or its footer cannot be read.
        """
        found: dict[str, tuple[str, Footer]] = {}
        missing = []
        for file in files:
            known = self._known.get(file.location)
            if known is not None and known[0] == file.stamp:
                found[file.location] = known
            else:
                missing.append(file)
        for file, raw in zip(missing, self.raw_footers(place, missing), strict=True):
            found[file.location] = file.stamp, self._parsed(raw)
        if len(self._known) > _KEPT + 2 * len(files):  # files that are gone, most of them
            self._known = {}
        self._known |= found
        return [found[file.location][1] for file in files]

    def raw(self, place: Place, file: DataFile) -> bytes:
        """Return a footer with its length and the magic number after it.

        Raises:
            SourceError: The file is no Parquet file, or damaged, or cannot be read.
        """
        end: bytes = self._tried(lambda: place.end(file, _TAIL))
        if end[-4:] != _MAGIC or len(end) < 12:
            raise self._no_footer(place, file, end)
        size = int.from_bytes(end[-8:-4], "little") + 8
        if size + len(_MAGIC) > file.size:
            reason = f"file {file.name!r} states a footer of {size} bytes, and has {file.size}"
            raise CorruptDataError(f"table {self._table!r} cannot be read: its data are damaged", reason)
        if size > len(end):
            end = self._tried(lambda: place.end(file, size))
        return end[-size:]

    def digest(self, place: Place, file: DataFile) -> str:
        """Return a text that depends on the footer alone; it is read once while the file is the same."""
        known = self._digests.get(file.location)
        if known is not None and known[0] == file.stamp:
            return known[1]
        try:
            raw = self.raw(place, file)
        except SourceError:  # what is no Parquet file has no footer, and an end
            raw = place.end(file, _TAIL)
        digest = hashlib.sha256(raw).hexdigest()
        if len(self._digests) > _MOST_DIGESTS:
            self._digests = {}
        self._digests[file.location] = file.stamp, digest
        return digest

    def raw_footers(self, place: Place, files: Sequence[DataFile]) -> Iterable[bytes]:
        """Yield footers; those of a store are asked for several at once, and after a failure no more."""
        if place.is_local or len(files) < 2:
            yield from (self.raw(place, file) for file in files)
            return
        pool = ThreadPoolExecutor(min(_AT_ONCE, len(files)), thread_name_prefix="lakecat-footers")
        try:
            yield from pool.map(lambda file: self.raw(place, file), files)
        finally:
            pool.shutdown(cancel_futures=True)

    def _parsed(self, raw: bytes) -> Footer:
        import pyarrow
        import pyarrow.parquet

        def parse() -> Footer:
            metadata = pyarrow.parquet.read_metadata(pyarrow.BufferReader(_MAGIC + raw))
            arrow = (metadata.metadata or {}).get(b"ARROW:schema", b"")
            shapes = self._shapes
            shape = next((s for schema, a, s in shapes if a == arrow and schema.equals(metadata.schema)), None)
            if shape is None:
                shape = self._shape(metadata.schema, raw)
                self._shapes = [*shapes[-_SHAPES:], (metadata.schema, arrow, shape)]
            counted = sum(metadata.row_group(i).num_rows for i in range(metadata.num_row_groups))
            differ = f"a file states {metadata.num_rows} rows, and its row groups have another number"
            return Footer(metadata.num_rows, shape, differ if counted != metadata.num_rows else "")

        found: Footer = self._tried(parse)
        return found

    def _shape(self, schema: Any, raw: bytes) -> Shape:
        import pyarrow

        columns = [schema.column(i) for i in range(len(schema))]
        fields = list(schema.to_arrow_schema())
        unreadable = ""
        try:
            found = pl.Schema(pl.read_parquet_schema(io.BytesIO(_MAGIC + raw)))
        except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001 (Polars raises many types)
            unreadable = f"{error}" or type(error).__name__
            found = pl.Schema(pyarrow.schema([(field.name, known_type(field.type)) for field in fields]))
        return Shape(
            schema=found,
            nullable={field.name: field.nullable for field in fields},
            has_int96=any(column.physical_type == "INT96" for column in columns),
            repeats=any(column.max_repetition_level > 0 for column in columns),
            unreadable=unreadable,
        )

    def _no_footer(self, place: Place, file: DataFile, end: bytes) -> SourceError:
        """Return the error for a file that does not end as Parquet does."""
        what = f"table {self._table!r} cannot be read"
        name = file.name.rpartition("/")[2]
        if end[-4:] == b"PARE":
            return EncryptedDataError(f"{what}: its data are encrypted", f"file {file.name!r}")
        if not file.size or self._tried(lambda: place.start(file, 4)) == _MAGIC:
            state = "is empty" if not file.size else "was cut short: it begins as Parquet does and ends otherwise"
            return CorruptDataError(f"{what}: its data are damaged: the file {name!r} {state}", f"file {file.name!r}")
        return SourceError(
            f"{what}: the file {name!r} is no Parquet file; give the location of Parquet files, write it as one, or "
            f"declare a function that reads it",
            f"file {file.name!r}: Parquet magic bytes not found",
        )

    def _tried(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except SourceError:
            raise
        except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001 (the libraries raise many types)
            failure = self._typed(error)
        raise failure


def known_type(arrow: Any) -> Any:
    """Return a type of Arrow as one that Polars has: of an extension the storage, UTC for a zone without a name.

    The moments are the same: ``+05:30`` says how a writer showed them.
    """
    import pyarrow
    import pyarrow.types

    arrow = getattr(arrow, "storage_type", arrow)
    if pyarrow.types.is_timestamp(arrow) and arrow.tz is not None and _OFFSET.fullmatch(arrow.tz):
        return pyarrow.timestamp(arrow.unit, "UTC")
    if pyarrow.types.is_struct(arrow):
        return pyarrow.struct([field.with_type(known_type(field.type)) for field in arrow])
    if pyarrow.types.is_list(arrow) or pyarrow.types.is_large_list(arrow):
        make = pyarrow.list_ if pyarrow.types.is_list(arrow) else pyarrow.large_list
        return make(arrow.value_field.with_type(known_type(arrow.value_type)))
    if pyarrow.types.is_fixed_size_list(arrow):
        return pyarrow.list_(arrow.value_field.with_type(known_type(arrow.value_type)), arrow.list_size)
    return arrow


def fits(dtype: pl.DataType, target: pl.DataType) -> bool:
    """Return whether values of a dtype can stand in a column of another as they are: if they are the same, or NULLs."""
    return dtype in (target, pl.Null)


def check_same(table: str, first: pl.Schema, other: pl.Schema, files: tuple[str, str]) -> None:
    """Check that a file has the columns of the first one, in any order, with their dtypes. Nothing is converted.

    Args:
        table: The name of the table.
        first: The schema of the first file.
        other: The schema of the file.
        files: Their names.

    Raises:
        SchemaMismatchError: It has others.
    """
    if first == other:
        return
    missing = [name for name in first if name not in other]
    extra = [name for name in other if name not in first]
    differ = [name for name in first if name in other and not fits(other[name], first[name])]
    if not (missing or extra or differ):
        return
    said = [f"no column {name!r}" for name in missing] + [f"a column {name!r} more" for name in extra]
    said += [f"{name!r} as {_kind(other[name])}, not {_kind(first[name])}" for name in differ]
    more = f" and {len(said) - 3} more differences" if len(said) > 3 else ""
    old, new = (name.rpartition("/")[2] for name in files)
    raise SchemaMismatchError(
        f"the files of table {table!r} do not have the same columns: beside {old!r}, {new!r} has "
        f"{', '.join(said[:3])}{more}; write the files alike, or declare a function that brings them together",
        (*missing, *extra, *differ),
        f"files {files[0]!r} and {files[1]!r}",
    )


def _kind(dtype: pl.DataType) -> str:
    """Return a dtype as text, without the categories of an Enum, which are values."""
    return re.sub(r"Enum\(categories=\[.*?\]\)", "Enum", f"{dtype}")
