"""Parquet tables: one file, a folder of files, or a glob, on disk and in stores."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from lakecat.errors import CorruptDataError, CorruptLogError, SourceError, SourceNotFoundError, UnsupportedFeatureError
from lakecat.metadata import Column
from lakecat.snapshot import ColumnStatistics, Fact, Figure, Problem, Statistics
from lakecat.sources.base import refuse_parameters
from lakecat.sources.failures import typed_error
from lakecat.sources.parquet.files import DataFile, LocalPlace, Place
from lakecat.sources.parquet.isolation import column_bounds, far_times, first_record_fault
from lakecat.sources.parquet.partitions import Partitions, check_partitioning
from lakecat.sources.parquet.scan import polars_knows_folders, scan_arrow, scan_polars
from lakecat.sources.parquet.schema import MOST_FOOTERS, Footer, Footers, check_same
from lakecat.sources.parquet.store import StorePlace, WebPlace
from lakecat.sources.storage import StoredTable

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

_FOOTERS = "Parquet footers"
_Stamps: TypeAlias = "tuple[tuple[str, str], ...]"


class ParquetTable(StoredTable):
    """A Parquet table at a location: ``ParquetTable(name="countries", uri="countries.parquet")``.

    Args:
        name: The name under which it is registered unless another is given.
        uri: A file, a folder (its ``.parquet`` files at any depth), or a glob. An existing path is never taken for a
            glob. Without one, the table lies where the environment says.
        bucket: The named bucket of the environment below which the table lies.
        partitioning: The columns that folders named ``column=value`` give, outermost first: their names, or a mapping
            of names to dtypes where ``03`` is no number. Only folders below the location count.
        description: What the table holds.
        storage_options: Options for the store. Their values reach no repr, log, exception or page.
    """

    kind = "parquet"

    def __init__(
        self,
        name: str,
        *,
        uri: str | os.PathLike[str] | None = None,
        bucket: str | None = None,
        partitioning: Sequence[str] | Mapping[str, Any] = (),
        description: str = "",
        storage_options: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name, uri=uri, bucket=bucket, storage_options=storage_options, description=description)
        self._partitions = check_partitioning(partitioning, f"table {name!r}")
        # What was found out of files, by their stamps.
        self._footers = Footers(table=name, typed=self._typed)
        self._times: tuple[_Stamps, tuple[tuple[str, ...], bool]] = ((), ((), True))
        self._tried: tuple[_Stamps, str] = ((), "")
        # With its connections, which are kept.
        self._store: StorePlace | None = None

    @property
    def partitioning(self) -> tuple[str, ...]:
        """The names of the partition columns."""
        return tuple(self._partitions)

    def scan(self, /, **params: Any) -> pl.LazyFrame:
        """Return the table lazily; of the data only footers are read, those of the first 1,000 files.

        Polars reads the table; where it does not know the files, or would take their folders for other columns, pyarrow
        does, with the same result.

        Raises:
            TableParameterError: Any parameter.
            SourceNotFoundError: No file is there.
            SchemaMismatchError: The files have other columns than the first one, or a folder's name has no value of
                the dtype that is declared.
            SourceError: A footer cannot be read, or the folders do not give a column of ``partitioning``.
        """
        refuse_parameters(params, (), self.name)
        place, files = self._listed()
        return self._frame(place, files)

    def schema(self) -> pl.Schema | None:
        """Return names and dtypes, from footers."""
        try:
            return self.scan().collect_schema()
        except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
            raise self._typed(error) from None

    def columns(self) -> tuple[Column, ...]:
        """Return the columns with nullability: a column may be null if it may be in one of the files."""
        place, files = self._listed()
        schema = self._frame(place, files).collect_schema()
        known = [footer.shape.nullable for footer in self._all_footers(place, files)]
        nullable: dict[str, bool | None] = {n: any(each.get(n, True) for each in known) for n in known[0]}
        if len(files) > len(known):  # one of the others may say that it may
            nullable = {name: found or None for name, found in nullable.items()}
        nullable |= dict.fromkeys(self.partitioning)
        return tuple(Column(name, dtype, nullable=nullable.get(name)) for name, dtype in schema.items())

    def facts(self) -> Iterable[Fact]:
        """Return what it is partitioned by, and what is to be known of its times."""
        if self.partitioning:
            yield Fact(label="Partitioned by", value=", ".join(self.partitioning))
        far, known = self._far_times()
        if not far and not known:
            yield Fact(label="Times", value="stored as INT96: times before 1677 or after 2262 come out as other times")

    def statistics(self) -> Statistics:
        """Return the figures, from the listing and the footers; the number of rows where all footers were read."""
        place, files = self._listed()
        known = self._all_footers(place, files)
        sure = len(known) == len(files) and not any(footer.flaw for footer in known)
        source = "file system" if place.is_local else "listing of the store"
        rows = sum(footer.rows for footer in known)
        return Statistics(
            rows=Figure(value=rows, provenance="exact", source=_FOOTERS) if sure else None,
            bytes=Figure(value=sum(file.size for file in files), provenance="exact", source=source),
            files=Figure(value=len(files), provenance="exact", source=source),
        )

    def column_statistics(self) -> Mapping[str, ColumnStatistics]:
        """Return null counts and bounds of the columns that are not nested, where all footers can be read.

        Bounds are approximate, as writers may cut long texts.

        Raises:
            SchemaMismatchError: The files do not have the same columns.
        """
        place, files = self._listed()
        known = self._all_footers(place, files)
        self._check_same(files, known)
        if len(known) < len(files) or any(footer.flaw for footer in known):
            return {}
        try:
            bounds = column_bounds(
                [file.location for file in files]
                if place.is_local
                else [[base64.b64encode(raw).decode()] for raw in self._footers.raw_footers(place, files)]
            )
        except SourceError as error:
            raise self._typed(OSError(str(error))) from None
        except OSError as error:
            raise self._typed(error) from None
        return {
            name: ColumnStatistics(
                null_count=None if nulls is None else Figure(value=nulls, provenance="exact", source=_FOOTERS),
                minimum=low,
                maximum=high,
            )
            for name, (nulls, low, high) in bounds.items()
            if (nulls, low, high) != (None, None, None) and name not in self.partitioning
        }

    def problems(self) -> tuple[Problem, ...]:
        """Return flaws of the data: footers that contradict themselves, times that cannot be held.

        Of columns of the old type INT96, which has no bounds in footers, up to a million rows are read, if they are
        local.
        """
        place, files = self._listed()
        found = []
        if flaw := next(filter(None, (footer.flaw for footer in self._all_footers(place, files))), ""):
            message = "The footers of this table's files contradict themselves: readers may return too few rows."
            found.append(Problem(code="corrupt_data", message=message, detail=flaw))
        if far := self._far_times()[0]:
            message = "Some times of this table are before 1677 or after 2262, and come out as other times."
            detail = f"column {', '.join(map(repr, far))} is stored as INT96, which Polars reads as nanoseconds"
            found.append(Problem(code="value_out_of_range", message=message, detail=detail))
        return tuple(found)

    def change_token(self) -> str | None:
        """Return a digest of the names, sizes and footers of the files; in a store of names, sizes and ETags.

        Neither times nor places count: the same data elsewhere have the same token. The footer of a file that was
        written meanwhile is read, once.
        """
        try:
            place, files = self._listed()
            if any(not file.stamp for file in files):  # a server that does not tell
                return None
            listing = [
                (file.name, file.size, self._footers.digest(place, file) if place.is_local else file.stamp)
                for file in files
            ]
        except SourceNotFoundError:
            return "nothing there"
        except (SourceError, OSError):  # it is read again, and then says what is wrong with it
            return None
        declared = {name: str(dtype) for name, dtype in self._partitions.items()}
        text = json.dumps([declared, listing])
        return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()

    def _listed(self) -> tuple[Place, list[DataFile]]:
        """Return where the table lies, and its files as they are now."""
        place = self._place()
        try:
            return place, place.files()
        except OSError as error:
            if isinstance(error, SourceError):
                raise
            failure = self._typed_of_store(error)
        raise failure

    def _place(self) -> Place:
        path = self.local_path
        if path is not None:
            return LocalPlace(path, table=self.name)
        uri = self.uri
        kind = WebPlace if uri.lower().startswith(("http://", "https://")) else StorePlace
        options = self.options[0] or {}
        if self._store is None or not self._store.is_at(uri, options):
            self._store = kind(uri, options, table=self.name, typed=self._typed_of_store)
        return self._store

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_store": None}

    def _frame(self, place: Place, files: list[DataFile]) -> pl.LazyFrame:
        partitions = Partitions([file.name for file in files], self._partitions, table=self.name)
        known = self._footers.read(place, files[:MOST_FOOTERS])
        self._check_same(files, known)
        first = known[0].shape
        if place.is_local and first.repeats and (fault := self._fault_of(files[0])):
            raise CorruptDataError(f"table {self.name!r} cannot be read: its data are damaged", fault)
        native = place.native and not first.unreadable and not any(footer.flaw for footer in known)
        if native and polars_knows_folders(files, list(first.schema), partitions.schema):
            frame = scan_polars(files, partitions.schema, self.options[1])
            try:
                frame.collect_schema()
            except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
                if not place.is_local:
                    raise self._typed(error) from None
            else:
                return frame
        schema = pl.Schema({**first.schema, **partitions.schema})
        return scan_arrow(place, files, partitions, schema, self._footers, self._typed, table=self.name)

    def _check_same(self, files: Sequence[DataFile], known: Sequence[Footer]) -> None:
        """Check that files have the columns of the first one, but for those that folders give."""
        compared: set[int] = set()
        first = self._own_columns(known[0])
        for file, footer in zip(files, known, strict=False):
            if id(footer.shape) not in compared:  # many files have one
                compared.add(id(footer.shape))
                check_same(self.name, first, self._own_columns(footer), (files[0].name, file.name))

    def _own_columns(self, footer: Footer) -> pl.Schema:
        return pl.Schema({n: t for n, t in footer.shape.schema.items() if n not in self._partitions})

    def _all_footers(self, place: Place, files: Sequence[DataFile]) -> list[Footer]:
        """Return what all footers say of a local table; of one in a store, where each is a request, the first ones."""
        return self._footers.read(place, files if place.is_local else files[:MOST_FOOTERS])

    def _far_times(self) -> tuple[tuple[str, ...], bool]:
        """Return the columns with INT96 times out of range, and whether there can be no others; asked once."""
        place, files = self._listed()
        if not any(footer.shape.has_int96 for footer in self._all_footers(place, files)):
            return (), True
        if not place.is_local:
            return (), False
        key = _stamps(files)
        if key != self._times[0]:
            far, known = far_times([file.location for file in files])
            schema = self.schema() or pl.Schema()
            # Where the writer left its Arrow schema, Polars takes the unit from there, and microseconds reach further.
            units = {path: str(schema.get(path, schema.get(path.partition(".")[0], "'ns'"))) for path in far}
            self._times = key, (tuple(path for path in far if "'ns'" in units[path]), known)
        return self._times[1]

    def _fault_of(self, file: DataFile) -> str:
        """Return why the first record of columns that repeat cannot be read; asked once while the file is the same."""
        key = _stamps([file])
        if key != self._tried[0]:
            fault = first_record_fault(file.location)
            self._tried = key, self.clean(OSError(fault)) if fault else ""
        return self._tried[1]

    def _typed_of_store(self, error: BaseException) -> SourceError:
        return typed_error(error, table=self.name, clean=self.clean)

    def _typed(self, error: BaseException) -> SourceError:
        typed = typed_error(error, table=self.name, clean=self.clean)
        if isinstance(error, NotImplementedError):  # pyarrow's own, for a 128-bit integer, say
            sentence = f"table {self.name!r} cannot be read: it has a type that cannot be read here"
            return UnsupportedFeatureError(sentence, typed.reason)
        # What fails while a footer is read is the file's fault, unless the text says more.
        return CorruptDataError(typed.message, typed.reason) if type(typed) in (SourceError, CorruptLogError) else typed


def _stamps(files: Iterable[DataFile]) -> _Stamps:
    return tuple((file.location, file.stamp) for file in files)
