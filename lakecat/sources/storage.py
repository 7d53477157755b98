"""What Delta and Parquet sources share: locations, their text and their stamps."""

from __future__ import annotations

import os
import re
import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lakecat.errors import DeclarationError, LakecatError
from lakecat.hosts import is_remote
from lakecat.metadata import check_text
from lakecat.names import check_name, told
from lakecat.options import deltalake, polars
from lakecat.options.neutral import check_options, neutral_options
from lakecat.plaintext import redact, safe_location, without_ansi
from lakecat.redaction import text_of
from lakecat.sources.failures import typed_error
from lakecat.sources.location import secrets_in

_LONGEST = 300
_BACKTRACE = re.compile(r"stack backtrace:|\n\s*0: ")
# The answer of a store, of which the code says all.
_STORE_ANSWER = re.compile(r"<\?xml.*?<Code>(\w+)</Code>.*?</Error>", re.DOTALL)
# How long it took: without it the same failure has the same text in each build.
_DURATION = re.compile(r" in \d[\d.]*(?:ns|µs|ms|s)\b")


class StoredTable:
    """A table that lies at a location.

    Args:
        name: The name under which it is registered unless another is given.
        uri: A path, or a URL of a store that Polars and deltalake know (``s3://bucket/key``). Without one, the table
            lies where the environment says: its name below the root, or below a named bucket.
        bucket: The named bucket of the environment below which the table lies.
        storage_options: Options for the store, in place of those of the environment. Their values reach no repr, log,
            exception or page.
        description: What the table holds.

    Raises:
        DeclarationError: A name, location or option that cannot be.
    """

    def __init__(
        self,
        name: str,
        *,
        uri: str | os.PathLike[str] | None = None,
        bucket: str | None = None,
        storage_options: Mapping[str, str] | None = None,
        description: str = "",
    ) -> None:
        self.name = check_name(name)
        where = f"table {name!r}"
        if isinstance(uri, os.PathLike):
            uri = os.fspath(uri)
        if uri is not None and (not isinstance(uri, str) or not uri.strip()):
            raise DeclarationError(f"uri of {where} is {told(uri)}; write a path or a URL")
        if uri is not None and bucket is not None:
            raise DeclarationError(f"{where} has a uri and a bucket; give one of them")
        self._uri = uri
        self.bucket = bucket
        self.description = check_text(description, "description", where)
        if storage_options is not None and not isinstance(storage_options, Mapping):
            raise DeclarationError(f"storage_options of {where} is {type(storage_options).__name__}, not a mapping")
        check_options(storage_options or {}, where)
        self.storage_options = _Hidden(storage_options or {})

    def __repr__(self) -> str:
        place = f"bucket={self.bucket!r}" if self._uri is None else f"uri={safe_location(self._uri)!r}"
        return f"{type(self).__name__}({self.name!r}, {place})"

    @property
    def uri(self) -> str:
        """The location: as declared, or as the environment has it now.

        Raises:
            ConfigurationError: None is declared, and the environment has no such bucket or cannot be read.
        """
        if self._uri is not None:
            return self._uri
        from lakecat.config import current_config

        return current_config().resolve(self.name, bucket=self.bucket)

    @property
    def options(self) -> tuple[dict[str, str] | None, dict[str, Any] | None]:
        """The options of the store for deltalake and for Polars, with bounded time-outs; none for the file system."""
        uri = self.uri
        if not is_remote(uri):
            return None, None
        options: Mapping[str, Any] = self.storage_options
        if not options:
            from lakecat.config import current_config

            options = neutral_options(current_config().storage, uri)
        return deltalake.render(options), polars.render(options)

    @property
    def local_path(self) -> Path | None:
        """The path, if the table lies in the file system; ``None`` if it lies in a store."""
        uri = self.uri
        if uri.startswith("file://"):
            return Path(unquote(urlsplit(uri).path))
        return None if is_remote(uri) else Path(uri).expanduser()

    def failure(self, error: BaseException) -> LakecatError:
        """Return what a frame of this table raised as the error that says what went wrong."""
        return typed_error(error, table=self.name, clean=self.clean)

    def clean(self, error: BaseException) -> str:
        """Return an error's text on one line, without secrets, colours and backtraces; cut where it is long."""
        text = _BACKTRACE.split(without_ansi(text_of(error)), maxsplit=1)[0].replace("\u21b3", ":")
        text = " ".join(_STORE_ANSWER.sub(r"\1", text).split()) or type(error).__name__
        text = _DURATION.sub("", redact(text, secrets_in(self)))
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} \u2026"


class _Hidden(dict[str, str]):
    """A dictionary whose repr shows its keys alone."""

    @reprlib.recursive_repr()
    def __repr__(self) -> str:
        return "{" + ", ".join(f"{key!r}: '***'" for key in self) + "}"

    def __reduce__(self) -> Any:
        if not self:
            return _Hidden, ()
        raise TypeError("storage options are not pickled, as they may hold secrets")


def stamp(path: Path) -> str:
    """Return a text that changes when a file is written or replaced: time, size and inode."""
    status = path.stat()
    return f"{status.st_mtime_ns}:{status.st_size}:{status.st_ino}"
