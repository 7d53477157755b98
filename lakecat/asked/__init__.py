"""What a table is asked without reading a row, once for each thing, in a net that keeps what fails."""

from __future__ import annotations

from lakecat.asked.net import Net, log_problem
from lakecat.asked.table import AskedTable

__all__ = ["AskedTable", "Net", "log_problem"]
