"""A process of its own for what may hang, abort, print or leak: it dies in place of the program that asks."""

from __future__ import annotations

from lakecat.worker.failures import AnswerError, EndedError, MemoryLimitError, StartError, TimeLimitError, WorkerError
from lakecat.worker.process import Answer, Worker

__all__ = [
    "Answer",
    "AnswerError",
    "EndedError",
    "MemoryLimitError",
    "StartError",
    "TimeLimitError",
    "Worker",
    "WorkerError",
]
