"""Code to copy: how to read a table, exactly as it runs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakecat.snapshot import Parameter, Snippet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lakecat.metadata import TableMetadata


@dataclass(frozen=True, slots=True)
class CatalogImport:
    """How a program gets at a catalog: lines to import it, and the expression that then is the catalog."""

    lines: tuple[str, ...] = ("from lakecat import Catalog",)
    expression: str = "Catalog()"


def make_snippets(
    metadata: TableMetadata, parameters: tuple[Parameter, ...] = (), *, imported: CatalogImport, reference: str = ""
) -> tuple[Snippet, ...]:
    """Return the snippets of a table, the shortest way to read it first.

    Args:
        metadata: The table. Its ``examples`` give values to parameters.
        parameters: The table's parameters; one without a default and without an example leaves the snippet unverified.
        imported: How a program gets at the catalog.
        reference: ``module[:attribute]`` of the catalog for the command line; ``""`` leaves that snippet out.
    """
    missing = [p.name for p in parameters if p.default is None and p.name not in metadata.examples]
    arguments = ", ".join(
        [_literal(metadata.full_name), *_keywords(metadata.examples), *(f"{name}=..." for name in missing)]
    )
    imports = "\n".join(imported.lines)
    polars = f"{imports}\n\ndf = {imported.expression}.table({arguments})\nprint(df.head().collect())\n"
    snippets = [Snippet(label="Polars", language="python", code=polars, verified=not missing)]
    if not missing:
        if not metadata.examples:
            query = _literal(f"SELECT * FROM {_sql_name(metadata.full_name)} LIMIT 5")  # noqa: S608 - a quoted name, and only text
            sql = f"{imports}\n\ndf = {imported.expression}.sql({query})\nprint(df.collect())\n"
            snippets.append(Snippet(label="SQL", language="python", code=sql))
        if reference:
            snippets.append(
                Snippet(label="Command line", language="bash", code=_command(metadata.full_name, reference))
            )
    return tuple(snippets)


def _literal(text: str) -> str:
    """Return a Python string literal in double quotes, in ASCII where a character cannot be seen."""
    if '"' in text and "'" not in text and text.isprintable() and "\\" not in text:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _keywords(examples: Mapping[str, Any]) -> list[str]:
    return [f"{name}={_literal(value) if isinstance(value, str) else repr(value)}" for name, value in examples.items()]


def _sql_name(name: str) -> str:
    # A quoted identifier is never a keyword.
    return (
        name
        if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in _SQL_KEYWORDS
        else '"' + name.replace('"', '""') + '"'
    )


def _command(name: str, reference: str) -> str:
    word = name if re.fullmatch(r"[\w.-]+", name) else "'" + name.replace("'", "'\\''") + "'"
    if name.startswith("-"):  # no option, so it comes last, after a mark that says so
        return f"lakecat show --catalog {reference} -- {word}\n"
    return f"lakecat show {word} --catalog {reference}\n"


_SQL_KEYWORDS = frozenset(
    (  # noqa: SIM905 - easier to read than a list
        "all analyze and anti any array as asc at between by case cast cluster column create cross date default delete "
        "desc describe distinct distribute drop else end escape except exists explain extract false fetch final first "
        "for format from full group having if in index inner insert intersect interval into is join key last lateral "
        "left like limit map match minus natural not null of offset on open or order outer over partition prewhere "
        "qualify range right row rows sample select semi set settings show some sort start system table then time "
        "timestamp to top true union unnest unpivot pivot update use user using value values view when where window "
        "with"
    ).split()
)
