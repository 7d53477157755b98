"""Code to copy: how to read a table, exactly as it runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakecat.literals import Literals, NoLiteralError, keyword_arguments, text_literal
from lakecat.redaction import redact
from lakecat.snapshot import Parameter, Snippet

if TYPE_CHECKING:
    from lakecat.metadata import Place, TableMetadata


@dataclass(frozen=True, slots=True)
class CatalogImport:
    """How a program gets at a catalog: lines to import it, and the expression that then is the catalog.

    ``complete`` says that the tables are declared after these lines.
    """

    lines: tuple[str, ...] = ("from lakecat import Catalog",)
    expression: str = "Catalog()"
    complete: bool = True


def import_of(place: Place | None) -> CatalogImport:
    """Return how a program gets at a table by the module that declares it.

    What is typed into an interpreter is declared in no module: another program cannot import it.
    """
    module = place.module or "__main__" if place is not None else "__main__"
    if module == "__main__" or not all(map(str.isidentifier, module.split("."))):
        return CatalogImport(complete=False)
    return CatalogImport((f"import {module}  # declares the table", *CatalogImport().lines))


def make_snippets(
    metadata: TableMetadata,
    parameters: tuple[Parameter, ...] = (),
    *,
    imported: CatalogImport,
    reference: str = "",
    failed: bool = False,
) -> tuple[Snippet, ...]:
    """Return the snippets of a table, the shortest way to read it first.

    A snippet is verified if all of it is known to run: nothing is missing, and the table could be asked.

    Args:
        metadata: The table. Its ``examples`` give values to parameters.
        parameters: The table's parameters. One without a default and without an example leaves the snippet unverified,
            and so does an example that is hidden, secret, or that no code can write.
        imported: How a program gets at the catalog.
        reference: ``module[:attribute]`` of the catalog for the command line; ``""`` leaves that snippet out.
        failed: Whether the table could not be asked.
    """
    literals = Literals()
    hidden = {p.name for p in parameters if p.hidden}
    given = {n: "..." if n in hidden else _code(v, literals) for n, v in metadata.examples.items()}
    given |= {p.name: "..." for p in parameters if p.default is None and p.name not in given}
    complete = "..." not in given.values()
    arguments = ", ".join([text_literal(metadata.full_name), *keyword_arguments(given.items())])
    imports = "\n".join([*literals.imports, *imported.lines])
    polars = f"{imports}\n\ndf = {imported.expression}.table({arguments})\n"
    verified = complete and imported.complete and not failed
    snippets = [Snippet(label="Polars", language="python", code=polars, verified=verified)]
    if complete:
        if not given:
            query = text_literal(f"SELECT * FROM {_sql_name(metadata.full_name)} LIMIT 5")  # noqa: S608 - a quoted name, and only text
            sql = f"{imports}\n\ndf = {imported.expression}.sql({query})\n"
            snippets.append(Snippet(label="SQL", language="python", code=sql, verified=verified))
        if reference:
            command = _command(metadata.full_name, reference)
            snippets.append(Snippet(label="Command line", language="bash", code=command, verified=not failed))
    return tuple(snippets)


def _code(value: object, literals: Literals) -> str:
    try:
        code = literals.write(value)
    except NoLiteralError:
        return "..."
    return code if redact(code) == code else "..."


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
