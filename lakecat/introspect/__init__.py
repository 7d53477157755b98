"""From a declared table to the plain record that documentation reads."""

from __future__ import annotations

from lakecat.introspect.table import introspect
from lakecat.introspect.token import change_token

__all__ = ["change_token", "introspect"]
