"""Names: which are allowed, which are near, and which words they are made of."""

from __future__ import annotations

import difflib
import importlib
import re
import reprlib
from typing import TYPE_CHECKING

from lakecat.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATOR = re.compile(r"[\W_]+")
_NEAR = 3
_CUTOFF = 0.6
_FEW = 500
"""So many names difflib compares in some milliseconds, which is less than importing what is faster."""
_LIKELY = 60


def check_name(name: object, what: str = "table") -> str:
    """Return a name that can be used for a table, database or column.

    Any text will do, as data have names of every kind; only what is no text, empty or padded is refused.

    Raises:
        DeclarationError: It is no text, or is empty, or begins or ends with white space, or holds a line break.
    """
    if not isinstance(name, str):
        raise DeclarationError(f"the name of a {what} is text, not {told(name)}")
    if not name or name != name.strip() or "\n" in name or "\r" in name:
        raise DeclarationError(
            f"{name!r} cannot be the name of a {what}: give it text without line breaks or outer spaces"
        )
    return name


def told(value: object) -> str:
    """Return what a message says of a value that does not belong there: the text of a frame would be its rows."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    literal = value is None or isinstance(value, bool | int | float | str | bytes)
    return reprlib.repr(value) if literal else type(value).__name__


def full_name(name: str, database: str | None) -> str:
    """Return the name under which a table is found: ``database.table``, or ``table`` alone."""
    return f"{database}.{name}" if database else name


class OwnNames:
    """The full names of tables by the names that they have in their databases."""

    def __init__(self, names: Iterable[tuple[str, str]] = ()) -> None:
        self._full: dict[str, list[str]] = {}
        for own, full in names:
            self.add(own, full)

    def add(self, own: str, full: str) -> None:
        """Add a table by its own and its full name."""
        self._full.setdefault(own, []).append(full)

    def remove(self, own: str, full: str) -> None:
        """Take a table away."""
        self._full[own].remove(full)

    def meant(self, name: str, known: Container[str]) -> tuple[str, ...]:
        """Return the full names that a name may mean, sorted: an exact one alone, else those it is a part of.

        Args:
            name: What somebody wrote.
            known: The full names of all tables.
        """
        return (name,) if name in known else tuple(sorted(self._full.get(name, ())))


def near_names(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return up to three of ``names`` that look like ``name``, the nearest first.

    A name that differs in upper and lower case alone, or whose last dotted part is the one asked for, comes first.
    Among 100,000 names it takes tens of milliseconds, whatever they look like.
    """
    names = list(names)
    folded = name.casefold()
    same: list[str] = []
    # One look at all names at once: most that are asked for are a part of none.
    if len(names) <= _FEW or folded in "\n".join(names).casefold():
        same = sorted(n for n in names if n.casefold() == folded or n.casefold().rpartition(".")[2] == folded)
    similar = difflib.get_close_matches(name, _likely(name, names), n=_NEAR, cutoff=_CUTOFF)
    return tuple(dict.fromkeys([*same, *similar]))[:_NEAR]


def near_parameters(name: str, known: tuple[str, ...]) -> str:
    """Return what to say to one who wrote a parameter that is not ``known``: the nearest, or all of them."""
    if near := near_names(name, known):
        return f"did you mean {near[0]!r}?"
    return f"it takes {', '.join(known)}" if known else "it takes none"


def _likely(name: str, names: list[str]) -> list[str]:
    """Return the names that may be among the nearest: of many, those with the longest common subsequence.

    difflib never finds more in common than that, but takes some 20 µs a name.
    """
    if len(names) <= _FEW:
        return names
    try:
        process = importlib.import_module("rapidfuzz.process")
        indel = importlib.import_module("rapidfuzz.distance").Indel
    except ImportError:  # a machine for which it is not built: the same names, only later
        return names
    found = process.extract(name, names, scorer=indel.normalized_similarity, limit=_LIKELY, score_cutoff=_CUTOFF)
    return [likely for likely, _, _ in found]


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name: parts of snake_case, camelCase and dotted names.

    Example:
        >>> words("crm.signupCountry_code")
        ('crm', 'signup', 'Country', 'code')
    """
    return tuple(part for chunk in _SEPARATOR.split(name) for part in _CAMEL.split(chunk) if part)
