"""Files of a table in a store, which here lies in memory: what is listed, read and said."""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING, Any

import obstore
import pytest
from obstore.store import MemoryStore

from lakecat import ParquetTable
from lakecat.errors import SourceError, SourceNotFoundError, SourceTimeoutError, UnsupportedFeatureError
from lakecat.sources.failures import typed_error
from lakecat.sources.parquet import store as object_store
from lakecat.sources.parquet.store import StorePlace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROOT = "s3://bucket"


def typed(error: BaseException) -> SourceError:
    """Return an error as a source has it."""
    return typed_error(error, table="t", clean=str)


def place(uri: str, *keys: str, empty: tuple[str, ...] = ()) -> StorePlace:
    """Return the place of a location in a store that holds these objects, each with its key as its text."""
    store = MemoryStore()
    for key in keys:
        obstore.put(store, key, key.encode())
    for key in empty:
        obstore.put(store, key, b"")
    made = StorePlace(uri, {}, table="t", typed=typed)
    made._made = store
    return made


KEYS = ("t/p=1/a.parquet", "t/p=2/b.parquet", "t/p=2/notes.txt", "t/c.parquet", "t/_x/d.parquet", "tt/e.parquet")


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("t", ["c.parquet", "p=1/a.parquet", "p=2/b.parquet"]),
        ("t/", ["c.parquet", "p=1/a.parquet", "p=2/b.parquet"]),
        ("t/p=1", ["a.parquet"]),
        ("t/p=1/a.parquet", ["p=1/a.parquet"]),
        ("t/c.parquet", ["c.parquet"]),
        ("t/*.parquet", ["c.parquet"]),
        ("t/p=2/*", ["p=2/b.parquet", "p=2/notes.txt"]),
        ("t/p=*/*.parquet", ["p=1/a.parquet", "p=2/b.parquet"]),
        ("t/_x/*", ["d.parquet"]),
        ("*/*.parquet", ["t/c.parquet", "tt/e.parquet"]),
        ("", ["t/c.parquet", "t/p=1/a.parquet", "t/p=2/b.parquet", "tt/e.parquet"]),
    ],
)
def test_the_files_of_a_location(key: str, names: list[str]) -> None:
    """A key, a folder and a glob have the files that they would have on disk, named from the table on, in order."""
    found = place(f"{ROOT}/{key}", *KEYS)
    files = found.files()
    assert [file.name for file in files] == names
    for file in files:
        assert file.location.startswith(f"{ROOT}/")
        assert file.location.endswith(file.name)
        assert file.size == len(file.location) - len(ROOT) - 1
        assert file.stamp
        assert found.end(file, 99) == file.location.removeprefix(f"{ROOT}/").encode()


def test_keys_that_look_like_globs() -> None:
    """A key that is there is no glob, nor is a folder with such a name."""
    found = place(f"{ROOT}/t/a[1].parquet", "t/a[1].parquet", "t/a1.parquet").files()
    assert [file.name for file in found] == ["a[1].parquet"]
    found = place(f"{ROOT}/t[1]", "t[1]/b.parquet", "t1/c.parquet", "t[1]/d.txt").files()
    assert [file.name for file in found] == ["b.parquet"]


def test_objects_that_stand_for_folders() -> None:
    """An empty object above others stands for their folder; one alone is an empty file, and is read as such."""
    found = place(f"{ROOT}/t", "t/a.parquet", "t/x.parquet/b.parquet", empty=("t", "t/x.parquet")).files()
    assert [file.name for file in found] == ["a.parquet", "x.parquet/b.parquet"]
    assert [file.size for file in place(f"{ROOT}/p=1/a.parquet", empty=("p=1/a.parquet",)).files()] == [0]
    found = place(f"{ROOT}/t", "t/a.parquet", empty=("t/b.parquet",)).files()
    assert [(file.name, file.size) for file in found] == [("a.parquet", 11), ("b.parquet", 0)]
    assert [file.name for file in place(f"{ROOT}/table/p=1/x", empty=("table/p=1/x",)).files()] == ["p=1/x"]


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("t", "nothing is there"),
        ("x/*.parquet", "nothing is there"),
        ("y/*.csv", "no file matches"),
        ("y", "no '.parquet' file is there"),
        ("y/", "no '.parquet' file is there"),
        ("y/a.txt/", "nothing is there"),
    ],
)
def test_nothing_there(key: str, what: str) -> None:
    """What is not there is said: nothing at all, no Parquet file, or none that matches."""
    with pytest.raises(SourceNotFoundError) as caught:
        place(f"{ROOT}/{key}", "y/a.txt").files()
    assert caught.value.message == f"there is no Parquet table 't' at its location: {what}"


@pytest.mark.parametrize("key", ["t", "t/p=1", "t/p=1/*", "t/**/*.parquet", "*/*.parquet", ""])
def test_a_delta_table_is_not_read_as_parquet(key: str) -> None:
    """Files that commits may have removed are not taken for a table, from wherever they are found."""
    with pytest.raises(SourceError) as caught:
        place(f"{ROOT}/{key}", *KEYS, "t/_delta_log/0.json").files()
    assert caught.value.message == f"table 't' is a Delta table: '{ROOT}/t' has a '_delta_log'; use DeltaTable"


def test_a_delta_table_beside_a_folder() -> None:
    """A log of another folder is none of its business."""
    assert len(place(f"{ROOT}/t/p=1", *KEYS, "tt/_delta_log/0.json").files()) == 1
    assert len(place(f"{ROOT}/t", *KEYS, "_delta_log/0.json").files()) == 3
    assert len(place(f"{ROOT}/t", *KEYS, "t/_old/_delta_log/0.json").files()) == 3


@pytest.mark.parametrize(("most", "fails"), [(3, False), (2, True)])
def test_a_location_with_too_many_objects(monkeypatch: pytest.MonkeyPatch, most: int, fails: bool) -> None:
    """Listed are so many objects at most, whatever they are; then it is said what to do."""
    monkeypatch.setattr(StorePlace._list, "__kwdefaults__", {"most": most})
    found = place(f"{ROOT}/t", "t/a.parquet", "t/b.parquet", "t/c.txt")
    if not fails:
        assert len(found.files()) == 2
        return
    with pytest.raises(SourceError, match=r"more than 2 objects lie below its location; give a folder or a glob that"):
        found.files()


@pytest.mark.parametrize(
    ("count", "end", "start"), [(0, b"", b""), (2, b"et", b"t/"), (11, None, None), (99, None, None)]
)
def test_ends_and_starts_of_files(count: int, end: bytes | None, start: bytes | None) -> None:
    """So many bytes are read of a file's start or end, or all that there are."""
    found = place(f"{ROOT}/t", "t/c.parquet")
    (file,) = found.files()
    assert found.end(file, count) == (b"t/c.parquet" if end is None else end)
    assert found.start(file, count) == (b"t/c.parquet" if start is None else start)


def test_a_file_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """An opened file can be read from anywhere, as one of a disk."""
    monkeypatch.setattr(object_store, "_BUFFER", 4)
    found = place(f"{ROOT}/t", "t/c.parquet")
    (file,) = found.files()
    with found.open(file) as stream:
        assert stream.readable()
        assert stream.seekable()
        assert stream.read() == b"t/c.parquet"
        assert stream.read() == b""
        assert stream.seek(2) == 2
        assert stream.read(3) == b"c.p"
        assert stream.seek(1, os.SEEK_CUR) == 6
        assert stream.read(2) == b"rq"
        assert stream.seek(-3, os.SEEK_END) == 8
        assert stream.tell() == 8
        assert stream.read() == b"uet"
        assert io.BytesIO(b"").read() == stream.read()


def test_the_place_of_a_location() -> None:
    """Connections are kept for the same location with the same options."""
    found = StorePlace("s3://b/k", {"a": "b"}, table="t", typed=typed)
    assert found.is_at("s3://b/k", {"a": "b"})
    assert not found.is_at("s3://b/k", {})
    assert not found.is_at("s3://b/x", {"a": "b"})


@pytest.mark.parametrize("scheme", ["s3", "s3a", "gs", "gcs"])
def test_stores_that_are_known(scheme: str) -> None:
    """There is a reader for each of these; nothing is asked of the store yet."""
    key = {"gcs_base_url": "http://127.0.0.1:1", "disable_oauth": True}
    key |= dict.fromkeys(["client_email", "private_key", "private_key_id"], "")
    own = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    own = own if scheme.startswith("s3") else {"google_service_account_key": json.dumps(key)}
    assert StorePlace(f"{scheme}://bucket/t", own, table="t", typed=typed)._store is not None


def test_stores_that_are_not_known() -> None:
    """A location of another kind is refused, with what to do; its scheme is named."""
    with pytest.raises(UnsupportedFeatureError) as caught:
        StorePlace("ftp://host/t", {}, table="t", typed=typed).files()
    assert caught.value.message == (
        "table 't' cannot be read: there is no reader for locations that begin with 'ftp'; "
        "declare a function that reads it"
    )


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (OSError("operation timed out\n\nDebug source: operation refused"), SourceTimeoutError, "answer in time"),
        (PermissionError("x"), SourceError, "access is denied"),
        (RuntimeError("operation timed out"), SourceTimeoutError, "answer in time"),
        (
            type("NotSupportedError", (Exception,), {})("no ranges"),
            UnsupportedFeatureError,
            "whole files alone, and no",
        ),
    ],
)
def test_errors_of_a_store(error: Exception, kind: type[SourceError], says: str) -> None:
    """What a store raises is an error of lakecat, of its first lines; what is repeated below is left out."""

    def fail() -> Any:
        raise error

    with pytest.raises(kind, match=says) as caught:
        place(f"{ROOT}/t")._asked(fail)
    assert "Debug source" not in caught.value.reason
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("text", "profile", "found"),
    [
        ("[default]\naws_access_key_id = a%b\naws_secret_access_key = c\n", None, ["a%b", "c"]),
        ("[default]\naws_access_key_id = a\n[x]\naws_access_key_id = d\naws_session_token = e\n", "x", ["d", "e"]),
        ("[default]\naws_access_key_id =\nother = x\n", None, []),
        ("[default]\naws_access_key_id = a\n", "x", []),
        ("nothing = here\n", None, []),
        ("", None, []),
    ],
)
def test_keys_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, profile: str | None, found: list[str]
) -> None:
    """Static keys come from the file of the machine, of its profile; a damaged file has none."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(text)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SHARED_CREDENTIALS_FILE", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    if profile is not None:
        monkeypatch.setenv("AWS_PROFILE", profile)
    assert list(object_store._keys_of_the_machine().values()) == found
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    assert object_store._keys_of_the_machine() == {}
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / ".aws" / "credentials"))
    assert list(object_store._keys_of_the_machine().values()) == found
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    assert object_store._keys_of_the_machine() == {}


@pytest.mark.parametrize("spoil", [lambda file: file.write_bytes(b"\xff\xfe"), lambda file: file.mkdir()])
def test_keys_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], object]
) -> None:
    """A file that cannot be read has no keys; the store then says what is missing."""
    spoil(tmp_path / "credentials")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    assert object_store._keys_of_the_machine() == {}


@pytest.mark.parametrize(
    ("uri", "options", "asked"),
    [
        ("s3://bucket/t", {"allow_http": "true"}, True),
        ("s3a://bucket/t", {}, True),
        ("s3://bucket/t", {"access_key_id": "own", "secret_access_key": "own"}, False),
        ("gs://bucket/t", {}, False),
    ],
)
def test_whose_keys_are_used(monkeypatch: pytest.MonkeyPatch, uri: str, options: dict[str, str], asked: bool) -> None:
    """The keys of the machine are looked for where a table of S3 has none of its own."""
    from obstore import store

    made: list[dict[str, Any]] = []
    monkeypatch.setattr(store, "from_url", lambda _, **given: made.append(given) or MemoryStore())
    monkeypatch.setattr(object_store, "_keys_of_the_machine", lambda: {"aws_access_key_id": "machine"})
    assert StorePlace(uri, options, table="t", typed=typed)._make()
    assert [given["config"].get("aws_access_key_id") == "machine" for given in made] == [asked]


def test_polars_reads_stores_itself() -> None:
    """A table in a store is read by Polars where it can be, which asks for parts of files alone."""
    assert place(f"{ROOT}/t").native is True
    assert place(f"{ROOT}/t").is_local is False


@pytest.mark.parametrize(("start", "end", "read"), [(0, 2, b"t/"), (2, 2, b""), (5, 2, b""), (0, 0, b"")])
def test_ranges_of_a_file(start: int, end: int, read: bytes) -> None:
    """A range without bytes is no request, which stores refuse."""
    found = place(f"{ROOT}/t", "t/a.parquet")
    (file,) = found.files()
    assert found._read(file, start, end) == read


def test_a_store_is_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table keeps its store while its location and options are the same; another place is another store."""
    source = ParquetTable("t", uri=f"{ROOT}/t")
    first = source._place()
    assert source._place() is first
    monkeypatch.setattr(ParquetTable, "uri", f"{ROOT}/elsewhere")
    assert (second := source._place()) is not first
    assert source._place() is second
