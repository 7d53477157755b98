"""What is read of catalogs while something runs, by whichever thread: tables, names in vain, and whole lists."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_R = TypeVar("_R")

Kind: TypeAlias = Literal["table", "name", "list"]
Read: TypeAlias = tuple[Kind, Any, Any]
"""What kind of thing was read, of which registry, and which: the table, or the name."""

_OWN = str(Path(__file__).parent) + os.sep


def call(function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Call the function of a table: what it reads itself is read for this call alone."""
    return function(*args, **kwargs)


def note_read(kind: Kind, registry: Any, what: Any) -> None:
    """Tell who records it that a table, a name that there is not, or the list of a registry's tables is asked for."""
    for recorder in tuple(_RECORDERS):
        recorder.note(kind, registry, what)


class Recorder:
    """Keeps what is read, from when it is made until it is closed.

    Something that a function calls may keep what it has read, as a cached helper does or a module when it is imported:
    who comes later gets that without reading it again. So what is read below the code of a file, other than that of the
    table's own function, is kept for the file as well.

    A module is imported once, for all. Threads count as the call during which they read.
    """

    def __init__(self) -> None:
        self._now: dict[tuple[Any, ...], Read] = {}
        self._of_file: dict[str, dict[tuple[Any, ...], Read]] = {}
        _RECORDERS.append(self)

    def note(self, kind: Kind, registry: Any, what: Any) -> None:
        """Keep a read."""
        # What is told apart by its number is kept, so that no other gets the number.
        key = kind, id(registry), what if isinstance(what, str) else id(what)
        self._now[key] = kind, registry, what
        for file in _files_on_the_way():
            self._of_file.setdefault(file, {})[key] = kind, registry, what

    def begin(self) -> None:
        """Forget what was read for one call alone."""
        self._now = {}

    def found(self, files: tuple[str, ...]) -> tuple[Read, ...]:
        """Return what was read since :meth:`begin`, and what code of these files ever read for anybody."""
        found = dict(self._now)
        for file in files if self._of_file else ():
            found |= self._of_file.get(same_file(file), {})
        return tuple(found.values())

    def close(self) -> None:
        """Record no more."""
        if self in _RECORDERS:
            _RECORDERS.remove(self)


_RECORDERS: list[Recorder] = []


def _files_on_the_way() -> set[str]:
    """Return the files whose code is running here, without lakecat's and that of the functions of tables."""
    found = set()
    frame = sys._getframe(2)
    while frame is not None and (above := frame.f_back) is not None:
        code = frame.f_code
        # What stands inside of a function is made anew with each call of it.
        inner = above.f_code is call.__code__ or "<locals>" in code.co_qualname
        if not inner and not code.co_filename.startswith(_OWN):
            found.add(same_file(code.co_filename))
        if code.co_name == "<module>":  # what imports it stands on it by that import
            break
        frame = above
    return found


@functools.lru_cache(maxsize=4096)
def same_file(name: str) -> str:
    """Return the one name of a file, by whichever way it was found."""
    return os.path.realpath(name)
