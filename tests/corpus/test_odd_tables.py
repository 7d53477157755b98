"""The corpus that is made here: each odd table is judged as the published ones are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .odd_tables import CASES, write
from .test_corpus import judge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Those that show a numbered finding.
_FINDINGS = {"reader_version_2_without_mapping": 7, "binary_partition": 7}


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(make, id=name, marks=[pytest.mark.finding(_FINDINGS[name])] if name in _FINDINGS else [])
        for make in CASES
        for name in [make.__name__]
    ],
)
def test_odd_table(make: Callable[[Path], dict[str, Any]], tmp_path: Path) -> None:
    """`table()` and `describe_table()` give its facts, or the error that it deserves."""
    case = write(make, tmp_path)
    file = tmp_path / "case.json"
    file.write_text(json.dumps(case), encoding="utf-8")
    found, ended = judge(file, tmp_path)
    assert ended is None
    assert {what: verdict["wrong"] for what, verdict in found.items()} == {"describe": [], "table": []}, found
