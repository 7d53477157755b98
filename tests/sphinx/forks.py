"""Runs Sphinx in processes that are forked from this one, which has imported what each of them would import.

``python forks.py`` reads a JSON object a line: ``arguments`` of Sphinx, ``environment``, and files for ``output`` and
``errors``; it writes the status with which each build ended. A forked process is as clean as a new one for a project:
no module of one was ever imported here, no table declared, and Polars starts the threads that compute when it is used.
To import all that again takes a third of the time of a small build.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import warnings
from pathlib import Path

NEEDED = (
    *("sphinx.cmd.build", "sphinx.builders.html", "sphinx.builders.latex", "sphinx.builders.epub3"),
    *("sphinx.ext.mathjax", "sphinx.ext.intersphinx", "sphinx.writers.html5", "sphinx.search.en", "sphinx.directives"),
    *(
        "furo",
        "sphinx_design",
        "sphinx_copybutton",
        "docutils.parsers.rst.directives",
        "docutils.writers.html5_polyglot",
    ),
    *("sphinx_lakecat", "sphinx_lakecat.pages.documents", "lakecat.config", "lakecat.documented", "lakecat.introspect"),
    *("polars", "deltalake", "pyarrow", "pyarrow.parquet", "pydantic_settings", "jinja2.ext"),
)


def main() -> None:
    """Run builds until there is no more to read."""
    for name in NEEDED:
        # Older code, against which findings are tested, lacks some; a build then imports what it needs itself.
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(name)
    for line in sys.stdin:
        asked = json.loads(line)
        with warnings.catch_warnings():
            # Threads of Polars and pyarrow wait since they were imported; `sphinx-build -j` forks beside them, too.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = os.fork()
        if not process:
            sys.exit(build(asked["arguments"], asked["environment"], asked["output"], asked["errors"]))
        _, status = os.waitpid(process, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def build(arguments: list[str], environment: dict[str, str], output: str, errors: str) -> int:
    """Run one build, as ``python -m sphinx`` does; return its status."""
    from sphinx.cmd.build import main as sphinx_build

    files = (os.open(os.devnull, os.O_RDONLY), *(os.open(name, os.O_WRONLY | os.O_CREAT) for name in (output, errors)))
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 (as long as the process)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    # The folder in which Python is started stands there, not that of this program.
    sys.path[0] = str(Path.cwd())
    sys.argv = ["sphinx", *arguments]
    return int(sphinx_build(arguments))


if __name__ == "__main__":
    main()
