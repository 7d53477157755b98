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


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``conf.py`` says, checked, and read once a build.

    Args:
        project: What the site is called; ``""`` where it has no name.
        catalogs: The catalogs by name.
        snapshots: Files of snapshots, from the folder of ``conf.py``.
        folder: The folder of the generated pages; ``""`` if there are none.
        markup: What descriptions are written in: "rst", "text" or "markdown".
        snippet_import: The line with which snippets import the catalog; ``""`` if each has its own.
        compact_sidebar: Whether the sidebar leaves out the pages of tables.
        seconds: How long the code of one table may take.
        memory: How many bytes the process may hold that runs such code.
    """

    project: str
    catalogs: tuple[str, ...]
    snapshots: tuple[str, ...]
    folder: str
    markup: str
    snippet_import: str
    compact_sidebar: bool
    seconds: float
    memory: int


def read_settings(app: Sphinx) -> Settings:
    """Return what ``conf.py`` says.

    Raises:
        ConfigError: A value cannot be used.
    """
    config = app.config
    folder = _text(config, "lakecat_autocatalog")
    if folder != folder.strip("/") or ".." in folder.split("/"):
        raise ConfigError(
            f"lakecat_autocatalog in conf.py is {folder!r}; write a folder below the source folder, such as 'catalog'"
        )
    for name in ("lakecat_time_limit", "lakecat_memory_limit"):
        if isinstance(config[name], bool) or not (isinstance(config[name], int | float) and config[name] > 0):
            raise ConfigError(f"{name} in conf.py is {config[name]!r}; write a number above 0")
    if config.lakecat_description_markup == "markdown" and "myst_parser" not in app.extensions:
        raise ConfigError("lakecat_description_markup = 'markdown' in conf.py needs 'myst_parser' among the extensions")
    return Settings(
        # Sphinx's own name for a site that was given none.
        project="" if config.project == "Project name not set" else config.project,
        catalogs=_texts(config, "lakecat_catalog", "a catalog, such as 'package.module'"),
        snapshots=_texts(config, "lakecat_snapshot", "a file"),
        folder=folder,
        markup=config.lakecat_description_markup,
        snippet_import=_text(config, "lakecat_snippet_import").strip(),
        compact_sidebar=config.lakecat_compact_sidebar,
        seconds=config.lakecat_time_limit,
        memory=int(config.lakecat_memory_limit * 2**20),
    )


def _text(config: Config, name: str) -> str:
    """Return a value that is a text."""
    value = config[name]
    if not isinstance(value, str):
        raise ConfigError(f"{name} in conf.py is {value!r}; write a text, in quotes")
    return value


def _texts(config: Config, name: str, what: str) -> tuple[str, ...]:
    """Return the texts of a value that is one text or several."""
    value = config[name]
    texts = list(value) if isinstance(value, list | tuple) else [value]
    if others := [text for text in texts if not isinstance(text, str)]:
        raise ConfigError(f"{name} in conf.py holds {others[0]!r}; write the name of {what}, or a list of names")
    return tuple(text for text in texts if text)


def setup_config(app: Sphinx) -> None:
    """Declare the settings."""
    for setting in SETTINGS:
        app.add_config_value(setting.name, setting.default, setting.rebuild, setting.types)
