"""The files of a project that code stands on: its module, and the modules of the project that this imports.

Read from the text of the code, so imports inside functions count, and nothing is imported to find out.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import os
import sys
import sysconfig
import warnings
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Stamp: TypeAlias = "tuple[int, int, int] | None"

_OWN = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 (this module works with many paths as text)
_STANDARD = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib")})
_INSTALLED = ("site-packages", "dist-packages")
_ENDINGS = (".py", *EXTENSION_SUFFIXES)


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a module's text.

    Args:
        level: How many dots stand before the name.
        module: The module.
        names: What is taken from it; ``None`` where the module itself is bound.
        whole: Whether the packages above it are bound with it, as by ``import a.b``.
    """

    level: int
    module: str
    names: tuple[str, ...] | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    path: tuple[str, ...]
    stamps: tuple[tuple[str, Stamp], ...]
    files: tuple[str, ...]
    digest: str


def root_of(module: str, file: str) -> str:
    """Return the folder in which the top package of a module lies, or the module itself."""
    folder = os.path.dirname(file)  # noqa: PTH120
    above = module.count(".") + (os.path.basename(file) == "__init__.py")  # noqa: PTH119
    for _ in range(above if module != "__main__" else 0):
        folder = os.path.dirname(folder)  # noqa: PTH120
    return folder


def project_files(module: str, file: str) -> tuple[str, ...]:
    """Return the files of a module and of all that it imports of its project, transitively.

    The project is what lies below the folder of the module's top package, and what is found on ``sys.path`` outside of
    the standard library and of installed packages. Of a package above an imported module its own file counts, and what
    that imports only where names are taken from it: each package would pull in all of its modules.
    """
    return _known(module, file).files


def project_digest(module: str, file: str) -> str:
    """Return a digest of the texts of :func:`project_files`; the place of the project is no part of it.

    Raises:
        OSError: The file cannot be read.
    """
    return _known(module, file).digest


_KNOWN: dict[tuple[str, str], _Known] = {}
_AT_ONCE: ContextVar[dict[tuple[str, str], _Known] | None] = ContextVar("lakecat_at_once", default=None)


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """Look at the files of each module once in a ``with`` block: many functions stand on the same ones."""
    before = _AT_ONCE.set({})
    try:
        yield
    finally:
        _AT_ONCE.reset(before)


def _known(module: str, file: str) -> _Known:
    """Return what is known of a module, found out anew where a file or folder that was looked at is another."""
    seen = _AT_ONCE.get()
    if seen is not None and (module, file) in seen:
        return seen[module, file]
    path = tuple(sys.path)
    known = _KNOWN.get((module, file))
    if known is None or known.path != path or any(stamp_of(place) != stamp for place, stamp in known.stamps):
        known = _KNOWN[module, file] = _Search(root_of(module, file), path).run(module, file)
    if seen is not None:
        seen[module, file] = known
    return known


class _Search:
    """One search through imports."""

    def __init__(self, root: str, path: Iterable[str]) -> None:
        self._path = tuple(path)
        self._root = root
        self._roots = [root, *(f for f in dict.fromkeys(map(os.path.abspath, path)) if f != root and is_project(f))]
        self._stamps: dict[str, Stamp] = {}
        self._names: dict[str, str] = {}
        self._wait: list[tuple[str, str]] = []
        self._followed: set[str] = set()

    def run(self, module: str, file: str) -> _Known:
        """Follow the imports of a module."""
        parts = module.split(".") if module != "__main__" else []
        for i in range(1, len(parts)):
            self._add(".".join(parts[:i]), follow=False)
        self._take(module, file, follow=True)
        while self._wait:
            name, place = self._wait.pop()
            is_package = os.path.basename(place) == "__init__.py"  # noqa: PTH119
            package = name if is_package else name.rpartition(".")[0]
            for one in imports_of(place, self._stamps[place]):
                self._follow(one, package)
        texts = sorted((name, digest_of(place, self._stamps[place])) for place, name in self._names.items())
        digest = hashlib.sha256(repr(texts).encode(errors="surrogatepass")).hexdigest()
        return _Known(self._path, tuple(self._stamps.items()), tuple(sorted(self._names)), digest)

    def _follow(self, one: Import, package: str) -> None:
        module = one.module
        if one.level:
            above = package.split(".") if package else []
            kept = above[: len(above) - one.level + 1]
            module = ".".join([*kept, *([module] if module else [])])
        if not module:
            # `from . import x` outside of a package: x lies beside it.
            for name in one.names or ():
                self._add(name, follow=True)
            return
        parts = module.split(".")
        for i in range(1, len(parts)):
            self._add(".".join(parts[:i]), follow=one.whole)
        rest = [name for name in one.names or () if name == "*" or not self._add(f"{module}.{name}", follow=True)]
        self._add(module, follow=one.names is None or bool(rest))

    def _add(self, module: str, *, follow: bool) -> bool:
        """Add a module of the project; return whether it is one that has a file."""
        file = self._file_of(module)
        if file is None:
            return False
        self._take(module, file, follow=follow)
        return True

    def _take(self, module: str, file: str, *, follow: bool) -> None:
        if file not in self._names:
            self._stamps[file] = stamp_of(file)
            self._names[file] = module
        if follow and file not in self._followed:
            self._followed.add(file)
            self._wait.append((module, file))

    def _file_of(self, module: str) -> str | None:
        top, *below = module.split(".")
        root = next((r for r in self._roots_of(top) if self._lists(r, top)), None)
        if root is None:
            return None
        folder = root
        for part in (top, *below)[:-1]:
            if part not in self._entries(folder):
                return None
            folder = f"{folder}{os.sep}{part}"
        last = module.rpartition(".")[2]
        entries = self._entries(folder)
        if last in entries and "__init__.py" in self._entries(inner := f"{folder}{os.sep}{last}"):
            return f"{inner}{os.sep}__init__.py"
        return next((f"{folder}{os.sep}{last}{ending}" for ending in _ENDINGS if f"{last}{ending}" in entries), None)

    def _roots_of(self, top: str) -> Iterator[str]:
        if top in ("lakecat", "sphinx_lakecat"):
            return
        for root in self._roots:
            # A catalog that is installed is a project of one package.
            if is_project(root) or os.path.isdir(f"{root}{os.sep}{top}"):  # noqa: PTH112
                yield root
        if top in sys.stdlib_module_names:
            return
        # What an editable installation finds by a hook.
        file: Any = getattr(sys.modules.get(top), "__file__", None)
        if isinstance(file, str) and is_project(root := root_of(top, os.path.abspath(file))):  # noqa: PTH100
            yield root

    def _lists(self, folder: str, name: str) -> bool:
        entries = self._entries(folder)
        return name in entries or any(f"{name}{ending}" in entries for ending in _ENDINGS)

    def _entries(self, folder: str) -> frozenset[str]:
        stamp = self._stamps.setdefault(folder, stamp_of(folder))
        return _listed(folder, stamp)


def is_project(folder: str) -> bool:
    """Return whether a folder holds code of a project: no installed package, standard library or lakecat."""
    parts = Path(folder).parts
    return not any(name in parts for name in _INSTALLED) and not folder.startswith(_STANDARD)


def stamp_of(path: str) -> Stamp:
    """Return what tells that a file or folder changed; ``None`` where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@functools.lru_cache(maxsize=4096)
def digest_of(file: str, stamp: Stamp) -> str:
    """Return the digest of a file, read once while its stamp is the same.

    Raises:
        OSError: It cannot be read.
    """
    with Path(file).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@functools.lru_cache(maxsize=4096)
def imports_of(file: str, stamp: Stamp) -> tuple[Import, ...]:
    """Return the imports in the text of a module, read once while its stamp is the same; none where it is no code."""
    if not file.endswith(".py"):
        return ()
    try:
        with Path(file).open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(stream.read())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(dict.fromkeys(_imports(tree)))


def _imports(tree: ast.AST) -> Iterator[Import]:
    """Yield imports, those of functions too, and calls that import a module whose name stands there."""
    wait: list[ast.AST] = [tree]
    while wait:
        node = wait.pop()
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                wait.extend(node.orelse)
                continue
            case ast.Import():
                for alias in node.names:
                    yield Import(0, alias.name, whole=alias.asname is None)
            case ast.ImportFrom():
                yield Import(node.level, node.module or "", tuple(alias.name for alias in node.names))
            case ast.Call(
                func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ) if name.strip("."):
                yield Import(len(name) - len(name.lstrip(".")), name.lstrip("."), whole=True)
        wait.extend(ast.iter_child_nodes(node))


@functools.lru_cache(maxsize=1024)
def _listed(folder: str, stamp: Stamp) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder)) if stamp else frozenset()  # noqa: PTH208
    except OSError:
        return frozenset()
