"""Which sources run code that is not lakecat's when they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from lakecat.sources.function import FunctionSource
from lakecat.sources.storage import StoredTable

if TYPE_CHECKING:
    from lakecat.sources.base import TableSource

Question: TypeAlias = Literal["describe", "columns", "token"]


def runs_foreign_code(source: TableSource, question: Question) -> bool:
    """Return whether asking a source what documentation wants to know runs code of a user's or of a third party's.

    Delta and Parquet tables do not: what may abort in them is isolated where it is called.
    """
    if isinstance(source, FunctionSource):
        return source.runs_code(question)
    return not isinstance(source, StoredTable)
