"""Where a source of whatever kind lies, and what no text about it may show."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lakecat.errors import SourceError
from lakecat.hosts import is_remote
from lakecat.options.neutral import neutral_options
from lakecat.redaction import held_secrets, plain_value, secret_parts, secrets_of


@dataclass(frozen=True, slots=True)
class Location:
    """Where a table lies, as its source says.

    Args:
        uri: A path or a URL, perhaps with credentials; ``""`` is nowhere.
        options: The source's own options of the store, as text, secret ones among them.
    """

    uri: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no text may show: what a URL holds beside its place, also that of an option, and secret options."""
        urls = (self.uri, *self.options.values())
        parts = [part for url in urls if is_remote(url) for part in secret_parts(url)]
        return (*parts, *secrets_of(self.options))


def location_of(source: object, *, table: str) -> Location:
    """Return where a source lies; nowhere, if it is none that has a location.

    Args:
        source: The source; see :class:`lakecat.sources.base.HasLocation` and
            :class:`lakecat.sources.base.HasStorageOptions`.
        table: The name of the table, for the error.

    Raises:
        SourceError: What it says is no location.
        Exception: Whatever the source raises, as ours do where the environment does not say where a table lies.
    """
    return Location(_uri_of(source, table), _options_of(source, table))


def secrets_in(source: object) -> tuple[str, ...]:
    """Return what no text about a source may show: what it holds, and what its location and options say, if they do.

    A table in a store without options of its own goes by those of the environment, whose secrets are then its own.
    """
    uri, options = _tried(lambda: _uri_of(source, "")), _tried(lambda: _options_of(source, ""))
    if uri and not options and is_remote(uri):
        options = _tried(lambda: _of_the_environment(uri))
    return (*held_secrets(source), *Location(uri or "", options or {}).secrets)


def _uri_of(source: object, table: str) -> str:
    uri = _attribute(source, "uri")
    uri = os.fspath(uri) if isinstance(uri, os.PathLike) else uri
    if uri is not None and not isinstance(uri, str):
        raise SourceError(f"table {table!r} cannot be read: its uri is {type(uri).__name__}, not text")
    return uri if uri and uri.strip() else ""


def _options_of(source: object, table: str) -> Mapping[str, str]:
    options = _attribute(source, "storage_options")
    if options is not None and not isinstance(options, Mapping):
        what = f"its storage_options is {type(options).__name__}, not a mapping"
        raise SourceError(f"table {table!r} cannot be read: {what}")
    return {str(name): plain_value(value) for name, value in (options or {}).items()}


def _attribute(source: object, name: str) -> Any:
    """Return an attribute, or ``None``; a property that raises is none that is missing, whatever it raises."""
    try:
        return getattr(source, name)
    except AttributeError:
        if hasattr(type(source), name):
            raise
        return None


def _of_the_environment(uri: str) -> Mapping[str, str]:
    from lakecat.config import current_config

    return {name: str(value) for name, value in neutral_options(current_config().storage, uri).items()}


def _tried(ask: Callable[[], Any]) -> Any:
    """Return an answer, or ``None``: why there is none is said by the first who asks for the location itself."""
    try:
        return ask()
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 (a third party's source may raise anything)
        return None
