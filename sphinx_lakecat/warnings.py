"""Every warning that the extension gives, and the one way to give it. All have the type ``lakecat`` and a subtype."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sphinx.util import logging

from lakecat.plaintext import plain

if TYPE_CHECKING:
    from docutils.nodes import Node

_LOGGER = logging.getLogger(__name__)


class Subtype(Enum):
    """The subtypes: ``suppress_warnings = ["lakecat.markup"]`` in ``conf.py`` silences one."""

    IMPORT_FAILED = "import_failed"
    """A catalog's module cannot be imported, or names no catalog."""
    SNAPSHOT = "snapshot"
    """A file of snapshots, or a table in one, cannot be used."""
    FUNCTION_FAILED = "function_failed"
    """The function of a table raised, or returned no frame."""
    PROCESS_ENDED = "process_ended"
    """The code of a table ended the process in which it was asked: it exited, or died by a signal."""
    TIME_LIMIT = "time_limit"
    """The code of a table took longer than ``lakecat_time_limit``."""
    MEMORY_LIMIT = "memory_limit"
    """The code of a table took more memory than ``lakecat_memory_limit``."""
    NOT_FOUND = "not_found"
    """There is nothing at a table's location."""
    NOT_A_DELTA_TABLE = "not_a_delta_table"
    """There is something at a table's location, and it is no Delta table."""
    CORRUPT_LOG = "corrupt_log"
    """The log of a Delta table is damaged, or has a gap."""
    UNSUPPORTED_FEATURE = "unsupported_feature"
    """A table uses a feature that no reader here knows."""
    MISSING_DATA = "missing_data"
    """Data files that belong to a table are gone."""
    CORRUPT_DATA = "corrupt_data"
    """A data file is damaged, or contradicts itself."""
    VALUE_OUT_OF_RANGE = "value_out_of_range"
    """Values of a table come out wrong, as its files cannot hold them."""
    ENCRYPTED = "encrypted"
    """A data file is encrypted."""
    ACCESS_DENIED = "access_denied"
    """A store refuses the credentials, or there are none."""
    UNREACHABLE = "unreachable"
    """A store cannot be reached."""
    TIMED_OUT = "timed_out"
    """A store did not answer in time."""
    UNREADABLE = "unreadable"
    """The data of a table cannot be read for another reason."""
    PARAMETER = "parameter"
    """A table's examples do not fit its parameters."""
    SCHEMA_MISMATCH = "schema_mismatch"
    """A declared column is not what the data have."""
    MARKUP = "markup"
    """A description has broken markup, or markup that is not allowed; it is shown as plain text."""
    UNKNOWN_TABLE = "unknown_table"
    """A directive or role names a table or column that is not in the catalog."""
    DUPLICATE_TABLE = "duplicate_table"
    """Two pages describe one table, or two catalogs declare one name."""
    REPLACED_PAGE = "replaced_page"
    """A document of the source folder takes the place of a generated page."""
    OPTION = "option"
    """A directive's option names a column that its table does not have."""
    SECTION_FAILED = "section_failed"
    """A section of an installed package cannot be had, collected or shown."""
    ERROR = "error"
    """Anything else that went wrong with one table."""


def warn(subtype: Subtype, message: str, *, location: str | tuple[str, int | None] | Node | None) -> None:
    """Give a warning, always with a location: ``file:line``, a document and line, or a node."""
    _LOGGER.warning("%s", plain(message), type="lakecat", subtype=subtype.value, location=location)


def subtype_of(code: str) -> Subtype:
    """Return the subtype of a problem's code; a code of a third party's is ``error``."""
    try:
        return Subtype(code)
    except ValueError:
        return Subtype.ERROR
