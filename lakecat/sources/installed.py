"""Kinds of source that installed packages bring."""

from __future__ import annotations

from typing import Any

from lakecat import plugins
from lakecat.errors import LakecatError, PluginError
from lakecat.sources.base import TableSource

GROUP = "lakecat.sources"
"""The entry points by which a package adds kinds: each names a class, or a function, that makes a source."""


def source_of(kind: str, /, *arguments: Any, **named: Any) -> TableSource:
    """Make a source of a kind that an installed package brings.

    Args:
        kind: The name of the kind, as the package calls it.
        arguments: What the kind is made with.
        named: The same, by name.

    Raises:
        PluginError: No package brings the kind, several do, or what it makes is no source; the message says what is
            installed.
    """
    found = plugins.find(GROUP, kind)
    make = found.load()
    with plugins.blamed(f"kind of source {found} cannot be made", but=(LakecatError,)):
        source: object = make(*arguments, **named)
    if not isinstance(source, TableSource):
        raise PluginError(f"kind of source {found} made {type(source).__name__}, which is no source")
    return source
