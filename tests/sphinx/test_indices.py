"""The inventory and the search index are left alone where nothing changed, and hold what Sphinx would write."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Built, NewProject, Project

TABLES = "from lakecat import table\n\nfor name in {}:\n    table(name=name, schema={{'id': 'Int64'}})(lambda: None)\n"
NAMES = ("objects.inv", "searchindex.js")


def times(built: Built) -> list[int]:
    """Return when the two files were written."""
    assert built.status == 0, built.errors
    return [(built.outdir / name).stat().st_mtime_ns for name in NAMES]


FILES = {"tables.py": TABLES.format(["users", "orders"]), "index.rst": "T\n=\n", "more.rst": ":orphan:\n\nM\n=\n"}
CONF = 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\nproject = copyright = "Shop"\n'
WRITES_ALL = "from sphinx_lakecat.rebuild import indices\n\nindices._is_current = lambda *_: False\n"


def test_nothing_changed(project: NewProject) -> None:
    """Neither file is written where no document was read or written."""
    found = project(FILES)
    assert times(found.build()) == times(found.build())


def add_table(project: Project) -> None:
    """Declare another table."""
    project.write({"tables.py": TABLES.format(["users", "orders", "returns"])})


def remove_prose(project: Project) -> None:
    """Remove a document, for which no other is read again."""
    (project.srcdir / "more.rst").unlink()


def edit_prose(project: Project) -> None:
    """Write another text."""
    project.write({"more.rst": ":orphan:\n\n.. _other:\n\nOther title\n===========\n"})


def lose_a_file(project: Project) -> None:
    """Remove the inventory; where the search index is gone, Sphinx itself fails."""
    (project.outdir / "html" / "objects.inv").unlink()


def break_off(project: Project) -> None:
    """Leave the files as a build does that ended after its pages and before them."""
    (project.outdir / "html" / "objects.inv").write_bytes(b"old")
    for name in NAMES:
        os.utime(project.outdir / "html" / name, ns=(1, 1))


def use_another_builder(project: Project) -> None:
    """Read an edited document with a builder that shares the doctrees."""
    edit_prose(project)
    assert project.build(builder="dirhtml").status == 0


CHANGES = [add_table, remove_prose, edit_prose, lose_a_file, break_off, use_another_builder]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_files_are_those_that_sphinx_writes(project: NewProject, change: Callable[[Project], None]) -> None:
    """After any change, both files hold what they hold where they are written in each build."""
    built = []
    for conf in (CONF, CONF + WRITES_ALL):
        found = project({"conf.py": conf, **FILES})
        assert found.build("-j2").status == 0
        change(found)
        built.append(found.build("-j2"))
        assert built[-1].status == 0, built[-1].errors
    # Sphinx 8.1 writes nothing at all where no document changed, not even a file that is gone.
    one, other = ({name: text for name, text in each.files().items() if name in NAMES} for each in built)
    assert "searchindex.js" in one
    assert one == other
