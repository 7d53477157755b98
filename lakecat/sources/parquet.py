"""Parquet tables: one file, a folder of files, or a glob."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from lakecat.errors import SourceError, SourceNotFoundError
from lakecat.metadata import Column, check_texts
from lakecat.snapshot import Fact, Figure, Statistics
from lakecat.sources.base import refuse_parameters
from lakecat.sources.storage import StoredTable, stamp

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping, Sequence

_FOOTERS = "Parquet footers"


class ParquetTable(StoredTable):
    """A Parquet table at a location: ``ParquetTable(name="countries", uri="countries.parquet")``.

    Args:
        name: The name under which it is registered unless another is given.
        uri: A file, a folder (its ``.parquet`` files at any depth), or a glob. An existing path is never taken for a
            glob.
        partitioning: The columns that folders named ``column=value`` give, outermost first.
        description: What the table holds.
        storage_options: Options for the store. Their values reach no repr, log, exception or page.
    """

    kind = "parquet"

    def __init__(
        self,
        name: str,
        *,
        uri: str | os.PathLike[str],
        partitioning: Sequence[str] = (),
        description: str = "",
        storage_options: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(name, uri=uri, storage_options=storage_options, description=description)
        self.partitioning = check_texts(partitioning, "partitioning", f"table {name!r}")

    def scan(self, **params: Any) -> pl.LazyFrame:
        """Return the table lazily; of a local table it is checked that files are there, and none is opened.

        Raises:
            TableParameterError: Any parameter.
            SourceNotFoundError: No file is there.
            SourceError: The folders do not give a column of ``partitioning``.
        """
        refuse_parameters(params, (), self.name)
        options = dict(self.storage_options) or None
        hive = bool(self.partitioning) or None
        path = self.local_path
        if path is None:
            try:
                return pl.scan_parquet(self.uri, storage_options=options, hive_partitioning=hive)
            except (ValueError, TypeError, pl.exceptions.PolarsError, OSError) as error:  # an option that cannot be
                raise self._unreadable(error) from None
        files = self._files(path)
        frame = pl.scan_parquet([*files], glob=False, hive_partitioning=bool(self.partitioning))
        given = [part.partition("=")[0] for part in files[0].parent.parts if "=" in part] if self.partitioning else []
        if unknown := [name for name in self.partitioning if name not in given]:
            gives = f"its folders give {', '.join(map(repr, given))}" if given else "its folders have no 'name=value'"
            raise SourceError(f"table {self.name!r} is declared as partitioned by {unknown[0]!r}, and {gives}")
        # Polars takes every "name=value" of a path for a partition, those above the table too.
        return frame.drop([name for name in given if name not in self.partitioning])

    def schema(self) -> pl.Schema | None:
        """Return names and dtypes, from the footer of the first file."""
        try:
            return self.scan().collect_schema()
        except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException) as error:
            raise self._unreadable(error) from None

    def columns(self) -> tuple[Column, ...]:
        """Return the columns; those of a local table with nullability, from the footer of its first file."""
        nullable: dict[str, bool] = {}
        if (path := self.local_path) is not None:
            import pyarrow.parquet

            with self._footer_errors():
                nullable = {f.name: f.nullable for f in pyarrow.parquet.read_schema(self._files(path)[0])}
        return tuple(Column(name, dtype, nullable=nullable.get(name)) for name, dtype in (self.schema() or {}).items())

    def facts(self) -> Iterable[Fact]:
        """Return what it is partitioned by."""
        if self.partitioning:
            yield Fact(label="Partitioned by", value=", ".join(self.partitioning))

    def statistics(self) -> Statistics:
        """Return the figures of a local table, from its footers; of one in a store none, as each costs a request."""
        path = self.local_path
        if path is None:
            return Statistics()
        import pyarrow.parquet

        files = self._files(path)
        with self._footer_errors():
            rows = sum(pyarrow.parquet.read_metadata(file).num_rows for file in files)
        return Statistics(
            rows=Figure(value=rows, provenance="exact", source=_FOOTERS),
            bytes=Figure(value=sum(file.stat().st_size for file in files), provenance="exact", source="file system"),
            files=Figure(value=len(files), provenance="exact", source="file system"),
        )

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

    def _unreadable(self, error: BaseException) -> SourceError:
        return SourceError(f"table {self.name!r} cannot be read: {self.clean(error)}")

    def _footer_errors(self) -> _FooterErrors:
        return _FooterErrors(self)


class _FooterErrors:
    """Turns what pyarrow raises for a damaged footer into a SourceError."""

    def __init__(self, table: ParquetTable) -> None:
        self.table = table

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        import pyarrow as pa

        if isinstance(error, (pa.ArrowException, OSError, ValueError)):
            raise SourceError(
                f"the footer of table {self.table.name!r} cannot be read: {self.table.clean(error)}"
            ) from None


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) and "=" not in part for part in path.parts)


def _is_glob(path: Path) -> bool:
    return any(letter in str(path) for letter in "*?[")
