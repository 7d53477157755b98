"""What is done to tables, told: to the logger ``lakecat``, and to the audit log where the environment has one."""

from __future__ import annotations

import contextlib
import datetime
import functools
import getpass
import json
import logging
import os
import platform
import time
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

from lakecat.environments import check_location
from lakecat.errors import AuditLogError, LakecatError
from lakecat.events import TableEvent, tell
from lakecat.hosts import is_remote
from lakecat.plaintext import plain_name, redact, safe_location, secrets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from lakecat.events import Listener
    from lakecat.registry import RegisteredTable, Registry

LOGGER = logging.getLogger("lakecat")
# Which messages there are is said by the environment, and who sees them by the program, whose handlers these go to.
LOGGER.setLevel(logging.DEBUG)
LOGGER.addHandler(logging.NullHandler())
_LONGEST = 200
_READ = "read"

_P = ParamSpec("_P")
_R = TypeVar("_R")


class _Placed(Protocol):
    """A table that has a name and lies somewhere."""

    @property
    def name(self) -> str: ...
    @property
    def uri(self) -> str: ...
    @property
    def storage_options(self) -> Mapping[str, str]: ...


_T = TypeVar("_T", bound=_Placed)


@contextlib.contextmanager
def observed(
    action: str,
    table: str,
    *,
    location: str = "",
    options: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    untold: Collection[str] = (),
    source: object = None,
    declared: RegisteredTable | None = None,
    registry: Registry | None = None,
) -> Iterator[dict[str, Any]]:
    """Do an action on a table in a ``with`` block where the environment lets it be done, and tell how it came out.

    The audit log is opened before the action, so that nothing is done where it could not be recorded. Then one
    :class:`~lakecat.events.TableEvent` goes to lakecat's logger, where reads are debug messages and changes are info,
    to the audit log, and to all who listen.

    Args:
        action: What is done, in one word.
        table: The full name of the table.
        location: Where the table lies; credentials in it are not told.
        options: The table's own options of its store; none is told.
        params: Parameters of the action; values that look secret are not told.
        untold: The parameters whose values are not told either.
        source: The object that reads the table.
        declared: The table as it was declared, where it is known.
        registry: The registry that holds it.

    Yields:
        A dictionary for what else is to be told once the action is over.

    Raises:
        ConfigurationError: The table lies where the environment allows none.
        AuditLogError: The audit log cannot be written.
    """
    from lakecat.config import current_config

    config = current_config()
    secrets = secrets_of({name: str(value) for name, value in (params or {}).items()})
    shown = {n: "***" if n in untold else _shown(value, secrets) for n, value in (params or {}).items()}

    def event(outcome: str) -> TableEvent:
        return TableEvent(
            action=action,
            table=table,
            location=safe_location(location) if is_remote(location) else location,
            params=shown,
            environment=config.environment.value,
            outcome=outcome,
            seconds=time.perf_counter() - start,
            details=details if outcome == "ok" else {},
            source=source,
            declared=declared,
            registry=registry,
        )

    start = time.perf_counter()
    first: list[Listener] = [_logging(config.log_level)]
    details: dict[str, Any] = {}
    with contextlib.ExitStack() as files:
        try:
            first.append(files.enter_context(_auditing(config.audit_log)))
            check_location(config, table, location, options or {})
            yield details
        except BaseException as error:
            outcome = error.code if isinstance(error, LakecatError) else type(error).__name__
            tell(event(outcome), first=first, error=error)
            raise
        tell(event("ok"), first=first)


def recorded(method: Callable[Concatenate[_T, _P], _R]) -> Callable[Concatenate[_T, _P], _R]:
    """Return a method of a table that tells what it did: its own name, and the fields of the record that it returns."""

    @functools.wraps(method)
    def run(self: _T, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        place: dict[str, Any] = {"location": self.uri, "options": self.storage_options}
        with observed(method.__name__, self.name, source=self, **place) as details:
            result = method(self, *args, **kwargs)
            found = {name: getattr(result, name) for name in getattr(result, "__slots__", ())}
            details.update({name: value for name, value in found.items() if value is not None})
            return result

    return run


@contextlib.contextmanager
def _auditing(path: Path | None) -> Iterator[Listener]:
    """Open an audit log; yield what appends an event, as a line and by one write, so that processes do not mix."""
    if path is None:
        yield lambda event: None
        return
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    except OSError as error:
        sentence = f"nothing was done: the audit log {os.fspath(path)!r} cannot be written ({error.strerror})"
        raise AuditLogError(sentence) from None

    def write(event: TableEvent) -> None:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        line = json.dumps({**_record(event), "time": now}, ensure_ascii=False) + "\n"
        data = line.encode(errors="replace")
        try:
            written = os.write(file, data)
        except OSError as error:
            reason = error.strerror
        else:
            if written == len(data):
                return
            reason = "only a part of the line fits"
        what = f"{event.action} of table {plain_name(event.table)!r} ({event.outcome})"
        raise AuditLogError(f"{what} is not in the audit log {os.fspath(path)!r}, which cannot be written ({reason})")

    try:
        yield write
    finally:
        os.close(file)


def _logging(least: str) -> Listener:
    """Return what tells an event to lakecat's logger, if it matters as much as ``least``."""

    def log(event: TableEvent) -> None:
        level = logging.DEBUG if event.action == _READ else logging.INFO
        level = level if event.outcome == "ok" else logging.WARNING
        if level >= logging.getLevelNamesMapping()[least]:
            told = (event.action, plain_name(event.table), event.outcome, event.seconds * 1000)
            LOGGER.log(level, "%s of table %r: %s, %.1f ms", *told, extra={"lakecat": _record(event)})

    return log


def _record(event: TableEvent) -> dict[str, Any]:
    """Return an event as the log and the audit log have it, with who did it and where."""
    return {
        "time": "",
        "user": _user(),
        "host": platform.node(),
        "process": os.getpid(),
        "environment": event.environment,
        "action": event.action,
        "table": plain_name(event.table),
        "location": event.location,
        "params": event.params,
        "outcome": event.outcome,
        **event.details,
    }


def _shown(value: Any, secrets: tuple[str, ...]) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    told = isinstance(value, str | datetime.date | datetime.time)
    text = redact(str(value), secrets) if told else type(value).__name__
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


@functools.lru_cache(maxsize=1)
def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        return str(os.getuid())
