"""Text files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import uuid
from pathlib import Path


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
    """Write a text file so that a reader never sees a part of it.

    A file that is there keeps its permissions, and a symbolic link its target, which is what is replaced. What is no
    file, such as a pipe or ``/dev/stdout``, is written to as it is.

    Raises:
        OSError: It cannot be written; the error names ``path``, and what was there is as before.
    """
    check_writable(path)
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    target = Path(os.path.realpath(path))
    part = target.with_name(f".lakecat-{uuid.uuid4().hex[:12]}.part")
    try:
        part.write_text(text, encoding="utf-8")
        if target.exists():
            part.chmod(target.stat().st_mode)
        part.replace(target)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from None
    finally:
        part.unlink(missing_ok=True)
