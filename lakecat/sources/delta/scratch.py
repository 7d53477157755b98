"""Files written in a folder of their own below a Delta table, and made the table's by one commit.

deltalake commits a compaction next to another one of the same files, and an overwrite next to a compaction; its plain
transactions, told not to retry, commit as the next version of the one that was read, or not at all. So files are made
by deltalake as those of a scratch table, in which nobody else writes, and the commit is such a transaction.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import time
import uuid
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, unquote

import polars as pl

from lakecat.sources.delta.engine import engine, scan_datafusion
from lakecat.sources.delta.folder import LOG, TableFolder, commit_name, commit_versions, is_empty_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import deltalake

_PREFIX = "lakecat-"
_ATTEMPTS = 200
# What deltalake writes as it is in the path of a file; anything else it escapes.
_PLAIN = "!$&'()+,/:;=@"
_CONSTRAINT = "delta.constraints."
# Settings of a table by which its files are written.
_SETTINGS = ("delta.dataSkipping", "delta.targetFileSize", "delta.parquet.")
# What a table may ask of writers so that files made outside of it can be its own.
_CARRIED = {"appendOnly", "invariants", "checkConstraints", "generatedColumns", "changeDataFeed", "domainMetadata"}
_CARRIED |= {"timestampNtz", "v2Checkpoint", "deletionVectors"}


class Scratch:
    """A table in a folder of its own below another.

    Args:
        folder: The folder of the other table.
        name: The name of the own folder in it.
    """

    def __init__(self, folder: TableFolder, name: str) -> None:
        self.name = name
        self._folder = folder
        self._own = folder.below(name)
        self._tried: int | None = None

    @property
    def table(self) -> deltalake.DeltaTable:
        """The scratch table, opened anew."""
        import deltalake

        return deltalake.DeltaTable(self._own.uri, storage_options=self._folder.options)

    def like(self, table: deltalake.DeltaTable, files: pl.DataFrame | None = None) -> None:
        """Make it a table like another one: its columns and rules, without rows; or those of some of its files."""
        from deltalake.transaction import AddAction, create_table_with_add_actions

        settings = table.metadata().configuration
        actions = (
            []
            if files is None
            else [
                AddAction(f"../{unquote(path)}", size, values, changed, data_change=False, stats="{}")
                for path, size, changed, values in _actions(files)
            ]
        )
        create_table_with_add_actions(
            self._own.uri,
            table.schema(),
            actions,
            partition_by=table.metadata().partition_columns,
            configuration={name: value for name, value in settings.items() if name.startswith(_SETTINGS)},
            storage_options=self._folder.options,
        )
        rules = {
            name.removeprefix(_CONSTRAINT): rule for name, rule in settings.items() if name.startswith(_CONSTRAINT)
        }
        if rules and files is None:
            self.table.alter.add_constraint(rules)

    def write(self, rows: Any, *, schema_mode: Any = None, target_size: int | None = None) -> None:
        """Make some rows those of the scratch table."""
        import deltalake

        deltalake.write_deltalake(
            self._own.uri,
            rows,
            mode="overwrite",
            schema_mode=schema_mode,
            target_file_size=target_size,
            storage_options=self._folder.options,
        )

    def rewrite(self, *, target_size: int | None, by: tuple[str, ...] = ()) -> None:
        """Write the rows of the files that it was made of anew, as fewer files, or in the order of some columns."""
        rows = engine(self.table).execute("SELECT * FROM lakecat")
        self.write(rows, target_size=target_size)
        if by:
            first = self.added()
            self.table.optimize.z_order(list(by), target_size=target_size)
            # No version of any table will have these. (A vacuum would take the files that it was made of, too.)
            for add in first:
                self._own.remove_file(unquote(add["path"]))

    def scan(self, typed: Callable[[BaseException], Exception]) -> pl.LazyFrame:
        """Return its rows."""
        return scan_datafusion(self.table, typed)

    def added(self) -> list[dict[str, Any]]:
        """Return what the log says of its own files."""
        live: dict[str, dict[str, Any]] = {}
        for version in commit_versions(self._own.log()):
            for line in self._own.read(f"{LOG}/{commit_name(version)}").splitlines():
                action = json.loads(line)
                if "add" in action:
                    live[action["add"]["path"]] = action["add"]
                if "remove" in action:
                    live.pop(action["remove"]["path"], None)
        return list(live.values())

    def commit(
        self,
        table: deltalake.DeltaTable,
        *,
        removed: pl.DataFrame | None,
        reload: Callable[[], deltalake.DeltaTable],
        check: Callable[[deltalake.DeltaTable], None],
        told: dict[str, Any],
    ) -> tuple[int, dict[str, int]]:
        """Make the files those of a table; return its new version, and figures.

        The commit alone is done again where another writer was first.

        Args:
            table: The version on which this rests.
            removed: The files whose rows are in those of the scratch table now; ``None`` for all that there are.
            reload: Returns the newest version.
            check: Raises if the commit would be wrong on a version.
            told: What else the entry of the history is to say.
        """
        from deltalake import CommitProperties
        from deltalake.exceptions import CommitFailedError
        from deltalake.transaction import AddAction, RemoveAction

        now = int(time.time() * 1000)
        mode: Literal["append", "overwrite"] = "overwrite" if removed is None else "append"
        files = self.added()
        written = _rows_in(json.loads(add["stats"] or "{}").get("numRecords") for add in files)
        before = written if removed is None else _rows_in(removed.get_column("num_records"))
        # What must not happen is cheap to rule out.
        if None not in (before, written) and before != written:
            raise RuntimeError(f"{before} rows were to be written anew, and {written} were")
        adds = [
            AddAction(
                f"{self.name}/{unquote(add['path'])}",
                add["size"],
                add["partitionValues"],
                add["modificationTime"],
                data_change=removed is None,
                stats=add["stats"] or "{}",
            )
            for add in files
        ]
        removes = (
            []
            if removed is None
            else [RemoveAction(unquote(path), False, now, size, values) for path, size, _, values in _actions(removed)]
        )
        schema = None if removed is not None else self.table.schema()
        for left in reversed(range(_ATTEMPTS)):
            check(table)
            version = table.version() + 1
            gone = len(removes) if removed is not None else live_files(table).height
            figures = {"num_added_files": len(adds), "num_removed_files": gone}
            if removed is None and written is not None:
                figures["num_added_rows"] = written
            self._tried = version
            try:
                table.create_write_transaction(
                    [*adds, *removes],
                    mode,
                    table.schema() if schema is None else schema,
                    partition_by=table.metadata().partition_columns,
                    commit_properties=CommitProperties(
                        max_commit_retries=0,
                        custom_metadata={"operationMetrics": figures, "isBlindAppend": False, **told},
                    ),
                )
            except CommitFailedError:
                # A store may take the commit and lose the answer, which then looks like another writer's.
                if self._is_in(version):
                    return version, figures
                self._tried, table = None, reload()
                if table.version() < version or not left:
                    raise
                continue
            return version, figures
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Remove what is not the table's: the log of the scratch table, and its files if no commit holds them."""
        try:
            kept = self._tried is not None and self._is_in(self._tried)
        except Exception:  # noqa: BLE001 (where it cannot be known, files that may belong to the table are left)
            kept = True
        self._folder.remove(f"{self.name}/{LOG}" if kept else self.name)

    def _is_in(self, version: int) -> bool:
        try:
            return self.name.encode() in self._folder.read(f"{LOG}/{commit_name(version)}")
        except FileNotFoundError:
            return False


@contextlib.contextmanager
def scratch(folder: TableFolder) -> Iterator[Scratch]:
    """Give a scratch table below a folder, of which nothing stays in the end but what was committed."""
    made = Scratch(folder, f"{_PREFIX}{uuid.uuid4().hex}")
    try:
        yield made
    finally:
        made.close()


def _rows_in(counts: Iterable[int | None]) -> int | None:
    """Return the number of rows of some files, if that of each is known."""
    known = list(counts)
    return None if None in known else sum(count for count in known if count is not None)


def live_files(table: deltalake.DeltaTable) -> pl.DataFrame:
    """Return the data files of a version, with ``partition.…`` for each partition column."""
    files = pl.DataFrame(table.get_add_actions(flatten=True))
    counts = pl.lit(None, pl.Int64).alias("num_records")
    return files if "num_records" in files.columns else files.with_columns(counts)


def empty_partitions(table: deltalake.DeltaTable) -> list[str]:
    """Return the partition columns of which a data file has an empty text."""
    names, files = table.metadata().partition_columns, live_files(table).get_column("path")
    return [name for name in names if any(is_empty_text(name, path) for path in files)]


def why_not_removed(table: deltalake.DeltaTable, *, rewrites: bool) -> str | None:
    """Return why deltalake would silently change rows that it is not to touch; ``None`` if it would not.

    It writes the path of a file that it removes with its own escapes, so that other ones in the log stay in the table;
    and it takes the values of partitions of bytes for texts when it writes them anew.

    Args:
        table: The table.
        rewrites: Whether rows that are there are to be written anew.
    """
    for path in live_files(table).get_column("path"):
        if quote(unquote(path), safe=_PLAIN) != path:
            return "its log escapes paths of data files as deltalake does not, which could not remove them"
    types = {field.name: getattr(field.type, "type", None) for field in table.schema().fields}
    names = [name for name in table.metadata().partition_columns if types[name] == "binary"]
    return (
        f"it is partitioned by bytes ({names[0]!r}), which deltalake writes anew wrongly"
        if rewrites and names
        else None
    )


def why_not_replaced(table: deltalake.DeltaTable) -> str | None:
    """Return why files made outside of a table cannot take the place of its own, one by one; ``None`` if they can."""
    if reason := why_not_carried(table):
        return f"it uses {reason}, which its new files would lack"
    if pl.DataFrame(table.deletion_vectors()).height:
        return "some of its rows are marked as deleted by deletion vectors"
    if any("://" in path for path in live_files(table).get_column("path")):
        return "some of its data files lie outside of its folder"
    return None


def why_not_carried(table: deltalake.DeltaTable) -> str | None:
    """Return the feature because of which files made outside of a table cannot be its own; ``None`` if they can."""
    if (table.metadata().configuration.get("delta.columnMapping.mode") or "none") != "none":
        return "column mapping"
    return ", ".join(sorted(features(table) - _CARRIED)) or None


def features(table: deltalake.DeltaTable) -> frozenset[str]:
    """Return the features that the protocol of a table names."""
    protocol = table.protocol()
    return frozenset({*(protocol.reader_features or ()), *(protocol.writer_features or ())})


def same_shape(first: deltalake.DeltaTable, second: deltalake.DeltaTable) -> bool:
    """Return whether two versions have the same columns, rules and features, whatever they say of them."""
    return _shape(first) == _shape(second)


def _shape(table: deltalake.DeltaTable) -> tuple[object, ...]:
    fields = [(field.name, field.type.to_json(), field.nullable) for field in table.schema().fields]
    metadata, protocol = table.metadata(), table.protocol()
    versions = protocol.min_reader_version, protocol.min_writer_version
    return fields, metadata.partition_columns, metadata.configuration, features(table), versions


def _actions(files: pl.DataFrame) -> Iterator[tuple[str, int, int, dict[str, str | None]]]:
    """Yield path, size, time and partition values of files."""
    prefix = "partition."
    for row in files.iter_rows(named=True):
        values = {
            name.removeprefix(prefix): _partition_text(value, name.removeprefix(prefix), row["path"])
            for name, value in row.items()
            if name.startswith(prefix)
        }
        changed = row["modification_time"]
        time_of = int(changed.timestamp() * 1000) if isinstance(changed, datetime.datetime) else int(changed or 0)
        yield row["path"], row["size_bytes"], time_of, values


def _partition_text(value: Any, name: str, path: str) -> str | None:
    """Return the value of a partition as the log has it."""
    match value:
        case None:
            return "" if is_empty_text(name, path) else None
        case bool():
            return str(value).lower()
        case datetime.datetime():
            return value.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
        case _:
            return str(value)
