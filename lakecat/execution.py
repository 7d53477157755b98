"""One run of a module or of a cell: what tells a reload from a second declaration."""

from __future__ import annotations

import inspect
import linecache
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType, FrameType


@dataclass(frozen=True, slots=True, eq=False)
class Execution:
    """One run of the code of a module, of a notebook's cell, or of a line at a prompt.

    Each run of a module has a code object or a namespace of its own: a reload compiles or loads the code anew, and a
    server that runs one code object again gives it a fresh namespace. It is not copied or pickled: what comes out
    is ``None``, a run that is not known.

    Args:
        code: The code at the level of the module.
        namespace: Its globals.
        line: The line that it was at.
    """

    code: CodeType
    namespace: dict[str, Any]
    line: int

    def __str__(self) -> str:
        return f"{self.code.co_filename}:{self.line}"

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()

    @property
    def module(self) -> str:
        """The name of the module that runs."""
        return str(self.namespace.get("__name__") or "__main__")

    def repeats(self, other: Execution) -> bool:
        """Return whether the code of ``other`` runs here once more: its file, or a cell or line of its notebook."""
        same_namespace = self.namespace is other.namespace
        if same_namespace and self.code is other.code:
            return False
        mine, theirs = self._file(), other._file()
        if mine and theirs:
            return mine == theirs
        if not same_namespace:
            return False
        # IPython compiles each statement of a cell on its own: two lines of it are two statements, not one run again.
        cell = self.code.co_filename
        return cell != other.code.co_filename or self.line == other.line or not _is_cell(cell)

    def _file(self) -> str:
        """Return the file that runs; nothing for what was typed, or executed as text."""
        name, file = self.code.co_filename, self.namespace.get("__file__")
        is_file = file == name if file else os.path.isfile(name) and not _is_cell(name)  # noqa: PTH113 - may be no path
        return os.path.realpath(name) if is_file else ""


def _is_cell(name: str) -> bool:
    """Return whether a name stands for one text of a notebook: IPython keeps it for tracebacks, without a time."""
    kept = linecache.cache.get(name, ())
    return len(kept) > 1 and kept[1] is None


def current_execution() -> Execution | None:
    """Return the run of a module that led here; ``None`` in a thread that began with a function."""
    frame: FrameType | None = sys._getframe(1)
    found: FrameType | None = None
    while frame is not None:
        # Text that a module executes in its own namespace belongs to the run of the module.
        if _is_module(frame) and (found is None or frame.f_globals is found.f_globals):
            found = frame
        frame = frame.f_back
    return None if found is None else Execution(found.f_code, found.f_globals, found.f_lineno)


def _is_module(frame: FrameType) -> bool:
    """Return whether a frame runs a module or a cell: functions have local variables, and classes a name."""
    code = frame.f_code
    return not code.co_flags & inspect.CO_OPTIMIZED and code.co_name.startswith("<")
