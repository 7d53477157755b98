"""The command ``lakecat``: list, show and export tables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import lakecat
from lakecat.catalog import Catalog, write_whole
from lakecat.contract import columns_by_table
from lakecat.errors import CatalogLoadError, LakecatError
from lakecat.introspect import introspect
from lakecat.introspect.text import without_markup
from lakecat.plaintext import plain, plain_name, redact, without_ansi
from lakecat.reference import CatalogReference, searched
from lakecat.snapshot import Figure, TableSnapshot, to_json

if TYPE_CHECKING:
    from collections.abc import Callable


_METAVAR = "MODULE[:ATTRIBUTE]"


class _Group(click.Group):
    """Shows errors of lakecat as one line and exit code 1, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with searched(Path.cwd()):
                return super().invoke(ctx)
        except LakecatError as error:
            where = f" ({error.file}:{error.line})" if isinstance(error, CatalogLoadError) and error.file else ""
            raise click.ClickException(_one_line(redact(f"{error}{where}"))) from None
        except BrokenPipeError:  # the reader of a pipe has seen enough; click ends the program quietly
            raise
        except OSError as error:
            raise click.ClickException(_one_line(f"{error.strerror}: {error.filename}")) from None


@click.group(cls=_Group)
@click.version_option(lakecat.__version__, prog_name="lakecat")
@click.option("--catalog", metavar=_METAVAR, help="The catalog, for commands that are given none of their own.")
@click.pass_context
def main(context: click.Context, catalog: str | None) -> None:
    """Look at the tables that your code declares."""
    context.obj = catalog


def _reference(context: click.Context, parameter: click.Parameter, text: str | None) -> CatalogReference:
    text = text or context.obj
    if text is None:
        raise click.MissingParameter(ctx=context, param=parameter)
    return CatalogReference.parse(text)


def _catalog_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--catalog",
        "reference",
        metavar=_METAVAR,
        callback=_reference,
        help="The module that declares the tables, and the Catalog in it if it has one of its own. "
        "Modules in this folder are found.",
    )(command)


@main.command("list")
@_catalog_option
@click.option("--kind", help="Only tables of this kind.")
@click.option("--tag", help="Only tables with this tag.")
@click.option("--owner", help="Only tables of this owner.")
def list_tables(reference: CatalogReference, kind: str | None, tag: str | None, owner: str | None) -> None:
    """List the tables: name, kind, owner and tags."""
    catalog = reference.load()
    rows = []
    for name in catalog.list_tables(kind, tag, owner):
        metadata = catalog.registry.get(name).metadata
        rows.append([plain_name(text) for text in (name, metadata.kind, metadata.owner, ", ".join(metadata.tags))])
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    for row in rows:
        click.echo("  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]]).rstrip())


@main.command()
@click.argument("name")
@_catalog_option
def show(name: str, reference: CatalogReference) -> None:
    """Show what is known about the table NAME; reads no row."""
    snapshot = _introspect(reference.load(), name, reference)
    for line in _describe(snapshot):
        click.echo(line.rstrip())


@main.command()
@_catalog_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write.")
def snapshot(reference: CatalogReference, out: Path) -> None:
    """Write what is known about all tables to a JSON file, from which documentation can be built elsewhere."""
    snapshots = reference.load().snapshots(imported=reference.imported, reference=str(reference))
    write_whole(out, to_json(snapshots))
    for found in snapshots:
        for problem in found.problems:
            click.echo(_one_line(f"{found.full_name}: {problem.detail or problem.message}"), err=True)
    click.echo(f"{len(snapshots)} tables written to {os.fspath(out)}", err=True)


def _one_line(text: str) -> str:
    return " ".join(plain(without_ansi(text)).split())


@main.command()
@click.option("--environment", "name", help="The environment; otherwise LAKECAT_ENV.")
def doctor(name: str | None) -> None:
    """Examine where tables live; writes a probe and deletes it again."""
    from lakecat.config import LakecatConfig, current_config
    from lakecat.doctor import examine

    findings = examine(LakecatConfig.from_environment(name) if name else current_config())
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        sign = {True: "ok", False: "FAILED", None: "?"}[finding.ok]
        click.echo(f"{sign.ljust(6)}  {finding.name.ljust(width)}  {_one_line(finding.message)}")
    if any(finding.ok is False for finding in findings):
        raise SystemExit(1)


def _introspect(catalog: Catalog, name: str, reference: CatalogReference) -> TableSnapshot:
    find = catalog.registry.get
    return introspect(
        find(name), imported=reference.imported, reference=str(reference), columns_of=columns_by_table(find)
    )


def _describe(table: TableSnapshot) -> list[str]:
    lines = [f"{plain_name(table.full_name)}  ({plain_name(table.kind)})"]
    if table.deprecated:
        lines.append(f"deprecated: {plain(table.deprecated)}")
    if table.description:
        lines += ["", *plain(without_markup(table.description)).splitlines()]
    facts = [("Owner", table.owner), ("Tags", ", ".join(table.tags)), *((f.label, f.value) for f in table.facts)]
    if table.statistics:
        facts.append(("Rows", _figure(table.statistics.rows)))
        facts.append(("Last change", table.statistics.last_change or ""))
    if shown := [(label, value) for label, value in facts if value]:
        width = max(len(label) for label, _ in shown)
        lines += ["", *(f"{plain_name(label).ljust(width)}  {plain_name(value)}" for label, value in shown)]
    if table.columns is None:
        lines += ["", "The columns are unknown."]
    else:
        names = [plain_name(c.name) for c in table.columns]
        dtypes = [plain_name(c.dtype or "unknown") for c in table.columns]
        width, dtype_width = max(map(len, names), default=0), max(map(len, dtypes), default=0)
        lines.append("")
        for column, name, dtype in zip(table.columns, names, dtypes, strict=True):
            description = " ".join(plain(without_markup(column.description)).split())
            null = {True: "null", False: "not null", None: ""}[column.nullable]
            lines.append(f"{name.ljust(width)}  {dtype.ljust(dtype_width)}  {null.ljust(8)}  {description}")
    lines += [plain(f"\n{p.message} ({p.detail})" if p.detail else f"\n{p.message}") for p in table.problems]
    return lines


def _figure(figure: Figure | None) -> str:
    if figure is None:
        return ""
    about = "about " if figure.provenance == "approximate" else ""
    return f"{about}{figure.value:,} (from {figure.source})"
