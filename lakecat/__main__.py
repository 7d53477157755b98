"""``python -m lakecat``."""

from __future__ import annotations

from lakecat.cli import main

main(prog_name="python -m lakecat")
