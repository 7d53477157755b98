"""Every error that lakecat raises on purpose.

::

    LakecatError
    ├── DeclarationError          a declaration that cannot be: a bad name, dtype or argument
    │   └── DuplicateTableError   one name, declared twice
    ├── TableNotFoundError        no such table in this catalog (also a LookupError)
    │   └── AmbiguousTableError   a name without its database, which several databases have
    ├── TableParameterError       a parameter that the table does not take, or one that it lacks (also a TypeError)
    ├── TableFunctionError        a table's function raised, or returned something that is no frame
    ├── SourceError               the data behind a table cannot be read
    │   ├── SourceNotFoundError   there is nothing at the table's location
    │   │   └── NotADeltaTableError  there is something, and it is no Delta table
    │   ├── CorruptLogError       the log of a Delta table is damaged, or has a gap
    │   ├── UnsupportedFeatureError  the table uses a feature that no reader here knows
    │   ├── MissingDataError      a data file that belongs to the table is gone
    │   ├── CorruptDataError      a data file is damaged
    │   ├── EncryptedDataError    a data file is encrypted
    │   ├── AccessDeniedError     the store refuses the credentials, or there are none
    │   ├── UnreachableError      the store cannot be reached
    │   ├── SourceTimeoutError    the store did not answer in time (also a TimeoutError)
    │   ├── SchemaMismatchError   columns or dtypes do not fit, of a frame to be written or of what is declared
    │   └── CommitConflictError   another writer was first, and the change cannot be repeated on top
    ├── AuditLogError             the environment demands an audit log that cannot be written
    ├── CatalogLoadError          a catalog's module cannot be imported, or holds no catalog
    ├── PluginError               what an installed package brings is not there, or cannot be used
    └── SnapshotError             a snapshot file that cannot be used

The data stand in ``args`` and as attributes, the sentence in ``str()``, so each error survives pickling. ``message`` is
lakecat's own sentence alone, ``reason`` what a library or a user's code said: that may quote values of the data, so it
is for the one who called, and no page or export shows it.
"""

from __future__ import annotations

__all__ = [
    "AccessDeniedError",
    "AmbiguousTableError",
    "AuditLogError",
    "CatalogLoadError",
    "CommitConflictError",
    "CorruptDataError",
    "CorruptLogError",
    "DeclarationError",
    "DuplicateTableError",
    "EncryptedDataError",
    "LakecatError",
    "MissingDataError",
    "NotADeltaTableError",
    "PluginError",
    "SchemaMismatchError",
    "SnapshotError",
    "SourceError",
    "SourceNotFoundError",
    "SourceTimeoutError",
    "TableFunctionError",
    "TableNotFoundError",
    "TableParameterError",
    "UnreachableError",
    "UnsupportedFeatureError",
]


class LakecatError(Exception):
    """Base of all errors of lakecat.

    ``code`` names the kind of trouble where it becomes data: the problems of a snapshot and the subtypes of Sphinx
    warnings.

    Args:
        message: What happened, to which thing, where, and what to do, in lakecat's own words.
        reason: What a library or a user's code said of it, without secrets; ``""`` where nothing else spoke.
    """

    code = "error"

    def __init__(self, message: str = "", reason: str = "") -> None:
        super().__init__(*((message, reason) if reason else (message,)))
        self.message, self.reason = message, reason

    def __str__(self) -> str:
        return f"{self.message} ({self.reason})" if self.reason else self.message


class DeclarationError(LakecatError):
    """A table was declared in a way that cannot be."""

    code = "declaration"


class DuplicateTableError(DeclarationError):
    """One name was declared in two places, or twice in one.

    Args:
        name: The full name of the table.
        first: Where it stands already, as ``file:line``.
        second: Where it was declared again, as ``file:line``.
    """

    code = "duplicate_table"

    def __init__(self, name: str, first: str, second: str) -> None:
        where, cure = f": at {first} and at {second}", "rename or remove one of them"
        if first == second:
            where, cure = f" at {first}", "give each pass of a loop, or call of a helper, its own name"
        super().__init__(f"table {name!r} is declared twice{where}; {cure}")
        self.args = name, first, second
        self.name, self.first, self.second = name, first, second


class TableNotFoundError(LakecatError, LookupError):
    """The catalog has no table of this name.

    Args:
        name: The name that was asked for.
        count: The number of tables in the catalog.
        near: Up to three names that look like it.
    """

    code = "unknown_table"

    def __init__(self, name: str, count: int = 0, near: tuple[str, ...] = ()) -> None:
        tables = "1 table" if count == 1 else f"{count} tables"
        hint = f"; did you mean {_either(near)}?" if near else ""
        if not count:
            hint = "; import the module that declares your tables first"
        super().__init__(f"no table {name!r} in this catalog ({tables}){hint}")
        self.args = name, count, near
        self.name, self.count, self.near = name, count, near


class AmbiguousTableError(TableNotFoundError):
    """Several databases have a table of this name, and it was asked for without its database.

    Args:
        name: The name that was asked for.
        count: The number of tables in the catalog.
        near: The full names of all tables that may be meant.
    """

    code = "ambiguous_table"

    def __init__(self, name: str, count: int = 0, near: tuple[str, ...] = ()) -> None:
        super().__init__(name, count, near)
        if near:
            self.message = f"{len(near)} tables are named {name!r}; write {_either(near)}"


class TableParameterError(LakecatError, TypeError):
    """A table was asked for with a parameter that it does not take, or without one that it needs."""

    code = "parameter"


class TableFunctionError(LakecatError):
    """The function of a table raised, or returned something that is no frame, or a frame that fails."""

    code = "function_failed"


class SourceError(LakecatError):
    """The data behind a table cannot be read."""

    code = "unreadable"


class SourceNotFoundError(SourceError):
    """There is nothing at the location of a table."""

    code = "not_found"


class NotADeltaTableError(SourceNotFoundError):
    """There is something at the location of a Delta table, and it has no Delta log."""

    code = "not_a_delta_table"


class CorruptLogError(SourceError):
    """The log of a Delta table is damaged, incomplete, or has a gap."""

    code = "corrupt_log"


class UnsupportedFeatureError(SourceError):
    """A table uses a feature or an encoding that no reader here knows."""

    code = "unsupported_feature"


class MissingDataError(SourceError):
    """A data file that belongs to a table is gone."""

    code = "missing_data"


class CorruptDataError(SourceError):
    """A data file of a table is damaged."""

    code = "corrupt_data"


class EncryptedDataError(SourceError):
    """A data file of a table is encrypted."""

    code = "encrypted"


class AccessDeniedError(SourceError):
    """A store refuses the credentials, or there are none."""

    code = "access_denied"


class UnreachableError(SourceError):
    """A store cannot be reached."""

    code = "unreachable"


class SourceTimeoutError(SourceError, TimeoutError):
    """A store did not answer in time."""

    code = "timed_out"


class SchemaMismatchError(SourceError):
    """A frame does not fit its table, the files of a table each other, or, with strict checks, data what is declared.

    Nothing was written.

    Args:
        message: The whole sentence.
        columns: The columns concerned; none where the table's rules refuse values.
        reason: What is known of it beyond lakecat's own words, such as a path that may hold values.
    """

    code = "schema_mismatch"

    def __init__(self, message: str, columns: tuple[str, ...] = (), reason: str = "") -> None:
        super().__init__(message, reason)
        self.args = message, columns, reason
        self.columns = columns


class CommitConflictError(SourceError):
    """Another writer changed a table first, and the change cannot be repeated on top of that."""

    code = "commit_conflict"


class AuditLogError(LakecatError):
    """The environment demands that reads and changes are recorded, and the audit log cannot be written."""

    code = "audit_log"


class CatalogLoadError(LakecatError):
    """The module of a catalog cannot be imported, or what it names is no catalog.

    Args:
        message: The whole sentence; where code raised something, up to its type.
        file: The file in which the import failed, if it is known.
        line: The line in that file.
        reason: What the import raised said, without secrets.
    """

    code = "import_failed"

    def __init__(self, message: str, file: str | None = None, line: int | None = None, reason: str = "") -> None:
        super().__init__(message, reason)
        self.args = (message, file, line, reason) if reason else (message, file, line)
        self.file, self.line = file, line

    def __str__(self) -> str:
        return f"{self.message}: {self.reason}" if self.reason else self.message


class PluginError(LakecatError):
    """No installed package brings what was asked for by its name, or what it brings cannot be used."""

    code = "plugin"


class SnapshotError(LakecatError):
    """A snapshot file is damaged, or was written in a format that this version does not know."""

    code = "snapshot"


def _either(names: tuple[str, ...]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
