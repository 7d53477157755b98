"""A registered table becomes a :class:`lakecat.snapshot.TableSnapshot`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakecat.asked import AskedTable, Net, log_problem
from lakecat.asked.place import origin_of
from lakecat.classification import hidden_columns
from lakecat.contract import broken_references, mismatches, null_mismatches
from lakecat.introspect.columns import merge_columns
from lakecat.snapshot import Problem, TableSnapshot
from lakecat.sources.base import HasColumns
from lakecat.sources.location import secrets_in
from lakecat.summary import summary_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lakecat.registry.base import RegisteredTable
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
        return _snapshot(table, AskedTable(table, imported=imported, reference=reference, tell=tell), columns_of)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 (answers may fail where they are used, such as a text that is none)
        net = Net(secrets=secrets_in(table.source), hidden=hidden_columns(metadata.columns), base=None, tell=tell)
        net.note("what is known of it", error)
        return _known(table, problems=net.problems)


def _snapshot(
    table: RegisteredTable, asked: AskedTable, columns_of: Callable[[str], tuple[str, ...] | None] | None
) -> TableSnapshot:
    # Late, as programs that only read tables need nothing of what is drawn.
    from lakecat.introspect.sections import collect

    metadata = table.metadata
    columns = merge_columns(metadata.columns, asked.columns, asked.hidden)
    sections = tuple(collect(asked))
    problems = (*asked.problems, *_broken_promises(asked, columns_of), *asked.flaws)
    is_declared = metadata.schema is not None and not isinstance(table.source, HasColumns)
    return _known(
        table,
        summary=summary_of(asked.description),
        description=asked.description,
        description_from="declared" if metadata.description else "source" if asked.description else "",
        columns=columns,
        columns_from="" if columns is None else "declared" if asked.columns is None or is_declared else "source",
        problems=tuple(dict.fromkeys(problems)),
        sections=sections,
    )


def _broken_promises(
    asked: AskedTable, columns_of: Callable[[str], tuple[str, ...] | None] | None
) -> Iterator[Problem]:
    """Yield what is declared about columns, and is not so."""
    declared, found = asked.metadata.columns, asked.columns
    if found is not None:
        for _, text in mismatches(declared, {column.name: column.dtype for column in found}, asked.hidden):
            yield Problem(code="schema_mismatch", message=_NOT_AS_DECLARED, detail=text)
    for _, text in null_mismatches(declared, asked.null_counts):
        yield Problem(code="schema_mismatch", message=_NOT_AS_DECLARED, detail=text)
    if columns_of is not None:
        for _, text in broken_references(declared, columns_of):
            yield Problem(code="unknown_table", message=_LEADS_NOWHERE, detail=text)


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
