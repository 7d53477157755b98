"""``.. lakecat-table:: users``: a table in the middle of prose."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from lakecat.names import near_names
from lakecat.plaintext import plain_name
from sphinx_lakecat.anchors import table_anchor
from sphinx_lakecat.rendering.document import Site, TableDocument
from sphinx_lakecat.session import session_of
from sphinx_lakecat.warnings import Subtype

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from lakecat.snapshot import ColumnSnapshot, TableSnapshot


def _names(argument: str | None) -> list[str]:
    """Return names that commas or line breaks part; spaces part them where there is no comma."""
    text = argument or ""
    found = [name.strip() for name in re.split(r"[,\n]" if "," in text else r"\s+", text)]
    if not any(found):
        raise ValueError("write names of columns, with commas between them")
    return [name for name in found if name]


class TableDirective(SphinxDirective):
    """Show a table: name, facts, description, columns and snippets, at the heading level of its place.

    Its argument is the table's name. Options choose what is shown.
    """

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        "columns": _names,
        "exclude": _names,
        "no-title": directives.flag,
        "no-description": directives.flag,
        "no-columns": directives.flag,
        "no-snippets": directives.flag,
        "no-index": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Return the nodes of the table.

        ::

        container.lakecat-table (table-NAME)
            paragraph.lc-title > pending_xref
            lakecat_part "head", description, problems
            lakecat_part "columns", lakecat_part "snippets"
        """
        name = self.arguments[0].strip()
        session, docname = session_of(self.env), self.env.docname
        session.notes.use(name, docname=docname)
        meant = session.tables.find(name)
        if len(meant) != 1:
            self._report(Subtype.UNKNOWN_TABLE, "", asked=name)
            lacks = "more than one table" if meant else "no table"
            return [nodes.caution("", nodes.paragraph("", f"The catalog has {lacks} named {plain_name(name)}."))]
        name = meant[0]
        session.notes.use(name, docname=docname)
        table = session.snapshot(name)
        shown = self._shown(table)
        container = nodes.container(classes=["lakecat-table"])
        self.set_source_info(container)
        anchored = "no-index" not in self.options and table_anchor(name) not in self.state.document.ids
        if anchored:
            container["ids"].append(table_anchor(name))
            self.state.document.note_explicit_target(container)
            columns = () if "no-columns" in self.options else [c.name for c in shown or ()]
            session.notes.table(name, columns, docname=docname, is_page=False, location=self.get_location())
        container += self._content(table, shown, anchored)
        return [container]

    def _content(
        self, table: TableSnapshot, shown: Sequence[ColumnSnapshot] | None, anchored: bool
    ) -> list[nodes.Node]:
        name = table.full_name
        report = functools.partial(self._report, Subtype.MARKUP)
        session = session_of(self.env)
        site = Site(session.settings.markup, self.state.document, report, self.get_source_info())
        drawn = TableDocument(table, session.tables.index.slice_of(name), site)
        for failure in drawn.page.failures:
            self._report(Subtype.SECTION_FAILED, f"table {name!r}: {failure}")
        content: list[nodes.Node] = []
        if "no-title" not in self.options:
            literal = nodes.literal(plain_name(name), plain_name(name), classes=["notranslate"])
            link = addnodes.pending_xref(
                "",
                literal,
                refdomain="lakecat",
                reftype="table",
                reftarget=name,
                refexplicit=False,
                refdoc=self.env.docname,
            )
            content.append(nodes.paragraph("", "", link, classes=["lc-title"]))
        content.append(drawn.head())
        content += drawn.lead(described="no-description" not in self.options, whole=True)
        if "no-columns" not in self.options:
            names = None if shown is None else tuple(column.name for column in shown)
            content += drawn.part("columns", shown=names, anchors=anchored)
        if "no-snippets" not in self.options:
            content += drawn.part("read")
        return content

    def _report(self, subtype: Subtype, text: str, *, asked: str = "") -> None:
        docname, location = self.env.docname, self.get_location()
        session_of(self.env).notes.report(subtype, text, docname=docname, location=location, asked=asked)

    def _shown(self, table: TableSnapshot) -> tuple[ColumnSnapshot, ...] | None:
        """Return the columns of ``:columns:`` in its order, or all, without those of ``:exclude:``."""
        if table.columns is None:
            return None
        by_name = {c.name: c for c in table.columns}
        for option in ("columns", "exclude"):
            for name in self.options.get(option, ()):
                if name not in by_name:
                    near = near_names(name, by_name)
                    hint = f"; did you mean {near[0]!r}?" if near else ""
                    text = f"table {table.full_name!r} has no column {name!r} for :{option}:{hint}"
                    self._report(Subtype.OPTION, text)
        chosen = self.options.get("columns", list(by_name))
        left_out = set(self.options.get("exclude", ()))
        return tuple(by_name[name] for name in dict.fromkeys(chosen) if name in by_name and name not in left_out)
