"""Which files a Parquet table has: patterns, folders above and below, and their order."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from lakecat.errors import SourceError, SourceNotFoundError
from lakecat.sources.parquet.files import (
    FOLDER,
    DataFile,
    LocalPlace,
    Pattern,
    above_partitions,
    in_order,
    is_glob,
    split_glob,
)


def matches(pattern: Pattern, path: str) -> bool:
    """Return whether a pattern matches a path; it must not give up a folder before that."""
    states = pattern.begin
    *folders, name = path.split("/")
    for folder in folders:
        states = pattern.step(states, folder)
        if not pattern.goes_on(states):
            return False
    return pattern.is_end(pattern.step(states, name))


@pytest.mark.parametrize(
    ("glob", "those", "others"),
    [
        ("*.parquet", ["a.parquet"], ["b/a.parquet", "a.txt", ".a.parquet", "_a.parquet"]),
        ("**/*.parquet", ["a.parquet", "b/a.parquet", "b/c/a.parquet"], ["b/_c/a.parquet", ".b/a.parquet", "b/a"]),
        ("**", ["a", "b/a"], ["_a", "b/.a"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["b", "a/x", "x/a/b"]),
        ("**/b/**", ["b", "b/x", "a/b/x/y"], ["a", "a/x"]),
        ("**/**/a", ["a", "b/a", "b/c/a"], ["b"]),
        ("*/a", ["b/a"], ["a", "b/c/a", "_b/a"]),
        ("_*/a", ["_b/a"], ["b/a"]),
        (".?", [".a"], ["a", ".ab"]),
        ("*", ["_day=1", "a"], ["_day", ".day"]),
        ("*/*", ["_day=1/a", ".x=1/a"], ["_day=1/_a", "a"]),
        ("**/_x/*", ["_x/a", "b/_x/a"], ["_y/a", "_x/_a", "b/_y/a"]),
        ("*/_x", ["a/_x", "a=_/_x"], ["_x", "_x/_x", "a/x"]),
        ("**/.*", [".a", "b/.a"], ["_a", "b/a"]),
        ("[ab]/?", ["a/x", "b/y"], ["c/x", "a/xy"]),
        ("a", ["a"], ["b", "a/b", "A"]),
    ],
)
def test_globs(glob: str, those: list[str], others: list[str]) -> None:
    """A glob matches whole paths; what writers leave beside the data only where the glob says so."""
    pattern = Pattern(glob.split("/"))
    assert [path for path in those if not matches(pattern, path)] == []
    assert [path for path in others if matches(pattern, path)] == []


def test_the_files_of_a_folder() -> None:
    """A folder has its ``.parquet`` files at any depth."""
    assert matches(FOLDER, "a.parquet")
    assert matches(FOLDER, "a=1/_b=2/c.parquet")
    assert not matches(FOLDER, "a=1/_b/c.parquet")
    assert not matches(FOLDER, "a=1/c.parquet.crc")


@pytest.mark.parametrize(
    ("path", "folder", "rest"),
    [("/a/b/*.parquet", "/a/b", "x.parquet"), ("/a/[b]/c", "/a", "b/c"), ("*", "", "x"), ("a/?/**", "a", "x/y/z")],
)
def test_where_a_glob_begins(path: str, folder: str, rest: str) -> None:
    """Listed is the folder before the first part that is no plain name."""
    found, pattern = split_glob(path)
    assert found == folder
    assert matches(pattern, rest)


@pytest.mark.parametrize(("text", "glob"), [("a*", True), ("a?", True), ("[a", True), ("a]", False), ("a=1", False)])
def test_what_is_a_glob(text: str, glob: bool) -> None:
    """A glob has one of three letters."""
    assert is_glob(text) is glob


@pytest.mark.parametrize(
    ("path", "above"),
    [("/t/a=1/b=2", "/t"), ("/t/a=1/b", "/t/a=1/b"), ("/t", "/t"), ("a=1", ""), ("x=1/t/a=1", "x=1/t")],
)
def test_the_table_of_a_partition(path: str, above: str) -> None:
    """The table of a named partition is the nearest folder that is none."""
    assert above_partitions(path) == above


def test_files_are_in_the_order_of_folders() -> None:
    """A folder stands before a file whose name goes on where the folder's ends: ``a/z`` before ``a.b``."""
    names = ["b", "a.b", "a/z", "a/b/c", "a-"]
    assert [file.name for file in in_order([DataFile(name, name, 0, "") for name in names])] == [
        "a/b/c", "a/z", "a-", "a.b", "b",
    ]  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder of a table with two partitions."""
    for name in ("t/p=1/a.parquet", "t/p=2/b.parquet", "t/p=2/notes.txt", "t/c.parquet", "t/empty/_x.parquet"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    ("uri", "names"),
    [
        ("t", ["c.parquet", "p=1/a.parquet", "p=2/b.parquet"]),
        ("t/p=1", ["a.parquet"]),
        ("t/p=1/a.parquet", ["p=1/a.parquet"]),
        ("t/*.parquet", ["c.parquet"]),
        ("t/p=2/*", ["p=2/b.parquet", "p=2/notes.txt"]),
        ("t/p=*/*.parquet", ["p=1/a.parquet", "p=2/b.parquet"]),
        ("t/*/_x.parquet", ["empty/_x.parquet"]),
        ("t/c.parquet", ["c.parquet"]),
    ],
)
def test_names_of_files_hold_their_partitions(
    tree: Path, uri: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is named from the folder of the table on, also where the location names a partition or one file."""
    files = LocalPlace(tree / uri, table="t").files()
    assert [file.name for file in files] == names
    assert [Path(file.location).stat().st_size for file in files] == [file.size for file in files]
    monkeypatch.chdir(tree)
    relative = LocalPlace((tree / uri).relative_to(tree), table="t").files()
    assert [(file.name, file.stamp) for file in relative] == [(file.name, file.stamp) for file in files]


@pytest.mark.parametrize(
    ("uri", "error", "says"),
    [
        ("t/empty", SourceNotFoundError, "no '.parquet' file in the folder"),
        ("t/*.csv", SourceNotFoundError, "no file matches"),
        ("x/*.csv", SourceNotFoundError, "no file matches"),
        ("t/x", SourceNotFoundError, "no file or folder"),
    ],
)
def test_nothing_there(tree: Path, uri: str, error: type[SourceError], says: str) -> None:
    """What is not there is said: no folder, no file in it, or none that matches."""
    with pytest.raises(error) as caught:
        LocalPlace(tree / uri, table="t").files()
    assert caught.value.message == f"there is no Parquet table 't': {says} {os.fspath(tree / uri)!r}"


@pytest.mark.parametrize("uri", ["t", "t/p=1", "t/p=*/*.parquet", "t/**/*.parquet", "*/*.parquet"])
def test_a_delta_table_is_not_read_as_parquet(tree: Path, uri: str) -> None:
    """Files that commits may have removed are not taken for a table, from wherever they are found."""
    (tree / "t" / "_delta_log").mkdir()
    with pytest.raises(SourceError) as caught:
        LocalPlace(tree / uri, table="t").files()
    assert caught.value.message == (
        f"table 't' is a Delta table: {os.fspath(tree / 't')!r} has a '_delta_log'; use DeltaTable"
    )


@pytest.mark.parametrize("name", ["t/_delta_log", "t/p=1/_delta_log"])
def test_a_file_that_is_named_like_a_log(tree: Path, name: str) -> None:
    """A log is a folder."""
    (tree / name).touch()
    assert len(LocalPlace(tree / "t", table="t").files()) == 3
    assert len(LocalPlace(tree / "t/p=1", table="t").files()) == 1


def test_a_delta_table_in_a_folder_that_is_none_of_the_table(tree: Path) -> None:
    """A log in a folder that writers left beside the data is none of its business."""
    (tree / "t" / "_old" / "_delta_log").mkdir(parents=True)
    assert len(LocalPlace(tree / "t", table="t").files()) == 3


@pytest.mark.parametrize(("count", "end", "start"), [(0, b"", b""), (2, b"et", b"t/"), (99, None, None)])
def test_ends_and_starts_of_files(tree: Path, count: int, end: Any, start: Any) -> None:
    """So many bytes are read of a file's start or end, or all that there are."""
    place = LocalPlace(tree / "t/c.parquet", table="t")
    (file,) = place.files()
    whole = b"t/c.parquet"
    assert place.end(file, count) == (whole if end is None else end)
    assert place.start(file, count) == (whole if start is None else start)
    with place.open(file) as stream:
        assert stream.read() == whole
