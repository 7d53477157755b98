"""Asks tables in a process of their own, which loads the catalogs by their names once more."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lakecat.documented.asker import Asker, Found
from lakecat.documented.failed import UnansweredError
from lakecat.documented.reads import Read
from lakecat.documented.tables import DocumentedTables
from lakecat.errors import CatalogLoadError
from lakecat.reference import CatalogReference
from lakecat.snapshot import Problem, from_json, to_json
from lakecat.snippets import CatalogImport
from lakecat.worker import StartError, Worker, WorkerError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lakecat.snapshot import TableSnapshot


class IsolatedAsker:
    """Asks the tables of catalogs in another process, started when it is first needed.

    It finds modules, the working folder and the environment as they are here at that time.

    Args:
        tables: The tables, as they are known here.
        references: The catalogs, in the order in which they were loaded here.
        folder: A folder that is searched for modules last.
        imported: How snippets get at the catalog; each catalog's own way where not given.
        seconds: How long one table may take.
        memory: How many bytes the process may hold.
        to_start: How long loading the catalogs may take.
    """

    def __init__(
        self,
        tables: DocumentedTables,
        references: Sequence[CatalogReference],
        *,
        folder: Path | None,
        imported: CatalogImport | None,
        seconds: float,
        memory: int,
        to_start: float,
    ) -> None:
        self._tables = tables
        self._setup = [[str(reference) for reference in references], folder and str(folder), _to_data(imported)]
        self._limits: dict[str, Any] = {"seconds": seconds, "memory": memory, "to_start": to_start}
        self._worker: Worker | None = None
        self.unavailable = ""
        """Why the catalogs cannot be had in another process; ``""`` while they can."""

    def describe(self, name: str) -> Found | None:
        """Return what is known of the table of this full name; ``None`` where the other process does not have it.

        Raises:
            UnansweredError: Asking it ended the process, or would not have ended.
        """
        answer = self._ask("describe", name)
        if answer is None:
            return None
        found, printed = answer
        reasons = {Problem(**problem): reason for problem, reason in found["reasons"]}
        reads = tuple(Read(*read) for read in found["reads"])
        return Found(_snapshot_from(found["snapshot"]), reasons, printed, reads)

    def token(self, name: str) -> tuple[str | None, dict[Problem, str]] | None:
        """Return the change token of a table, and why it has none; ``None`` where the other process lacks the table.

        Raises:
            UnansweredError: As for :meth:`describe`.
        """
        answer = self._ask("token", name)
        if answer is None:
            return None
        return answer[0]["token"], {Problem(**problem): reason for problem, reason in answer[0]["reasons"]}

    def token_of_read(self, read: Read) -> str | None:
        """Return what tells whether something that was read of an own catalog is the same; ``None`` if nothing does."""
        try:
            answer = self._ask("read", read.name, read.kind, read.catalog)
        except UnansweredError:
            return None
        return None if answer is None else answer[0]["token"]

    def columns(self, name: str) -> tuple[str, ...] | None:
        """Return the names of a table's columns; ``None`` where they are not cheap to know, or it cannot be asked."""
        try:
            answer = self._ask("columns", name)
        except UnansweredError:
            return None
        found = None if answer is None else answer[0]["columns"]
        return None if found is None else tuple(found)

    @property
    def process(self) -> int | None:
        """The number of the process, if there is one."""
        return None if self._worker is None else self._worker.process

    def close(self) -> None:
        """End the process."""
        if self._worker is not None:
            self._worker.close()

    def _ask(self, question: str, name: str, *more: Any) -> tuple[Any, str] | None:
        if self.unavailable:
            return None
        if self._worker is None:
            setup = [list(sys.path), *self._setup]
            self._worker = Worker(f"{__name__}:answering", setup=setup, **self._limits)
        try:
            answer = self._worker.ask(question, name, *more)
        except StartError as error:
            self.unavailable = error.how
            return None
        except OSError as error:
            self.unavailable = f"no process can be started ({error.strerror})"
            return None
        except WorkerError as error:
            raise UnansweredError(name, self._tables, error) from None
        return None if answer.found is None else (answer.found, answer.printed)


def answering(
    path: list[str], references: list[str], folder: str | None, imported: dict[str, Any] | None
) -> Callable[..., dict[str, Any] | None]:
    """Load the catalogs, and return what answers a question about one of their tables.

    The answer is ``None`` for a table of a catalog that cannot be loaded here, such as one that ``conf.py`` made.
    """
    sys.path[:] = path
    place = Path(folder) if folder else None
    tables = DocumentedTables()
    asker = Asker(tables, folder=place, imported=_from_data(imported))
    for reference in references:
        with contextlib.suppress(CatalogLoadError):
            tables.load(CatalogReference.parse(reference), place)

    def answer(question: str, name: str, *more: str) -> dict[str, Any] | None:
        return _ANSWERS[question](asker, name, *more) if more or name in tables else None

    return answer


def _describe(asker: Asker, name: str) -> dict[str, Any]:
    found = asker.describe(name)
    return {"snapshot": _snapshot_text(found.snapshot), "reasons": _pairs(found.reasons), "reads": found.reads}


def _token_of_read(asker: Asker, name: str, kind: str, catalog: str) -> dict[str, Any]:
    return {"token": asker.token_of_read(kind, catalog, name)}


def _token(asker: Asker, name: str) -> dict[str, Any]:
    token, reasons = asker.token(name)
    return {"token": token, "reasons": _pairs(reasons)}


def _columns(asker: Asker, name: str) -> dict[str, Any]:
    return {"columns": asker.columns(name)}


_ANSWERS: dict[str, Callable[..., dict[str, Any]]] = {
    "describe": _describe,
    "token": _token,
    "columns": _columns,
    "read": _token_of_read,
}


def _pairs(reasons: dict[Problem, str]) -> list[tuple[dict[str, str], str]]:
    return [({"code": p.code, "message": p.message, "detail": p.detail}, reason) for p, reason in reasons.items()]


# The one place that knows how a record goes from one process to another.
def _snapshot_text(snapshot: TableSnapshot) -> str:
    return to_json([snapshot], indent=None)


def _snapshot_from(text: str) -> TableSnapshot:
    return from_json(text)[0]


def _to_data(imported: CatalogImport | None) -> dict[str, Any] | None:
    if imported is None:
        return None
    return {"lines": imported.lines, "expression": imported.expression, "complete": imported.complete}


def _from_data(data: dict[str, Any] | None) -> CatalogImport | None:
    return None if data is None else CatalogImport(**{**data, "lines": tuple(data["lines"])})
