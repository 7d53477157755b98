"""Whose values must not be shown: the columns of a table that have a classification which is not declared public."""

from __future__ import annotations

import contextlib
import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from lakecat.names import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lakecat.metadata import Column

HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class HiddenColumns:
    """The columns of one table of which no value may be shown, anywhere.

    Names are compared without upper and lower case, as a store and a declaration may differ in it.

    Args:
        names: The classification of each such column, by its folded name.
    """

    names: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.names)

    def of(self, column: str) -> str:
        """Return the classification for which a column is hidden: its own, or that of a field in it; else ``""``."""
        name = _folded(column)
        if name in self.names:
            return self.names[name]
        if "." not in name and not any("." in hidden for hidden in self.names):
            return ""
        related = (f for f in self.names if f.startswith(f"{name}.") or name.startswith(f"{f}."))
        return next((self.names[other] for other in related), "")

    def of_parameter(self, parameter: str) -> str:
        """Return the classification for which a parameter is hidden; ``""`` if it is not.

        It is if its words hold those of a hidden column, in their order: ``email``, ``min_email`` and ``emails`` for a
        column ``email``. Where words are parted does not matter: ``eMail`` and ``e_mail`` are that column too.
        """
        asked = _singular(parameter)
        ends = range(1, len(asked) + 1)
        parts = {"".join(asked[start:end]) for end in ends for start in range(end)}
        for name, classification in self.names.items():
            wanted = "".join(_singular(name))
            if wanted and wanted in parts:
                return classification
        return ""

    def without_values(self, text: str) -> str:
        """Return text in which what follows ``column=`` or ``column:`` is gone, as in the names of partition folders.

        Where the value ends cannot be told, so all is taken up to the next slash, quote or line.
        """
        for name in self.names:
            forms = "|".join(re.escape(form) for form in dict.fromkeys((name, quote(name, safe=""))))
            pattern = rf"(?<!\w)((?:{forms})\\*['\"]?\s*[=:]\s*)(\\*\"[^\"]*|\\*'[^']*|[^/'\"\n]+)"
            text = re.sub(pattern, rf"\1{HIDDEN}", text, flags=re.IGNORECASE)
        return text


def hidden_columns(*columns: Iterable[Column] | None) -> HiddenColumns:
    """Return which columns are hidden, by the classifications that the environment declares public.

    If the environment cannot be read, no classification is public.

    Args:
        columns: What is declared, and what the source says of itself; the first that classifies a column counts.
    """
    found: dict[str, str] = {}
    for column in (column for group in columns for column in group or ()):
        if column.classification.strip():
            found.setdefault(_folded(column.name), column.classification)
    public = _public() if found else ()
    return HiddenColumns({name: said for name, said in found.items() if _folded(said) not in public})


_AT_ONCE: ContextVar[list[tuple[str, ...]] | None] = ContextVar("lakecat_public", default=None)


@contextlib.contextmanager
def public_at_once() -> Iterator[None]:
    """Ask the environment once which classifications are public, for all tables of a ``with`` block."""
    before = _AT_ONCE.set([])
    try:
        yield
    finally:
        _AT_ONCE.reset(before)


def _public() -> tuple[str, ...]:
    known = _AT_ONCE.get()
    if known is None:
        return _asked_public()
    if not known:
        known.append(_asked_public())
    return known[0]


def _asked_public() -> tuple[str, ...]:
    from lakecat.config import current_config  # late: pydantic takes longer to import than all of lakecat

    try:
        return current_config().public_classifications
    except Exception:  # noqa: BLE001 (whatever is wrong with it, nothing may be shown for that)
        return ()


def _folded(text: str) -> str:
    return text.strip().casefold()


def _singular(name: str) -> list[str]:
    return [word.casefold().removesuffix("s") or word.casefold() for word in words(name)]
