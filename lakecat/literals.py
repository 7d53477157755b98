"""Python code that makes a value again: the values of examples, as snippets write them."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import json
import keyword
import math
import pathlib
import sys
import uuid
import zoneinfo
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEEPEST = 20
_PLAIN = (bool, int, complex, bytes)
_DATES = (datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone)
_PATHS = (pathlib.Path, pathlib.PosixPath, pathlib.PurePath, pathlib.PurePosixPath, pathlib.PureWindowsPath)


class NoLiteralError(Exception):
    """A value cannot be written as code that runs in another program."""


class Literals:
    """Writes values as code, and remembers what that code imports."""

    def __init__(self) -> None:
        self._imports: set[str] = set()

    @property
    def imports(self) -> tuple[str, ...]:
        """The import lines that the code written so far needs, sorted."""
        return tuple(sorted(self._imports))

    def write(self, value: Any) -> str:
        """Return code for a value, equal to it in a fresh interpreter.

        Only values of exactly the types that are known here are written: the ``repr`` of any other is just a text.

        Raises:
            NoLiteralError: There is no such code.
        """
        before = set(self._imports)
        try:
            return self._write(value, _DEEPEST)
        except NoLiteralError:
            self._imports = before
            raise

    def _write(self, value: Any, left: int) -> str:
        kind = type(value)
        if not left:
            raise NoLiteralError("nested too deep")
        if value is None or kind in _PLAIN:
            return repr(value)
        if kind is str:
            return text_literal(value)
        if kind is float:
            return repr(value) if math.isfinite(value) else f'float("{value}")'
        if kind in (list, tuple, set, frozenset, dict):
            return self._collection(value, left - 1)
        if isinstance(value, enum.Enum):
            return self._member(value)
        if kind in _DATES:
            return self._date(value)
        if kind is decimal.Decimal:
            return self._named("decimal", f"decimal.Decimal({str(value)!r})")
        if kind is fractions.Fraction:
            return self._named("fractions", f"fractions.Fraction({str(value)!r})")
        if kind is uuid.UUID:
            return self._named("uuid", f"uuid.UUID({str(value)!r})")
        if kind in _PATHS:
            name = "Path" if isinstance(value, pathlib.Path) else kind.__name__
            return self._named("pathlib", f"pathlib.{name}({text_literal(str(value))})")
        raise NoLiteralError(f"{kind.__name__} has no literal")

    def _collection(self, value: Any, left: int) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self._write(k, left)}: {self._write(v, left)}" for k, v in value.items()) + "}"
        items = [self._write(item, left) for item in value]
        if isinstance(value, (set, frozenset)):
            items.sort()  # their order differs from process to process
        inner = ", ".join(items)
        if isinstance(value, frozenset):
            return f"frozenset({{{inner}}})" if items else "frozenset()"
        if isinstance(value, set):
            return f"{{{inner}}}" if items else "set()"
        if isinstance(value, tuple):
            return f"({inner},)" if len(items) == 1 else f"({inner})"
        return f"[{inner}]"

    def _date(self, value: Any) -> str:
        zone = getattr(value, "tzinfo", None)
        if type(zone) is zoneinfo.ZoneInfo and zone.key is not None:
            self._imports.add("import zoneinfo")
        elif zone is not None and type(zone) is not datetime.timezone:
            raise NoLiteralError(f"the zone {zone!r} has no literal")
        return self._named("datetime", repr(value))

    def _member(self, value: enum.Enum) -> str:
        """Return a member of an enumeration that another program can import."""
        module, name = type(value).__module__, type(value).__qualname__
        found: Any = sys.modules.get(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        if module == "__main__" or found is not type(value):
            raise NoLiteralError(f"{name} cannot be imported")
        if value.name is None or not is_identifier(value.name) or getattr(found, value.name, None) is not value:
            raise NoLiteralError(f"{value!r} has no name")  # several flags together
        return self._named(module, f"{module}.{name}.{value.name}")

    def _named(self, module: str, code: str) -> str:
        self._imports.add(f"import {module}")
        return code


def text_literal(text: str) -> str:
    """Return a Python string literal in double quotes, in ASCII where a character cannot be seen."""
    if '"' in text and "'" not in text and text.isprintable() and "\\" not in text:
        return f"'{text}'"
    if not text.isprintable() and any(ord(c) > 0xFFFF for c in text):
        return ascii(text)  # JSON would write two surrogates, which Python does not join
    return json.dumps(text, ensure_ascii=not text.isprintable())


def keyword_arguments(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return names and code as arguments of a call; names that are no identifiers in a mapping."""
    pairs = list(pairs)
    odd = ", ".join(f"{text_literal(name)}: {code}" for name, code in pairs if not is_identifier(name))
    return [*(f"{n}={code}" for n, code in pairs if is_identifier(n)), *([f"**{{{odd}}}"] if odd else [])]


def is_identifier(name: str) -> bool:
    """Return whether a name can be written as it is."""
    return name.isidentifier() and not keyword.iskeyword(name)
