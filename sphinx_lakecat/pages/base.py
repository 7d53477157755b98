"""What a generated page is."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docutils import nodes

    from sphinx_lakecat.session import Session


class Page(abc.ABC):
    """A generated page. Each kind of page is a class.

    Args:
        docname: Its document.
    """

    __slots__ = ("docname",)

    def __init__(self, docname: str) -> None:
        self.docname = docname

    @property
    @abc.abstractmethod
    def missed(self) -> str:
        """What is missing where somebody's document takes its place, after "the generated"; ``""`` for nothing."""

    @abc.abstractmethod
    def section(self, session: Session, document: nodes.document) -> nodes.section:
        """Return what it shows, and note which tables that are.

        Args:
            session: The build.
            document: The document that the nodes are for.
        """
