"""Every setting of the extension, declared once. The documentation is checked against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sphinx.config import ENUM
from sphinx.errors import ConfigError

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of ``conf.py``."""

    name: str
    default: Any
    types: Any
    meaning: str
    rebuild: Literal["", "env"] = "env"
    """What is made anew when the value changes: all documents, or nothing."""


SETTINGS = (
    Setting(
        "lakecat_catalog",
        "",
        [str, list, tuple],
        "The catalog: ``package.module``, ``package.module:attribute``, or a list of either.",
    ),
    Setting(
        "lakecat_snapshot",
        "",
        [str, list, tuple],
        "A file that ``lakecat snapshot`` wrote, or a list of them: without ``lakecat_catalog`` the site is built from "
        "it alone; with it, it stands in for tables that cannot be read.",
    ),
    Setting("lakecat_autocatalog", "catalog", [str], "The folder of the generated pages; ``''`` generates none."),
    Setting(
        "lakecat_description_markup",
        "rst",
        ENUM("rst", "text", "markdown"),
        "What descriptions are written in: ``rst``, ``text``, or ``markdown`` (with MyST loaded).",
    ),
    Setting(
        "lakecat_snippet_import",
        "",
        [str],
        "The line with which snippets import the catalog, such as ``from shop import catalog``.",
    ),
    Setting(
        "lakecat_compact_sidebar",
        True,
        [bool],
        "Whether the theme's sidebar leaves out the table pages, so that its size is constant.",
    ),
    Setting("lakecat_time_limit", 60, [int, float], "How many seconds the code of one table may take.", rebuild=""),
    Setting(
        "lakecat_memory_limit",
        4096,
        [int],
        "How many MiB of memory the process may hold that calls the functions of tables.",
        rebuild="",
    ),
)


def _check(app: Sphinx, config: Config) -> None:
    folder = config.lakecat_autocatalog
    if folder != folder.strip("/") or ".." in folder.split("/"):
        raise ConfigError(
            f"lakecat_autocatalog in conf.py is {folder!r}; write a folder below the source folder, such as 'catalog'"
        )
    for name in ("lakecat_time_limit", "lakecat_memory_limit"):
        if not (isinstance(config[name], int | float) and config[name] > 0):
            raise ConfigError(f"{name} in conf.py is {config[name]!r}; write a number above 0")
    if config.lakecat_description_markup == "markdown" and "myst_parser" not in app.extensions:
        raise ConfigError("lakecat_description_markup = 'markdown' in conf.py needs 'myst_parser' among the extensions")


def setup_config(app: Sphinx) -> None:
    """Declare the settings, and check their values before a build."""
    for setting in SETTINGS:
        app.add_config_value(setting.name, setting.default, setting.rebuild, setting.types)
    app.connect("config-inited", _check, priority=900)
