"""How a question to another process may end without an answer."""

from __future__ import annotations

import signal


class WorkerError(Exception):
    """A question has no answer; the message goes on after "it", as in "took more than 60 seconds".

    Args:
        how: What happened.
        printed: What was printed meanwhile, as it was: it may hold anything.
    """

    def __init__(self, how: str, printed: str = "") -> None:
        super().__init__(how)
        self.how, self.printed = how, printed

    @property
    def last_words(self) -> str:
        """The last line that was printed."""
        lines = (line.strip() for line in reversed(self.printed.split("\n")))
        return next((line for line in lines if line), "no reason given")


class AnswerError(WorkerError):
    """What was asked raised an exception, whose text is the message."""


class EndedError(WorkerError):
    """The process ended in the middle of a question."""


class StartError(WorkerError):
    """The process did not get as far as the first question."""


class TimeLimitError(WorkerError):
    """The question took too long."""


class MemoryLimitError(WorkerError):
    """The question took too much memory."""


def how_ended(status: int) -> str:
    """Return in words how a process with this return code ended."""
    if status >= 0:
        return f"ended its process with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    return f"ended its process by signal {name}"
