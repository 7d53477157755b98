"""Parquet tables: one file, a folder of files, or a glob."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import unquote

import polars as pl

from lakecat.errors import CorruptDataError, CorruptLogError, SourceError, SourceNotFoundError
from lakecat.metadata import Column, check_texts
from lakecat.snapshot import ColumnStatistics, Fact, Figure, Problem, Statistics
from lakecat.sources.base import refuse_parameters
from lakecat.sources.failures import typed_error
from lakecat.sources.isolation import column_bounds, far_times, first_record_fault
from lakecat.sources.parquet_footer import Footers, read_footers
from lakecat.sources.parquet_scan import scan_arrow
from lakecat.sources.storage import StoredTable, stamp

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
        partitioning: The columns that folders named ``column=value`` give, outermost first.
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
        partitioning: Sequence[str] = (),
        description: str = "",
        storage_options: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name, uri=uri, bucket=bucket, storage_options=storage_options, description=description)
        self.partitioning = check_texts(partitioning, "partitioning", f"table {name!r}")
        # What was found out of files, by their stamps.
        self._known: dict[_Stamps, Footers] = {}
        self._times: tuple[_Stamps, tuple[tuple[str, ...], bool]] = ((), ((), True))
        self._tried: tuple[_Stamps, str] = ((), "")

    def scan(self, /, **params: Any) -> pl.LazyFrame:
        """Return the table lazily; of the data only the footer of the first local file is looked at.

        Polars reads the table; files whose footers it cannot read, pyarrow does.

        Raises:
            TableParameterError: Any parameter.
            SourceNotFoundError: No file is there.
            SourceError: The footer cannot be read, or the folders do not give a column of ``partitioning``.
        """
        refuse_parameters(params, (), self.name)
        path = self.local_path
        if path is None:
            return self._scan_store()
        files = self._files(path)
        given = _partitions(files[0]) if self.partitioning else {}
        if unknown := [name for name in self.partitioning if name not in given]:
            gives = f"its folders give {', '.join(map(repr, given))}" if given else "its folders have no 'name=value'"
            raise SourceError(f"table {self.name!r} is declared as partitioned by {unknown[0]!r}, and {gives}")
        # Polars takes every "name=value" of a path for a partition, those above the table too.
        above = [name for name in given if name not in self.partitioning]
        known = self._footers(files[:1])
        if known.repeats and (fault := self._fault_of(files[0])):
            raise CorruptDataError(f"table {self.name!r} cannot be read: its data are damaged", fault)
        flaw = known.flaw
        frame = pl.scan_parquet([*files], glob=False, hive_partitioning=bool(self.partitioning)).drop(above)
        try:
            frame.collect_schema()
        except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
            flaw = self.clean(error)
        return frame if not flaw else self._scan_arrow(files)

    def schema(self) -> pl.Schema | None:
        """Return names and dtypes, from the footer of the first file."""
        try:
            return self.scan().collect_schema()
        except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
            raise self._typed(error) from None

    def columns(self) -> tuple[Column, ...]:
        """Return the columns; those of a local table with nullability, from the footer of its first file."""
        nullable: dict[str, bool] = {}
        if (path := self.local_path) is not None:
            nullable = {field.name: field.nullable for field in self._arrow_schema(self._files(path)[0])}
        return tuple(Column(name, dtype, nullable=nullable.get(name)) for name, dtype in (self.schema() or {}).items())

    def facts(self) -> Iterable[Fact]:
        """Return what it is partitioned by, and what is to be known of its times."""
        if self.partitioning:
            yield Fact(label="Partitioned by", value=", ".join(self.partitioning))
        far, known = self._far_times()
        if not far and not known:
            yield Fact(label="Times", value="stored as INT96: times before 1677 or after 2262 come out as other times")

    def statistics(self) -> Statistics:
        """Return the figures of a local table, from its footers; of one in a store none, as each costs a request."""
        path = self.local_path
        if path is None:
            return Statistics()
        files = self._files(path)
        known = self._footers(files)
        return Statistics(
            rows=None if known.flaw else Figure(value=known.rows, provenance="exact", source=_FOOTERS),
            bytes=Figure(value=sum(file.stat().st_size for file in files), provenance="exact", source="file system"),
            files=Figure(value=len(files), provenance="exact", source="file system"),
        )

    def column_statistics(self) -> Mapping[str, ColumnStatistics]:
        """Return null counts and bounds of the columns of a local table that are not nested, from its footers.

        Bounds are approximate, as writers may cut long texts.
        """
        path = self.local_path
        files = [] if path is None else self._files(path)
        if not files or self._footers(files).flaw:
            return {}
        try:
            bounds = column_bounds([str(file) for file in files])
        except (SourceError, OSError) as error:
            raise self._typed(OSError(str(error))) from None
        return {
            name: ColumnStatistics(
                null_count=None if nulls is None else Figure(value=nulls, provenance="exact", source=_FOOTERS),
                minimum=low,
                maximum=high,
            )
            for name, (nulls, low, high) in bounds.items()
            if (nulls, low, high) != (None, None, None)
        }

    def problems(self) -> tuple[Problem, ...]:
        """Return flaws of the data of a local table: footers that contradict themselves, times that cannot be held.

        Of columns of the old type INT96, which has no bounds in footers, up to a million rows are read.
        """
        path = self.local_path
        found = []
        if path is not None and (flaw := self._footers(self._files(path)).flaw):
            message = "The footers of this table's files contradict themselves: readers may return too few rows."
            found.append(Problem(code="corrupt_data", message=message, detail=flaw))
        if far := self._far_times()[0]:
            message = "Some times of this table are before 1677 or after 2262, and come out as other times."
            detail = f"column {', '.join(map(repr, far))} is stored as INT96, which Polars reads as nanoseconds"
            found.append(Problem(code="value_out_of_range", message=message, detail=detail))
        return tuple(found)

    def change_token(self) -> str | None:
        """Return a digest of the names and stamps of the files; ``None`` for a table in a store."""
        path = self.local_path
        if path is None:
            return None
        try:
            listing = "\n".join(f"{file}\t{stamp(file)}" for file in self._files(path))
        except (SourceNotFoundError, OSError):
            return "nothing there"
        return hashlib.sha256(listing.encode(errors="surrogateescape")).hexdigest()

    def _files(self, path: Path) -> list[Path]:
        if path.is_file():
            return [path]
        if (path / "_delta_log").is_dir():
            # Its folder also holds files that commits have removed.
            raise SourceError(f"table {self.name!r} is a Delta table: {str(path)!r} has a '_delta_log'; use DeltaTable")
        if path.is_dir():
            files = sorted(f for f in path.rglob("*.parquet") if f.is_file() and not _is_hidden(f.relative_to(path)))
        else:
            root = Path(path.anchor)
            found = root.glob(str(path.relative_to(root))) if _is_glob(path) else ()
            files = sorted(f for f in found if f.is_file() and not _is_hidden(Path(f.name)))
        if not files:
            what = (
                "no '.parquet' file in the folder"
                if path.is_dir()
                else "no file matches"
                if _is_glob(path)
                else "no file or folder"
            )
            raise SourceNotFoundError(f"there is no Parquet table {self.name!r}: {what} {str(path)!r}")
        return files

    def _scan_store(self) -> pl.LazyFrame:
        """Return a table in a store; asks for the footer of its first file, so that what is wrong is said now."""
        uri = self.uri
        if not _is_glob(Path(uri)) and not uri.endswith("/") and "." not in uri.rpartition("/")[2]:
            uri += "/"
        if uri.endswith("/"):
            uri += "**/*.parquet"  # a folder also holds markers of writers
        # A key that holds a bracket or a star and exists is a file, not a pattern.
        failure: BaseException | None = None
        for glob in [False, True] if _is_glob(Path(uri)) else [True]:
            try:
                frame = pl.scan_parquet(
                    uri, glob=glob, storage_options=self.options[1], hive_partitioning=bool(self.partitioning) or None
                )
                frame.collect_schema()
            except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001 (Polars raises many types)
                failure = failure if isinstance(error, FileNotFoundError) and failure else error
            else:
                return frame
        if isinstance(failure, FileNotFoundError):
            where = f"there is no Parquet table {self.name!r} at its location"
            raise SourceNotFoundError(where, self.clean(failure)) from None
        raise self._typed(failure or ValueError(uri)) from None

    def _scan_arrow(self, files: Sequence[Path]) -> pl.LazyFrame:
        import pyarrow

        try:
            # Of an extension type the storage is read.
            fields = [(f.name, getattr(f.type, "storage_type", f.type)) for f in self._arrow_schema(files[0])]
            schema = pl.Schema(pyarrow.schema(fields))
        except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001 (a dtype that Polars does not have)
            raise self._typed(error) from None
        values = [{k: v for k, v in _partitions(file).items() if k in self.partitioning} for file in files]
        for name in self.partitioning:
            schema[name] = pl.String()
        return scan_arrow([(str(f), v) for f, v in zip(files, values, strict=True)], schema, self._typed)

    def _arrow_schema(self, file: Path) -> Any:
        import pyarrow.parquet

        try:
            return pyarrow.parquet.read_schema(file)
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            raise self._typed(error) from None

    def _footers(self, files: Sequence[Path]) -> Footers:
        """Return what footers say; those of files that did not change are read once."""
        key = _stamps(files)
        if key not in self._known:
            if len(self._known) > 1:  # those of the first file and those of all are asked for in turn
                self._known.clear()
            try:
                self._known[key] = read_footers(str(file) for file in files)
            except Exception as error:  # noqa: BLE001 (pyarrow raises many types)
                raise self._typed(error) from None
        return self._known[key]

    def _far_times(self) -> tuple[tuple[str, ...], bool]:
        """Return the columns with INT96 times out of range, and whether there can be no others; asked once."""
        path = self.local_path
        files = [] if path is None else self._files(path)
        if not self._footers(files).has_int96:
            return (), True
        key = _stamps(files)
        if key != self._times[0]:
            far, known = far_times([str(file) for file in files])
            schema = self.schema() or pl.Schema()
            # Where the writer left its Arrow schema, Polars takes the unit from there, and microseconds reach further.
            units = {path: str(schema.get(path, schema.get(path.partition(".")[0], "'ns'"))) for path in far}
            self._times = key, (tuple(path for path in far if "'ns'" in units[path]), known)
        return self._times[1]

    def _fault_of(self, file: Path) -> str:
        """Return why the first record of columns that repeat cannot be read; asked once while the file is the same."""
        key = _stamps([file])
        if key != self._tried[0]:
            fault = first_record_fault(str(file))
            self._tried = key, self.clean(OSError(fault)) if fault else ""
        return self._tried[1]

    def _typed(self, error: BaseException) -> SourceError:
        typed = typed_error(error, table=self.name, clean=self.clean)
        # What fails while a footer is read is the file's fault, unless the text says more.
        return CorruptDataError(typed.message, typed.reason) if type(typed) in (SourceError, CorruptLogError) else typed


def _stamps(files: Iterable[Path]) -> _Stamps:
    return tuple((str(file), stamp(file)) for file in files)


def _partitions(file: Path) -> dict[str, str]:
    """Return the values that folders named ``name=value`` give, as text."""
    return {name: unquote(value) for name, sign, value in (p.partition("=") for p in file.parent.parts) if sign}


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) and "=" not in part for part in path.parts)


def _is_glob(path: Path) -> bool:
    return any(letter in str(path) for letter in "*?[")
