"""From a declared table to the plain record that documentation reads."""

from __future__ import annotations

from lakecat.introspect.table import change_token, introspect

__all__ = ["change_token", "introspect"]
