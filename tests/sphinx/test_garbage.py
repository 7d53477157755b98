"""Python looks for garbage as before once a build ended."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import NewProject

BUILDS = """
import gc, sys
from sphinx.cmd.build import main

usual = gc.get_threshold()
for options in ([], ["-D", "html_theme=there_is_none"], []):
    status = main(["-q", "-E", "-b", "html", *options, ".", "out"])
    print(status, gc.isenabled(), gc.get_threshold() == usual)
"""


def test_as_before(project: NewProject) -> None:
    """Also after a build that failed before it began, at the latest with the next one; it is never switched off."""
    made = project(
        {
            "tables.py": "from lakecat import table\n@table(schema={'a': 'Int64'})\ndef t(): ...\n",
            "conf.py": 'extensions = ["sphinx_lakecat"]\nlakecat_catalog = "tables"\n',
            "index.rst": "T\n=\n",
        }
    )
    done = subprocess.run(
        [sys.executable, "-c", BUILDS], cwd=made.srcdir, capture_output=True, text=True, check=False, timeout=120
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[:2] for line in lines] == [["0", "True"], ["2", "True"], ["0", "True"]], done.stderr
    assert [lines[0][2], lines[2][2]] == ["True", "True"]
