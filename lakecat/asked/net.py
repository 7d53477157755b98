"""The net in which everything that a source is asked is asked: what fails becomes a problem of its table."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lakecat.asked.text import hide_paths
from lakecat.errors import LakecatError
from lakecat.observe import LOGGER
from lakecat.redaction import redact, text_of
from lakecat.snapshot import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lakecat.classification import HiddenColumns

_T = TypeVar("_T")
_Otherwise = TypeVar("_Otherwise")

_WHEN = "when this page was made"
_SENTENCES = {
    "function_failed": f"The function that makes this table failed {_WHEN}, so what only a call could tell is unknown.",
    "process_ended": f"The code that makes this table ended its process {_WHEN}; what only it could tell is unknown.",
    "time_limit": f"The code that makes this table took too long {_WHEN}, so what only it could tell is unknown.",
    "memory_limit": f"The code that makes this table took too much memory {_WHEN}; what only it could tell is unknown.",
    "not_found": f"There were no data at this table's location {_WHEN}, so its columns and size are unknown.",
    "not_a_delta_table": f"There was no Delta table at its location {_WHEN}; its columns and size are unknown.",
    "corrupt_log": f"The log of this table was damaged {_WHEN}, so its columns and size are unknown.",
    "unsupported_feature": "This table uses a feature that cannot be read here, so what only its data tell is unknown.",
    "encrypted": "The data of this table are encrypted, so what only they could tell is unknown.",
    "access_denied": f"Access to the data of this table was denied {_WHEN}, so its columns and size are unknown.",
    "unreachable": f"The store of this table could not be reached {_WHEN}, so its columns and size are unknown.",
    "timed_out": f"The store of this table did not answer in time {_WHEN}, so its columns and size are unknown.",
    "configuration": f"The environment did not say where this table lies {_WHEN}, so its columns and size are unknown.",
    "unreadable": f"The data of this table could not be read {_WHEN}, so what only they could tell is unknown.",
}


class Net:
    """Asks, and keeps what fails as problems.

    A table may fail in any way, and costs its own page alone: all that user code can raise is caught, even what ends a
    program, save for the interrupt of somebody who stops it. A problem holds lakecat's own sentence, and of an error of
    anybody else its type: its text may quote data or secrets. That goes to ``tell``, without secrets.

    Args:
        secrets: What no text may show, beside what is known to be secret anyway.
        hidden: The columns whose values no text may show; where there are any, no text of others is told.
        base: The folder to which paths are shown relative.
        tell: Called with each problem and the text of its cause.
        waits: Whether it is only known after some questions which columns are hidden: nothing is told before
            :meth:`hide` says so.
    """

    def __init__(
        self,
        *,
        secrets: Iterable[str] = (),
        hidden: HiddenColumns,
        base: Path | None,
        tell: Callable[[Problem, str], None],
        waits: bool = False,
    ) -> None:
        self.problems: tuple[Problem, ...] = ()
        self._held: list[tuple[Problem, str]] | None = [] if waits else None
        self._secrets = tuple(secrets)
        self._hidden = hidden
        self._base = base
        self._tell = tell
        self._closed = False

    def ask(self, what: str, question: Callable[[], _T], otherwise: _Otherwise) -> _T | _Otherwise:
        """Return the answer to a question, or ``otherwise`` where it failed or the cause of all failures is known.

        After an error of lakecat or of the system, such as a store that does not answer, nothing more is asked: that
        would repeat it, perhaps after a time-out. An error in somebody's code may be that of one question alone, so the
        others are asked until a second fails.

        Args:
            what: What is asked for, as in "its facts".
            question: Asks for it.
            otherwise: The answer where there is none.
        """
        if self._closed:
            return otherwise
        try:
            return question()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (see above)
            self._closed = bool(self.problems) or isinstance(error, LakecatError | OSError)
            self.note(what, error)
            return otherwise

    def hide(self, hidden: HiddenColumns) -> None:
        """Let no text show a value of these columns, and tell what was noted before they were known."""
        self._hidden = hidden
        held, self._held, self.problems = self._held or (), None, ()
        for problem, reason in held:
            self.keep(problem, reason)

    def note(self, what: str, error: BaseException) -> None:
        """Keep an error as a problem, and tell its text."""
        if isinstance(error, LakecatError):
            code, detail, reason = error.code, error.message, error.reason
        else:
            code, detail, reason = "unreadable", f"asking for {what} raised {type(error).__name__}", text_of(error)
        message = _SENTENCES.get(code, _SENTENCES["unreadable"])
        self.keep(Problem(code=code, message=message, detail=detail.partition("\n")[0]), reason)

    def safe(self, text: str) -> str:
        """Return text without secrets and values of hidden columns."""
        return self._hidden.without_values(redact(text, self._secrets))

    def cleaned(self, problem: Problem) -> Problem:
        """Return a problem whose texts are safe, and show no path of this machine."""
        return Problem(code=problem.code, message=self._clean(problem.message), detail=self._clean(problem.detail))

    def keep(self, problem: Problem, reason: str) -> None:
        """Keep a problem, and tell the text of its cause."""
        cleaned = self.cleaned(problem)
        self.problems = (*self.problems, cleaned)
        if self._held is not None:
            self._held.append((problem, reason))
        else:
            self._tell(cleaned, "" if self._hidden else self._clean(reason))

    def _clean(self, text: str) -> str:
        return hide_paths(self.safe(text), self._base).strip()


def log_problem(name: str) -> Callable[[Problem, str], None]:
    """Return what tells the problems of a table to lakecat's logger."""

    def tell(problem: Problem, reason: str) -> None:
        LOGGER.warning("table %r: %s", name, f"{problem.detail} ({reason})" if reason else problem.detail)

    return tell
