"""Table pages in the shell that a theme puts around them, which is rendered once for all with the same headings.

A theme renders the same header, sidebar and footer for each page, a third of what it takes to write one. Here a page is
rendered with marks in the place of its name and body: what is around these is the shell. Two pages are rendered by the
theme and compared with the filled shell before it is used for a third, and where anything is at hand that may look at
single pages (templates of the project, handlers of unknown extensions), all pages are rendered.
"""

from __future__ import annotations

import posixpath
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.util import logging

from sphinx_lakecat.compat import html_handlers, is_in_conf, output_file
from sphinx_lakecat.pages.sidebar import is_in_tree
from sphinx_lakecat.session import session_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from sphinx.application import Sphinx

_LOGGER = logging.getLogger(__name__)
_NAME, _BODY = "lakecatxnamexofxaxpage", "lakecatxbodyxofxaxpage"
_PLAIN_NAME = re.compile(r"[\w.]+", re.ASCII)
_PLAIN_DOCNAME = re.compile(r"[\w./~-]+/[\w.~-]+", re.ASCII)
_KNOWN = frozenset(
    (
        *("sphinx", "sphinx_lakecat", "sphinx_design", "sphinx_copybutton", "myst_parser"),
        *("furo", "alabaster", "pydata_sphinx_theme", "sphinx_book_theme", "sphinx_rtd_theme"),
    )
)
"""Packages whose handlers make nothing of a page of plain nodes that they do not make of the next one."""
_THEMES = frozenset(("furo", "alabaster", "pydata_sphinx_theme", "sphinx_book_theme", "sphinx_rtd_theme"))
_OF_PROJECTS = ("templates_path", "html_sidebars", "html_theme_path", "template_bridge")
"""Settings by which a project may treat single pages otherwise."""
_STAMPED, _LEARNED = "lakecat_stamped", "lakecat_learned"
_ENOUGH = 2
"""So many pages must be as the theme renders them before a shell is used."""


class _Shell:
    """What stands around the pages of a folder that have the same headings."""

    def __init__(self) -> None:
        self.parts: list[str] | None = None
        """Text, and between it in turn which of the page's own texts stands there; ``None`` before it is known."""
        self.agreed = 0
        self.is_right = True

    def made_of(self, text: str, docname: str) -> None:
        """Take the shell from a page that was rendered with marks."""
        self.parts = re.split(f"({_NAME}|{_BODY}|{re.escape(docname)})", text)

    def filled(self, docname: str, name: str, body: str) -> str:
        """Return a page."""
        assert self.parts is not None
        own = {_NAME: name, _BODY: body}
        return "".join([own.get(part, docname) if i % 2 else part for i, part in enumerate(self.parts)])

    def compare(self, filled: str, rendered: str) -> None:
        """Note whether a page is what the theme makes of it."""
        self.is_right = self.is_right and filled == rendered
        self.agreed += 1

    @property
    def is_proven(self) -> bool:
        """Whether it is used."""
        return self.is_right and self.agreed >= _ENOUGH


class _Stamper:
    """Stands between a builder and its theme."""

    def __init__(self, app: Sphinx, builder: StandaloneHTMLBuilder) -> None:
        self._env = app.env
        self._builder = builder
        self._context, self._render = builder.get_doc_context, builder.handle_page
        self._shells: dict[Hashable, _Shell] = {}

    def get_doc_context(self, docname: str, body: str, metatags: str) -> dict[str, Any]:
        """Return what the theme is given for a page; for a page that needs no theme, the page."""
        shell = self._shell_of(docname, metatags)
        if shell is None or not shell.is_right:
            return self._context(docname, body, metatags)
        if shell.is_proven:
            return {_STAMPED: (shell.filled(docname, self._name_of(docname), body), body, metatags)}
        return {**self._context(docname, body, metatags), _LEARNED: (shell, body, metatags)}

    def handle_page(self, pagename: str, addctx: dict[str, Any], *args: Any, **options: Any) -> None:
        """Write a page."""
        stamped, body, metatags = addctx.get(_STAMPED, ("", "", ""))
        if stamped and not addctx.get("has_maths_elements"):
            self._write(pagename, stamped)
            return
        if stamped:  # somebody put math into it when it was resolved, for which a theme has scripts
            addctx = {**self._context(pagename, body, metatags), "has_maths_elements": True}
        learned = addctx.pop(_LEARNED, None)
        self._render(pagename, addctx, *args, **options)
        if learned is not None:
            shell, body, metatags = learned
            self._learn(pagename, shell, body, metatags, (args, options))

    def _learn(
        self, docname: str, shell: _Shell, body: str, metatags: str, how: tuple[tuple[Any, ...], dict[str, Any]]
    ) -> None:
        """Compare a page that was rendered with the shell; the first one with the shell that is made of it."""
        try:
            rendered = self._read(docname)
        except OSError:
            return  # it could not be written, and Sphinx said so
        if shell.parts is None:
            # Elsewhere than in the site, where it would stay if the build were interrupted now.
            before = self._marked(docname)
            try:
                with tempfile.TemporaryDirectory() as folder:
                    file = Path(folder) / "marked.html"
                    marked = {**self._context(docname, _BODY, metatags), "has_maths_elements": False}
                    self._render(docname, marked, *how[0], **{**how[1], "outfilename": file})
                    shell.made_of(file.read_text(encoding="utf-8"), docname)
            finally:
                self._put(docname, before)
        shell.compare(shell.filled(docname, self._name_of(docname), body), rendered)

    def _shell_of(self, docname: str, metatags: str) -> _Shell | None:
        """Return the shell of a page; ``None`` for one that needs the theme."""
        session = session_of(self._env)
        toc, name = self._env.tocs.get(docname), session.pages.table_of(docname)
        if not (
            name
            and toc is not None
            and docname in session.plain
            and docname in session.generated
            and not is_in_tree(self._env, docname)
            and _PLAIN_DOCNAME.fullmatch(docname)
            and _PLAIN_NAME.fullmatch(name)
            and self._name_of(docname) == name
        ):
            return None
        headings = tuple((link["anchorname"], link.astext()) for link in toc.findall(nodes.reference))
        metadata = repr(sorted(self._env.metadata.get(docname, {}).items()))
        return self._shells.setdefault((posixpath.dirname(docname), metatags, metadata, headings[1:]), _Shell())

    def _name_of(self, docname: str) -> str:
        return self._env.titles[docname].astext()

    def _marked(self, docname: str) -> tuple[nodes.title, nodes.title, nodes.bullet_list]:
        """Put marks in the place of a page's name, and return what was there."""
        env = self._env
        before = env.titles[docname], env.longtitles[docname], env.tocs[docname]
        self._put(docname, tuple(_with_mark(node) for node in before))  # type: ignore[arg-type]
        return before

    def _put(self, docname: str, titles: tuple[nodes.title, nodes.title, nodes.bullet_list]) -> None:
        self._env.titles[docname], self._env.longtitles[docname], self._env.tocs[docname] = titles

    def _read(self, docname: str) -> str:
        file = output_file(self._builder, docname)
        assert file is not None
        return file.read_text(encoding="utf-8")

    def _write(self, docname: str, text: str) -> None:
        file = output_file(self._builder, docname)
        assert file is not None
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", errors="xmlcharrefreplace")
        except OSError as error:
            _LOGGER.warning("error writing file %s: %s", file, error)


def _with_mark(node: nodes.Element) -> nodes.Element:
    """Return a copy of a title or of a table of contents with a mark in the place of the first text."""
    copy = node.deepcopy()
    text = next(iter(copy.findall(nodes.Text)))
    text.parent.replace(text, nodes.Text(_NAME))
    return copy


_METHODS = ("get_doc_context", "handle_page", "update_page_context")


def _package_of(handler: Any) -> str:
    """Return the package that a handler is from; ``""`` where it does not say."""
    return str(getattr(handler, "__module__", "")).partition(".")[0]


def stamp_pages(app: Sphinx) -> None:
    """Let table pages be stamped, where nothing can look at single pages."""
    builder, config = app.builder, app.config
    if (
        not isinstance(builder, StandaloneHTMLBuilder)
        or any(getattr(type(builder), name) is not getattr(StandaloneHTMLBuilder, name) for name in _METHODS)
        or builder.name in ("singlehtml", "epub")
        or config.html_theme not in _THEMES
        or any(is_in_conf(app, name) for name in _OF_PROJECTS)
        or isinstance(config.html_theme_options.get("secondary_sidebar_items"), dict)
        or config.html_output_encoding.lower() != "utf-8"
    ):
        return
    if not {_package_of(handler) for handler in html_handlers(app)} <= _KNOWN:
        return
    stamper = _Stamper(app, builder)
    for name in ("get_doc_context", "handle_page"):
        setattr(builder, name, getattr(stamper, name))


def setup_stamped(app: Sphinx) -> None:
    """Stamp pages, once all handlers are there."""
    app.connect("write-started", lambda app, _: stamp_pages(app), priority=900)
