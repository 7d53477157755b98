"""What every change of a Delta table goes through: retries, conflicts, refusals and what it did."""

from __future__ import annotations

import contextlib
import re
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
from lakecat.sources.delta.schema import fit
from lakecat.sources.delta.scratch import scratch, why_not_removed
from lakecat.sources.failures import is_failure
from lakecat.sources.frame_stream import FrameStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import deltalake

    from lakecat.sources.delta.table import DeltaTable

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
        files_removed: Data files that do no more. They stay until :meth:`lakecat.DeltaTable.vacuum`.
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


class Operation:
    """One change of a Delta table, and the parts of which it is made.

    Args:
        table: The table.
        verb: What happens to it, for errors: "be merged into".
    """

    def __init__(self, table: DeltaTable, verb: str) -> None:
        self.table = table
        self.handle = table.handle
        self._what = f"table {table.name!r} cannot {verb}"

    def repeat(
        self,
        act: Callable[[deltalake.DeltaTable], Result],
        *,
        removes: bool = False,
        rewrites: bool = False,
    ) -> Result:
        """Do something on the newest version, again from the start each time that another writer was first.

        Args:
            act: Does it on a version.
            removes: Whether it removes data files.
            rewrites: Whether it also writes rows of theirs anew.
        """
        for left in reversed(range(_REPEATS)):
            try:
                with self.refusals():
                    table = self.handle.load()
                    if removes or rewrites:
                        self.refuse(why_not_removed(table, rewrites=rewrites))
                    return act(table)
            except CommitConflictError:
                if not left:
                    raise
        raise AssertionError("unreachable")

    def refuse(self, reason: str | None) -> None:
        """Raise an UnsupportedFeatureError if there is a reason for one."""
        if reason is not None:
            raise UnsupportedFeatureError(f"{self._what}: {reason}")

    def conflict(self, sentence: str) -> CommitConflictError:
        """Return the error for another writer who was first, in a way that this cannot be done on top of."""
        return CommitConflictError(f"{self._what}: {sentence}")

    @contextlib.contextmanager
    def kept(self, frame: Any, table: pl.Schema, *, add: bool = False, part: bool = False) -> Iterator[Any]:
        """Give a frame that can be computed several times, with the rows of one that is computed once.

        Rows of a LazyFrame are kept in files beside the table for that time; see :meth:`rows` for the arguments.
        """
        if isinstance(frame, pl.DataFrame):
            yield frame
            return
        with scratch(self.handle.folder) as made:
            with self.rows(frame, table, add=add, part=part) as (rows, _):
                made.write(rows)
            yield made.scan(self.handle.typed)

    @contextlib.contextmanager
    def refusals(self) -> Iterator[None]:
        """Turn what deltalake raises, its panics included, into errors of lakecat."""
        path = self.table.local_path
        if path is not None and (odd := _UNWRITABLE_PATH.search(str(path.absolute()))):
            raise UnsupportedFeatureError(f"{self._what}: deltalake cannot write where a path has {odd.group()!r}")
        try:
            yield
        except BaseException as error:
            if isinstance(error, LakecatError) or not is_failure(error):
                raise
            raise self.refusal(error) from None

    def refusal(self, error: BaseException) -> LakecatError:
        """Return what a library raised as the error that says why the table was not changed."""
        from deltalake.exceptions import CommitFailedError

        if isinstance(error, LakecatError):
            return error
        detail = self.table.clean(error)
        for kind, sentence, pattern in _REFUSALS:
            if re.search(pattern, str(error), re.IGNORECASE):
                return kind(f"{self._what}: {sentence}", reason=detail)
        typed = self.handle.typed(error)
        store = (AccessDeniedError, SourceTimeoutError, UnreachableError)
        if isinstance(error, CommitFailedError) and not isinstance(typed, store):
            return CommitConflictError(
                f"{self._what}: another writer was first; do it again on the newest version", detail
            )
        return type(typed)(f"{self._what}: {typed.message.partition(': ')[2]}", typed.reason)

    @contextlib.contextmanager
    def rows(
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
                f"what is written to table {self.table.name!r} is {type(frame).__name__}; write a DataFrame or a"
                " LazyFrame"
            )
        try:
            given = frame.collect_schema()
        except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001 (Polars raises many types)
            raise self._frame_failed(error) from None
        known = pl.Schema() if table is None else table
        if isinstance(frame, pl.DataFrame):
            fitted = fit(frame, given, known, name=self.table.name, add=add or table is None, part=part)
            yield fitted, fitted.schema
            return
        lazy = fit(frame, given, known, name=self.table.name, add=add or table is None, part=part)
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
        return SourceError(
            f"nothing was written to table {self.table.name!r}: the frame failed", self.table.clean(error)
        )

    def sql(self, predicate: Any) -> str:
        """Return a predicate if it is SQL text; a Polars expression cannot always be said in SQL."""
        if isinstance(predicate, pl.Expr):
            raise TableParameterError(
                f"a predicate on table {self.table.name!r} is a Polars expression; write SQL text, as in"
                " \"country = 'NO'\""
            )
        if not isinstance(predicate, str) or not predicate.strip():
            raise TableParameterError(f"a predicate on table {self.table.name!r} is {predicate!r}; write SQL text")
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
