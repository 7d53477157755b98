"""What is true of Parquet tables on disk is true of them in a store: the same tests, with another place."""

from __future__ import annotations

from ..runtime.test_places import *  # noqa: F403
