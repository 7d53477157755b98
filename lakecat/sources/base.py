"""The way in: what an object must do to be a table, and what it may do besides."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from lakecat.errors import DeclarationError, TableParameterError
from lakecat.hosts import is_remote
from lakecat.names import near_parameters, told
from lakecat.plaintext import safe_location

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import polars as pl

    from lakecat.errors import LakecatError
    from lakecat.metadata import Column
    from lakecat.snapshot import ColumnStatistics, Commit, Fact, Parameter, Problem, Statistics


@runtime_checkable
class TableSource(Protocol):
    """An object that can be read as a table. ``lakecat.testing.check_source`` checks all that is said here."""

    @property
    def kind(self) -> str:
        """A label, such as "delta". Nothing depends on it."""

    def scan(self, /, **params: Any) -> pl.LazyFrame:
        """Return the table, lazily: no row is read.

        Raises:
            TableParameterError: A parameter is unknown or missing; none is ever dropped.
            SourceError: What metadata can tell: there is no table, or it cannot be read.
        """

    def schema(self) -> pl.Schema | None:
        """Return names and dtypes if they are cheap to know (declared, log, footer); ``None`` is unknown.

        Collects nothing.
        """

    def facts(self) -> Iterable[Fact]:
        """Return what documentation should say about this source in particular, without secrets."""

    def change_token(self) -> str | None:
        """Return a text that is cheap to get and equal while nothing changed; ``None`` means "always read again"."""


@runtime_checkable
class HasLocation(Protocol):
    """A source whose data lie somewhere: its page shows that, audit logs record it, and environments may forbid it.

    :func:`lakecat.sources.location.location_of` asks for it, and for the options beside it.
    """

    @property
    def uri(self) -> str | os.PathLike[str] | None:
        """A path, or a URL of a store; what it holds beside its place is secret. ``None`` is nowhere."""


@runtime_checkable
class HasStorageOptions(Protocol):
    """A source with options of its own for the store in which it lies, in place of those of the environment."""

    @property
    def storage_options(self) -> Mapping[str, Any] | None:
        """The options by name; values whose names say so are secret."""


@runtime_checkable
class HasColumns(Protocol):
    """A source that knows more of its columns than their dtypes: whether they may be null, and comments."""

    def columns(self) -> tuple[Column, ...]:
        """Return the columns as the data describe them."""


@runtime_checkable
class HasParameters(Protocol):
    """A source whose ``scan`` takes parameters worth documenting."""

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters in their order."""


@runtime_checkable
class HasStatistics(Protocol):
    """A source that knows figures of the whole table without reading rows."""

    def statistics(self) -> Statistics:
        """Return the figures, each with its provenance; what is unknown or would be false is ``None``."""


@runtime_checkable
class HasColumnStatistics(Protocol):
    """A source that knows bounds and null counts of columns without reading rows."""

    def column_statistics(self) -> Mapping[str, ColumnStatistics]:
        """Return what is known, by the name of the column."""


@runtime_checkable
class HasDescription(Protocol):
    """A source whose data carry a description, which serves where the author declared none."""

    def stored_description(self) -> str:
        """Return the description, or nothing."""


@runtime_checkable
class HasHistory(Protocol):
    """A source that knows how its table changed."""

    def history(self, *, limit: int = 10) -> tuple[Commit, ...]:
        """Return the newest changes, the newest first; fewer, or none, where they cannot be read."""


@runtime_checkable
class HasFailures(Protocol):
    """A source that knows what an error of its frame means."""

    def failure(self, error: BaseException) -> LakecatError:
        """Return what a frame of this source raised as an error of lakecat."""


@runtime_checkable
class HasProblems(Protocol):
    """A source that can tell, without reading rows, that its rows cannot be read or come out wrong."""

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong."""


_METHODS = ("scan", "schema", "facts", "change_token")
# Libraries whose frames are taken for tables, and what a function returns instead.
_FRAMES = {"polars": "it", "pandas": "pl.from_pandas(it)", "pyarrow": "pl.from_arrow(it)"}


def check_is_source(obj: object) -> TableSource:
    """Return ``obj`` if it is a table source.

    Raises:
        DeclarationError: It is not; the message says what to write instead, or names what it lacks.
    """
    # Before its attributes are asked for: the schema of a LazyFrame may be dear, or fail.
    lacks, instead = [], instead_of(obj)
    if not instead:
        lacks = [name for name in _METHODS if not callable(getattr(obj, name, None))]
        if not isinstance(getattr(obj, "kind", None), str):
            lacks.insert(0, "kind")
    if instead or lacks or isinstance(obj, type):
        what = f"{told(obj)}, not an object of it" if isinstance(obj, type) else type(obj).__name__
        without = f" without {', '.join(lacks)}" if lacks and not isinstance(obj, type) else ""
        hint = instead or ("write @table above a function" if callable(obj) and not isinstance(obj, type) else "")
        raise DeclarationError(
            f"a table is an object with kind, scan, schema, facts and change_token; this is {what}{without}"
            + (f"; {hint}" if hint else "")
        )
    return obj  # type: ignore[return-value]


def instead_of(obj: object) -> str:
    """Return what to write in place of something that people take for a table; nothing where there is no telling."""
    library = type(obj).__module__.partition(".")[0]
    if isinstance(obj, type):
        return f"make one, as {obj.__name__}(…)" if all(hasattr(obj, name) for name in _METHODS) else ""
    if isinstance(obj, str | os.PathLike):
        place = os.fspath(obj)
        place = safe_location(place) if isinstance(place, str) and is_remote(place) else place
        name = PurePath(os.fsdecode(place)).stem
        kinds = (
            ("ParquetTable",) if os.fsdecode(place).endswith((".parquet", ".pq")) else ("DeltaTable", "ParquetTable")
        )
        return "write " + " or ".join(f"{kind}({name!r}, uri={place!r})" for kind in kinds)
    if library == "deltalake":
        return "write lakecat.DeltaTable(name, uri=…) with the location of it"
    return f"write a function that returns {_FRAMES[library]}, with @table above it" if library in _FRAMES else ""


def refuse_parameters(params: dict[str, Any], known: tuple[str, ...], table: str) -> None:
    """Raise a TableParameterError for the first of ``params`` that is not ``known``."""
    for name in params:
        if name not in known:
            raise TableParameterError(f"table {table!r} has no parameter {name!r}; {near_parameters(name, known)}")
