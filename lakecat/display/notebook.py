"""A page as HTML that stands alone, for notebooks: no site to link to, no theme, no script."""

from __future__ import annotations

import itertools
from html import escape
from typing import TYPE_CHECKING

from lakecat.display import html
from lakecat.display.text import portion
from lakecat.plaintext import plain, plain_name

if TYPE_CHECKING:
    from lakecat.blocks import Markup, Page, Ref, Tab

_NUMBERS = itertools.count()
# Colours are those of the notebook, so that a page is as light or dark as what is around it.
_STYLE = """<style>
.lakecat { max-width: 70em; line-height: 1.5 }
.lakecat h3, .lakecat h4 { margin: 0.8em 0 0.3em }
.lakecat .lc-head { list-style: none; margin: 0 0 0.6em; padding: 0; opacity: 0.8 }
.lakecat .lc-head li { display: inline }
.lakecat .lc-head li + li::before { content: " · " }
.lakecat .lc-state { margin: 0 0 0.3em }
.lakecat .lc-chips { list-style: none; margin: 0.5em 0; padding: 0; opacity: 0.8 }
.lakecat .lc-drawing { max-width: none; font: 13px monospace; fill: none; stroke: currentColor }
.lakecat .lc-drawing text { fill: currentColor; stroke: none }
.lakecat .lc-this rect { stroke-width: 2 }
.lakecat .lc-badge { border: 1px solid; border-radius: 3px; padding: 0 0.35em; font-size: 0.85em; opacity: 0.8 }
.lakecat .lc-null, .lakecat .lc-source { opacity: 0.7 }
.lakecat .lc-note { border-left: 3px solid; padding: 0 0.8em; margin: 0.5em 0 }
.lakecat .lc-scroll { overflow-x: auto; max-height: 40em }
.lakecat table { border-collapse: collapse }
.lakecat th, .lakecat td { text-align: left; vertical-align: top; padding: 0.2em 0.8em 0.2em 0 }
.lakecat .lc-type > code, .lakecat .lc-type > .lc-null { white-space: nowrap }
.lakecat .lc-number { text-align: right }
.lakecat .lc-bar { width: 3em; height: 0.5em }
.lakecat .lc-details > div { display: flex; gap: 1em }
.lakecat .lc-details dt { min-width: 8em; opacity: 0.7 }
.lakecat .lc-details dd { margin: 0 }
.lakecat .lc-copy { display: none }
.lakecat .lc-snippets { display: flex; flex-wrap: wrap; gap: 0 1em }
.lakecat .lc-snippets > label { order: -1; cursor: pointer }
.lakecat .lc-snippets > input { order: -1 }
.lakecat .lc-snippets > .sd-tab-content { display: none; width: 100% }
.lakecat .lc-snippets > input:checked + label + .sd-tab-content { display: block }
</style>"""


class Notebook:
    """The medium: names are not links, and descriptions are shown without their markup."""

    def __init__(self) -> None:
        # Two outputs stand in one notebook.
        self.number = next(_NUMBERS)

    def ref(self, ref: Ref) -> str:
        """Return the name."""
        return html.link(ref, None)

    def uri(self, ref: Ref) -> str | None:
        """Return nothing: there is no site."""
        return None

    def markup(self, markup: Markup) -> tuple[str, bool]:
        """Return the paragraphs of a text."""
        paragraphs = [f"<p>{escape(plain(part))}</p>" for part in portion(markup).split("\n\n") if part.strip()]
        if len(paragraphs) > 1:
            return "".join(paragraphs), True
        return escape(plain(portion(markup))), False

    def code(self, tab: Tab) -> str:
        """Return code as it is."""
        return f"<pre>{escape(plain(tab.code))}</pre>\n"

    def place(self, key: str) -> tuple[str, str]:
        """Return nothing: no link leads here."""
        return "", ""


def draw(page: Page) -> str:
    """Return a page as HTML."""
    medium = Notebook()
    out = [f'<div class="lakecat">{_STYLE}<h3>{escape(plain_name(page.name))}</h3>', html.head(page, medium)]
    out += [html.draw(block, medium) for block in page.lead]
    out.append(html.chips(page, medium))
    for part in page.parts:
        body = "".join(html.draw(block, medium) for block in part.blocks).strip()
        if body:
            out.append(f"<h4>{escape(plain_name(part.title))}</h4>{body}")
    return "".join([*out, "</div>"])
