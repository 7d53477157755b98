"""Modules that declare tables: imported by name, and those that nobody imported."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from lakecat.errors import CatalogLoadError
from lakecat.redaction import redact, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType


def load_module(name: str) -> ModuleType:
    """Import a module.

    Raises:
        CatalogLoadError: The import failed, with the file and line where it did.
    """
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an import may raise anything, such as SystemExit
        raise _import_failed(name, error) from error


def not_imported(package: str) -> tuple[str, ...]:
    """Return the modules below a package that nobody has imported, sorted; none of them is imported to find that out.

    Tables that they would declare are not there. ``__main__`` is a program, and left out.
    """
    module = sys.modules.get(package)
    return tuple(sorted(_not_imported(getattr(module, "__path__", ()), f"{package}.")))


def _not_imported(folders: Iterable[str], before: str) -> Iterator[str]:
    folders = list(folders)
    modules = [(found.name, found.ispkg) for found in pkgutil.iter_modules(folders)]
    for name, is_package in [*modules, *((name, True) for name in _without_init(folders))]:
        module = sys.modules.get(before + name)
        if module is None and name != "__main__" and (name, is_package) in modules:
            yield before + name
        if is_package:
            below = [os.path.join(folder, name) for folder in folders]  # noqa: PTH118 - it may lie in a zip file
            yield from _not_imported(getattr(module, "__path__", below), f"{before}{name}.")


def _without_init(folders: list[str]) -> set[str]:
    """Return the names of folders that can be imported from although they have no ``__init__.py``."""
    found = (path for folder in folders if Path(folder).is_dir() for path in Path(folder).iterdir())
    return {p.name for p in found if p.name.isidentifier() and p.is_dir() and not (p / "__init__.py").exists()}


@contextlib.contextmanager
def searched(path: Path | None) -> Iterator[None]:
    """Let imports in a ``with`` block find modules in a folder, after all other places."""
    text = str(path)
    if path is None or text in sys.path:
        yield
        return
    sys.path.append(text)
    _look_again(text)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # the imported code may have removed it
            sys.path.remove(text)


def _look_again(folder: str) -> None:
    """Let Python look at what is in a folder and below it now; to look everywhere takes ten times as long."""
    for place, finder in list(sys.path_importer_cache.items()):
        if place != folder and not place.startswith(folder + os.sep):
            continue
        if finder is None:  # it was no folder yet
            del sys.path_importer_cache[place]
        elif hasattr(finder, "invalidate_caches"):
            finder.invalidate_caches()


def _import_failed(module: str, error: BaseException) -> CatalogLoadError:
    """Return the error for a failed import, placed at the innermost line of user code."""
    sentence = f"catalog module {module!r} cannot be imported: {type(error).__name__}"
    reason = redact(text_of(error)).strip()
    if (
        isinstance(error, ModuleNotFoundError)
        and error.name
        and (module == error.name or module.startswith(error.name + "."))
    ):
        return CatalogLoadError(
            f"catalog module {module!r} cannot be imported: no module named {error.name!r} is found"
        )
    if isinstance(error, SyntaxError):
        return CatalogLoadError(sentence, error.filename, error.lineno, reason)
    own = str(Path(__file__).parent) + os.sep
    # Generated code, such as that of dataclasses, has no file: "<string>".
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith((own, "<"))]
    standard = str(Path(os.__file__).parent) + os.sep
    users = [f for f in frames if not f.filename.startswith(standard) and "site-packages" not in f.filename]
    last = next(reversed(users or frames), None)
    return CatalogLoadError(sentence, last.filename if last else None, last.lineno if last else None, reason)
