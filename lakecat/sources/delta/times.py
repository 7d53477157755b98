"""When the versions of a Delta table were committed, and which one a table was at a moment.

The clock is that of the entries of the log: what the protocol calls in-commit timestamps where a table has them, and
otherwise the time that the writer noted. Times of files are asked only of commits that note none: a copy or a fresh
checkout of a table has other ones.
"""

from __future__ import annotations

import contextlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lakecat.errors import TableParameterError
from lakecat.snapshot import Commit
from lakecat.sources.delta.folder import LOG, commit_name, commit_versions

if TYPE_CHECKING:
    from lakecat.sources.delta.folder import TableFolder

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint\..*", re.ASCII)
_ROWS_ADDED = ("numOutputRows", "num_added_rows", "numTargetRowsInserted", "num_target_rows_inserted")
# The clocks of writers differ a little: so far behind a commit, one may still have an earlier time.
_NEIGHBOURS = 16


def history(folder: TableFolder, newest: int, *, limit: int) -> tuple[Commit, ...]:
    """Return the newest commits of which the log still has entries, the newest first.

    Args:
        folder: The folder of the table.
        newest: The version to begin with.
        limit: How many versions to look at.
    """
    found = []
    for version in range(newest, max(newest - limit, -1), -1):
        try:
            entry = _entry(folder, version)
        except (OSError, ValueError):  # cleaned up, or no entry that can be read
            break
        if entry:
            found.append(
                Commit(
                    version=version,
                    time=_text(_moment(entry)),
                    operation=_operation(entry),
                    rows_added=_rows_added(entry.get("operationMetrics")),
                )
            )
    return tuple(found)


def version_at(folder: TableFolder, newest: int, moment: datetime) -> tuple[int | None, int, datetime]:
    """Return the last version committed by a moment, or ``None``; then the first that can be read, and its time.

    Args:
        folder: The folder of the table.
        newest: The newest version.
        moment: The moment, with a zone.
    """
    names = folder.log()
    first = first_readable(names, newest)
    versions = [version for version in commit_versions(names) if first <= version <= newest] or [newest]

    def made(version: int) -> datetime:
        entry: dict[str, Any] = {}
        with contextlib.suppress(FileNotFoundError, ValueError):
            entry = _entry(folder, version)
        return _moment(entry) or folder.changed(f"{LOG}/{commit_name(version)}")

    low, high = 0, len(versions)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if made(versions[middle]) <= moment else (low, middle)
    near = versions[low : low + _NEIGHBOURS]
    later = [version for version in near if made(version) <= moment]
    found = later[-1] if later else versions[low - 1] if low else None
    return found, versions[0], made(versions[0])


def first_readable(names: list[str], newest: int) -> int:
    """Return the first version that can be read, by the names in the log: others were cleaned up, or it begins at 0."""
    checkpoints = [int(match[1]) for match in map(_CHECKPOINT.fullmatch, names) if match]
    return 0 if commit_versions(names)[:1] == [0] else min(checkpoints, default=newest)


def moment_of(timestamp: Any, where: str) -> datetime:
    """Return a timestamp that a caller gave, in UTC.

    Args:
        timestamp: A datetime with a zone, or its ISO 8601 text.
        where: What it is for, as ``"timestamp of table 'users'"``.

    Raises:
        TableParameterError: It is neither, has no zone, or is outside of the years 1 to 9999 in UTC.
    """
    given = timestamp
    if isinstance(timestamp, str):
        with contextlib.suppress(ValueError):
            timestamp = datetime.fromisoformat(timestamp)
    if not isinstance(timestamp, datetime):
        raise TableParameterError(f"{where} is {given!r}; write a datetime, or text as 2026-01-31T12:00:00Z")
    if timestamp.utcoffset() is None:
        raise TableParameterError(f"{where} has no zone: {timestamp.isoformat()}; add one, as in +00:00")
    try:
        return timestamp.astimezone(UTC)
    except OverflowError:
        raise TableParameterError(
            f"{where} is {timestamp.isoformat()}; in UTC that is no year from 1 to 9999"
        ) from None


def _entry(folder: TableFolder, version: int) -> dict[str, Any]:
    """Return the entry of the history that a commit holds; an empty one if it holds none.

    Raises:
        FileNotFoundError: There is no such commit.
        ValueError: It is damaged.
    """
    for line in folder.read(f"{LOG}/{commit_name(version)}").splitlines():
        if b'"commitInfo"' in line and isinstance(entry := json.loads(line).get("commitInfo"), dict):
            return entry
    return {}


def _moment(entry: dict[str, Any]) -> datetime | None:
    """Return the time of an entry of the history; times are noted in milliseconds."""
    for name in ("inCommitTimestamp", "timestamp"):
        when = entry.get(name)
        if isinstance(when, int) and not isinstance(when, bool):
            with contextlib.suppress(OverflowError):
                return _EPOCH + timedelta(milliseconds=when)
    return None


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds")


def _operation(entry: dict[str, Any]) -> str:
    """Return what was done: lakecat's own commits say more than the operation that deltalake notes for them."""
    own = entry.get("lakecat")
    said = own.get("operation") if isinstance(own, dict) else None
    return str(said or entry.get("operation", ""))


def _rows_added(metrics: Any) -> int | None:
    if not isinstance(metrics, dict):
        return None
    return next((int(metrics[name]) for name in _ROWS_ADDED if str(metrics.get(name, "")).isdigit()), None)
