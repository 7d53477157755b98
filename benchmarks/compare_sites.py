"""Compares the pages of two builds of a site, and prints each kind of difference with how often it is there.

``python benchmarks/compare_sites.py OLD NEW``, with the folders of both. Pages are compared element by element: what
the theme puts around the article is left out, and digests and times are all the same. Differences are of one kind where
they are the same but for the values of attributes.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from bs4 import BeautifulSoup

_DIGEST = re.compile(r"\b[0-9a-f]{8,}\b")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.]*( UTC|\+00:00)")
_VALUE = re.compile(r'"[^"]*"')
_LONGEST = 300


class Difference(NamedTuple):
    """What stands in the place of what."""

    old: str
    new: str

    @property
    def kind(self) -> Difference:
        """The difference without the values of attributes."""
        return Difference(*(_VALUE.sub('"…"', text) for text in self))


def main(old: Path, new: Path) -> int:
    """Print what differs; return how many kinds of difference there are."""
    pages = {path.relative_to(folder) for folder in (old, new) for path in folder.rglob("*.html")}
    counts: Counter[Difference] = Counter()
    examples: dict[Difference, tuple[Path, Difference]] = {}
    for page in sorted(pages):
        for found in differences(elements(old / page), elements(new / page)):
            counts[found.kind] += 1
            examples.setdefault(found.kind, (page, found))
    lines = [f"{len(pages)} pages, {len(counts)} kinds of difference"]
    for kind, count in counts.most_common():
        page, found = examples[kind]
        lines += ["", f"{count} times, first in {page}", f"- {found.old[:_LONGEST]}", f"+ {found.new[:_LONGEST]}"]
    sys.stdout.write("\n".join(lines) + "\n")
    return len(counts)


def elements(path: Path) -> list[str]:
    """Return the elements and texts of an article, a line each; of a page that is not there, nothing."""
    if not path.is_file():
        return []
    page = BeautifulSoup(path.read_bytes(), "html.parser")
    text = (page.select_one("article") or page).prettify()
    return _TIME.sub("TIME", _DIGEST.sub("DIGEST", text)).splitlines()


def differences(old: list[str], new: list[str]) -> list[Difference]:
    """Return the runs of lines that differ."""
    found = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [Difference(_joined(old[i1:i2]), _joined(new[j1:j2])) for what, i1, i2, j1, j2 in found if what != "equal"]


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
