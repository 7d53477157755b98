"""What documentation asks of the tables of one or more catalogs, and in which process.

Code of a user's, such as the function of a table, is asked in a process of its own: there it may hang, end its process,
print or leak, and it costs its own page alone.
"""

from __future__ import annotations

from lakecat.documented.asker import Asker, Found
from lakecat.documented.careful import CarefulAsker, Limits
from lakecat.documented.failed import UnansweredError
from lakecat.documented.isolated import IsolatedAsker
from lakecat.documented.reads import Read
from lakecat.documented.tables import DocumentedTables

__all__ = [
    "Asker",
    "CarefulAsker",
    "DocumentedTables",
    "Found",
    "IsolatedAsker",
    "Limits",
    "Read",
    "UnansweredError",
]
