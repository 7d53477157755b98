"""The records of sections that third parties add, collected in the net."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

from lakecat.redaction import text_of
from lakecat.sections.base import HasRecord
from lakecat.sections.registered import sections
from lakecat.snapshot import Problem
from lakecat.snapshot.section import Section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lakecat.introspect.net import Net
    from lakecat.registry.base import RegisteredTable


def collect(table: RegisteredTable, net: Net) -> Iterator[Section]:
    """Yield what sections know of a table; what one raises is a problem of the table, and costs that section alone.

    Of a table that could not be asked nothing is collected. No text of a record shows a secret or the value of a hidden
    column.
    """
    if net.problems:
        return
    for section in sections():
        if not isinstance(section, HasRecord):
            continue
        try:
            record = section.collect(table)
            if record is None:
                continue
            if not isinstance(record, section.record) or not dataclasses.is_dataclass(record):
                raise TypeError(f"collect() gave {type(record).__name__}")
            raw = json.loads(Section.of(section.name, record, version=section.version).raw)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 (a third party's code may raise anything)
            message = f"The section {section.name!r} of this page could not be collected when this page was made."
            detail = f"the section {section.name!r} raised {type(error).__name__}"
            net.keep(Problem(code="section_failed", message=message, detail=detail), text_of(error))
            continue
        safe = json.dumps(_cleaned(raw, net.safe), ensure_ascii=True, separators=(",", ":"))
        yield Section(name=section.name, version=section.version, raw=safe.encode("ascii"))


def _cleaned(data: Any, safe: Callable[[str], str]) -> Any:
    """Return JSON data in which each text is safe."""
    if isinstance(data, str):
        return safe(data)
    if isinstance(data, list):
        return [_cleaned(item, safe) for item in data]
    if isinstance(data, dict):
        return {safe(key): _cleaned(value, safe) for key, value in data.items()}
    return data
