"""Source folders of the two sites: a catalog that lakecat documents, and reStructuredText pages of the same content.

The plain pages are what a careful generator would write: a label for each table and column, so that the same references
work, snippets in tabs, and columns as `csv-table`, as `list-table` is slower. Their sidebar is drawn once, as lakecat
draws its own.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from content import Column, Table

_THEME = 'html_theme = "furo"\nhtml_copy_source = False\n'
_LAKECAT_CONF = f'project = "Bench"\nextensions = ["sphinx_lakecat"]\nlakecat_catalog = "lake"\n{_THEME}'
_PLAIN_CONF = f"""project = "Bench"
extensions = ["sphinx_design", "sphinx_copybutton"]
{_THEME}

from sphinx import addnodes


def leave_out_tables(app, builder):
    for toctree in list(app.env.tocs["catalog/index"].findall(addnodes.toctree)):
        toctree.parent.remove(toctree)


def draw_once(app, pagename, templatename, context, doctree):
    if not pagename.startswith("catalog/") or pagename == "catalog/index":
        return
    draw, drawn = context["toctree"], app.builder.__dict__.setdefault("drawn", {{}})

    def toctree(**options):
        key = tuple(sorted(options.items()))
        if key not in drawn:
            drawn[key] = draw(**options)
        return drawn[key]

    context["toctree"] = toctree


def setup(app):
    app.connect("write-started", leave_out_tables)
    app.connect("html-page-context", draw_once, priority=100)
"""
_LAKE = '''"""The tables of the benchmark."""

import json
from pathlib import Path

import polars as pl

from lakecat import Column, table


def declare(name, columns, **said):
    """Declare a table of which nothing is read."""

    def read() -> pl.LazyFrame:
        return pl.LazyFrame()

    table(name=name, schema=[Column(**column) for column in columns], **said)(read)


with Path(__file__).with_name("tables.jsonl").open() as lines:
    for line in lines:
        declare(**json.loads(line))
'''
_ROOT = "Bench\n=====\n\n.. toctree::\n\n   catalog/index\n"


def write_lakecat(folder: Path, tables: Iterable[Table]) -> None:
    """Write a source folder that holds the module ``lake``, which declares the tables in a loop.

    Compiling a function of its own for each of 10,000 tables would take more memory than building their pages.
    """
    folder.mkdir(parents=True)
    (folder / "conf.py").write_text(_LAKECAT_CONF)
    (folder / "index.rst").write_text(_ROOT)
    (folder / "lake.py").write_text(_LAKE)
    write_declarations(folder, tables)


def write_declarations(folder: Path, tables: Iterable[Table]) -> None:
    """Write what the module ``lake`` declares: a line for each table."""
    lines = (json.dumps(_declaration(table)) for table in tables)
    (folder / "tables.jsonl").write_text("".join(f"{line}\n" for line in lines))


def _declaration(table: Table) -> dict[str, object]:
    text = f"{table.summary} {table.text}"
    if table.others:
        one, two = table.others
        text += f"\n\nUse *this* with :lakecat:table:`{one}`; ``row_id`` is that of :lakecat:column:`{two}.row_id`."
    return {
        "name": table.name,
        "owner": table.owner,
        "tags": table.tags,
        "description": text,
        "columns": [_column(table, column) for column in table.columns],
    }


def _column(table: Table, column: Column) -> dict[str, object]:
    other = table.others[0] if table.others else table.name
    text = column.text.format(
        code="``manual``", column=f":lakecat:column:`{other}.row_id`", table=f":lakecat:table:`{other}`"
    )
    said = {
        "nullable": column.nullable,
        "classification": column.classification or None,
        "primary_key": column.key or None,
        "references": column.references or None,
    }
    found = {"name": column.name, "dtype": column.dtype, "description": text}
    return found | {key: value for key, value in said.items() if value is not None}


def write_plain(folder: Path, tables: Iterable[Table], *, labels: bool = True) -> None:
    """Write a source folder that holds a page for each table and an index; columns have labels if ``labels``."""
    (folder / "catalog").mkdir(parents=True)
    (folder / "conf.py").write_text(_PLAIN_CONF)
    (folder / "index.rst").write_text(_ROOT)
    tables = list(tables)
    for table in tables:
        (folder / "catalog" / f"{table.name}.rst").write_text(_page(table, labels))
    (folder / "catalog" / "index.rst").write_text(_index(tables))


def _index(tables: list[Table]) -> str:
    lines = ["Catalog", "=======", "", f"{len(tables):,} tables.", ""]
    groups = (
        ("By owner", "owner", sorted({t.owner for t in tables}), lambda t: (t.owner,)),
        ("By tag", "tag", sorted({tag for t in tables for tag in t.tags}), lambda t: t.tags),
    )
    for title, kind, names, keys in groups:
        lines += [title, "-" * len(title), ""]
        for name in names:
            lines += [f".. _{_label(kind, name)}:", "", name, "~" * len(name), ""]
            lines += [f"* :ref:`table-{t.name}` (function): {t.summary}" for t in tables if name in keys(t)]
            lines.append("")
    lines += [".. toctree::", "   :hidden:", "", *(f"   {t.name}" for t in tables), ""]
    return "\n".join(lines)


def _label(kind: str, name: str) -> str:
    return f"{kind}-{name.replace(' ', '-')}"


def write_bare(folder: Path, tables: Iterable[Table]) -> None:
    """Write the plain pages without labels for columns: references to a column lead to its table."""
    write_plain(folder, tables, labels=False)


def _page(table: Table, labels: bool) -> str:
    name = table.name
    owner, tags = _link("owner", table.owner), " ".join(_link("tag", tag) for tag in table.tags)
    lines = [
        f".. _table-{name}:",
        "",
        name,
        "=" * len(name),
        "",
        f"function, owner {owner}, tags {tags}",
        "",
        f"{table.summary} {table.text}",
        "",
    ]
    if table.others:
        one, two = table.others
        lines += [
            f"Use *this* with :ref:`table-{one}`; ``row_id`` is that of {_column_link(two, 'row_id', labels)}.",
            "",
        ]
    lines += ["Read it", "-------", "", ".. tab-set::", "   :sync-group: lakecat", ""]
    for label, language, code in _snippets(name):
        lines += [
            f"   .. tab-item:: {label}",
            f"      :sync: {label.split()[0].lower()}",
            "",
            f"      .. code-block:: {language}",
            "",
        ]
        lines += [f"         {line}".rstrip() for line in code.splitlines()]
        lines.append("")
    lines += ["Columns", "-------", "", ".. csv-table::", "   :header: Column, Type, Description", ""]
    lines += [f"   {row}".rstrip() for row in _rows(table, labels)]
    lines += ["", "Details", "-------", "", ":Declared in: lake/tables.py", ""]
    return "\n".join(lines)


def _link(kind: str, name: str) -> str:
    return f":ref:`{name} <{_label(kind, name)}>`"


def _column_link(table: str, column: str, labels: bool) -> str:
    return f":ref:`{table}.{column} <column-{table}.{column}>`" if labels else f"``{column}`` of :ref:`table-{table}`"


def _rows(table: Table, labels: bool) -> list[str]:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    other = table.others[0] if table.others else table.name
    for column in table.columns:
        marks = [word for word, said in (("key", column.key), (column.classification, column.classification)) if said]
        name = " ".join([f"``{column.name}``", *marks])
        if labels:
            name = f".. _column-{table.name}.{column.name}:\n\n{name}"
        text = column.text.format(
            code="``manual``", column=_column_link(other, "row_id", labels), table=f":ref:`table-{other}`"
        )
        if column.references:
            text += f" References {_column_link(*column.references.split('.'), labels)}."
        null = {True: " nullable", False: " not null", None: ""}[column.nullable]
        writer.writerow([name, f"``{column.dtype}``{null}", text])
    return stream.getvalue().splitlines()


def _snippets(name: str) -> list[tuple[str, str, str]]:
    imports = "import lake  # declares the tables\nfrom lakecat import Catalog\n\n"
    query = f"SELECT * FROM {name} LIMIT 5"
    return [
        ("Polars", "python", f'{imports}df = Catalog().table("{name}")\nprint(df.head().collect())\n'),
        ("SQL", "python", f'{imports}df = Catalog().sql("{query}")\nprint(df.collect())\n'),
        ("Command line", "bash", f"lakecat show {name} --catalog lake\n"),
    ]
