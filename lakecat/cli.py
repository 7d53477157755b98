"""The command ``lakecat``: list, show and export tables."""

from __future__ import annotations

import errno
import functools
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import lakecat
from lakecat.asked import log_problem
from lakecat.display.text import page as page_text
from lakecat.documented import CarefulAsker, DocumentedTables, Limits
from lakecat.errors import CatalogLoadError, LakecatError, PluginError, TableNotFoundError
from lakecat.exports import export, find_exporter
from lakecat.modules import not_imported, searched
from lakecat.names import near_names
from lakecat.plaintext import plain, plain_name
from lakecat.redaction import redact, without_ansi
from lakecat.reference import CatalogReference
from lakecat.registry import finder
from lakecat.sections.compose import compose
from lakecat.sections.index import Index, references
from lakecat.sections.registered import broken
from lakecat.snapshot import TableSnapshot, to_json, to_lines, write
from lakecat.textfile import check_writable, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lakecat.catalog import Catalog
    from lakecat.registry import RegisteredTable


_METAVAR = "MODULE[:ATTRIBUTE]"


_PROBLEMS = 3
"""The exit code where something could not be found out."""
_INTERRUPTED = 130
_NAMED = 10
_FORMATS = ("json", "jsonl")


class _Group(click.Group):
    """Shows errors of lakecat as one line and exit code 1, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with searched(Path.cwd()):
                return super().invoke(ctx)
        except LakecatError as error:
            where = f" ({error.file}:{error.line})" if isinstance(error, CatalogLoadError) and error.file else ""
            raise click.ClickException(_one_line(redact(f"{error}{where}"))) from None
        except BrokenPipeError:  # of standard error, as _write takes care of the other; click ends the program quietly
            raise
        except OSError as error:
            raise click.ClickException(_one_line(f"{error.strerror}: {error.filename}")) from None
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(_INTERRUPTED)


@click.group(cls=_Group)
@click.version_option(lakecat.__version__, prog_name="lakecat")
@click.option("--catalog", metavar=_METAVAR, help="The catalog, for commands that are given none of their own.")
@click.pass_context
def main(context: click.Context, catalog: str | None) -> None:
    """Look at the tables that your code declares."""
    context.obj = catalog
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may lack a letter that a name has
            stream.reconfigure(errors="backslashreplace")


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
        help="The module that declares the tables, and the Catalog in it if it has one of its own; or the name of a "
        "catalog that an installed package brings. Modules in this folder are found.",
    )(command)


def _limit_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of what the code of one table may take; the command gets them as ``limits``."""

    @functools.wraps(command)
    def limited(*arguments: Any, time_limit: float, memory_limit: float, **named: Any) -> None:
        command(*arguments, limits=Limits(time_limit, int(memory_limit * 2**20)), **named)

    seconds = click.option(
        "--time-limit",
        type=click.FloatRange(min=0, min_open=True),
        default=Limits.seconds,
        show_default=True,
        help="How many seconds the code of one table may take.",
    )
    mebibytes = click.option(
        "--memory-limit",
        type=click.FloatRange(min=0, min_open=True),
        default=Limits.memory / 2**20,
        show_default=True,
        help="How many MiB of memory the process may hold that runs such code.",
    )
    return seconds(mebibytes(limited))


def _problems_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--allow-problems", is_flag=True, help=f"Exit with 0, not with {_PROBLEMS}, where something is not known."
    )(command)


@main.command("list")
@_catalog_option
@click.option("--kind", help="Only tables of this kind.")
@click.option("--tag", help="Only tables with this tag.")
@click.option("--owner", help="Only tables of this owner.")
@click.option("--database", help="Only tables of this database.")
def list_tables(
    reference: CatalogReference, kind: str | None, tag: str | None, owner: str | None, database: str | None
) -> None:
    """List the tables: name, kind, owner and tags."""
    catalog = reference.load()
    _tell_not_imported(reference)
    wanted = {"kind": kind, "tag": tag, "owner": owner, "database": database}
    rows = []
    for name in catalog.list_tables(**wanted):
        metadata = catalog.registry.get(name).metadata
        rows.append([plain_name(text) for text in (name, metadata.kind, metadata.owner, ", ".join(metadata.tags))])
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    padded = ([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]] for row in rows)
    _write("".join("  ".join(row).rstrip() + "\n" for row in padded))
    if not rows:
        click.echo(_one_line(_why_none(catalog, wanted)), err=True)


@main.command()
@click.argument("name")
@_catalog_option
@_limit_options
@_problems_option
def show(name: str, reference: CatalogReference, limits: Limits, allow_problems: bool) -> None:
    """Show what is known about the table NAME; reads no row."""
    catalog = reference.load()
    try:
        table = catalog.registry.get(name)
    except TableNotFoundError:
        _tell_not_imported(reference)
        raise
    (snapshot,) = _asked(reference, [table], limits)
    for sentence in broken():
        click.echo(_one_line(f"Note: {sentence}"), err=True)
    _write(page_text(compose(snapshot, _said_of(snapshot.full_name, reference))))
    if snapshot.problems and not allow_problems:
        raise SystemExit(_PROBLEMS)


def _check_format(context: click.Context, parameter: click.Parameter, form: str | None) -> str | None:
    """Return the name of a format that is there, before tables are read for it."""
    if form is not None and form not in _FORMATS:
        try:
            find_exporter(form)
        except PluginError as error:
            raise click.BadParameter(f"{error.message} ({' and '.join(_FORMATS)} are lakecat's own)") from None
    return form


@main.command()
@_catalog_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    required=True,
    help="The file to write; - is standard output.",
)
@click.option(
    "--format",
    "form",
    callback=_check_format,
    metavar="[json|jsonl|NAME]",
    help="One JSON document, JSON Lines, which take no memory, or a format that an installed package brings; otherwise "
    "the ending of the file's name decides between the first two.",
)
@_limit_options
@_problems_option
def snapshot(reference: CatalogReference, out: Path, form: str | None, limits: Limits, allow_problems: bool) -> None:
    """Write what is known about all tables to a file, from which documentation can be built elsewhere.

    Where something could not be found out, nothing is written, unless problems are allowed.
    """
    catalog, to_stdout = reference.load(), str(out) == "-"
    in_lines = (form or out.suffix[1:]) == "jsonl"
    _tell_not_imported(reference)
    if not to_stdout:
        check_writable(out)
    tables = catalog.registry.tables()
    snapshots = _told(_asked(reference, tables, limits), allow_problems)
    if form is not None and form not in _FORMATS:
        text = export(form, snapshots)
        _write(text) if to_stdout else write_whole(out, text)
    elif to_stdout:
        _write(b"".join(to_lines(snapshots)).decode() if in_lines else to_json(snapshots))
    elif in_lines:
        # What goes to a pipe cannot be taken back.
        write(out, snapshots if out.is_file() or not out.exists() else list(snapshots))
    else:
        write_whole(out, to_json(snapshots))
    where = "standard output" if to_stdout else os.fspath(out)
    click.echo(_one_line(f"{_count(len(tables))} written to {where}"), err=True)


def _asked(reference: CatalogReference, tables: Iterable[RegisteredTable], limits: Limits) -> Iterator[TableSnapshot]:
    """Yield what is known of tables; functions are called in a process of their own, and what they print is told."""

    def tell_here(catalog: str, why: str) -> None:
        text = f"Note: functions of {catalog} are called in this process, as another one cannot load them: {why}"
        click.echo(_one_line(text), err=True)

    documented = DocumentedTables()
    documented.load(reference, Path.cwd())
    asker = CarefulAsker(documented, [reference], folder=Path.cwd(), limits=limits, tell=tell_here)
    try:
        for table in tables:
            name = table.metadata.full_name
            found = asker.describe(name)
            for sentence in found.printed.splitlines():
                click.echo(_one_line(f"{name} {sentence}"), err=True)
            tell = log_problem(name)
            for problem, reason in found.reasons.items():
                tell(problem, reason)
            yield found.snapshot
    finally:
        asker.close()


def _told(snapshots: Iterable[TableSnapshot], allow_problems: bool) -> Iterator[TableSnapshot]:
    """Yield snapshots, and tell their problems; in the end, leave if there were any and they are not allowed."""
    count = with_problems = 0
    for found in snapshots:
        count += 1
        with_problems += bool(found.problems)
        for problem in found.problems:
            click.echo(_one_line(f"{found.full_name}: {problem.detail or problem.message}"), err=True)
        yield found
    if with_problems and not allow_problems:
        some = f"problems in {with_problems} of {_count(count)}"
        click.echo(f"Nothing written: {some}; --allow-problems writes what is known", err=True)
        raise SystemExit(_PROBLEMS)


def _said_of(name: str, reference: CatalogReference) -> Index:
    """Return what a table of a catalog and the others say of each other, as its page in a site has it."""
    tables = DocumentedTables()
    tables.load(reference, Path.cwd())
    edges = (edge for other in tables.names() for edge in references(other, tables.get(other).metadata.columns or ()))
    return Index(Index(edges, tables.find).slice_of(name))


def _write(text: str) -> None:
    """Write to standard output; a reader that has seen enough, as ``head`` has, is no failure.

    Raises:
        OSError: It cannot be written, for another reason.
    """
    try:
        click.echo(text, nl=False)
    except OSError as error:
        # What is left of the text goes nowhere, also when the program ends and writes it once more.
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        if error.errno != errno.EPIPE:
            raise OSError(error.errno, error.strerror, "standard output") from None


def _one_line(text: str) -> str:
    return " ".join(plain(without_ansi(text)).split())


def _count(tables: int) -> str:
    return "1 table" if tables == 1 else f"{tables} tables"


def _tell_not_imported(reference: CatalogReference) -> None:
    """Say which modules of a package nobody has imported, as their tables are missing."""
    if names := not_imported(reference.module):
        some = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
        modules = "1 module" if len(names) == 1 else f"{len(names)} modules"
        text = f"Note: importing {reference.module!r} leaves out {modules} of it, whose tables are missing here: {some}"
        click.echo(_one_line(text), err=True)


def _why_none(catalog: Catalog, asked: Mapping[str, str | None]) -> str:
    """Return why no table was listed: which of the things that were asked for no table has, and what is near."""
    tables = _count(len(catalog.registry))
    if not len(catalog.registry):
        return "No table: this catalog is empty."
    known = {name: [value for value in finder(catalog.registry).known(name) if value] for name in asked}
    wanted = {name: value for name, value in asked.items() if value is not None}
    for name, value in wanted.items():
        if value not in known[name]:
            near = near_names(value, known[name])
            hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
            return f"No table: none of {tables} has the {name} {value!r}{hint}"
    both = " and ".join(f"the {name} {value!r}" for name, value in wanted.items())
    return f"No table: none of {tables} has {both} at once"


@main.command()
@click.option("--environment", "name", help="The environment; otherwise LAKECAT_ENV.")
def doctor(name: str | None) -> None:
    """Examine where tables live; writes a probe and deletes it again."""
    from lakecat.config import LakecatConfig, current_config
    from lakecat.doctor import examine

    findings = examine(LakecatConfig.from_environment(name) if name else current_config())
    width = max(len(finding.name) for finding in findings)
    signs = {True: "ok", False: "FAILED", None: "?"}
    lines = (f"{signs[f.ok].ljust(6)}  {f.name.ljust(width)}  {_one_line(f.message)}\n" for f in findings)
    _write("".join(lines))
    if any(finding.ok is False for finding in findings):
        raise SystemExit(1)
