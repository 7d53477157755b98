"""What Sphinx need not do to a generated page: look through its nodes for kinds of nodes that it does not have.

Sphinx asks some sixty transforms for each page, and each goes through all nodes. Most pages of tables have a few kinds
of nodes alone, among which a third of these never finds anything. A test compares what is written with and without.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.transforms.universal import SmartQuotes
from sphinx import addnodes

from sphinx_lakecat.rendering.markup import TRANSFORMS
from sphinx_lakecat.rendering.nodes import lakecat_cell, lakecat_part

if TYPE_CHECKING:
    from docutils.transforms import Transform

    from sphinx_lakecat.session import Session

_PLAIN = frozenset(
    (
        *(nodes.document, nodes.section, nodes.title, nodes.paragraph, nodes.Text, nodes.literal, nodes.emphasis),
        getattr(addnodes, "document", nodes.document),  # that of Sphinx 8
        *(nodes.strong, nodes.bullet_list, nodes.list_item, nodes.reference, addnodes.pending_xref),
        *(lakecat_part, lakecat_cell),
    )
)
# By name, as a release may lack one. Each looks for other kinds of nodes than the plain ones.
_OF_OTHERS = frozenset(
    (
        *(f"sphinx.transforms.{name}" for name in ("DefaultSubstitutions", "MoveModuleTargets", "HandleCodeBlocks")),
        *(f"sphinx.transforms.{name}" for name in ("DoctestTransform", "AutoIndexUpgrader", "GlossarySorter")),
        "sphinx.transforms.UnreferencedFootnotesDetector",
        "sphinx.transforms.ReorderConsecutiveTargetAndIndexNodes",
        "sphinx.builders.latex.transforms.FootnoteDocnameUpdater",
        "sphinx.builders.latex.transforms.CitationReferenceTransform",
        "sphinx.domains.citation.CitationDefinitionTransform",
        "sphinx.domains.c.AliasTransform",
        "sphinx.domains.cpp.AliasTransform",
        "sphinx.transforms.post_transforms.OnlyNodeTransform",
        "sphinx.transforms.post_transforms.SigElementFallbackTransform",
        "sphinx.transforms.post_transforms.PropagateDescDomain",
        "sphinx.transforms.post_transforms.code.HighlightLanguageTransform",
        "sphinx.transforms.post_transforms.code.TrimDoctestFlagsTransform",
        "sphinx.transforms.post_transforms.images.ImageDownloader",
        "sphinx.transforms.post_transforms.images.DataURIExtractor",
        "sphinx_design.dropdown.DropdownHtmlTransform",
        "sphinx_design.tabs.TabSetHtmlTransform",
        "sphinx_design.aside.AsideHtmlTransform",
        "furo.WrapTableAndMathInAContainerTransform",
    )
)
_QUOTES = re.compile(r"""["'`\\]|--|\.\.""")


def leave_out_idle(session: Session, document: nodes.document, docname: str) -> None:
    """Leave out transforms of a page that was just made and is to be read, and note whether it is plain.

    Descriptions have been through some of them already. Quotes are set only where there are any.
    """
    if is_plain := {type(node) for node in document.findall()} <= _PLAIN:
        session.plain.add(docname)
    kinds: tuple[type, ...] = TRANSFORMS
    if not any(_QUOTES.search(node.astext()) for node in document.findall(nodes.TextElement)):
        kinds = (*kinds, SmartQuotes)
    transformer = document.transformer
    transformer.transforms = [
        entry
        for entry in transformer.transforms
        if not issubclass(entry[1], kinds) and not (is_plain and _looks_for_others(entry[1]))
    ]


def needed(transforms: list[type[Transform]], session: Session, docname: str) -> list[type[Transform]]:
    """Return those transforms that may find anything in a document that is to be written.

    Other builders than those of HTML have other nodes put in the place of parts, and one of a single page puts all
    documents into the first.
    """
    if docname not in session.plain or session.builder.format != "html" or session.in_one_page is not None:
        return transforms
    return [transform for transform in transforms if not _looks_for_others(transform)]


def _looks_for_others(transform: type) -> bool:
    return f"{transform.__module__}.{transform.__name__}" in _OF_OTHERS
