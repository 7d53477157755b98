"""Descriptions in markup, made nodes safely: nothing is read from files, no raw output, and no links but to the web."""

from __future__ import annotations

import contextlib
import copy
import functools
import logging
import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.parsers.rst.states import Inliner, RSTStateMachine, state_classes
from docutils.statemachine import StringList, string2lines
from docutils.transforms import references
from docutils.utils import Reporter
from sphinx import addnodes
from sphinx.util.logging import NAMESPACE, MemoryHandler

from lakecat.plaintext import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ALLOWED_DIRECTIVES = frozenset(
    (
        *("admonition", "attention", "caution", "danger", "hint", "important", "note", "seealso", "tip", "warning"),
        *("code", "code-block", "sourcecode", "math", "epigraph", "list-table", "rubric"),
        *("deprecated", "versionadded", "versionchanged"),
    )
)
_ALLOWED_SCHEMES = ("http://", "https://", "mailto:")
_REFUSED: dict[type[nodes.Node], str] = {
    nodes.raw: "raw output",
    nodes.image: "an image",
    nodes.system_message: "markup that is broken",
    nodes.problematic: "markup that is broken",
    nodes.footnote_reference: "a footnote",
    nodes.citation_reference: "a citation",
    nodes.substitution_reference: "a substitution",
    nodes.substitution_definition: "a substitution",
    nodes.pending: "a directive that is not allowed",
    addnodes.download_reference: "a download",
    addnodes.toctree: "a toctree",
    addnodes.only: "a directive that is not allowed",
}
_REFUSED_KINDS = tuple(_REFUSED)
_PAGE_EXTENSIONS = frozenset(
    ("substitution", "attrs_block", "attrs_image", "attrs_inline", "html_admonition", "html_image")
)
_HARMLESS = frozenset([("myst", "header")])
TRANSFORMS = (
    references.Substitutions,
    references.PropagateTargets,
    references.AnonymousHyperlinks,
    references.IndirectHyperlinks,
    references.ExternalTargets,
    references.InternalTargets,
    references.DanglingReferences,
)
"""What is done to a description before it becomes a part of a page."""

# Any of these may mean something in reStructuredText. A text without them is a paragraph, and need not be parsed:
# parsing costs a hundred times as much as looking.
_MARKUP = re.compile(
    r"""[*`|\\@] | :// | :: | _(?!\w) | \[\S*\]
    | ^[ \t] | ^[-+\u2022\u2023\u2043=/:.>] | ^\(?(?:\w{1,4}|\#)[.)]\s | ^[^\w\s]{2,}\s*$""",
    re.VERBOSE | re.MULTILINE,
)


def paragraphs(text: str, *, typography: bool = False) -> list[nodes.Node]:
    """Return plain text as paragraphs, one for each that blank lines part; Sphinx may set its quotes and dashes."""
    return [
        nodes.paragraph("", "", nodes.Text(" ".join(part.split())), support_smartquotes=typography)
        for part in re.split(r"\n\s*\n", plain(text))
        if part.strip()
    ]


def is_one_paragraph(text: str, *, markup: str) -> bool:
    """Return whether a text is at most one paragraph without any markup."""
    return "\n\n" not in text and (markup == "text" or (markup == "rst" and not _MARKUP.search(text)))


def parse_description(
    text: str, *, markup: str, document: nodes.document, prefix: str, report: Callable[[str], None]
) -> list[nodes.Node]:
    """Return the nodes of a description; of broken or forbidden markup, its source as plain paragraphs.

    Args:
        text: The description.
        markup: "rst", "markdown" or "text".
        document: The document that the nodes are for; gives the settings.
        prefix: What ids inside the description begin with, so that they are unique on the page.
        report: Called with one sentence if the markup cannot be used.
    """
    text = plain(text)
    if markup == "text" or (markup == "rst" and not _MARKUP.search(text)):
        return paragraphs(text, typography=markup == "rst")
    try:
        return _parse(text, markup, document, prefix)
    except _UnusableError as error:
        report(f"{error}; it is shown as plain text")
        return paragraphs(text)


class _UnusableError(Exception):
    pass


def _parse(text: str, markup: str, page: nodes.document, prefix: str) -> list[nodes.Node]:
    settings = copy.copy(page.settings)
    settings.raw_enabled = settings.file_insertion_enabled = False
    settings.id_prefix, settings.auto_id_prefix = f"{prefix}-", "%"
    messages: list[nodes.system_message] = []
    document = nodes.document(settings, Reporter("<description>", 5, 5, stream=""), source="<description>")
    document.note_source("<description>", -1)
    document.reporter.attach_observer(messages.append)
    with _allowed_directives_only(), _held_log() as held:
        (_parse_markdown if markup == "markdown" else _parse_rst)(text, document)
        for transform in TRANSFORMS:
            transform(document).apply()
    broken = [m for m in messages if m["level"] >= Reporter.WARNING_LEVEL]
    if broken:
        line = broken[0].get("line")
        reason = " ".join(nodes.Element.astext(broken[0]).split())
        raise _UnusableError(f"its markup is broken{f' in line {line}' if line else ''} ({reason.rstrip('.')})")
    for record in held.buffer:
        if (getattr(record, "type", ""), getattr(record, "subtype", "")) not in _HARMLESS:
            raise _UnusableError(f"its markup is broken ({record.getMessage().strip().rstrip('.')})")
    for node in document.findall():
        # Otherwise the doctree keeps this document, by its settings the whole environment, and is saved with both.
        node.document = page
        if isinstance(node, _REFUSED_KINDS):
            raise _UnusableError(f"it holds {next(name for kind, name in _REFUSED.items() if isinstance(node, kind))}")
        if (
            isinstance(node, nodes.reference)
            and (uri := node.get("refuri"))
            and not uri.lower().startswith(_ALLOWED_SCHEMES)
        ):
            raise _UnusableError(f"it links to {uri!r}, and only http, https, mailto and references are allowed")
    return _without_sections(document.children)


def _parse_rst(text: str, document: nodes.document) -> None:
    lines = string2lines(text, tab_width=document.settings.tab_width, convert_whitespace=True)
    _machine().run(StringList(lines, "<description>"), document, inliner=_inliner(document.settings))


@functools.cache
def _machine() -> RSTStateMachine:
    """Return the parser's machine. To make one takes longer than to parse a description, and it can run again."""
    return RSTStateMachine(state_classes=state_classes, initial_state="Body")


def _inliner(settings: Any) -> Inliner:
    """Return what parses markup inside of paragraphs, made once for all settings on which its expressions depend."""
    names = ("character_level_inline_markup", "pep_references", "rfc_references")
    said = tuple(getattr(settings, name, None) for name in names)
    if (found := _INLINERS.get(said)) is None:
        found = _INLINERS[said] = Inliner()
        found.init_customizations(settings)
        # The machine asks for it anew each time.
        found.init_customizations = _as_it_is  # type: ignore[assignment]
    return found


_INLINERS: dict[tuple[object, ...], Inliner] = {}


def _as_it_is(_settings: Any) -> None:
    """Change nothing."""


def _parse_markdown(text: str, document: nodes.document) -> None:
    """Parse Markdown as MyST does for a page, without what only pages may do: settings, templates and attributes."""
    from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
    from myst_parser.parsers.mdit import create_md_parser

    config = document.settings.env.myst_config
    config = config.copy(enable_extensions=set(config.enable_extensions) - _PAGE_EXTENSIONS)
    parser = create_md_parser(config, SphinxRenderer).disable("front_matter", ignoreInvalid=True)
    parser.options["document"] = document
    parser.render(text)
    # A description begins with a heading of any level.
    for message in list(document.findall(nodes.system_message)):
        if message.astext().rstrip().endswith("[myst.header]"):
            message.parent.remove(message)


def _without_sections(children: list[nodes.Node]) -> list[nodes.Node]:
    """Return nodes in which headings, as numpydoc writes them, are rubrics: a description stands inside a section."""
    found: list[nodes.Node] = []
    for child in children:
        if isinstance(child, nodes.section):
            found += _without_sections(child.children)
        elif isinstance(child, nodes.title):
            found.append(nodes.rubric("", "", *child.children))
        elif not isinstance(child, (nodes.comment, nodes.transition)):
            found.append(child)
    return found


@contextlib.contextmanager
def _allowed_directives_only() -> Iterator[None]:
    """Let the parser find only directives that cannot read files, run code or change the page."""
    before = directives.directive

    def find(name: str, language: Any, document: nodes.document) -> Any:
        return before(name, language, document) if name.lower() in _ALLOWED_DIRECTIVES else (None, [])

    directives.directive = find  # type: ignore[assignment]  # the way in which Sphinx adds its domains
    try:
        yield
    finally:
        directives.directive = before


@contextlib.contextmanager
def _held_log() -> Iterator[MemoryHandler]:
    """Keep what a parser logs: it would name a line of no file, and is the reason of the one warning that we give."""
    logger, held = logging.getLogger(NAMESPACE), MemoryHandler()
    held.setLevel(logging.WARNING)
    before, logger.handlers = logger.handlers, [held]
    try:
        yield held
    finally:
        logger.handlers = before
