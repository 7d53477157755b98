"""What an author declares to tell of changes that code does not show: paths, or a function that returns a text."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from lakecat.errors import DeclarationError
from lakecat.hosts import is_remote
from lakecat.names import told

if TYPE_CHECKING:
    from lakecat.project import Stamp

Paths: TypeAlias = "str | os.PathLike[str] | Iterable[str | os.PathLike[str]]"
ChangeToken: TypeAlias = "Paths | Callable[[], Any]"
"""A file or folder, several, or a function without parameters."""

# Above this, size and time have to do: content is read at each build.
_READ_WHOLE = 64 * 2**20


def check_change_token(value: Any, where: str) -> Callable[[], Any] | tuple[str, ...]:
    """Return what was declared: a function, or paths as text.

    Raises:
        DeclarationError: It is neither.
    """
    if value is None:
        return ()
    if callable(value) and not isinstance(value, type):
        return value  # type: ignore[no-any-return]
    paths = [value] if isinstance(value, str | os.PathLike) or not isinstance(value, Iterable) else list(value)
    for path in paths:
        text = os.fspath(path) if isinstance(path, str | os.PathLike) else path
        if not isinstance(text, str) or not text.strip():
            what = f"{type(value).__name__}" if path is value else f"a list with {told(path)}"
            raise DeclarationError(
                f"change_token of {where} is {what}; write a path, a list of paths, or a function that returns a text"
            )
        if is_remote(text):
            raise DeclarationError(
                f"change_token of {where} names a place that is no local path; write a function that asks it and "
                "returns a text, such as an ETag"
            )
    return tuple(os.fspath(path) for path in paths)


def declared_token(declared: Callable[[], Any] | tuple[str, ...]) -> tuple[str, ...] | None:
    """Return texts that are equal while what was declared is the same; ``None`` if the function returned that.

    Raises:
        OSError: A file is there and cannot be read.
    """
    if callable(declared):
        answer = declared()
        return None if answer is None else (hashlib.sha256(f"{answer}".encode(errors="surrogatepass")).hexdigest(),)
    return tuple(_of_path(path) for path in declared)


def _of_path(path: str) -> str:
    from lakecat.project import stamp_of

    """Return a digest of the content of a file, or of the names and contents of all files below a folder."""
    stamp = stamp_of(path)
    if stamp is None:
        return "nothing there"
    if not Path(path).is_dir():
        return _of_file(path, stamp)
    digest = hashlib.sha256()
    for file in sorted(each for each in Path(path).rglob("*") if each.is_file()):
        text = f"{file.relative_to(path)}\0{_of_file(str(file), stamp_of(str(file)))}\0"
        digest.update(text.encode(errors="surrogatepass"))
    return digest.hexdigest()


def _of_file(file: str, stamp: Stamp) -> str:
    from lakecat.project import digest_of

    return repr(stamp) if stamp is not None and stamp[1] > _READ_WHOLE else digest_of(os.path.abspath(file), stamp)  # noqa: PTH100
