"""Snapshots drawn at random: every field may hold anything of its type."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from lakecat.snapshot import (
    ColumnSnapshot,
    ColumnStatistics,
    Commit,
    Fact,
    Figure,
    Origin,
    Parameter,
    Problem,
    Section,
    Snippet,
    Statistics,
    TableSnapshot,
)

texts = st.text(st.characters(), max_size=5)  # surrogates among them
numbers = st.integers(-(2**70), 2**70)
origins = st.sampled_from(("exact", "approximate"))
figures = st.builds(Figure, value=numbers, provenance=origins, source=texts)
column_statistics = st.builds(
    ColumnStatistics,
    null_count=st.none() | figures,
    minimum=st.none() | texts,
    maximum=st.none() | texts,
    bounds=origins,
)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=5,
)
json_texts = json_values.map(lambda value: json.dumps(value, separators=(",", ":")))
extras = st.dictionaries(st.sampled_from(("future", "größe", "\ud800", "record")), json_texts, max_size=2).map(
    lambda items: tuple(items.items())
)
names = st.sampled_from(("a", "b", "c.d", "größe", "\ud800", ""))


@st.composite
def columns(draw: st.DrawFn) -> ColumnSnapshot:
    """Draw a column."""
    hidden = draw(st.booleans())
    return ColumnSnapshot(
        name=draw(names),
        dtype=draw(texts),
        nullable=draw(st.none() | st.booleans()),
        description=draw(texts),
        tags=tuple(draw(st.lists(texts, max_size=2))),
        classification=draw(texts),
        deprecated=draw(texts),
        primary_key=draw(st.booleans()),
        references=draw(texts),
        hidden=hidden,
        statistics=None if hidden else draw(st.none() | column_statistics),
        extra=draw(extras),
    )


def several(items: st.SearchStrategy) -> st.SearchStrategy:
    """Draw a few of something, as a tuple."""
    return st.lists(items, max_size=2).map(tuple)


declared = st.sampled_from(("declared", "source", ""))
sections = st.dictionaries(
    st.sampled_from(("lineage", "checks", "\ud800")),
    st.tuples(st.integers(0, 9), json_texts, extras),
    max_size=2,
).map(
    lambda items: tuple(
        Section(name=name, version=version, raw=raw.encode(), extra=tuple(e for e in extra if e[0] != "record"))
        for name, (version, raw, extra) in items.items()
    )
)
snapshots = st.builds(
    TableSnapshot,
    name=texts,
    kind=texts,
    database=st.none() | texts,
    summary=texts,
    description=texts,
    description_from=declared,
    owner=texts,
    tags=several(texts),
    deprecated=texts,
    columns=st.none() | st.lists(columns(), max_size=3, unique_by=lambda column: column.name).map(tuple),
    columns_from=declared,
    parameters=several(
        st.builds(Parameter, name=texts, annotation=texts, default=st.none() | texts, hidden=texts),
    ),
    facts=several(st.builds(Fact, label=texts, value=texts)),
    statistics=st.none()
    | st.builds(
        Statistics,
        rows=st.none() | figures,
        bytes=st.none() | figures,
        files=st.none() | figures,
        last_change=st.none() | texts,
        version=st.none() | numbers,
    ),
    history=several(
        st.builds(Commit, version=numbers, time=st.none() | texts, operation=texts, rows_added=st.none() | numbers)
    ),
    snippets=several(st.builds(Snippet, label=texts, language=texts, code=texts, verified=st.booleans())),
    origin=st.none() | st.builds(Origin, module=texts, qualname=texts, file=texts, line=numbers, extra=extras),
    problems=several(st.builds(Problem, code=texts, message=texts, detail=texts, extra=extras)),
    sections=sections,
    extra=extras,
)
