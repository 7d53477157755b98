"""Tables that a Python function makes."""

from __future__ import annotations

import functools
import inspect
import os
from typing import TYPE_CHECKING, Any

import polars as pl

from lakecat.errors import TableFunctionError, TableParameterError
from lakecat.recording import call
from lakecat.redaction import redact, text_of
from lakecat.snapshot import Fact, Parameter
from lakecat.sources.base import refuse_parameters
from lakecat.sources.declared import check_change_token, declared_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lakecat.sources.declared import ChangeToken

_NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class FunctionSource:
    """A function that returns a LazyFrame or a DataFrame, as a table.

    Args:
        function: The function; its parameters are the table's.
        name: The table's name, for errors.
        schema: The declared schema, if there is one.
        change_token: What tells of changes that its code does not show, see :func:`lakecat.table`.
        declared_in: Name and file of the module that declared it, where that may be another than the function's.
    """

    kind = "function"

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str,
        schema: pl.Schema | None = None,
        change_token: ChangeToken | None = None,
        declared_in: tuple[str, str] | None = None,
    ) -> None:
        self.function = function
        self.name = name
        self._schema = schema
        self._change_token = check_change_token(change_token, f"table {name!r}")
        self._declared_in = declared_in

    def __repr__(self) -> str:
        return f"FunctionSource({self.name!r})"

    def scan(self, /, **params: Any) -> pl.LazyFrame:
        """Call the function and return its frame, lazy. The function itself runs now, whatever it does.

        Raises:
            TableParameterError: A parameter is unknown or missing.
            TableFunctionError: The function raised, or returned something else.
        """
        positional, keywords = self._arguments(params)
        try:
            frame = call(self.function, *positional, **keywords)
        except (Exception, pl.exceptions.PanicException) as error:  # a Polars panic is a BaseException
            sentence = f"the function of table {self.name!r} raised {type(error).__name__}"
            raise TableFunctionError(sentence, redact(text_of(error)).strip()) from error
        if isinstance(frame, pl.DataFrame):
            return frame.lazy()
        if isinstance(frame, pl.LazyFrame):
            return frame
        if inspect.iscoroutine(frame):
            frame.close()
        raise TableFunctionError(
            f"the function of table {self.name!r} returned {type(frame).__name__}, not a polars LazyFrame or DataFrame"
        )

    def failure(self, error: BaseException) -> TableFunctionError:
        """Return what the frame raised: it is the function's fault, not that of data."""
        sentence = f"the frame that the function of table {self.name!r} returned fails: {type(error).__name__}"
        return TableFunctionError(sentence, redact(text_of(error)).strip().partition("\n")[0])

    def schema(self) -> pl.Schema | None:
        """Return the declared schema; ``None`` where none is declared, as only a call could tell."""
        return self._schema

    def facts(self) -> Iterable[Fact]:
        """A function has no facts beyond its parameters."""
        return ()

    def runs_code(self, question: str) -> bool:
        """Return whether asking for a description, the columns that are cheap to know, or a token runs its code."""
        if question == "describe":
            return self._schema is None or not all(is_plain(p.default) for p in self._signature.parameters.values())
        return question == "token" and callable(self._change_token)

    def parameters(self, *, text: Callable[[Any], str] | None = None) -> tuple[Parameter, ...]:
        """Return the function's parameters; ``*args`` and ``**kwargs`` are left out.

        Args:
            text: Returns the text of a default; its Python text where not given.
        """
        text = text or default_text
        return tuple(
            Parameter(
                name=p.name,
                annotation="" if p.annotation is p.empty else inspect.formatannotation(p.annotation).strip("'\""),
                default=None if p.default is p.empty else text(p.default),
            )
            for p in self._signature.parameters.values()
            if p.kind in _NAMED
        )

    def change_token(self) -> str | None:
        """Return a digest of the function's code, and of what was declared to tell of changes.

        Its code is that of its module, and of the modules of the project that this imports, transitively; see
        :func:`lakecat.project.project_files`. ``None`` where there is no file, as in a notebook, or what was declared
        tells nothing.
        """
        # Late, as programs that only read tables look at no code.
        from lakecat.project import project_digest

        starts = self._starts()
        if not starts:
            return None
        declared = declared_token(self._change_token)
        if declared is None:
            return None
        try:
            return " ".join([*(project_digest(*start) for start in starts), *declared])
        except (OSError, ValueError):
            return None

    def files(self) -> tuple[str, ...]:
        """Return the files of the code that the token covers."""
        from lakecat.project import project_files

        return tuple(dict.fromkeys(file for start in self._starts() for file in project_files(*start)))

    def _starts(self) -> list[tuple[str, str]]:
        """Return name and file of the modules in which the function stands and is declared."""
        from lakecat.project import stamp_of

        inner = inspect.unwrap(self.function)
        try:
            file = inspect.getsourcefile(inner)
        except TypeError:
            return []
        if not file or stamp_of(file) is None:
            return []
        found = {os.path.abspath(file): inner.__module__ or "__main__"}  # noqa: PTH100
        if self._declared_in is not None and stamp_of(self._declared_in[1]) is not None:
            found.setdefault(os.path.abspath(self._declared_in[1]), self._declared_in[0])  # noqa: PTH100
        return [(module, file) for file, module in found.items()]

    @functools.cached_property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self.function)

    def _arguments(self, params: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        parameters = self._signature.parameters.values()
        named = [p for p in parameters if p.kind in _NAMED]
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            refuse_parameters(params, tuple(p.name for p in named), self.name)
        if missing := [p.name for p in named if p.default is p.empty and p.name not in params]:
            values = ", ".join(f"{name}=…" for name in missing)
            raise TableParameterError(
                f"table {self.name!r} needs a value for {' and '.join(map(repr, missing))}: "
                f"table({self.name!r}, {values})"
            )
        first = [p for p in named if p.kind is p.POSITIONAL_ONLY]
        positional = [params.get(p.name, p.default) for p in first]
        return positional, {k: v for k, v in params.items() if k not in {p.name for p in first}}


def is_plain(value: Any) -> bool:
    """Return whether a default is none, or one whose text is known without running code of anybody's."""
    return value is inspect.Parameter.empty or value is None or type(value) in (bool, int, float, str)


def default_text(value: Any) -> str:
    """Return a default as Python text; only values whose text is the same in every process show it."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    text = repr(value)
    return "…" if " at 0x" in text or len(text) > 60 else text
