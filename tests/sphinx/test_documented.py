"""The reference lists every setting, warning, role and option that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sphinx_lakecat.config import SETTINGS
from sphinx_lakecat.directives.table import TableDirective
from sphinx_lakecat.domain import LakecatDomain
from sphinx_lakecat.warnings import Subtype

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def reference(docs: Path) -> str:
    """Return the text of all pages below docs/reference."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((docs / "reference").rglob("*.rst")))


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.name)
def test_setting(reference: str, setting: object) -> None:
    """Each setting has an entry with its default."""
    name, default = setting.name, setting.default  # type: ignore[attr-defined]
    _, found, entry = reference.partition(f".. confval:: {name}\n")
    assert found, f"docs/reference has no '.. confval:: {name}'"
    assert f":default: ``{default!r}``" in entry.partition(".. confval::")[0]


@pytest.mark.parametrize("subtype", Subtype, ids=lambda s: s.value)
def test_warning(reference: str, subtype: Subtype) -> None:
    """Each subtype of warnings has an entry."""
    assert f"\n``lakecat.{subtype.value}``\n" in reference


@pytest.mark.parametrize("option", sorted(TableDirective.option_spec))
def test_option(reference: str, option: str) -> None:
    """Each option of the directive has an entry."""
    assert f".. rst:directive:option:: {option}" in reference


@pytest.mark.parametrize("role", sorted(LakecatDomain.roles))
def test_role(reference: str, role: str) -> None:
    """Each role has an entry."""
    assert f".. rst:role:: lakecat:{role}\n" in reference


def test_directive_and_builder(reference: str) -> None:
    """The directive, under both its names, and the builder are described."""
    assert ".. rst:directive:: .. lakecat-table:: name" in reference
    assert "``lakecat:table``" in reference
    assert "``autocatalog`` builds" in reference
