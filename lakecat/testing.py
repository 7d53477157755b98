"""Contracts as tests: :func:`check_source` of a table source, :func:`check_section` of a section."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import polars as pl

from lakecat.errors import DeclarationError, LakecatError, SourceError, TableParameterError
from lakecat.metadata import Column
from lakecat.plaintext import redact
from lakecat.sections.contract import check_section
from lakecat.snapshot import ColumnStatistics, Commit, Fact, Figure, Parameter, Problem, Statistics
from lakecat.sources.base import (
    HasColumns,
    HasColumnStatistics,
    HasDescription,
    HasFailures,
    HasHistory,
    HasParameters,
    HasProblems,
    HasStatistics,
    TableSource,
    check_is_source,
)
from lakecat.sources.location import location_of, secrets_in

__all__ = ["check_section", "check_source"]

_UNKNOWN = "no_such_parameter"
_FIGURES = ("rows", "bytes", "files")
_LAZY = ("scan", "schema")
_READERS = re.compile(
    r"read_(avro|csv|database|database_uri|delta|excel|ipc|ipc_stream|ods|parquet)|collect_all(_async)?"
)
_COLLECTORS = re.compile(r"collect|collect_async|collect_batches|sink_\w+")


def check_source(source: object, *, params: Mapping[str, Any] | None = None) -> None:
    """Check that an object keeps all that a table source promises; call it in a test, with a small table behind it.

    That nothing is read too early is checked for what is read with Polars; other libraries are not watched.

    Args:
        source: The object.
        params: Values for parameters of ``scan``; those without a default are needed.

    Raises:
        AssertionError: It breaks a promise; the message is one sentence that names which.

    Example:
        >>> class Martians:
        ...     kind = "martian"
        ...
        ...     def scan(self, **params):
        ...         refuse_parameters(params, (), "martians")
        ...         return pl.LazyFrame({"eyes": [3]})
        ...
        ...     def schema(self):
        ...         return pl.Schema({"eyes": pl.Int64})
        ...
        ...     def facts(self):
        ...         return ()
        ...
        ...     def change_token(self):
        ...         return None
        >>> from lakecat.sources.base import refuse_parameters
        >>> check_source(Martians())
    """
    try:
        table = check_is_source(source)
    except DeclarationError as error:
        raise AssertionError(str(error)) from None
    contract = _Contract(table, dict(params or {}))
    contract.check_kind()
    contract.check_location()
    contract.check_parameters()
    contract.check_scan()
    contract.check_schema()
    contract.check_facts()
    contract.check_change_token()
    contract.check_columns()
    contract.check_statistics()
    contract.check_column_statistics()
    contract.check_history()
    contract.check_texts()
    contract.check_failure()


class _Contract:
    """The promises of one source, each a method that returns or raises an AssertionError."""

    def __init__(self, source: TableSource, params: dict[str, Any]) -> None:
        self.source = source
        self.params = params
        self.name = type(source).__name__
        self.secrets = secrets_in(source)

    def check_kind(self) -> None:
        self._require(bool(self.source.kind.strip()), "kind is empty; give it a text such as 'delta'")

    def check_location(self) -> None:
        try:
            location, again = (location_of(self.source, table=self.name) for _ in range(2))
        except SourceError as error:
            raise self._broken(error.message.partition(" cannot be read: ")[2]) from None
        except Exception as error:
            raise self._broken(f"its uri or storage_options raised {type(error).__name__}: {error}") from error
        self._require(location == again, "its uri or storage_options are not twice the same, though nothing changed")
        self.secrets = secrets_in(self.source)
        shown = repr(self.source)
        is_safe = not any(secret in shown for secret in location.secrets)
        self._require(is_safe, "its repr shows the value of a storage option or a secret of its uri")

    def check_parameters(self) -> None:
        if not isinstance(self.source, HasParameters):
            return
        known = self._ask("parameters")
        well_formed = isinstance(known, tuple) and all(isinstance(p, Parameter) for p in known)
        self._require(well_formed, f"parameters() returned {known!r}, not a tuple of Parameter")
        names = [p.name for p in known]
        bad = [name for name in names if not isinstance(name, str) or not name.isidentifier() or names.count(name) > 1]
        self._require(not bad, f"parameters() has a name that is no identifier, or comes twice: {bad[:1]}")
        needed = [p.name for p in known if p.default is None and p.name not in self.params]
        self._require(not needed, f"scan() needs a value for {needed[:1]}; call check_source(source, params={{…}})")

    def check_scan(self) -> None:
        frame = self._ask("scan", **self.params)
        self._require(
            isinstance(frame, pl.LazyFrame), f"scan() returned {type(frame).__name__}, not a polars LazyFrame"
        )
        try:
            self.source.scan(**self.params, **{_UNKNOWN: 1})
        except TableParameterError:
            return
        except Exception as error:
            what = f"raised {type(error).__name__} for an unknown parameter"
            raise self._broken(f"scan() {what}; raise TableParameterError, as refuse_parameters does") from error
        raise self._broken("scan() dropped an unknown parameter without a word; raise TableParameterError")

    def check_schema(self) -> None:
        schema = self._ask("schema")
        if schema is None:
            return
        self._require(
            isinstance(schema, pl.Schema), f"schema() returned {type(schema).__name__}, not a pl.Schema or None"
        )
        actual = self._actual_schema()
        self._require(
            list(schema.items()) == list(actual.items()), f"schema() says {schema}, and scan() gives {actual}"
        )

    def check_facts(self) -> None:
        facts = self._ask("facts")
        self._require(isinstance(facts, Iterable), f"facts() returned {type(facts).__name__}, not an iterable of Fact")
        for fact in facts:
            self._require(isinstance(fact, Fact), f"facts() gave {fact!r}, not a Fact")
            texts = (fact.label, fact.value)
            are_text = all(isinstance(text, str) for text in texts)
            self._require(are_text, f"facts() gave {fact!r}, whose label and value are not both text")
            self._require(bool(fact.label.strip()), f"facts() gave {fact!r}, which has no label")
            self._require_safe("facts()", *texts, at=f" in {fact.label[:30]!r}")

    def check_change_token(self) -> None:
        token, again = self._ask("change_token"), self._ask("change_token")
        is_token = token is None or isinstance(token, str)
        self._require(is_token, f"change_token() returned {type(token).__name__}, not text or None")
        self._require(token == again, f"change_token() is {token!r} and then {again!r}, though nothing changed")

    def check_columns(self) -> None:
        if not isinstance(self.source, HasColumns):
            return
        columns = self._ask("columns")
        well_formed = isinstance(columns, tuple) and all(isinstance(c, Column) for c in columns)
        self._require(well_formed, f"columns() returned {columns!r}, not a tuple of Column")
        actual = self._actual_schema()
        names = [c.name for c in columns]
        self._require(names == actual.names(), f"columns() names {names}, and scan() gives {actual.names()}")
        for column in columns:
            is_right = column.dtype is None or column.dtype == actual[column.name]
            self._require(
                is_right, f"columns() says {column.name!r} is {column.dtype}, and scan() gives {actual[column.name]}"
            )

    def check_statistics(self) -> None:
        if not isinstance(self.source, HasStatistics):
            return
        found = self._ask("statistics")
        self._require(isinstance(found, Statistics), f"statistics() returned {type(found).__name__}, not Statistics")
        for name in _FIGURES:
            self._require_figure(getattr(found, name), "statistics()", name)
        self._require(
            _is_utc(found.last_change), f"statistics() has {found.last_change!r} for last_change, not ISO 8601 in UTC"
        )
        if found.rows is not None and found.rows.provenance == "exact" and not self.params:
            rows = self.source.scan().select(pl.len()).collect().item()
            self._require(
                rows == found.rows.value, f"statistics() calls {found.rows.value} rows exact, and scan() gives {rows}"
            )

    def check_column_statistics(self) -> None:
        if not isinstance(self.source, HasColumnStatistics):
            return
        method, found = "column_statistics()", self._ask("column_statistics")
        self._require(isinstance(found, Mapping), f"{method} returned {type(found).__name__}, not a mapping")
        names = self._actual_schema().names()
        for name, known in found.items():
            # A field of a column may have figures of its own.
            is_there = isinstance(name, str) and any(name == n or name.startswith(f"{n}.") for n in names)
            self._require(is_there, f"{method} names {name!r}, and scan() gives {names}")
            is_known = isinstance(known, ColumnStatistics)
            self._require(is_known, f"{method} has {type(known).__name__} for {name!r}, not ColumnStatistics")
            self._require_figure(known.null_count, method, f"the nulls of {name!r}")
            are_text = all(text is None or isinstance(text, str) for text in (known.minimum, known.maximum))
            self._require(are_text, f"{method} has bounds of {name!r} that are not text or None")
            says = known.bounds in ("exact", "approximate")
            self._require(says, f"{method} calls the bounds of {name!r} {known.bounds!r}, not exact or approximate")
            nulls = known.null_count
            if nulls is not None and nulls.provenance == "exact" and name in names and not self.params:
                count = self.source.scan().select(pl.col(name).null_count()).collect().item()
                sentence = f"{method} calls {nulls.value} nulls of {name!r} exact, and scan() gives {count}"
                self._require(count == nulls.value, sentence)

    def check_history(self) -> None:
        if not isinstance(self.source, HasHistory):
            return
        found = self._ask("history")
        well_formed = isinstance(found, tuple) and all(isinstance(c, Commit) for c in found)
        self._require(well_formed, f"history() returned {found!r}, not a tuple of Commit")
        for commit in found:
            is_number = type(commit.version) is int and commit.version >= 0
            self._require(is_number, f"history() has {commit.version!r} for a version, not a whole number")
            self._require(_is_utc(commit.time), f"history() has {commit.time!r} for a time, not ISO 8601 in UTC")
            counts = commit.rows_added is None or type(commit.rows_added) is int
            self._require(counts, f"history() has {commit.rows_added!r} for rows_added, not a whole number or None")
            self._require(isinstance(commit.operation, str), "history() has an operation that is not text")
            self._require_safe("history()", commit.operation)
        versions = [commit.version for commit in found]
        self._require(versions == sorted(versions, reverse=True), f"history() has {versions}, not the newest first")
        newest = self._ask("history", limit=1)
        self._require(newest == found[:1], f"history(limit=1) gave {len(newest)} commits, not the newest alone")

    def check_texts(self) -> None:
        if isinstance(self.source, HasDescription):
            text = self._ask("stored_description")
            self._require(isinstance(text, str), f"stored_description() returned {type(text).__name__}, not text")
            self._require_safe("stored_description()", text)
        if isinstance(self.source, HasProblems):
            found = self._ask("problems")
            well_formed = isinstance(found, tuple) and all(isinstance(p, Problem) for p in found)
            self._require(well_formed, f"problems() returned {found!r}, not a tuple of Problem")
            for problem in found:
                texts = (problem.code, problem.message, problem.detail)
                are_text = all(isinstance(text, str) for text in texts) and all(texts[:2])
                self._require(are_text, f"problems() gave {problem!r}, whose code and message are not both text")
                self._require("\n" not in problem.detail, "problems() gave a detail of more than one line")
                self._require_safe("problems()", *texts)

    def check_failure(self) -> None:
        if not isinstance(self.source, HasFailures):
            return
        error = pl.exceptions.ComputeError(" ".join(("a frame failed, as check_source lets it", *self.secrets)))
        found = self._ask("failure", error)
        is_ours = isinstance(found, LakecatError) and bool(found.message)
        self._require(is_ours, f"failure() returned {type(found).__name__}, not a LakecatError with a message")
        self._require_safe("failure()", found.message, found.reason)

    def _require_figure(self, figure: object, method: str, name: str) -> None:
        is_figure = figure is None or (isinstance(figure, Figure) and type(figure.value) is int and figure.value >= 0)
        self._require(is_figure, f"{method} has {figure!r} for {name}, not a Figure of a whole number or None")
        has_origin = not isinstance(figure, Figure) or (
            figure.provenance in ("exact", "approximate") and bool(figure.source)
        )
        self._require(has_origin, f"{method} does not say how exact {name} is, or where it comes from")

    def _require_safe(self, method: str, *texts: str, at: str = "") -> None:
        # The texts are not in the message: they would put the secret into a log.
        is_safe = all(redact(text, self.secrets) == text for text in texts)
        self._require(is_safe, f"{method} shows a secret or the user part or query of a URL{at}")

    def _actual_schema(self) -> pl.Schema:
        frame: pl.LazyFrame = self._ask("scan", **self.params)
        try:
            return frame.collect_schema()
        except Exception as error:
            raise self._broken(f"the frame of scan() has no schema: {type(error).__name__}: {error}") from error

    def _ask(self, method: str, *args: Any, **params: Any) -> Any:
        """Return what a method returns, iterated if it is a generator; it may neither raise nor read rows."""
        read: list[str] = []
        with _watched(read) if method in _LAZY else contextlib.nullcontext():
            try:
                ask: Callable[..., Any] = getattr(self.source, method)
                answer = ask(*args, **params)
                answer = tuple(answer) if isinstance(answer, Iterator) else answer
            except Exception as error:
                raise self._broken(f"{method}() raised {type(error).__name__}: {error}") from error
        self._require(not read, f"{method}() reads rows: it calls {', '.join(dict.fromkeys(read))} of Polars")
        return answer

    def _require(self, holds: bool, sentence: str) -> None:
        if not holds:
            raise self._broken(sentence)

    def _broken(self, sentence: str) -> AssertionError:
        return AssertionError(f"{self.name}: {redact(sentence, self.secrets)}")


@contextlib.contextmanager
def _watched(read: list[str]) -> Iterator[None]:
    """Add to ``read`` the names of the functions of Polars that read rows, as they are called in a ``with`` block."""
    with contextlib.ExitStack() as stack:
        for owner, pattern in ((pl, _READERS), (pl.LazyFrame, _COLLECTORS)):
            for name in filter(pattern.fullmatch, dir(owner)):
                stack.enter_context(mock.patch.object(owner, name, _recording(getattr(owner, name), name, read)))
        yield


def _recording(function: Callable[..., Any], name: str, read: list[str]) -> Callable[..., Any]:
    def recorded(*args: Any, **kwargs: Any) -> Any:
        if not kwargs.get("_eager"):  # the mark with which operations of DataFrames run themselves, which read no table
            read.append(name)
        return function(*args, **kwargs)

    return recorded


def _is_utc(text: str | None) -> bool:
    if text is None:
        return True
    try:
        return datetime.fromisoformat(text).utcoffset() == timedelta(0)
    except (TypeError, ValueError):
        return False
