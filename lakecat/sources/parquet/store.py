"""Files of a table in a store, as obstore lists and reads them: each request in bounded time, without the GIL."""

from __future__ import annotations

import configparser
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote, urlsplit

from lakecat.errors import LakecatError, SourceError, SourceNotFoundError, UnsupportedFeatureError
from lakecat.options import obstore as options_of_obstore
from lakecat.sources.parquet.files import (
    FOLDER,
    DataFile,
    Pattern,
    above_partitions,
    delta_error,
    in_order,
    is_glob,
    split_glob,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MOST_OBJECTS = 100_000
"""How many objects below a location are listed at most."""

_PAGE = 1_000
_LOG = "_delta_log"
_KEYS = ("aws_access_key_id", "access_key_id")


class StorePlace:
    """An object, a folder or a glob of a store. A key that exists is no glob.

    Args:
        uri: The location; its key is taken as it is, without escapes.
        options: Options of the store as deltalake takes them.
        table: The name of the table, for errors.
        typed: Turns an error of a library into one of lakecat.
    """

    is_local = False
    native = True

    def __init__(
        self, uri: str, options: Mapping[str, str], *, table: str, typed: Callable[[BaseException], SourceError]
    ) -> None:
        self._uri = uri
        scheme, _, rest = uri.partition("://")
        bucket, _, key = rest.partition("/")
        self._root, self._key = f"{scheme}://{bucket}", key
        self._options = options
        self._table = table
        self._typed = typed
        self._made: Any = None

    def files(self) -> list[DataFile]:
        """Return the files in the order of their names."""
        key = self._key.rstrip("/")
        itself = None if self._key.endswith("/") or not key else self._head(key)
        if itself is not None and itself["size"]:
            return [self._file(itself, above_partitions(key.rpartition("/")[0]))]
        prefix, pattern = split_glob(key) if is_glob(key) else (key, FOLDER)
        listed = self._list(prefix)
        if is_glob(key) and any(found["path"].startswith(f"{key}/") for found in listed):  # a folder with such a name
            listed, prefix, pattern = [f for f in listed if f["path"].startswith(f"{key}/")], key, FOLDER
        top = above_partitions(prefix)
        if top != prefix and self._list(f"{top}/{_LOG}".lstrip("/"), most=0):
            raise delta_error(self._table, f"{self._root}/{top}")
        base = prefix if pattern is FOLDER else top
        found = [self._file(each, base) for each in self._matching(listed, prefix, pattern)]
        if not found and itself is not None:
            return [self._file(itself, above_partitions(key.rpartition("/")[0]))]
        if not found:
            what = "no file matches" if pattern is not FOLDER else "no '.parquet' file is there"
            what = what if listed else "nothing is there"
            raise SourceNotFoundError(f"there is no Parquet table {self._table!r} at its location: {what}")
        return in_order(found)

    def end(self, file: DataFile, count: int) -> bytes:
        """Return the last bytes of a file."""
        return self._read(file, max(0, file.size - count), file.size)

    def start(self, file: DataFile, count: int) -> bytes:
        """Return the first bytes of a file."""
        return self._read(file, 0, min(count, file.size))

    def open(self, file: DataFile) -> BinaryIO:
        """Open a file to read it."""
        return io.BufferedReader(_RemoteFile(file.size, lambda start, end: self._read(file, start, end)), _BUFFER)

    def is_at(self, uri: str, options: Mapping[str, str]) -> bool:
        """Return whether it is the place of a location, reached with these options."""
        return self._uri == uri and self._options == options

    @property
    def _store(self) -> Any:
        if self._made is None:
            self._made = self._asked(self._make)
        return self._made

    def _make(self) -> Any:
        from obstore.store import from_url

        made = options_of_obstore.render(self._options, self._root)
        root = self._root.replace("gcs://", "gs://")
        if root.startswith(("s3://", "s3a://")) and not made["config"].keys() & set(_KEYS):
            made["config"] = {**_keys_of_the_machine(), **made["config"]}
        if not root.startswith(("s3://", "s3a://", "gs://", "az://", "azure://", "abfs", "adl://")):
            scheme = root.partition("://")[0]
            raise UnsupportedFeatureError(
                f"table {self._table!r} cannot be read: there is no reader for locations that begin with {scheme!r}; "
                f"declare a function that reads it"
            )
        return from_url(root, **made)

    def _path(self, file: DataFile) -> str:
        return file.location.removeprefix(f"{self._root}/")

    def _file(self, found: Mapping[str, Any], base: str) -> DataFile:
        path = found["path"]
        stamp = found["e_tag"] or f"{found['last_modified']}"
        return DataFile(path[len(base) :].lstrip("/"), f"{self._root}/{path}", found["size"], stamp)

    def _head(self, key: str) -> Mapping[str, Any] | None:
        import obstore

        try:
            found: Mapping[str, Any] = self._asked(lambda: obstore.head(self._store, key), FileNotFoundError)
        except FileNotFoundError:
            return None
        return found

    def _list(self, prefix: str, *, most: int = MOST_OBJECTS) -> list[Mapping[str, Any]]:
        """Return the objects below a prefix, without those that stand for folders."""
        import obstore

        def listed() -> list[Mapping[str, Any]]:
            found: list[Mapping[str, Any]] = []
            for page in obstore.list(self._store, prefix=prefix or None, chunk_size=_PAGE):
                found += page
                if len(found) > most:
                    break
            return found

        found = self._asked(listed)
        if len(found) > most > 0:
            raise SourceError(
                f"table {self._table!r} cannot be read: more than {most:,} objects lie below its location; "
                f"give a folder or a glob that begins further down"
            )
        folders = {found["path"].rpartition("/")[0] for found in found}
        return [each for each in found if each["size"] or each["path"] not in folders]

    def _matching(self, listed: list[Mapping[str, Any]], prefix: str, pattern: Pattern) -> Iterator[Mapping[str, Any]]:
        for each in listed:
            states = pattern.begin
            *folders, name = each["path"][len(prefix) :].strip("/").split("/")
            for depth, folder in enumerate(folders):
                if folder == _LOG:
                    raise delta_error(self._table, "/".join([self._root, *filter(None, [prefix]), *folders[:depth]]))
                states = pattern.step(states, folder)
                if not pattern.goes_on(states):
                    break
            else:
                if pattern.is_end(pattern.step(states, name)):
                    yield each

    def _read(self, file: DataFile, start: int, end: int) -> bytes:
        import obstore

        if start >= end:
            return b""
        return bytes(self._asked(lambda: obstore.get_range(self._store, self._path(file), start=start, end=end)))

    def _asked(self, ask: Callable[[], Any], *passed: type[Exception]) -> Any:
        try:
            return ask()
        except Exception as error:
            if isinstance(error, (*passed, LakecatError)):
                raise
            # What follows is the same once more, over many lines.
            text = str(error).partition("\n\nDebug source")[0]
            failure = self._typed(type(error)(text) if isinstance(error, OSError) else OSError(text))
            if type(error).__name__ == "NotSupportedError":
                message = (
                    f"table {self._table!r} cannot be read: its server gives whole files alone, and no parts of them"
                )
                failure = UnsupportedFeatureError(f"{message}; copy the file", failure.reason)
        raise failure


class WebPlace(StorePlace):
    """A file of a web server.

    Polars asks such a server ten times, for up to 180 seconds, whatever it is told; so it is not Polars that reads.
    """

    native = False

    def files(self) -> list[DataFile]:
        """Return the files in the order of their names."""
        if self._root_path.endswith("/") or not self._root_path:
            raise SourceError(f"table {self._table!r} cannot be read: a web server has no folders; give one file")
        found = self._head(self._root_path)
        if found is None:
            raise SourceNotFoundError(f"there is no Parquet table {self._table!r} at its location")
        name = self._root_path.rpartition("/")[2]
        return [DataFile(name, self._root_path, found["size"], found["e_tag"] or "")]

    @property
    def _root_path(self) -> str:
        return unquote(self._key.partition("?")[0])

    def _make(self) -> Any:
        from obstore.store import HTTPStore

        made = options_of_obstore.render(self._options, self._root)
        made["client_options"]["allow_http"] = "true"
        query = urlsplit(self._key).query
        return HTTPStore(
            f"{self._root}/" + (f"?{query}" if query else ""),
            client_options=made["client_options"],
            retry_config=made["retry_config"],
        )

    def _path(self, file: DataFile) -> str:
        return file.location


_BUFFER = 1 << 20


class _RemoteFile(io.RawIOBase):
    """An object as a file: each read is a request."""

    def __init__(self, size: int, read: Callable[[int, int], bytes]) -> None:
        self._size = size
        self._read_range = read
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        return self._position

    def readinto(self, buffer: Any) -> int:
        end = min(self._size, self._position + len(buffer))
        data = self._read_range(self._position, end)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def _keys_of_the_machine() -> dict[str, str]:
    """Return the static keys of ``~/.aws/credentials``, where obstore does not look; those of the environment win."""
    if "AWS_ACCESS_KEY_ID" in os.environ:
        return {}
    file = os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    found = configparser.ConfigParser(interpolation=None)
    try:
        found.read(Path(file).expanduser(), encoding="utf-8")
    except (configparser.Error, OSError, ValueError):
        return {}
    profile = os.environ.get("AWS_PROFILE", "default")
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    section = found[profile] if found.has_section(profile) else {}
    return {name: section[name] for name in names if section.get(name)}
