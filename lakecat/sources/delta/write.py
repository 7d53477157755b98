"""What writes rows to a Delta table, as its methods: what deltalake does, for frames that fit, with typed errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import polars as pl

from lakecat.errors import CommitConflictError, DeclarationError, SchemaMismatchError, TableParameterError
from lakecat.metadata import check_text, check_texts, columns_from
from lakecat.observe import recorded
from lakecat.sources.delta.commit import (
    COMMIT_RETRIES,
    Operation,
    TableChange,
    change,
    check_choice,
    commit_properties,
    own_metrics,
)
from lakecat.sources.delta.schema import delta_schema, fit
from lakecat.sources.delta.scratch import features, same_shape, scratch, why_not_carried, why_not_removed
from lakecat.sources.predicate import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import deltalake

    from lakecat.sources.delta.table import DeltaTable

Frame: TypeAlias = "pl.DataFrame | pl.LazyFrame"


@recorded
def create(
    self: DeltaTable,
    *,
    schema: Any,
    partition_by: str | Iterable[str] = (),
    description: str | None = None,
    properties: Mapping[str, str] | None = None,
    exist_ok: bool = False,
) -> TableChange:
    """Create the table, without rows. Its folders are made.

    Args:
        schema: Names and dtypes, as in a declaration; descriptions and ``nullable`` of columns are kept.
        partition_by: Columns by whose values files are laid apart.
        description: What the table holds; the declared description if none is given.
        properties: Settings of Delta, such as ``{"delta.appendOnly": "true"}``.
        exist_ok: Do nothing if there is a table with the same columns already.

    Raises:
        DeclarationError: A schema that cannot be.
        CommitConflictError: There is a Delta table already.
    """
    import deltalake

    where = f"table {self.name!r}"
    columns = columns_from(schema, where) or ()
    if unknown := [column.name for column in columns if column.dtype is None]:
        raise DeclarationError(f"column {unknown[0]!r} of {where} has no dtype; a table is created with one")
    partitions = list(check_texts(partition_by, "partition_by", where))
    if unknown := [name for name in partitions if name not in {column.name for column in columns}]:
        raise DeclarationError(f"partition_by of {where} names {unknown[0]!r}, which is no column of its schema")
    described = self.description if description is None else check_text(description, "description", where)
    creating = Operation(self, "be created")
    with creating.refusals():
        path = self.local_path
        try:
            deltalake.DeltaTable.create(
                self.uri if path is None else path,
                delta_schema(columns),
                partition_by=partitions,
                name=self.name,
                description=described,
                configuration=properties,
                storage_options=self.options[0],
                commit_properties=commit_properties(),
            )
        except Exception as error:  # looked at, and raised again
            if not exist_ok or not isinstance(creating.refusal(error), CommitConflictError):
                raise
    table = self.handle.load()
    wanted = pl.Schema({column.name: column.dtype for column in columns})
    fit(pl.DataFrame(schema=wanted), wanted, pl.Schema(table.schema()), name=self.name)
    return TableChange(version=table.version())


@recorded
def append(self: DeltaTable, frame: Frame, *, schema_mode: Literal["merge"] | None = None) -> TableChange:
    """Add rows.

    Args:
        frame: Rows with the columns and dtypes of the table, in any order.
        schema_mode: ``"merge"`` adds the columns that only the frame has; columns that it lacks become NULL.
    """
    check_choice(schema_mode, "schema_mode", ("merge", None), self.name)
    appending = Operation(self, "be appended to")

    def act(table: deltalake.DeltaTable) -> TableChange:
        return _write(appending, table, frame, "append", schema_mode, retries=COMMIT_RETRIES)

    return appending.repeat(act)


@recorded
def overwrite(
    self: DeltaTable,
    frame: Frame,
    *,
    predicate: str | None = None,
    schema_mode: Literal["merge", "overwrite"] | None = None,
) -> TableChange:
    """Replace all rows, or those of a predicate, in one commit.

    The frame is computed once. Where another writer commits first, the rows of that one are replaced too: the
    table then has what it would have had if this had begun later.

    Args:
        frame: The new rows. Each must meet the predicate.
        predicate: Which rows are replaced.
        schema_mode: ``"merge"`` adds columns; ``"overwrite"`` gives the table the frame's columns alone.
    """
    check_choice(schema_mode, "schema_mode", ("merge", "overwrite", None), self.name)
    overwriting = Operation(self, "be overwritten")
    condition = None if predicate is None else overwriting.sql(predicate)

    def act(table: deltalake.DeltaTable) -> TableChange:
        return _write(overwriting, table, kept, "overwrite", schema_mode, condition)

    with overwriting.refusals():
        table = self.handle.load()
        overwriting.refuse(why_not_removed(table, rewrites=condition is not None))
        known = pl.Schema() if schema_mode == "overwrite" else pl.Schema(table.schema())
        if condition is None and why_not_carried(table) is None:
            return _replace(overwriting, table, frame, schema_mode)
        with overwriting.kept(frame, known, add=schema_mode is not None) as kept:
            return overwriting.repeat(act, removes=True, rewrites=condition is not None)


@recorded
def merge(
    self: DeltaTable,
    frame: Frame,
    *,
    on: str | Iterable[str] = (),
    predicate: str | None = None,
    when_matched: Literal["update", "delete", "keep"] = "update",
    when_not_matched: Literal["insert", "skip"] = "insert",
    when_not_in_frame: Literal["keep", "delete"] = "keep",
    schema_mode: Literal["merge"] | None = None,
) -> TableChange:
    """Bring the table in line with a frame: by default, an upsert.

    Args:
        frame: The rows to compare with. It may lack columns where nothing is inserted; these stay as they are.
        on: Columns whose values tell which rows belong together. NULL equals nothing.
        predicate: The same as SQL, with ``target`` for the table and ``source`` for the frame:
            ``"target.id = source.id AND target.day > '2026-01-01'"``. Give one of the two.
        when_matched: What happens to rows that the frame has too.
        when_not_matched: What happens to rows that only the frame has.
        when_not_in_frame: What happens to rows that only the table has.
        schema_mode: ``"merge"`` adds the columns that only the frame has.
    """
    check_choice(when_matched, "when_matched", ("update", "delete", "keep"), self.name)
    check_choice(when_not_matched, "when_not_matched", ("insert", "skip"), self.name)
    check_choice(when_not_in_frame, "when_not_in_frame", ("keep", "delete"), self.name)
    check_choice(schema_mode, "schema_mode", ("merge", None), self.name)
    keys = check_texts(on, "on", f"the merge into table {self.name!r}")
    if bool(keys) == (predicate is not None):
        raise TableParameterError(f"a merge into table {self.name!r} takes on= or predicate=, one of the two")
    equal = " AND ".join(f"target.{quoted(key)} = source.{quoted(key)}" for key in keys)
    merging = Operation(self, "be merged into")
    condition = equal if predicate is None else merging.sql(predicate)
    part = when_not_matched == "skip"
    add = schema_mode == "merge"

    def act(table: deltalake.DeltaTable) -> TableChange:
        known = pl.Schema(table.schema())
        with merging.rows(kept, known, add=add, part=part) as (rows, given):
            if lacking := [key for key in keys if key not in given or key not in known]:
                sentence = f"merge into table {self.name!r}: not in both is column {lacking[0]!r} of on="
                raise SchemaMismatchError(sentence, tuple(lacking))
            merger = table.merge(
                rows,
                condition,
                source_alias="source",
                target_alias="target",
                merge_schema=add,
                commit_properties=commit_properties(),
            )
            values = {quoted(column): f"source.{quoted(column)}" for column in given}
            if when_matched == "update":
                merger = merger.when_matched_update(values)
            elif when_matched == "delete":
                merger = merger.when_matched_delete()
            if when_not_matched == "insert":
                merger = merger.when_not_matched_insert(values)
            if when_not_in_frame == "delete":
                merger = merger.when_not_matched_by_source_delete()
            return change(table, merger.execute())

    with merging.refusals():
        known = pl.Schema(self.handle.load().schema())
        with merging.kept(frame, known, add=add, part=part) as kept:
            return merging.repeat(act, rewrites=True)


@recorded
def delete(self: DeltaTable, predicate: str) -> TableChange:
    """Delete the rows of a predicate; ``"true"`` deletes all."""
    deleting = Operation(self, "be deleted from")
    condition = deleting.sql(predicate)

    def act(table: deltalake.DeltaTable) -> TableChange:
        return change(table, table.delete(condition, commit_properties=commit_properties()))

    return deleting.repeat(act, rewrites=True)


def _write(
    doing: Operation,
    table: deltalake.DeltaTable,
    frame: Frame,
    mode: Any,
    schema_mode: Any,
    predicate: str | None = None,
    retries: int = 0,
) -> TableChange:
    import deltalake

    known = None if schema_mode == "overwrite" else pl.Schema(table.schema())
    with doing.rows(frame, known, add=schema_mode == "merge") as (rows, _):
        deltalake.write_deltalake(
            table,
            rows,
            mode=mode,
            schema_mode=schema_mode,
            predicate=predicate,
            commit_properties=commit_properties(retries),
        )
    return change(table, own_metrics(table))


def _replace(doing: Operation, table: deltalake.DeltaTable, frame: Frame, schema_mode: Any) -> TableChange:
    """Write files beside the table once, and make them all that it has."""
    known = None if schema_mode == "overwrite" else pl.Schema(table.schema())

    def check(newest: deltalake.DeltaTable) -> None:
        doing.refuse(why_not_removed(newest, rewrites=False))
        if not same_shape(table, newest):
            sentence = "another writer was first, and changed its columns or rules; do it again on the newest version"
            raise doing.conflict(sentence)

    def act(newest: deltalake.DeltaTable) -> TableChange:
        return _write(doing, newest, made.scan(doing.handle.typed), "overwrite", schema_mode)

    with scratch(doing.handle.folder) as made:
        made.like(table)
        with doing.rows(frame, known, add=schema_mode == "merge") as (rows, _):
            made.write(rows, schema_mode=schema_mode)
        if features(made.table) - features(table):
            # New columns ask for a feature that the table has not: deltalake adds it while it writes.
            return doing.repeat(act, removes=True)
        version, figures = made.commit(table, removed=None, reload=doing.handle.load, check=check, told={})
    return TableChange(
        version=version,
        rows_added=figures.get("num_added_rows"),
        files_added=figures["num_added_files"],
        files_removed=figures["num_removed_files"],
    )
