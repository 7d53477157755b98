"""What installed packages bring along: entry points of the groups ``lakecat.…``, looked for when they are asked for."""

from __future__ import annotations

import contextlib
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakecat.errors import PluginError
from lakecat.names import near_names
from lakecat.redaction import redact, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GROUPS = {
    "lakecat.catalogs": "catalog",
    "lakecat.checks": "kind of check",
    "lakecat.exporters": "exporter",
    "lakecat.sections": "section",
    "lakecat.sources": "kind of source",
}
"""The groups, and what an entry of each is."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry of an installed package; nothing is imported before :meth:`load`.

    Args:
        group: One of :data:`GROUPS`.
        name: The name by which it is asked for; ``""`` of a package whose entries cannot be read.
        module: The module that holds it.
        attribute: What it is in the module; ``""`` is the module itself.
        package: The package that brings it, with its version where that is known.
    """

    group: str
    name: str
    module: str
    attribute: str
    package: str

    def __str__(self) -> str:
        if not self.name:
            return f"what {self.package} brings, which cannot be read"
        return f"{self.name!r} (of {self.package})"

    def load(self) -> Any:
        """Import the module and return what the entry names.

        Raises:
            PluginError: That fails, with the package to blame.
        """
        if not self.name:
            raise PluginError(f"what {self.package} brings cannot be used: its file entry_points.txt cannot be read")
        broken = f"{GROUPS[self.group]} {self.name!r} of {self.package} cannot be used"
        try:
            found: Any = importlib.import_module(self.module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # an import may raise anything, such as SystemExit
            sentence = f"{broken}: importing module {self.module!r} raised {type(error).__name__}"
            raise PluginError(sentence, " ".join(redact(text_of(error)).split())) from error
        for part in self.attribute.split(".") if self.attribute else ():
            if not hasattr(found, part):
                raise PluginError(f"{broken}: module {self.module!r} has no {self.attribute!r}")
            found = getattr(found, part)
        return found


@contextlib.contextmanager
def blamed(sentence: str, *, but: tuple[type[BaseException], ...] = ()) -> Iterator[None]:
    """Let what the code of a package raises in a ``with`` block, which may be anything, be the package's error.

    Args:
        sentence: What failed, with the package to blame.
        but: What leaves as it is, beside the interrupt of somebody who stops it.

    Raises:
        PluginError: Anything was raised; its text, without secrets, is the reason.
    """
    try:
        yield
    except BaseException as error:  # such as SystemExit
        if isinstance(error, (KeyboardInterrupt, *but)):
            raise
        reason = " ".join(redact(text_of(error)).split())
        raise PluginError(f"{sentence}: it raised {type(error).__name__}", reason) from error


def installed(group: str) -> tuple[Plugin, ...]:
    """Return what installed packages bring of a group, sorted by name; imports none of it."""
    return tuple(sorted(_installed(group), key=lambda plugin: (plugin.name, plugin.package)))


def find(group: str, name: str) -> Plugin:
    """Return the entry of a group that has a name.

    Raises:
        PluginError: No package brings one, or several do; the message says what is installed.
    """
    plugins = installed(group)
    found = [plugin for plugin in plugins if plugin.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        packages = " and ".join(plugin.package for plugin in found)
        raise PluginError(f"{GROUPS[group]} {name!r} is brought by {packages}; uninstall all but one")
    near = near_names(name, [plugin.name for plugin in plugins])
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise PluginError(f"no {GROUPS[group]} {name!r} is installed; {listed(group)}{hint}")


def listed(group: str) -> str:
    """Return what is installed of a group, for a message."""
    plugins = installed(group)
    return f"there is {', '.join(map(str, plugins))}" if plugins else f"no package brings one (entry point {group!r})"


def load(group: str, name: str) -> Any:
    """Return what a package brings by a name.

    Raises:
        PluginError: There is none, or it fails.
    """
    return find(group, name).load()


def load_all(group: str) -> tuple[dict[str, Any], tuple[PluginError, ...]]:
    """Return all that packages bring of a group, by name, and an error for each that fails, which costs no other."""
    found: dict[str, Any] = {}
    errors: dict[str, PluginError] = {}
    for plugin in installed(group):
        try:
            found[plugin.name] = (find(group, plugin.name) if plugin.name else plugin).load()
        except PluginError as error:
            errors[str(error)] = error
    return found, tuple(errors.values())


def _installed(group: str) -> Iterator[Plugin]:
    import importlib.metadata as metadata

    seen: set[str] = set()
    for distribution in metadata.distributions():
        entries: Iterable[Any] | None = None
        try:
            if group not in (distribution.read_text("entry_points.txt") or ""):
                continue
            entries = distribution.entry_points
        except UnicodeDecodeError:  # no text, so who knows whether it is about lakecat
            continue
        except Exception:  # noqa: BLE001, S110 (told below; the file of one package costs no other)
            pass
        package, version = _named(distribution)
        if package and package in seen:  # the first on the path is the one that is imported
            continue
        seen.add(package)
        known = f"{package} {version}".strip() or "a package without a name"
        if entries is None:
            yield Plugin(group, "", "", "", known)
        for entry in entries or ():
            if entry.group == group:
                yield Plugin(group, entry.name, *_reference(entry.value), known)


def _named(distribution: Any) -> tuple[str, str]:
    """Return name and version of an installed package, as far as it tells them."""
    try:
        return str(distribution.metadata["Name"] or ""), str(distribution.metadata["Version"] or "")
    except Exception:  # noqa: BLE001 (a folder without METADATA may be all that there is)
        return "", ""


def _reference(value: str) -> tuple[str, str]:
    module, _, attribute = value.partition("[")[0].partition(":")
    return module.strip(), attribute.strip()
