"""All ordered pairs of kinds of operations that two writers do at once to a Delta table in a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ..delta_pairs import PAIRS_OF_KINDS, check_pair, make_table

if TYPE_CHECKING:
    from pathlib import Path

    from .ceph import Gateway


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the files of a table to copy, by their names."""
    folder: Path = tmp_path_factory.mktemp("template")
    make_table(folder)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.finding(2)
@pytest.mark.parametrize(("first", "second"), PAIRS_OF_KINDS, ids=lambda name: name)
def test_pairs(first: str, second: str, template: dict[str, bytes], s3: Gateway, bucket: str) -> None:
    """What two writers do at once has the rows of one after the other, or is a conflict, and leaves nothing behind."""
    made: list[str] = []

    def make() -> dict[str, Any]:
        made.append(f"a lake/{len(made)}")
        for name, data in template.items():
            s3.client.put(f"{bucket}/{made[-1]}/{name}", data)
        return {"uri": f"s3://{bucket}/{made[-1]}", "storage_options": s3.options()}

    check_pair(first, second, make)
    for folder in made:
        keys = s3.client.keys(bucket, f"{folder}/")
        log = b"".join(s3.client.get(f"{bucket}/{key}") for key in keys if f"{folder}/_delta_log/" in key)
        left = [key.rpartition("/")[2] for key in keys if f"{folder}/lakecat-" in key]
        assert [name for name in left if name.encode() not in log] == []
