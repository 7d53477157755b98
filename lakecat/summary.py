"""Short forms of descriptions: without markup, and the first sentence."""

from __future__ import annotations

import re

_ROLE = re.compile(r"(?::[\w:+.-]+:)?`+~?!?([^`<]*[^`<\s])(?:\s*<[^`>]*>)?`+_{0,2}")
_EMPHASIS = re.compile(r"(?<![\w*])\*{1,2}(?=\S)([^*]+?)(?<=\S)\*{1,2}(?![\w*])")
_LINK = re.compile(r"\[([^\]]+)\]\([^)\s]+\)")
_SENTENCE = re.compile(r"(?<=[.!?])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bcf\.)(?<!\bapprox\.)\s+(?=[A-Z0-9\"'(`*:])")


def without_markup(text: str) -> str:
    """Return a text without the inline markup of reStructuredText and Markdown: roles, literals, emphasis and links."""
    return _LINK.sub(r"\1", _EMPHASIS.sub(r"\1", _ROLE.sub(r"\1", text)))


def summary_of(description: str, *, limit: int = 200) -> str:
    """Return the first sentence of a description as plain text on one line, cut at a word after ``limit`` characters.

    Example:
        >>> summary_of("One row a user, see :lakecat:table:`orders`. More text.")
        'One row a user, see orders.'
    """
    paragraph = " ".join(re.split(r"\n\s*\n", description.strip(), maxsplit=1)[0].split())
    text = without_markup(paragraph)
    sentence = _SENTENCE.split(text, maxsplit=1)[0]
    return sentence if len(sentence) <= limit else sentence[:limit].rpartition(" ")[0] + " …"
