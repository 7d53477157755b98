"""A registered table becomes a :class:`lakecat.snapshot.TableSnapshot`."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lakecat.errors import LakecatError
from lakecat.introspect.columns import check_declared, merge_columns
from lakecat.introspect.text import hide_paths, summary_of
from lakecat.metadata import Column, Place, TableMetadata
from lakecat.plaintext import redact, safe_location, secrets_of, without_ansi
from lakecat.snapshot import Fact, Origin, Parameter, Problem, TableSnapshot
from lakecat.snippets import CatalogImport, make_snippets
from lakecat.sources.base import (
    HasColumns,
    HasColumnStatistics,
    HasDescription,
    HasHistory,
    HasParameters,
    HasProblems,
    HasStatistics,
)
from lakecat.sources.failures import is_failure
from lakecat.sources.storage import StoredTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lakecat.registry.base import RegisteredTable
    from lakecat.snapshot import ColumnStatistics, Commit

_T = TypeVar("_T")
_DECLARED = tuple(field.name for field in dataclasses.fields(TableMetadata) if field.name != "place")

_WHEN = "when this page was made"
_SENTENCES = {
    "function_failed": f"The function that makes this table failed {_WHEN}, so what only a call could tell is unknown.",
    "not_found": f"There were no data at this table's location {_WHEN}, so its columns and size are unknown.",
    "not_a_delta_table": f"There was no Delta table at its location {_WHEN}; its columns and size are unknown.",
    "corrupt_log": f"The log of this table was damaged {_WHEN}, so its columns and size are unknown.",
    "unsupported_feature": "This table uses a feature that cannot be read here, so what only its data tell is unknown.",
    "encrypted": "The data of this table are encrypted, so what only they could tell is unknown.",
    "access_denied": f"Access to the data of this table was denied {_WHEN}, so its columns and size are unknown.",
    "unreachable": f"The store of this table could not be reached {_WHEN}, so its columns and size are unknown.",
    "timed_out": f"The store of this table did not answer in time {_WHEN}, so its columns and size are unknown.",
    "unreadable": f"The data of this table could not be read {_WHEN}, so what only they could tell is unknown.",
}


def introspect(table: RegisteredTable, *, imported: CatalogImport | None = None, reference: str = "") -> TableSnapshot:
    """Return all that can be known about a table without reading a row.

    What fails becomes a problem of the snapshot, never an exception: one bad table takes no other down. A function
    without a declared schema and without required parameters is called once, as only its frame knows its columns.

    Args:
        table: The table.
        imported: How snippets get at the catalog; ``Catalog()`` where not given.
        reference: ``module[:attribute]`` of the catalog, for the snippet of the command line.
    """
    metadata, source = table.metadata, table.source
    base = root_of(metadata.place) if metadata.place else None
    reading = _Reading(_secrets(source), base)
    parameters: tuple[Parameter, ...] = ()
    if isinstance(source, HasParameters):
        parameters = reading.attempt(source.parameters, parameters)
    required = [p.name for p in parameters if p.default is None and p.name not in metadata.examples]
    found = reading.attempt(lambda: _columns_of(table, callable_now=not required), None)
    problems = check_declared(metadata.columns, found)
    facts: tuple[Fact, ...] = reading.attempt(lambda: tuple(source.facts()), ())
    statistics = reading.attempt(source.statistics, None) if isinstance(source, HasStatistics) else None
    history: tuple[Commit, ...] = ()
    if isinstance(source, HasHistory):
        history = reading.attempt(source.history, history)
    # Late, as it can fail where all else is known.
    figures: Mapping[str, ColumnStatistics] = {}
    if isinstance(source, HasColumnStatistics):
        figures = reading.attempt(source.column_statistics, figures)
    # Flaws matter where there is no failure: those of rows that nobody can read do not.
    if isinstance(source, HasProblems):
        problems = reading.attempt(lambda: problems + source.problems(), problems)
    columns = merge_columns(metadata.columns, found, figures)
    description: str = metadata.description
    if isinstance(source, HasDescription) and not description:
        description = reading.attempt(source.stored_description, metadata.description)
    return TableSnapshot(
        name=metadata.name,
        kind=metadata.kind,
        database=metadata.database,
        summary=summary_of(description),
        description=description,
        owner=metadata.owner,
        tags=metadata.tags,
        deprecated=metadata.deprecated,
        columns=columns,
        columns_from="" if columns is None else "declared" if found is None or _is_declared(table) else "source",
        parameters=parameters,
        facts=(*_location(source, base), *facts),
        statistics=statistics,
        history=history,
        snippets=make_snippets(metadata, parameters, imported=imported or CatalogImport(), reference=reference),
        origin=_origin(metadata.place),
        problems=tuple(dict.fromkeys(reading.problems + problems)),
    )


def change_token(table: RegisteredTable) -> str | None:
    """Return a text that is equal while neither the declaration nor the data changed; ``None`` if none can tell."""
    base = root_of(table.metadata.place) if table.metadata.place else None
    try:
        token = table.source.change_token()
        # The same data elsewhere are the same data, and the page names the place.
        where = _location(table.source, base)
    # A source that cannot tell is read again, and then says what is wrong with it.
    except Exception:  # noqa: BLE001
        return None
    if token is None:
        return None
    metadata = table.metadata
    declared = [getattr(metadata, name) for name in _DECLARED]
    line = metadata.place.line if metadata.place else 0
    return hashlib.sha256(f"{declared!r}\0{line}\0{where}\0{token}".encode(errors="surrogatepass")).hexdigest()


def root_of(place: Place) -> Path:
    """Return the folder that holds the top package of a module, or the module itself."""
    file = Path(place.file)
    above = place.module.count(".") + (file.name == "__init__.py")
    return file.parents[min(above, len(file.parents) - 1)] if place.module != "__main__" else file.parent


class _Reading:
    """Attempts to find things out; what fails is kept as a problem, once for each cause."""

    def __init__(self, secrets: tuple[str, ...], base: Path | None) -> None:
        self.secrets = secrets
        self.base = base
        self.problems: tuple[Problem, ...] = ()

    def attempt(self, ask: Callable[[], _T], otherwise: _T) -> _T:
        if self.problems:  # the cause is known; asking again would only repeat it, perhaps after a time-out
            return otherwise
        try:
            return ask()
        # User code may raise anything, and a panic of Polars is a BaseException.
        except BaseException as error:
            if not is_failure(error) and not isinstance(error, SystemExit):
                raise
            code = error.code if isinstance(error, LakecatError) else "unreadable"
            text = str(error) if isinstance(error, LakecatError) else f"{type(error).__name__}: {error}"
            detail = hide_paths(redact(without_ansi(text).strip(), self.secrets), self.base).partition("\n")[0]
            self.problems = (Problem(code=code, message=_SENTENCES.get(code, _SENTENCES["unreadable"]), detail=detail),)
            return otherwise


def _columns_of(table: RegisteredTable, *, callable_now: bool) -> tuple[Column, ...] | None:
    """Return the columns as the source knows them, asking for the cheapest first."""
    source = table.source
    if isinstance(source, HasColumns):
        return source.columns()
    schema = source.schema()
    if schema is None and table.metadata.schema is None and callable_now:
        schema = source.scan(**table.metadata.examples).collect_schema()
    return None if schema is None else tuple(Column(name, dtype) for name, dtype in schema.items())


def _is_declared(table: RegisteredTable) -> bool:
    return table.metadata.schema is not None and not isinstance(table.source, HasColumns)


def _secrets(source: Any) -> tuple[str, ...]:
    """Return what no text about a source may show."""
    try:
        return (
            source.secrets if isinstance(source, StoredTable) else secrets_of(getattr(source, "storage_options", None))
        )
    except LakecatError:  # the environment cannot be read, which the first question to the source will say
        return ()


def _location(source: Any, base: Path | None) -> list[Fact]:
    return [Fact(label="Location", value=safe_location(source.uri, base))] if isinstance(source, StoredTable) else []


def _origin(place: Place | None) -> Origin | None:
    if place is None:
        return None
    root = root_of(place)
    file = Path(place.file)
    name = file.relative_to(root).as_posix() if file.is_absolute() and file.is_relative_to(root) else file.name
    return Origin(module=place.module, qualname=place.qualname, file=name, line=place.line)
