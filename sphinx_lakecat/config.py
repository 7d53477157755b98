"""Every setting of the extension, declared once: its name, default, types and meaning. The documentation is checked against it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sphinx.config import ENUM
from sphinx.errors import ConfigError

from lakecat.errors import CatalogLoadError
from lakecat.reference import CatalogReference
from lakecat.snippets import CatalogImport

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


SETTINGS = (
    Setting("lakecat_catalog", "", [str, list, tuple], "The catalog: ``package.module``, ``package.module:attribute``, or a list of either."),
    Setting("lakecat_autocatalog", "catalog", [str], "The folder of the generated pages; ``''`` generates none."),
    Setting(
        "lakecat_description_markup",
        "rst",
        ENUM("rst", "text", "markdown"),
        "What descriptions are written in: ``rst``, ``text``, or ``markdown`` (with MyST loaded).",
    ),
    Setting("lakecat_snippet_import", "", [str], "The line with which snippets import the catalog, such as ``from shop import catalog``."),
    Setting("lakecat_compact_sidebar", True, [bool], "Whether the theme's sidebar leaves out the table pages, so that its size is constant."),
)


def catalog_references(config: Config) -> list[CatalogReference]:
    """Return the catalogs that ``lakecat_catalog`` names.

    Raises:
        ConfigError: The value does not name catalogs.
    """
    value = config.lakecat_catalog
    texts = [value] if isinstance(value, str) else list(value)
    try:
        return [CatalogReference.parse(text) for text in texts if text]
    except (CatalogLoadError, AttributeError) as error:
        raise ConfigError(f"lakecat_catalog in conf.py: {error}") from None


def snippet_import(config: Config) -> CatalogImport | None:
    """Return how snippets import the catalog, if ``lakecat_snippet_import`` says so.

    The expression is the last name that the lines bind; of a class named ``Catalog``, an object.

    Raises:
        ConfigError: The value is no import.
    """
    text = config.lakecat_snippet_import.strip()
    if not text:
        return None
    try:
        last = ast.parse(text).body[-1]
    except (SyntaxError, IndexError):
        last = None
    if not isinstance(last, (ast.Import, ast.ImportFrom)):
        raise ConfigError(f"lakecat_snippet_import in conf.py is no import: {text!r}; write a line such as 'from shop import catalog'")
    name = last.names[-1].asname or last.names[-1].name
    return CatalogImport(lines=tuple(text.splitlines()), expression="Catalog()" if name == "Catalog" else name)


def _check(app: Sphinx, config: Config) -> None:
    catalog_references(config)
    snippet_import(config)
    folder = config.lakecat_autocatalog
    if folder != folder.strip("/") or ".." in folder.split("/"):
        raise ConfigError(f"lakecat_autocatalog in conf.py is {folder!r}; write a folder below the source folder, such as 'catalog'")
    if config.lakecat_description_markup == "markdown" and "myst_parser" not in app.extensions:
        raise ConfigError("lakecat_description_markup = 'markdown' in conf.py needs 'myst_parser' among the extensions")


def setup_config(app: Sphinx) -> None:
    """Declare the settings, and check their values before a build."""
    for setting in SETTINGS:
        app.add_config_value(setting.name, setting.default, "env", setting.types)
    app.connect("config-inited", _check, priority=900)
