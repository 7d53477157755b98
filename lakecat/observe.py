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
from lakecat.plaintext import plain_name, redact, safe_location, secrets_of
from lakecat.storage import is_remote

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

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
) -> Iterator[dict[str, Any]]:
    """Tell of an action on a table when it is over, and how it came out: reads are debug messages, changes are info.

    The audit log is opened before the action, so that nothing is done where it could not be recorded.

    Args:
        action: What is done, in one word.
        table: The full name of the table.
        location: Where the table lies; credentials in it are not told.
        options: The table's own options of its store; none is told.
        params: Parameters of the action; values that look secret are not told.
        untold: The parameters whose values are not told either.

    Yields:
        A dictionary for what else is to be recorded once the action is over.

    Raises:
        ConfigurationError: The table lies where the environment allows none.
        AuditLogError: The audit log cannot be written.
    """
    from lakecat.config import current_config

    config = current_config()
    secrets = secrets_of({name: str(value) for name, value in (params or {}).items()})
    record: dict[str, Any] = {
        "time": "",
        "user": _user(),
        "host": platform.node(),
        "process": os.getpid(),
        "environment": config.environment.value,
        "action": action,
        "table": plain_name(table),
        "location": safe_location(location) if is_remote(location) else location,
        "params": {n: "***" if n in untold else _shown(value, secrets) for n, value in (params or {}).items()},
        "outcome": "ok",
    }
    start = time.perf_counter()
    with _opened(config.audit_log) as write:
        details: dict[str, Any] = {}
        try:
            check_location(config, table, location, options or {})
            yield details
        except BaseException as error:
            record["outcome"] = error.code if isinstance(error, LakecatError) else type(error).__name__
            _log(record, time.perf_counter() - start, config.log_level)
            try:
                write(record)
            except AuditLogError as unwritten:
                error.add_note(str(unwritten))
            raise
        record |= details
        _log(record, time.perf_counter() - start, config.log_level)
        write(record)


def recorded(method: Callable[Concatenate[_T, _P], _R]) -> Callable[Concatenate[_T, _P], _R]:
    """Return a method of a table that tells what it did: its own name, and the fields of the record that it returns."""

    @functools.wraps(method)
    def run(self: _T, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        with observed(method.__name__, self.name, location=self.uri, options=self.storage_options) as details:
            result = method(self, *args, **kwargs)
            found = {name: getattr(result, name) for name in getattr(result, "__slots__", ())}
            details.update({name: value for name, value in found.items() if value is not None})
            return result

    return run


@contextlib.contextmanager
def _opened(path: Path | None) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Open an audit log; yield what appends a record, as a line and by one write, so that processes do not mix."""
    if path is None:
        yield lambda record: None
        return
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    except OSError as error:
        sentence = f"nothing was done: the audit log {os.fspath(path)!r} cannot be written ({error.strerror})"
        raise AuditLogError(sentence) from None

    def write(record: Mapping[str, Any]) -> None:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        line = json.dumps({**record, "time": now}, ensure_ascii=False) + "\n"
        data = line.encode(errors="replace")
        try:
            written = os.write(file, data)
        except OSError as error:
            reason = error.strerror
        else:
            if written == len(data):
                return
            reason = "only a part of the line fits"
        what = f"{record['action']} of table {record['table']!r} ({record['outcome']})"
        raise AuditLogError(f"{what} is not in the audit log {os.fspath(path)!r}, which cannot be written ({reason})")

    try:
        yield write
    finally:
        os.close(file)


def _log(record: Mapping[str, Any], seconds: float, least: str) -> None:
    level = logging.DEBUG if record["action"] == _READ else logging.INFO
    level = level if record["outcome"] == "ok" else logging.WARNING
    if level >= logging.getLevelNamesMapping()[least]:
        told = (record["action"], record["table"], record["outcome"], seconds * 1000)
        LOGGER.log(level, "%s of table %r: %s, %.1f ms", *told, extra={"lakecat": dict(record)})


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
