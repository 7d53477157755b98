"""The records of all sections, collected from a table that is asked."""

from __future__ import annotations

import dataclasses
import functools
import json
from typing import TYPE_CHECKING, Any

from lakecat.redaction import text_of
from lakecat.sections.base import HasRecord
from lakecat.sections.registered import BUILT_IN, sections
from lakecat.snapshot import Problem
from lakecat.snapshot.section import Section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lakecat.asked import AskedTable


def collect(table: AskedTable) -> Iterator[Section]:
    """Yield what sections know of a table.

    What a section of a third party raises is a problem of the table, and costs that section alone. Of a table that
    could not be asked none of theirs is collected. No text of their records shows a secret or the value of a hidden
    column; lakecat's own are made of answers that are safe.
    """
    own, others = _collecting()
    for section in own:
        if (record := section.collect(table)) is not None:
            yield Section.of(section.name, record, version=section.version)
    for section in () if table.problems else others:
        if (found := _collected(section, table)) is not None:
            yield found


@functools.cache
def _collecting() -> tuple[tuple[HasRecord, ...], tuple[HasRecord, ...]]:
    """Return the sections that keep a record: lakecat's own, and those of packages."""
    found = [section for section in sections() if isinstance(section, HasRecord)]
    own = [section for section in found if section in BUILT_IN]
    return tuple(own), tuple(section for section in found if section not in BUILT_IN)


def _collected(section: HasRecord, table: AskedTable) -> Section | None:
    try:
        record = section.collect(table)
        if record is None:
            return None
        if not isinstance(record, section.record) or not dataclasses.is_dataclass(record):
            raise TypeError(f"collect() gave {type(record).__name__}")
        raw = json.loads(Section.of(section.name, record, version=section.version).raw)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 (a third party's code may raise anything)
        message = f"The section {section.name!r} of this page could not be collected when this page was made."
        detail = f"the section {section.name!r} raised {type(error).__name__}"
        table.keep(Problem(code="section_failed", message=message, detail=detail), text_of(error))
        return None
    safe = json.dumps(_cleaned(raw, table.safe), ensure_ascii=True, separators=(",", ":"))
    return Section(name=section.name, version=section.version, raw=safe.encode("ascii"))


def _cleaned(data: Any, safe: Callable[[str], str]) -> Any:
    """Return JSON data in which each text is safe."""
    if isinstance(data, str):
        return safe(data)
    if isinstance(data, list):
        return [_cleaned(item, safe) for item in data]
    if isinstance(data, dict):
        return {safe(key): _cleaned(value, safe) for key, value in data.items()}
    return data
