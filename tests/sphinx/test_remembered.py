"""What Sphinx makes anew for each page, and need not, is made once: the pages are the same, the work does not grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Build, Built, NewProject

TABLES = """
from lakecat import Column, table

for number in range({}):
    table(
        name=f"table_{{number}}",
        schema=[Column("id", "Int64", description="See :lakecat:table:`table_0`."), Column("name", "Utf8")],
        description="One row *each*.\\n\\n* a\\n* b",
    )(lambda: None)
"""
INDEX = "T\n=\n\n.. toctree::\n\n   catalog/index\n"
CONF = """
extensions = ["sphinx_lakecat"]
lakecat_catalog = "tables"
html_theme = "{theme}"
"""
FORGETS = """
from sphinx_lakecat.pages import documents, sidebar

documents.remember_settings = documents.remember_titles = lambda _: None
sidebar._once = lambda draw, drawn: draw
"""
COUNTS = """
import pathlib
from docutils.frontend import OptionParser
from sphinx.builders.html import StandaloneHTMLBuilder

made = {"settings": 0, "titles": 0}
make, create = OptionParser.__init__, StandaloneHTMLBuilder.create_translator


def counted(self, *args, **options):
    made["settings"] += 1
    make(self, *args, **options)


def translator(self, *args):
    made["titles"] += 1
    return create(self, *args)


OptionParser.__init__, StandaloneHTMLBuilder.create_translator = counted, translator


def setup(app):
    app.connect("build-finished", lambda app, error: pathlib.Path(app.outdir, "made").write_text(repr(made)))
"""


@pytest.mark.parametrize("theme", ["alabaster", "furo"])
def test_remembered_pages_are_those_that_would_be_drawn(build: Build, theme: str) -> None:
    """Each file is byte for byte what it is where everything is made anew for each page."""
    files = {"tables.py": TABLES.format(5), "index.rst": INDEX}
    conf = CONF.format(theme=theme)
    one, other = (_files(build({**files, "conf.py": text}, "-W", "-n")) for text in (conf, conf + FORGETS))
    assert "catalog/table_4.html" in one
    assert one == other


def _files(built: Built) -> dict[str, bytes]:
    assert (built.status, built.warnings) == (0, [])
    return {
        name: text
        for name, text in built.files().items()
        # Doctrees hold the time, and the configuration what conf.py binds.
        if name.endswith((".html", ".js", ".css", ".inv"))
    }


def test_work_does_not_grow_with_the_pages(build: Build) -> None:
    """The settings of docutils are made as often for many tables as for few, and each title is drawn once."""
    made = {}
    for count in (4, 9):
        files = {"conf.py": CONF.format(theme="furo") + COUNTS, "tables.py": TABLES.format(count), "index.rst": INDEX}
        made[count] = eval(build(files, "-W").text("made"))
    assert made[9]["settings"] == made[4]["settings"]
    # A page's body, its title, and its contents: no more for each table.
    assert made[9]["titles"] - made[4]["titles"] <= 3 * 5


KEEPS = """
import pathlib
from sphinx_lakecat import compat

compat._DOCTREES = {kept}


def note(app, name):
    caches = (app.env._write_doc_doctree_cache, app.env._pickled_doctree_cache)
    pathlib.Path(app.confdir).with_name(name).write_text(repr([len(cache) for cache in caches]))


def setup(app):
    app.connect("env-get-updated", lambda app, env: note(app, "read") or [], priority=999)
    app.connect("build-finished", lambda app, error: note(app, "written"))
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("builder", ["html", "singlehtml", "text", "latex"])
def test_memory_does_not_grow_with_the_documents(project: NewProject, builder: str, jobs: str) -> None:
    """Few doctrees are kept from reading to writing; what is read again from files makes the same site."""
    built = {}
    for kept in (3, 1000):
        files = {"tables.py": TABLES.format(20), "index.rst": INDEX}
        found = project({**files, "conf.py": CONF.format(theme="alabaster") + KEEPS.format(kept=kept)})
        built[kept] = found.build("-W", "-j", jobs, builder=builder)
        counts = [(found.srcdir.parent / name).read_text() for name in ("read", "written")]
        assert built[kept].status == 0, built[kept].errors
        if jobs == "1":  # what other processes read is kept nowhere
            assert counts[0] == f"[{min(kept, 22)}, 0]"
        if builder in ("html", "text"):
            assert counts[1] == "[0, 0]"
    assert {**built[3].files(), ".buildinfo": b""} == {**built[1000].files(), ".buildinfo": b""}
