"""What is known of one side of a table, under a name and with a version: JSON until somebody asks for the record."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar, cast

from lakecat.snapshot.codec import decode, encode

_R = TypeVar("_R")


class Section:
    """A section of a snapshot. Whoever knows its record asks for it; everybody else hands its bytes on as they are.

    Two are equal where they are written alike. They are frozen, and hold either JSON, a record, or, once the other was
    asked for, both.

    Args:
        name: The section's name, such as ``history``.
        version: The version of its record: of one with a higher version than he knows, a reader says nothing.
        raw: The record as JSON.
        extra: What a newer version wrote beside version and record: names, and JSON.
        where: The place in a file, for errors.
    """

    __slots__ = ("_raw", "_record", "extra", "name", "version", "where")

    name: str
    version: int
    extra: tuple[tuple[str, str], ...]
    where: str
    _raw: bytes | None
    _record: Any

    def __init__(
        self, *, name: str, version: int, raw: bytes, extra: tuple[tuple[str, str], ...] = (), where: str = ""
    ) -> None:
        put = object.__setattr__
        put(self, "name", name)
        put(self, "version", version)
        put(self, "extra", extra)
        put(self, "where", where or name)
        put(self, "_raw", raw)
        put(self, "_record", None)

    @classmethod
    def of(cls, name: str, record: object, *, version: int = 1) -> Section:
        """Return a section that holds a record; it is made JSON when that is asked for."""
        made = cls(name=name, version=version, raw=b"")
        object.__setattr__(made, "_raw", None)
        object.__setattr__(made, "_record", record)
        return made

    @property
    def raw(self) -> bytes:
        """The record as JSON.

        Raises:
            SnapshotError: The record holds something that JSON cannot.
        """
        if self._raw is None:
            object.__setattr__(self, "_raw", encode(self._record).encode("ascii"))
        return cast("bytes", self._raw)

    def decoded(self, kind: type[_R]) -> _R:
        """Return the record; it is made once.

        Raises:
            SnapshotError: The JSON is none of such a record.
        """
        if type(self._record) is not kind:
            object.__setattr__(self, "_record", decode(kind, self.raw, self.where))
        return cast("_R", self._record)

    def __setattr__(self, name: str, value: object) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Section):
            return NotImplemented
        mine, theirs = ((s.name, s.version, s.extra) for s in (self, other))
        return mine == theirs and (self.raw == other.raw)

    def __hash__(self) -> int:
        return hash((self.name, self.version))

    def __repr__(self) -> str:
        return f"Section({self.name!r}, version {self.version}, {self.raw.decode('utf-8', 'replace')})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.name, self.version, self.raw, self.extra, self.where)


def _restored(name: str, version: int, raw: bytes, extra: tuple[tuple[str, str], ...], where: str) -> Section:
    return Section(name=name, version=version, raw=raw, extra=extra, where=where)
