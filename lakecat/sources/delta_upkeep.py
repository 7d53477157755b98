"""Care of Delta tables: descriptions, earlier versions, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakecat.errors import TableParameterError
from lakecat.metadata import check_text, check_texts
from lakecat.observe import recorded
from lakecat.sources.delta_commit import DeltaCommits, TableChange, change, commit_properties

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import deltalake


class DeltaUpkeep(DeltaCommits):
    """What changes a Delta table and leaves its rows what they are, or makes them what they were."""

    def stored_description(self) -> str:
        """Return the description of the table that its log holds; empty if there is none."""
        return self._open().metadata().description or ""

    @recorded
    def describe(self, *, description: str | None = None, columns: Mapping[str, str] | None = None) -> TableChange:
        """Write descriptions into the table itself, for whoever reads it with whatever.

        One commit for the description of the table and one for each column; none for what is there already.

        Args:
            description: What the table holds; ``None`` leaves it.
            columns: Descriptions by the names of columns.
        """
        where = f"table {self.name!r}"
        if description is not None:
            check_text(description, "description", where)
        for name, text in (columns or {}).items():
            check_text(text, f"description of column {name!r}", where)

        def act(table: deltalake.DeltaTable) -> TableChange:
            stored = {field.name: field.metadata.get("comment", "") for field in table.schema().fields}
            if unknown := [name for name in columns or {} if name not in stored]:
                raise TableParameterError(f"{where} has no column {unknown[0]!r} to describe")
            if description is not None and description != (table.metadata().description or ""):
                table.alter.set_table_description(description, commit_properties=commit_properties())
            for name, text in (columns or {}).items():
                if text != stored[name]:
                    table.alter.set_column_metadata(name, {"comment": text}, commit_properties=commit_properties())
            return change(table)

        return self._repeat("be described", act)

    @recorded
    def restore(self, *, version: int | None = None, timestamp: datetime | str | None = None) -> TableChange:
        """Make the table what it was at a version or time, by a new commit; nothing is lost of its history.

        Args:
            version: The number of a commit.
            timestamp: A datetime with a zone, or its ISO 8601 text.
        """
        if (version is None) == (timestamp is None):
            raise TableParameterError(f"restore of table {self.name!r} takes a version or a timestamp, one of the two")
        then = self._open_version(version) if timestamp is None else self._open_timestamp(timestamp)
        with self._refusals("be restored"):
            table = self._load()
            if then.version() == table.version():
                return change(table)
            return change(table, table.restore(then.version(), commit_properties=commit_properties()))

    @recorded
    def compact(self, *, target_size: int | None = None) -> TableChange:
        """Put small files together; rows stay the same.

        Args:
            target_size: Bytes of a file, about; the table's own setting if none is given, or 100 MB.
        """
        with self._refusals("be compacted"):
            table = self._load()
            return change(table, table.optimize.compact(target_size=target_size, commit_properties=commit_properties()))

    @recorded
    def z_order(self, columns: str | Iterable[str], *, target_size: int | None = None) -> TableChange:
        """Lay rows with like values of some columns together, so that filters on these read less; rows stay the same.

        Args:
            columns: The columns that filters name most.
            target_size: Bytes of a file, about.
        """
        names = check_texts(columns, "columns", f"the z_order of table {self.name!r}")
        with self._refusals("be laid in order"):
            table = self._load()
            metrics = table.optimize.z_order(names, target_size=target_size, commit_properties=commit_properties())
            return change(table, metrics)

    @recorded
    def vacuum(
        self,
        *,
        retention_hours: int | None = None,
        dry_run: bool = True,
        full: bool = False,
        allow_short_retention: bool = False,
    ) -> tuple[str, ...]:
        """Return the data files that belong to no version worth keeping, and delete them if told to.

        Versions that need a deleted file can be read no more.

        Args:
            retention_hours: How long a file is kept after it was removed from the table; the table's own setting if
                none is given, or a week.
            dry_run: Only say which files; delete nothing.
            full: Also take files of which the log knows nothing, such as those of writes that failed.
            allow_short_retention: Allow fewer hours than the table's setting. A file that a reader or writer still
                needs may then be deleted.
        """
        with self._refusals("be vacuumed"):
            return tuple(
                self._load().vacuum(
                    retention_hours=retention_hours,
                    dry_run=dry_run,
                    enforce_retention_duration=not allow_short_retention,
                    full=full,
                    commit_properties=commit_properties(),
                )
            )
