"""What the extension lets Sphinx leave out, or do once, changes no byte of what Sphinx makes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Built, NewProject, Project

# With this variable, Sphinx does all that it does for any page.
CONF = """
import os

import sphinx_lakecat.pages.contents as contents
import sphinx_lakecat.pages.documents as documents
import sphinx_lakecat.pages.stamped as stamped

extensions = ["sphinx_lakecat", "myst_parser"]
lakecat_catalog = "tables"
lakecat_description_markup = os.environ["MARKUP"]
myst_enable_extensions = ["smartquotes", "replacements"]
if "WHOLE" in os.environ:
    stamped.stamp_pages = lambda app: None
    contents._keep_the_title = lambda app, doctree: None
    for name in (
        *("leave_out_idle", "choose_post_transforms", "forget_doctree", "keep_few_doctrees", "log_no_events"),
        *("remember_settings", "remember_templates", "remember_titles"),
    ):
        assert hasattr(documents, name), name
        setattr(documents, name, lambda *_: None)
"""
TABLES = '''
from lakecat import Column, table


@table(owner='"the" team', tags=["it's", "a--b"], schema=[
    Column("a", "Int64", description="It's \\"said\\" -- and... so `there <https://example.org/a>`_ and `b <c_>`_."),
    Column("b", "Int64", references="plain.a", description="Of :lakecat:table:`plain`, a [1]_ and |this|, x__ y_."),
    Column("c--d", "String", deprecated="Don't 'use' it..."),
])
def marked():
    """It's a "table" -- of *many*, `things <https://example.org/b>`_...

    Second's "paragraph", with ``"code"`` and `anonymous <https://example.org/c>`__ ones.

    Heading's "quotes"
    ------------------

    .. _target:

    A paragraph -- with a target, see target_.

    .. note:: It's "noted".

    .. code-block:: python

       print("it's")
    """


@table
def noted():
    """It's "shown" as it is -- as it has a note [#]_.

    .. [#] A foot -- note.
    """


@table(schema={"a": "Int64"})
def plain():
    """No sign that could become another."""


@table
def broken():
    """It's "broken" -- *so*."""
    raise RuntimeError("it's 'broken' -- so")
'''
INDEX = """
Don't -- "first"
================

.. lakecat-table:: marked
   :no-index:

.. toctree::

   catalog/index
"""


@pytest.fixture(scope="module")
def quoted(project: NewProject) -> Project:
    """Return a project full of quotes, dashes, targets and notes."""
    return project({"conf.py": CONF, "tables.py": TABLES, "index.rst": INDEX})


def comparable(built: Built) -> dict[str, bytes]:
    """Return the files of a build without its folder, in which a file stands for generated pages, and its time."""
    files = {name: data.replace(b"/whole/", b"/short/") for name, data in built.files().items()}
    return {name: re.sub(rb"POT-Creation-Date: [^\\]*", b"", data) for name, data in files.items()}


@pytest.mark.parametrize("markup", ["rst", "markdown", "text"])
@pytest.mark.parametrize("builder", ["html", "singlehtml", "pseudoxml", "gettext"])
def test_no_byte_differs(quoted: Project, builder: str, markup: str, tmp_path: Path) -> None:
    """Pages, doctrees and texts to translate are those that Sphinx makes when it leaves nothing out."""
    short = quoted.build(builder=builder, outdir=tmp_path / "short/out", MARKUP=markup)
    whole = quoted.build(builder=builder, outdir=tmp_path / "whole/out", MARKUP=markup, WHOLE="1")
    assert (short.status, whole.status) == (0, 0), short.errors + whole.errors
    assert short.warnings == whole.warnings
    one, two = comparable(short), comparable(whole)
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_quotes_are_set(quoted: Project, tmp_path: Path) -> None:
    """The project that is compared has quotes to set: of a description, and of the heading in it."""
    built = quoted.build(outdir=tmp_path / "html", MARKUP="rst")
    said = built.said("catalog/marked")
    assert "It\u2019s a \u201ctable\u201d \u2013 of many" in said
    assert "Heading\u2019s \u201cquotes\u201d" in said


def test_events_are_told_to_those_who_ask(quoted: Project, tmp_path: Path) -> None:
    """Sphinx tells of each event where it is asked to tell all, and not otherwise."""
    said = quoted.build("-vv", outdir=tmp_path / "html", MARKUP="rst").output
    assert "emitting event: 'doctree-read'" in said
    assert "emitting event" not in quoted.build("-v", "-E", outdir=tmp_path / "html", MARKUP="rst").output
