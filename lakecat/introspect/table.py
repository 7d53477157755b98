"""A registered table becomes a :class:`lakecat.snapshot.TableSnapshot`."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from lakecat.classification import hidden_columns
from lakecat.contract import broken_references, mismatches, null_mismatches
from lakecat.introspect import answers
from lakecat.introspect.columns import merge_columns
from lakecat.introspect.net import Net, log_problem
from lakecat.introspect.place import base_of, location_facts, origin_of
from lakecat.snapshot import Fact, Parameter, Problem, TableSnapshot
from lakecat.snippets import import_of, make_snippets
from lakecat.sources.base import HasColumns
from lakecat.sources.location import secrets_in
from lakecat.summary import summary_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lakecat.classification import HiddenColumns
    from lakecat.registry.base import RegisteredTable
    from lakecat.snapshot import ColumnStatistics
    from lakecat.snippets import CatalogImport

_NOT_AS_DECLARED = "What is declared about this table's columns is not what its data have."
_LEADS_NOWHERE = "A column of this table references a column that is not there."


def introspect(
    table: RegisteredTable,
    *,
    imported: CatalogImport | None = None,
    reference: str = "",
    columns_of: Callable[[str], tuple[str, ...] | None] | None = None,
    tell: Callable[[Problem, str], None] | None = None,
) -> TableSnapshot:
    """Return all that can be known about a table without reading a row.

    What fails becomes a problem of the snapshot, never an exception: one bad table takes no other down. A function
    without a declared schema and without required parameters is called once, as only its frame knows its columns.

    Args:
        table: The table.
        imported: How snippets get at the catalog; by the module that declares the table where not given.
        reference: ``module[:attribute]`` of the catalog, for the snippet of the command line.
        columns_of: Returns the columns of a table of the catalog, see :func:`lakecat.contract.columns_by_table`;
            without it references of columns are not checked.
        tell: Called with each problem and the text of its cause, which is no part of the snapshot; without it they go
            to the logger ``lakecat``.
    """
    metadata = table.metadata
    tell = tell or log_problem(metadata.full_name)
    try:
        return _introspect(table, imported, reference, columns_of, tell)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 (answers may fail where they are used, such as a text that is none)
        net = Net(secrets=secrets_in(table.source), hidden=hidden_columns(metadata.columns), base=None, tell=tell)
        net.note("what is known of it", error)
        return _known(table, problems=net.problems)


def _introspect(
    table: RegisteredTable,
    imported: CatalogImport | None,
    reference: str,
    columns_of: Callable[[str], tuple[str, ...] | None] | None,
    tell: Callable[[Problem, str], None],
) -> TableSnapshot:
    # Late, as programs that only read tables need nothing of what is drawn.
    from lakecat.introspect.sections import collect

    metadata, source = table.metadata, table.source
    base = base_of(metadata.place)
    hidden = hidden_columns(metadata.columns)
    net = Net(secrets=secrets_in(source), hidden=hidden, base=base, tell=tell, waits=True)
    asked = net.ask("its parameters", lambda: answers.parameters(source), ())
    location = net.ask("its location", lambda: location_facts(table, base), ())
    needed = [p.name for p in asked if p.default is None and p.name not in metadata.examples]
    found = net.ask("its columns", lambda: answers.columns(table, may_call=not needed), None)
    if any(column.classification for column in found or ()):  # a source may classify its columns itself
        hidden = hidden_columns(metadata.columns, found)
    net.hide(hidden)
    parameters = tuple(_shown(parameter, hidden, net) for parameter in asked)
    facts = net.ask("its facts", lambda: tuple(_fact(fact, hidden, net) for fact in answers.facts(source)), ())
    statistics = net.ask("its statistics", lambda: answers.statistics(source), None)
    history = net.ask("its history", lambda: answers.history(source), ())
    # Late, as it can fail where all else is known.
    nothing: dict[str, ColumnStatistics] = {}
    figures = net.ask("the statistics of its columns", lambda: answers.column_statistics(source), nothing)
    # Flaws matter where there is no failure: those of rows that nobody can read do not.
    flaws = net.ask("its flaws", lambda: answers.problems(source), ()) if not net.problems else ()
    description = metadata.description or net.ask("its description", lambda: answers.description(source), "")
    columns = merge_columns(metadata.columns, found, figures, hidden)
    contract = [*null_mismatches(metadata.columns, figures)]
    if found is not None:
        contract = [*mismatches(metadata.columns, {c.name: c.dtype for c in found}, hidden), *contract]
    told = [Problem(code="schema_mismatch", message=_NOT_AS_DECLARED, detail=text) for _, text in contract]
    if columns_of is not None:
        broken = broken_references(metadata.columns, columns_of)
        told += [Problem(code="unknown_table", message=_LEADS_NOWHERE, detail=text) for _, text in broken]
    failed = bool(net.problems)
    sections = tuple(collect(table, net))
    problems = (*net.problems, *told, *map(net.cleaned, flaws))
    snippets = make_snippets(
        metadata,
        parameters,
        imported=imported or import_of(metadata.place),
        reference=reference,
        failed=failed,
    )
    return _known(
        table,
        summary=summary_of(description),
        description=description,
        description_from="declared" if metadata.description else "source" if description else "",
        columns=columns,
        columns_from="" if columns is None else "declared" if found is None or _is_declared(table) else "source",
        parameters=parameters,
        facts=(*(_fact(fact, hidden, net) for fact in location), *facts),
        statistics=statistics,
        history=tuple(dataclasses.replace(c, operation=net.safe(c.operation)) for c in history),
        snippets=snippets,
        problems=tuple(dict.fromkeys(problems)),
        sections=sections,
    )


def _known(table: RegisteredTable, **found: Any) -> TableSnapshot:
    """Return what is known of a table without asking its source, and what was found by asking it."""
    metadata = table.metadata
    declared = {
        "name": metadata.name,
        "kind": metadata.kind,
        "database": metadata.database,
        "summary": summary_of(metadata.description),
        "description": metadata.description,
        "description_from": "declared" if metadata.description else "",
        "owner": metadata.owner,
        "tags": metadata.tags,
        "deprecated": metadata.deprecated,
        "origin": origin_of(metadata.place),
    }
    return TableSnapshot(**{**declared, **found})


def _shown(parameter: Parameter, hidden: HiddenColumns, net: Net) -> Parameter:
    """Return a parameter as it may be shown: of a hidden one neither default nor the values of its annotation."""
    if not (why := answers.why_hidden(parameter.name, hidden)):
        return dataclasses.replace(parameter, default=parameter.default and net.safe(parameter.default))
    annotation = parameter.annotation if parameter.annotation.replace(".", "").isidentifier() else ""
    default = None if parameter.default is None else "…"
    return dataclasses.replace(parameter, annotation=annotation, default=default, hidden=why)


def _fact(fact: Fact, hidden: HiddenColumns, net: Net) -> Fact:
    """Return a fact without values of hidden columns; of one that is about such a column, nothing but that."""
    if why := hidden.of_parameter(fact.label):
        return Fact(label=fact.label, value=f"hidden (classified as {why})")
    return Fact(label=net.safe(fact.label), value=net.safe(fact.value))


def _is_declared(table: RegisteredTable) -> bool:
    return table.metadata.schema is not None and not isinstance(table.source, HasColumns)
