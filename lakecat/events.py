"""What is done to tables, told when it is over: one :class:`TableEvent` for each read and change, and who listens."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from lakecat.registry import RegisteredTable, Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEvent:
    """One thing that was done to a table, or was tried. Its texts hold no secret.

    Args:
        action: What, in one word: ``read``, or the name of the method that changed the table.
        table: The full name of the table.
        location: Where it lies, without credentials; ``""`` where that is nowhere, or not known.
        params: Parameters of the action as they may be told: values that look secret are ``***``.
        environment: The environment that held.
        outcome: ``ok``, the code of an error of lakecat, or the type of another.
        seconds: How long it took. Rows are read later, when a frame is collected.
        details: What else is known of a change: its version, rows and files.
        source: The object that reads the table.
        declared: The table as it stands in its registry; ``None`` of a change, which goes by no catalog.
        registry: That registry.
    """

    action: str
    table: str
    location: str
    params: Mapping[str, Any]
    environment: str
    outcome: str
    seconds: float
    details: Mapping[str, Any] = field(default_factory=dict)
    source: object = field(default=None, repr=False)
    declared: RegisteredTable | None = field(default=None, repr=False)
    registry: Registry | None = field(default=None, repr=False)


Listener: TypeAlias = Callable[[TableEvent], None]


@dataclass(frozen=True, slots=True, eq=False)
class _Ear:
    listener: Listener
    everywhere: bool


_HERE: ContextVar[tuple[_Ear, ...]] = ContextVar("lakecat_listeners", default=())
_LISTENING: list[_Ear] = []
_lock = threading.Lock()


@contextlib.contextmanager
def listening(listener: Listener, *, everywhere: bool = False) -> Iterator[None]:
    """Call ``listener`` with each event of a ``with`` block.

    Work that takes the context of the block along belongs to it, as tasks of asyncio do. A thread begins with an empty
    context and cannot say whose it is: what it does is heard by all who listen then, which may be more than is meant,
    and leaves nothing out.

    What a listener raises comes out of the action, once all have heard of it; an error of the action itself goes first
    and has that as a note.

    Args:
        listener: Called in the thread of the action.
        everywhere: Hear what other blocks do too.

    Example:
        >>> from lakecat import Catalog, CatalogRegistry
        >>> catalog = Catalog(CatalogRegistry())
        >>> catalog.add_table(lambda: pl.LazyFrame({"x": [1]}), "numbers")
        >>> catalog.add_table(lambda: catalog.table("numbers"), "same")
        >>> read = []
        >>> with listening(lambda event: read.append(event.table)):
        ...     frame = catalog.table("same")
        >>> read
        ['numbers', 'same']
    """
    ear = _Ear(listener, everywhere)
    with _lock:
        _LISTENING.append(ear)
    before = _HERE.set((*_HERE.get(), ear))
    try:
        yield
    finally:
        _HERE.reset(before)
        with _lock:
            _LISTENING.remove(ear)


def tell(event: TableEvent, *, first: Iterable[Listener] = (), error: BaseException | None = None) -> None:
    """Let all who listen hear of an event.

    Args:
        event: The event.
        first: Who hears it before the others, wherever it happens.
        error: What the action raised, if it did; what listeners raise then is noted on it.

    Raises:
        Exception: The first that a listener raised, after all heard the event, if the action raised nothing.
    """
    raised: list[Exception] = []
    for listener in (*first, *_heard_by()):
        try:
            listener(event)
        except Exception as fallen:  # noqa: BLE001 (the others hear it all the same)
            raised.append(fallen)
    main = error or (raised.pop(0) if raised else None)
    if main is None:
        return
    for other in raised:
        main.add_note(_noted(other))
    if error is None:
        raise main


def _heard_by() -> list[Listener]:
    if not _LISTENING:
        return []
    here = _HERE.get()
    with _lock:
        listening = list(_LISTENING)
    mine = any(ear in here for ear in listening)
    return [ear.listener for ear in listening if ear.everywhere or ear in here or not mine]


def _noted(fallen: Exception) -> str:
    """Return what is noted of an error of a listener: lakecat's own speak for themselves."""
    from lakecat.errors import LakecatError

    return str(fallen) if isinstance(fallen, LakecatError) else f"a listener failed: {type(fallen).__name__}: {fallen}"
