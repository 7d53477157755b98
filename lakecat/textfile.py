"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator


def check_writable(path: Path) -> None:
    """Say what stands in the way of a file, before there is work to lose.

    Raises:
        OSError: There is no folder for it, or a folder has its name.
    """
    folder = path.parent
    if not folder.exists():
        raise FileNotFoundError(errno.ENOENT, f"{os.strerror(errno.ENOENT)}; make the folder first", str(folder))
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, f"{os.strerror(errno.EISDIR)}; give the name of a file", str(path))


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that a reader never sees a part of it; see :func:`written_whole`.

    Raises:
        OSError: It cannot be written; the error names ``path``, and what was there is as before.
    """
    with written_whole(path) as out:
        out.write(text.encode("utf-8"))


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Give something to write a file to, so that a reader never sees a part of it; if the block fails, there is none.

    A file that is there keeps its permissions, and a symbolic link its target, which is what is replaced. What is no
    file, such as a pipe or ``/dev/stdout``, is written to as it is.

    Raises:
        OSError: It cannot be written; the error names ``path``, and what was there is as before.
    """
    check_writable(path)
    if path.exists() and not path.is_file():
        with path.open("wb") as out:
            yield out
        return
    target = Path(os.path.realpath(path))
    part = target.with_name(f".lakecat-{uuid.uuid4().hex[:12]}.part")
    try:
        with _named(path, part), part.open("xb") as out:
            yield out
        with _named(path, part, target):
            if target.exists():
                part.chmod(target.stat().st_mode)
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def _named(path: Path, *hidden: Path) -> Iterator[None]:
    """Let errors about other files than a user knows of name the one that he does."""
    try:
        yield
    except OSError as error:
        if error.filename is not None and str(error.filename) not in map(str, hidden):
            raise
        raise type(error)(error.errno, error.strerror, str(path)) from None
