"""The way in: what an object must do to be a table, and what it may do besides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from lakecat.errors import DeclarationError, TableParameterError
from lakecat.names import near_names

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

    def scan(self, **params: Any) -> pl.LazyFrame:
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


def check_is_source(obj: object) -> TableSource:
    """Return ``obj`` if it is a table source.

    Raises:
        DeclarationError: It is not; the message names what it lacks.
    """
    lacks = [name for name in _METHODS if not callable(getattr(obj, name, None))]
    if not isinstance(getattr(obj, "kind", None), str):
        lacks.insert(0, "kind")
    if isinstance(obj, type) or lacks:
        what = (
            f"the class {obj.__name__}, not an object of it"
            if isinstance(obj, type)
            else f"{type(obj).__name__} without {', '.join(lacks)}"
        )
        raise DeclarationError(f"a table is an object with kind, scan, schema, facts and change_token; this is {what}")
    return obj  # type: ignore[return-value]


def refuse_parameters(params: dict[str, Any], known: tuple[str, ...], table: str) -> None:
    """Raise a TableParameterError for the first of ``params`` that is not ``known``."""
    for name in params:
        if name not in known:
            near = near_names(name, known)
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            hint = f"did you mean {near[0]!r}?" if near else takes
            raise TableParameterError(f"table {table!r} has no parameter {name!r}; {hint}")
