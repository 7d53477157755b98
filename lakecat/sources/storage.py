"""What Delta and Parquet sources share: locations, their text and their stamps."""

from __future__ import annotations

import os
import re
import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lakecat.errors import DeclarationError
from lakecat.metadata import check_text
from lakecat.names import check_name
from lakecat.plaintext import redact, safe_location, secrets_of, without_ansi


class StoredTable:
    """A table that lies at a location.

    Args:
        name: The name under which it is registered unless another is given.
        uri: A path, or a URL of a store that Polars and deltalake know (``s3://bucket/key``).
        storage_options: Options for the store. Their values reach no repr, log, exception or page.
        description: What the table holds.

    Raises:
        DeclarationError: A name, location or option that cannot be.
    """

    def __init__(
        self,
        name: str,
        *,
        uri: str | os.PathLike[str],
        storage_options: Mapping[str, str] | None = None,
        description: str = "",
    ) -> None:
        self.name = check_name(name)
        where = f"table {name!r}"
        if isinstance(uri, os.PathLike):
            uri = os.fspath(uri)
        if not isinstance(uri, str) or not uri.strip():
            raise DeclarationError(f"uri of {where} is {uri!r}; write a path or a URL")
        self.uri = uri
        self.description = check_text(description, "description", where)
        if storage_options is not None and not isinstance(storage_options, Mapping):
            raise DeclarationError(f"storage_options of {where} is {type(storage_options).__name__}, not a mapping")
        self.storage_options = _Hidden(storage_options or {})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, uri={safe_location(self.uri)!r})"

    @property
    def local_path(self) -> Path | None:
        """The path, if the table lies in the file system; ``None`` if it lies in a store."""
        if self.uri.startswith("file://"):
            return Path(unquote(urlsplit(self.uri).path))
        return None if re.match(r"[A-Za-z][\w+.-]+://", self.uri) else Path(self.uri).expanduser()

    def clean(self, error: BaseException) -> str:
        """Return the first line of an error's text, without secrets, colours and backtraces."""
        text = without_ansi(str(error)).strip() or type(error).__name__
        return redact(text.splitlines()[0], secrets_of(self.storage_options))


class _Hidden(dict[str, str]):
    """A dictionary whose repr shows its keys alone."""

    @reprlib.recursive_repr()
    def __repr__(self) -> str:
        return "{" + ", ".join(f"{key!r}: '***'" for key in self) + "}"

    def __reduce__(self) -> Any:
        raise TypeError("storage options are not pickled, as they may hold secrets")


def stamp(path: Path) -> str:
    """Return a text that changes when a file is written or replaced: time, size and inode."""
    status = path.stat()
    return f"{status.st_mtime_ns}:{status.st_size}:{status.st_ino}"
