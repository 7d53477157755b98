"""What every change of a Delta table goes through: retries, conflicts, refusals and what it did."""

from __future__ import annotations

import contextlib
import re
from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl

from lakecat.errors import (
    AccessDeniedError,
    CommitConflictError,
    LakecatError,
    SchemaMismatchError,
    SourceError,
    SourceTimeoutError,
    TableParameterError,
    UnreachableError,
    UnsupportedFeatureError,
)
from lakecat.sources.delta_folder import TableFolder
from lakecat.sources.delta_schema import fit
from lakecat.sources.delta_scratch import scratch, why_not_removed
from lakecat.sources.failures import is_failure, typed_error
from lakecat.sources.frame_stream import FrameStream
from lakecat.sources.storage import StoredTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import deltalake

Result = TypeVar("Result")

# With deltalake's own 15, some of many writers at once give up.
COMMIT_RETRIES = 200
# What rests on the rows of a version is done again from the start on a newer one: how often.
_REPEATS = 20
# deltalake loses its way, or panics, where a path holds one of these.
_UNWRITABLE_PATH = re.compile(r"[\[\]^|\\\x00-\x1f]|%[0-9A-Fa-f]{2}")
_BAD_ARGUMENT = (
    r"sql ?parser|tokenizer|no field named|schema error|during planning|ambiguous reference|type_coercion|cast error|"
    r"invalid function|invalid retention|close delimiter|not found in schema|error parsing property"
)
_REFUSALS: tuple[tuple[type[LakecatError], str, str], ...] = (
    (CommitConflictError, "there is a table already", "already exists"),
    (SchemaMismatchError, "the table's rules, or the predicate, do not allow some of the rows", "invalid data found"),
    (SchemaMismatchError, "the frame lacks a column by which it is partitioned", "not found in write schema"),
    (TableParameterError, "several rows of the frame match one row of the table", "multiple source rows"),
    (UnsupportedFeatureError, "it takes appends alone", "append-only"),
    (UnsupportedFeatureError, "it uses a feature with which it cannot be written here", "(un|not )supported"),
    (
        TableParameterError,
        "the predicate, or another argument, cannot be",
        _BAD_ARGUMENT,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChange:
    """What an operation did to a table, as far as deltalake says; ``None`` is unknown.

    Args:
        version: The version that the table has by it; the one before if there was nothing to do.
        rows_added: New rows. In an overwrite, all that were written.
        rows_updated: Rows with other values.
        rows_deleted: Rows that are gone.
        files_added: Data files that belong to the table now.
        files_removed: Data files that do no more. They stay until :meth:`DeltaUpkeep.vacuum`.
    """

    version: int
    rows_added: int | None = None
    rows_updated: int | None = None
    rows_deleted: int | None = None
    files_added: int | None = None
    files_removed: int | None = None


_METRICS = {
    "rows_added": ("num_added_rows", "num_target_rows_inserted"),
    "rows_updated": ("num_target_rows_updated",),
    "rows_deleted": ("num_deleted_rows", "num_target_rows_deleted"),
    "files_added": ("num_added_files", "num_target_files_added", "numFilesAdded", "numRestoredFile"),
    "files_removed": ("num_removed_files", "num_target_files_removed", "numFilesRemoved", "numRemovedFile"),
}


class DeltaCommits(StoredTable):
    """The parts of which operations on a Delta table are made."""

    @abstractmethod
    def _open(self) -> deltalake.DeltaTable:
        """Return the newest version, which is not to be changed in place."""

    @abstractmethod
    def _load(self, version: int | None = None) -> deltalake.DeltaTable:
        """Return a version that nobody else holds."""

    @abstractmethod
    def _typed(self, error: BaseException) -> SourceError:
        """Return an error of a library as one of lakecat."""

    @abstractmethod
    def _open_version(self, version: Any) -> deltalake.DeltaTable:
        """Return a version, or raise a typed error."""

    @abstractmethod
    def _open_timestamp(self, timestamp: Any) -> deltalake.DeltaTable:
        """Return the version of a time, or raise a typed error."""

    @property
    def _folder(self) -> TableFolder:
        path = self.local_path
        return TableFolder(self.uri, self.options[0]) if path is None else TableFolder(path)

    def _repeat(
        self,
        verb: str,
        act: Callable[[deltalake.DeltaTable], Result],
        *,
        removes: bool = False,
        rewrites: bool = False,
    ) -> Result:
        """Do something on the newest version, again from the start each time that another writer was first.

        Args:
            verb: What is done, for errors: "be merged into".
            act: Does it on a version.
            removes: Whether it removes data files.
            rewrites: Whether it also writes rows of theirs anew.
        """
        for left in reversed(range(_REPEATS)):
            try:
                with self._refusals(verb):
                    table = self._load()
                    if removes or rewrites:
                        self._refuse(verb, why_not_removed(table, rewrites=rewrites))
                    return act(table)
            except CommitConflictError:
                if not left:
                    raise
        raise AssertionError("unreachable")

    def _refuse(self, verb: str, reason: str | None) -> None:
        if reason is not None:
            raise UnsupportedFeatureError(f"table {self.name!r} cannot {verb}: {reason}")

    @contextlib.contextmanager
    def _kept(self, frame: Any, table: pl.Schema, *, add: bool = False, part: bool = False) -> Iterator[Any]:
        """Give a frame that can be computed several times, with the rows of one that is computed once.

        Rows of a LazyFrame are kept in files beside the table for that time; see :meth:`_rows` for the arguments.
        """
        if isinstance(frame, pl.DataFrame):
            yield frame
            return
        with scratch(self._folder) as made:
            with self._rows(frame, table, add=add, part=part) as (rows, _):
                made.write(rows)
            yield made.scan(self._typed)

    @contextlib.contextmanager
    def _refusals(self, verb: str) -> Iterator[None]:
        """Turn what deltalake raises, its panics included, into errors of lakecat."""
        path = self.local_path
        if path is not None and (odd := _UNWRITABLE_PATH.search(str(path.absolute()))):
            raise UnsupportedFeatureError(
                f"table {self.name!r} cannot {verb}: deltalake cannot write where a path has {odd.group()!r}"
            )
        try:
            yield
        except BaseException as error:
            if isinstance(error, LakecatError) or not is_failure(error):
                raise
            raise self._refusal(error, verb) from None

    def _refusal(self, error: BaseException, verb: str) -> LakecatError:
        from deltalake.exceptions import CommitFailedError

        if isinstance(error, LakecatError):
            return error
        what, detail = f"table {self.name!r} cannot {verb}", self.clean(error)
        for kind, sentence, pattern in _REFUSALS:
            if re.search(pattern, str(error), re.IGNORECASE):
                return kind(f"{what}: {sentence}", reason=detail)
        typed = typed_error(error, table=self.name, clean=self.clean)
        store = (AccessDeniedError, SourceTimeoutError, UnreachableError)
        if isinstance(error, CommitFailedError) and not isinstance(typed, store):
            return CommitConflictError(f"{what}: another writer was first; do it again on the newest version", detail)
        return type(typed)(f"{what}: {typed.message.partition(': ')[2]}", typed.reason)

    @contextlib.contextmanager
    def _rows(
        self, frame: Any, table: pl.Schema | None, *, add: bool = False, part: bool = False
    ) -> Iterator[tuple[Any, pl.Schema]]:
        """Give the rows of a frame that fits, for one reading, and their schema.

        Args:
            frame: What is to be written.
            table: The schema that it must fit; ``None`` if it may have its own.
            add: Whether it may add columns.
            part: Whether it may lack columns.
        """
        if not isinstance(frame, pl.DataFrame | pl.LazyFrame):
            raise TableParameterError(
                f"what is written to table {self.name!r} is {type(frame).__name__}; write a DataFrame or a LazyFrame"
            )
        try:
            given = frame.collect_schema()
        except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001 (Polars raises many types)
            raise self._frame_failed(error) from None
        known = pl.Schema() if table is None else table
        if isinstance(frame, pl.DataFrame):
            fitted = fit(frame, given, known, name=self.name, add=add or table is None, part=part)
            yield fitted, fitted.schema
            return
        lazy = fit(frame, given, known, name=self.name, add=add or table is None, part=part)
        stream = FrameStream(lazy)
        try:
            yield stream.reader(), lazy.collect_schema()
        except BaseException as error:
            stream.close()
            if stream.failure is not None and is_failure(error):
                raise self._frame_failed(stream.failure) from None
            raise
        finally:
            stream.close()

    def _frame_failed(self, error: BaseException) -> BaseException:
        if isinstance(error, LakecatError) or not is_failure(error):
            return error
        return SourceError(f"nothing was written to table {self.name!r}: the frame failed", self.clean(error))

    def _sql(self, predicate: Any) -> str:
        """Return a predicate if it is SQL text; a Polars expression cannot always be said in SQL."""
        if isinstance(predicate, pl.Expr):
            raise TableParameterError(
                f"a predicate on table {self.name!r} is a Polars expression; write SQL text, as in \"country = 'NO'\""
            )
        if not isinstance(predicate, str) or not predicate.strip():
            raise TableParameterError(f"a predicate on table {self.name!r} is {predicate!r}; write SQL text")
        return predicate


def commit_properties(retries: int = 0) -> deltalake.CommitProperties:
    """Return what a commit is made with: without retries it is the next one after the version that was read, or none.

    deltalake would look whether what others committed meanwhile is in its way. That is right for appends alone.
    """
    import deltalake

    return deltalake.CommitProperties(max_commit_retries=retries)


def change(table: deltalake.DeltaTable, metrics: Mapping[str, Any] | None = None) -> TableChange:
    """Return what was done to a table that was just changed, from deltalake's own figures."""
    found = (
        {
            name: next((int(metrics[key]) for key in keys if str(metrics.get(key, "")).isdigit()), None)
            for name, keys in _METRICS.items()
        }
        if metrics
        else {}
    )
    return TableChange(version=table.version(), **found)


def own_metrics(table: deltalake.DeltaTable) -> Mapping[str, Any] | None:
    """Return the figures of a table's newest commit from its log, where they can be read."""
    try:
        (newest,) = table.history(1)
    except Exception:  # noqa: BLE001 (the commit stands, whether or not its figures can be read)
        return None
    found = newest.get("operationMetrics")
    return found if isinstance(found, dict) and newest.get("version") == table.version() else None


def check_choice(value: Any, name: str, choices: tuple[str | None, ...], table: str) -> None:
    """Raise a TableParameterError unless ``value`` is one of ``choices``."""
    if value not in choices:
        known = ", ".join(repr(choice) for choice in choices if choice is not None)
        raise TableParameterError(f"{name} for table {table!r} is {value!r}; it can be {known}")
