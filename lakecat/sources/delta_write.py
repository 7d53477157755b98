"""Writing rows to Delta tables: what deltalake does, with frames that fit and errors of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import polars as pl

from lakecat.errors import CommitConflictError, DeclarationError, SchemaMismatchError, TableParameterError
from lakecat.metadata import check_text, check_texts, columns_from
from lakecat.observe import recorded
from lakecat.sources.delta_commit import TableChange, change, check_choice, commit_properties, own_metrics
from lakecat.sources.delta_schema import delta_schema, fit
from lakecat.sources.delta_upkeep import DeltaUpkeep
from lakecat.sources.predicate import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import deltalake

Frame: TypeAlias = "pl.DataFrame | pl.LazyFrame"


class DeltaWriter(DeltaUpkeep):
    """What changes a Delta table.

    Each operation is one commit on the newest version, seen by readers as a whole or not at all, and at the next use of
    the table. Appends of several writers at once are all kept. A DataFrame is written as it is; a LazyFrame is computed
    while it is written, in a stream, and never held as a whole. Predicates are SQL text, with column names in double
    quotes where they are not plain.

    All of them raise a :class:`~lakecat.errors.SourceError` that says what went wrong, and then have changed nothing:
    :class:`~lakecat.errors.SchemaMismatchError` for a frame that does not fit,
    :class:`~lakecat.errors.CommitConflictError` if another writer was first and the change cannot be repeated on top;
    and a :class:`~lakecat.errors.TableParameterError` for an argument that cannot be.
    """

    @recorded
    def create(
        self,
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
        with self._refusals("be created"):
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
                if not exist_ok or not isinstance(self._refusal(error, "be created"), CommitConflictError):
                    raise
        table = self._load()
        wanted = pl.Schema({column.name: column.dtype for column in columns})
        fit(pl.DataFrame(schema=wanted), wanted, pl.Schema(table.schema()), name=self.name)
        return TableChange(version=table.version())

    @recorded
    def append(self, frame: Frame, *, schema_mode: Literal["merge"] | None = None) -> TableChange:
        """Add rows.

        Args:
            frame: Rows with the columns and dtypes of the table, in any order.
            schema_mode: ``"merge"`` adds the columns that only the frame has; columns that it lacks become NULL.
        """
        check_choice(schema_mode, "schema_mode", ("merge", None), self.name)
        return self._write(frame, "append", schema_mode, None)

    @recorded
    def overwrite(
        self, frame: Frame, *, predicate: str | None = None, schema_mode: Literal["merge", "overwrite"] | None = None
    ) -> TableChange:
        """Replace all rows, or those of a predicate, in one commit.

        Rows that another writer appends meanwhile are kept.

        Args:
            frame: The new rows. Each must meet the predicate.
            predicate: Which rows are replaced.
            schema_mode: ``"merge"`` adds columns; ``"overwrite"`` gives the table the frame's columns alone.
        """
        check_choice(schema_mode, "schema_mode", ("merge", "overwrite", None), self.name)
        condition = None if predicate is None else self._sql(predicate)
        return self._write(frame, "overwrite", schema_mode, condition)

    @recorded
    def merge(
        self,
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
        condition = equal if predicate is None else self._sql(predicate)
        part = when_not_matched == "skip"
        with self._refusals("be merged into"):
            table = self._load()
            known = pl.Schema(table.schema())
            with self._rows(frame, known, add=schema_mode == "merge", part=part) as (rows, given):
                if lacking := [key for key in keys if key not in given or key not in known]:
                    sentence = f"merge into table {self.name!r}: not in both is column {lacking[0]!r} of on="
                    raise SchemaMismatchError(sentence, tuple(lacking))
                merger = table.merge(
                    rows,
                    condition,
                    source_alias="source",
                    target_alias="target",
                    merge_schema=schema_mode == "merge",
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

    @recorded
    def delete(self, predicate: str) -> TableChange:
        """Delete the rows of a predicate; ``"true"`` deletes all."""
        condition = self._sql(predicate)
        with self._refusals("be deleted from"):
            table = self._load()
            return change(table, table.delete(condition, commit_properties=commit_properties()))

    def _write(self, frame: Frame, mode: Any, schema_mode: Any, predicate: str | None) -> TableChange:
        import deltalake

        def act(table: deltalake.DeltaTable) -> TableChange:
            known = None if schema_mode == "overwrite" else pl.Schema(table.schema())
            with self._rows(frame, known, add=schema_mode == "merge") as (rows, _):
                deltalake.write_deltalake(
                    table,
                    rows,
                    mode=mode,
                    schema_mode=schema_mode,
                    predicate=predicate,
                    commit_properties=commit_properties(),
                )
            return change(table, own_metrics(table))

        if mode == "append":
            return self._repeat("be appended to", act)
        with self._refusals("be overwritten"):
            return act(self._load())
