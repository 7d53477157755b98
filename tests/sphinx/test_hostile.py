"""What others wrote comes out as characters: no markup, no script, no file, no terminal code, no reordering."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from conftest import Build, Built

TEXTS = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "raw": ".. raw:: html\n\n   <script>alert(1)</script>",
    "include": ".. include:: /etc/passwd",
    "literalinclude": ".. literalinclude:: /etc/passwd",
    "csv_file": ".. csv-table::\n   :file: /etc/passwd",
    "csv_url": ".. csv-table::\n   :url: file:///etc/passwd",
    "raw_file": ".. raw:: html\n   :file: /etc/passwd",
    "role": ".. role:: raw-html(raw)\n   :format: html\n\n:raw-html:`<script>alert(1)</script>`",
    "substitution": "|version| and |release| and |no_such_thing|",
    "definition": ".. |x| replace:: y\n\n|x|",
    "javascript": "`click <javascript:alert(1)>`_",
    "data_link": "`click <data:text/html,x>`__",
    "file_link": "`click <file:///etc/passwd>`__",
    "hidden_link": "`click <JaVaScRiPt:alert(1)>`__",
    "target": "x_\n\n.. _x: javascript:alert(1)",
    "directive": ".. lakecat-table:: orders",
    "toctree": ".. toctree::\n\n   index",
    "only": ".. only:: html\n\n   hidden",
    "ifconfig": ".. eval-rst::\n\n   x",
    "image_file": ".. image:: /etc/passwd",
    "figure": ".. figure:: https://evil.example/x.png",
    "download": ":download:`/etc/passwd`",
    "default_role": ".. default-role:: math\n\n`x`",
    "meta": ".. meta::\n   :http-equiv=refresh: 0;url=https://evil.example",
    "unclosed_bold": "an **unclosed bold",
    "unclosed_role": "an :unclosed:`role",
    "unknown_role": ":nonsense:`x`",
    "unknown_directive": ".. nonsense:: x",
    "footnote": "text [1]_\n\n.. [1] note",
    "citation": "text [Key]_\n\n.. [Key] note",
    "class": ".. class:: lc-hidden\n\nHidden text",
    "container": ".. container:: lc-hidden\n\n   Hidden text",
    "tabs": ".. tab-set::\n\n   .. tab-item:: a\n\n      b",
    "numbered": ".. sectnum::",
    "title": ".. title:: other",
    "index": ".. index:: other",
    "py_function": ".. py:function:: f()",
    "highlight": ".. highlight:: none",
}
INERT = {
    "ansi": ("red \x1b[31mtext\x1b[0m", "red \u241b[31mtext\u241b[0m"),
    "bidi": ("a\u202eb\u2066c", "a[U+202E]b[U+2066]c"),
    "null": ("a\x00b\x7fc", "a\u2400b\u2421c"),
    "entity": ("&lt;b&gt; &amp;", "&lt;b&gt; &amp;"),
    "template": ("{{ 7*7 }} {% raw %} ${x}", "{{ 7*7 }} {% raw %} ${x}"),
}
FORBIDDEN = ("root:x:0", "root:*:0", "daemon:")


def passwd_lines() -> list[bytes]:
    """Return what no file of a build may hold: the start of a line of a system file, if the machine has it."""
    return [text.encode() for text in FORBIDDEN]


def module() -> str:
    """Return the module of a catalog with a table for each text: in its description, or in all else."""
    return f"""
from lakecat import Catalog, CatalogRegistry, Column, Fact
import polars as pl

TEXTS = {TEXTS!r}
INERT = {dict(zip(INERT, (given for given, _ in INERT.values()), strict=True))!r}
catalog = Catalog(CatalogRegistry())


class Source:
    def __init__(self, text):
        self.kind = text
        self.text = text

    def scan(self, **params):
        return pl.LazyFrame()

    def schema(self):
        return pl.Schema({{self.text: pl.Struct({{self.text: pl.Int8}}), "e": pl.Enum([self.text])}})

    def facts(self):
        return [Fact(label=self.text, value=self.text)]

    def change_token(self):
        return "1"


for name, text in (TEXTS | INERT).items():
    catalog.add_table(lambda: None, "described_" + name, description=text, schema={{"a": "Int64"}})
    catalog.add_table(
        Source(text), "plain_" + name, owner=text, tags=[text], deprecated=text,
        schema=[Column(text, description="x", tags=[text], classification=text, deprecated=text)],
    )
catalog.add_table(lambda: None, "columns", schema=[Column(n, "Int64", description=t) for n, t in TEXTS.items()])
catalog.add_table(lambda: None, "orders", schema={{"a": "Int64"}})
"""


CONF = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables:catalog"\nrst_prolog = "PROLOG-TEXT"\n'


@pytest.fixture(scope="module")
def built(build: Build) -> Built:
    """Return a site of such tables."""
    found = build({"conf.py": CONF, "tables.py": module()}, builder="autocatalog")
    assert found.status == 0, found.errors
    return found


def squeezed(text: str) -> str:
    """Return text with white space made one."""
    return " ".join(text.split())


@pytest.mark.parametrize("name", TEXTS)
def test_description_that_is_not_allowed(built: Built, name: str) -> None:
    """A description with markup that reads files, runs code or is broken is its source as text, with one warning."""
    text = squeezed(built.page(f"catalog/described_{name}").get_text())
    found = [w for w in built.warnings if f"'described_{name}'" in w]
    if name in SHOWN_WITHOUT_WARNING:
        assert not found
        return
    for paragraph in TEXTS[name].split("\n\n"):
        assert squeezed(paragraph) in text
    (warning,) = found
    assert warning.startswith("tables.py:"), warning
    assert "it is shown as plain text" in warning
    assert warning.endswith("[lakecat.markup]")


SHOWN_WITHOUT_WARNING = {"script", "image"}


@pytest.mark.parametrize("name", TEXTS)
def test_column_description_that_is_not_allowed(built: Built, name: str) -> None:
    """The same holds for a column's description: one bad one leaves the others as they are."""
    cell = built.page("catalog/columns").find(id=f"column-columns.{name}").select_one(".lc-text")
    assert squeezed(TEXTS[name]) in squeezed(cell.get_text())
    assert len([w for w in built.warnings if f"'columns.{name}'" in w]) == (name not in SHOWN_WITHOUT_WARNING)


@pytest.mark.parametrize("name", [*TEXTS, *INERT])
def test_everything_else_is_characters(built: Built, name: str) -> None:
    """Kind, owner, tag, deprecation, dtype, fact and column are the text itself, and never a warning."""
    shown = INERT[name][1] if name in INERT else TEXTS[name]
    one_line = shown.replace("\n", "\u240a")
    page = built.page(f"catalog/plain_{name}")
    assert page.select_one(".lc-kind").get_text() == one_line
    assert page.select_one("a.lc-owner").get_text() == one_line
    assert page.select_one("a.lc-tag").get_text() == one_line
    assert page.select_one("td.lc-name code").get_text() == one_line
    assert squeezed(shown) in squeezed(page.select_one(".admonition.warning").get_text())
    assert one_line in page.select_one("dl.lc-details dt").get_text()
    assert not [w for w in built.warnings if f"'plain_{name}'" in w]


@pytest.mark.parametrize("name", INERT)
def test_description_with_odd_characters(built: Built, name: str) -> None:
    """Control characters, reordering marks, entities and template syntax in a description are shown."""
    assert INERT[name][1] in built.page(f"catalog/described_{name}").get_text()


def test_no_page_gains_an_active_element(built: Built) -> None:
    """No page has a script, frame, style, form, event handler, image or link of a refused scheme but its own."""
    for name in built.files():
        if not name.endswith(".html") or name.startswith("_static"):
            continue
        soup = BeautifulSoup(built.text(name), "html.parser")
        article = soup.select_one("[role=main]")
        # The search page has its own script and form.
        if name != "search.html":
            assert not article.select("script, iframe, style, form, img, object, embed, meta, link, base"), name
        for element in soup.select("*"):
            assert not [a for a in element.attrs if a.lower().startswith("on")], (name, element)
            link = str(element.get("href") or element.get("src") or "")
            assert not link.lower().startswith(("javascript:", "data:text", "file:", "vbscript:")), (name, link)
        assert {s.get("src", "").split("?")[0].rpartition("/")[0] for s in soup.select("script")} <= {
            "", "_static", "../_static", "."
        }, name  # fmt: skip
        assert "alert(1)" not in "".join(s.get_text() for s in soup.select("script")), name


def test_no_file_is_read(built: Built) -> None:
    """Nothing of the files that descriptions ask for is in the output, the doctrees or the log."""
    paths = [*built.outdir.rglob("*"), *(built.outdir.parent / "doctrees").rglob("*")]
    for path in paths:
        if path.is_file():
            data = path.read_bytes()
            assert not [line for line in passwd_lines() if line in data], path
    assert not [line for line in FORBIDDEN if line in built.output + built.errors]


def test_log_has_no_terminal_codes_of_ours(built: Built) -> None:
    """Warnings show control and reordering characters as pictures."""
    assert "\x1b[31m" not in "".join(built.warnings)
    assert "\u202e" not in built.errors


def test_prolog_is_not_in_descriptions(built: Built) -> None:
    """`rst_prolog` is for pages: no description begins with it."""
    assert "PROLOG-TEXT" not in built.text("catalog/described_ansi.html")
    assert "PROLOG-TEXT" not in built.text("catalog/columns.html")
