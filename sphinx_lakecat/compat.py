"""What the extension knows of Sphinx beyond its documented interface: look here when a release of it broke something.

A test reads the other modules: none of them uses a name of Sphinx or docutils that begins with an underscore.
"""

from __future__ import annotations

import collections
import functools
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.utils import DependencyList
from sphinx.util import docutils as sphinx_docutils
from sphinx.util.logging import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable

    from docutils.parsers import Parser
    from docutils.transforms import Transform
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment
    from sphinx.util._pathlib import _StrPath as SourcePath
else:
    try:
        # What `Project.doc2path` returns before Sphinx 10: a path that can be used like text.
        from sphinx.util._pathlib import _StrPath as SourcePath
    except ImportError:
        SourcePath = Path

__all__ = [
    "SourcePath",
    "choose_post_transforms",
    "forget_doctree",
    "html_handlers",
    "is_in_conf",
    "keep_few_doctrees",
    "log_no_events",
    "output_file",
    "remember_settings",
    "remember_templates",
    "remember_titles",
]

_DOCTREES = 100
"""Documents whose nodes are kept between reading and writing."""
_ALL = 2
"""How often ``-v`` is given to be told all."""
_TITLES = 64
"""Titles of pages around the one that is written; each is drawn for three pages, and those above them for all."""


def output_file(builder: Builder, docname: str) -> Path | None:
    """Return the file that a builder writes for a document; ``None`` if it does not write one for each."""
    # Before Sphinx 8.2 the method had another name.
    method = getattr(builder, "get_output_path", None) or getattr(builder, "get_outfilename", None)
    return None if method is None else Path(method(docname))


def keep_few_doctrees(builder: Builder) -> None:
    """Let a builder keep the nodes of some documents from reading until they are written, and not those of all.

    Sphinx reads the others again from the files that it wrote.
    """
    write = builder.write_doctree

    @functools.wraps(write)
    def write_doctree(docname: str, doctree: nodes.document, **options: Any) -> None:
        write(docname, doctree, **options)
        kept: dict[str, Any] = getattr(builder.env, "_write_doc_doctree_cache", {})
        if len(kept) > _DOCTREES:
            kept.pop(docname, None)

    builder.write_doctree = write_doctree  # type: ignore[method-assign, misc]


def choose_post_transforms(app: Sphinx, choose: Callable[[list[type[Transform]], str], list[type[Transform]]]) -> None:
    """Let only chosen post-transforms look at a document that is to be written, by its name."""
    registry, known = app.registry, type(app.registry).get_post_transforms

    def get_post_transforms() -> list[type[Transform]]:
        try:
            docname = app.env.docname
        except KeyError:  # Sphinx 8: no document is at hand
            docname = ""
        return choose(known(registry), docname)

    registry.get_post_transforms = get_post_transforms  # type: ignore[method-assign]


def forget_doctree(env: BuildEnvironment, docname: str) -> None:
    """Let an environment forget the bytes of a document that was read from its file to be written."""
    getattr(env, "_pickled_doctree_cache", {}).pop(docname, None)


def remember_settings(parser: type[Parser]) -> None:
    """Let the settings of docutils be made once for all documents of a parser of ours, and copied.

    Since Sphinx 9 they are made anew for each document, from all options that docutils has. Before, there is nothing to
    do. The settings of other parsers are made as ever.
    """
    make = getattr(sphinx_docutils, "_get_settings", None)
    if make is None:
        return
    make = getattr(make, "lakecat_makes", make)
    made: list[tuple[dict[str, Any], Any]] = []

    @functools.wraps(make)
    def settings_of(*components: Any, defaults: Any, **options: Any) -> Any:
        if not any(isinstance(component, parser) for component in components):
            return make(*components, defaults=defaults, **options)
        given = {**defaults, **options}
        if not made or made[0][0] != given:
            made[:] = [(given, make(*components, defaults=defaults, **options))]
        settings = made[0][1].copy()
        settings.record_dependencies = DependencyList()
        return settings

    settings_of.lakecat_makes = make  # type: ignore[attr-defined]
    sphinx_docutils._get_settings = settings_of


def is_in_conf(app: Sphinx, name: str) -> bool:
    """Return whether ``conf.py`` or the command line sets something, as themes and extensions may, too."""
    return bool(getattr(app.config, "_raw_config", {}).get(name)) or name in app.config.overrides


def html_handlers(app: Sphinx) -> list[Any]:
    """Return what is called with the context of each page of HTML."""
    return [listener.handler for listener in app.events.listeners.get("html-page-context", ())]


def remember_titles(builder: Builder) -> None:
    """Let a builder of HTML draw a title once for all pages that show it as what stands before, after or above them."""
    draw: Callable[[nodes.Node | None], dict[str, str]] | None = getattr(builder, "render_partial", None)
    if draw is None:
        return
    drawn: collections.OrderedDict[int, tuple[nodes.Node, dict[str, str]]] = collections.OrderedDict()

    @functools.wraps(draw)
    def render_partial(node: nodes.Node | None) -> dict[str, str]:
        if not isinstance(node, nodes.title):
            return draw(node)
        found = drawn.pop(id(node), None)
        # The node is kept, so that no other has its number.
        if found is None:
            found = (node, dict(draw(node)))
        drawn[id(node)] = found
        if len(drawn) > _TITLES:
            drawn.popitem(last=False)
        return found[1]

    builder.render_partial = render_partial  # type: ignore[attr-defined]


def remember_templates(builder: Builder) -> None:
    """Let a builder of HTML look at the files of its templates once: it would look at each of them for each page."""
    environment: Any = getattr(getattr(builder, "templates", None), "environment", None)
    if hasattr(environment, "auto_reload"):  # only Jinja has it, and a project may bring another one
        environment.auto_reload = False


def log_no_events(app: Sphinx) -> None:
    """Let Sphinx make no record of each event that it emits, which it shows only where it is asked to tell all."""
    level = logging.INFO if app.verbosity < _ALL else logging.NOTSET
    logging.getLogger(f"{NAMESPACE}.sphinx.events").setLevel(level)
