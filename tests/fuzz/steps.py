"""Random plans of steps, each a piece of a method chain that means the same of a LazyFrame and of a DataFrame.

Only what is defined is asked: the first rows of a frame without an order, say, are not. A plan of the steps that SQL
has too can be asked as a query with a subquery for each step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from .tables import NAMESPACE, PARQUET, text

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

_NESTED = (pl.List, pl.Struct, pl.Array)
_SAMPLES = {eval(dtype, NAMESPACE): values for dtype, values in PARQUET.items()}
_DTYPES = {eval(dtype, NAMESPACE): dtype for dtype in PARQUET}


@dataclass(frozen=True)
class Step:
    """One operation.

    Args:
        operator: Its name, for the counts.
        chain: Its text, to be put behind a frame; ``t`` and ``u`` are the tables.
        sql: The same as SQL around a query ``{}``; "" where SQL is not tried.
        needs: What must hold before it: ``order`` (of the rows), ``id`` (the column is there, and unique).
        gives: What holds afterwards besides what held before.
        loses: What does not hold any more.
    """

    operator: str
    chain: str
    sql: str = ""
    needs: frozenset[str] = frozenset()
    gives: frozenset[str] = frozenset()
    loses: frozenset[str] = frozenset()


ORDER, ID = frozenset({"order"}), frozenset({"id"})


def holds(steps: Sequence[Step], *, ordered: bool) -> frozenset[str] | None:
    """Return what holds after the steps; ``None`` where one asks for what is not defined."""
    state = ID | (ORDER if ordered else frozenset())
    for step in steps:
        if not step.needs <= state:
            return None
        state = (state | step.gives) - step.loses
    return state


class Generator:
    """Draws steps.

    Args:
        rng: Where randomness comes from.
        other: The frame that a join may take, ``t`` or ``u``, by name.
    """

    def __init__(self, rng: random.Random, others: dict[str, pl.DataFrame]) -> None:
        self.rng = rng
        self.others = others
        self._fresh = 0

    def plan(self, ordered: bool, *, sql: bool) -> list[Step]:
        """Draw one to six steps of which each is defined, and works on the frame that those before it give."""
        steps: list[Step] = []
        frame = self.others["t"]
        makers = SQL_MAKERS if sql else MAKERS
        for _ in range(self.rng.randint(1, 6)):
            step = self.rng.choice(makers)(self, frame)
            if step is None or (sql and not step.sql) or holds([*steps, step], ordered=ordered) is None:
                continue
            try:
                after = evaluate([step], self.others, start=frame)
            except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OverflowError):
                continue  # of dtypes that do not have the operation
            if after.height > 400 or not after.width:
                continue
            steps.append(step)
            frame = after
        return steps

    def fresh(self) -> str:
        """Return a name that no column has."""
        self._fresh += 1
        return f"n{self._fresh}"

    def column(self, frame: pl.DataFrame, *, scalar: bool = False, exact: bool = False) -> str:
        """Draw a column, without nesting, or also without floats."""
        fits = [
            name
            for name, dtype in frame.schema.items()
            if not ((scalar or exact) and isinstance(dtype, _NESTED)) and not (exact and dtype.is_float())
        ]
        return self.rng.choice(fits or frame.columns)

    def condition(self, frame: pl.DataFrame) -> str:
        """Draw a filter of one to three conditions."""
        rng = self.rng
        parts = [self._comparison(frame) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
        whole = parts[0]
        for part in parts[1:]:
            whole = f"({whole}) {rng.choice('&|^')} ({part})"
        return f"~({whole})" if rng.random() < 0.15 else whole

    def literal(self, dtype: pl.DataType, values: pl.Series) -> str | None:
        """Draw a value of a dtype, from the column or not, as Python."""
        known = [value for value in values.to_list() if value is not None] if self.rng.random() < 0.5 else []
        candidates = known or _SAMPLES.get(dtype)
        if not candidates:
            return None
        value = text(self.rng.choice(candidates))
        return f"pl.lit({value}, dtype={_DTYPES[dtype]})" if dtype in _DTYPES else f"pl.lit({value})"

    def _comparison(self, frame: pl.DataFrame) -> str:
        rng = self.rng
        name = self.column(frame)
        dtype, col = frame.schema[name], f"pl.col({name!r})"
        if rng.random() < 0.25:
            return f"{col}.is_null()" if rng.random() < 0.5 else f"{col}.is_not_null()"
        if isinstance(dtype, pl.List):
            return f"{col}.list.len() > {rng.randint(0, 2)}"
        if isinstance(dtype, pl.Struct):
            return f"{col}.struct.field('n') > {rng.randint(0, 2)}"
        literal = self.literal(dtype, frame[name])
        if literal is None or isinstance(dtype, pl.Array):
            return f"pl.col('p') == {rng.choice('abx')!r}" if "p" in frame.columns else f"{col}.is_not_null()"
        special = {
            pl.Boolean: [col, f"~{col}"],
            pl.Float32: [f"{col}.is_nan()", f"~({col} > 0)", f"{col}.is_finite()"],
            pl.Float64: [f"{col}.is_nan()", f"~({col} > 0)", f"{col} + 1 > 1.5"],
            pl.String: [f"{col}.str.contains('a', literal=True)", f"{col}.str.len_chars() > 1", f"{col} == 'a'"],
            pl.Int64: [f"{col} % 2 == 0", f"{col} > 1.5", f"{col} < {rng.randint(0, 20)}"],
            pl.Date: [f"{col}.dt.year() > 2000"],
        }
        if rng.random() < 0.35 and (own := special.get(type(dtype))):
            return rng.choice(own)
        compare = rng.choice(["==", "!=", "<", "<=", ">", ">=", "eq_missing", "ne_missing", "is_in", "is_between"])
        match compare:
            case "eq_missing" | "ne_missing":
                return f"{col}.{compare}({literal})"
            case "is_in":
                return (
                    f"{col}.is_in([{literal.removeprefix('pl.lit(').partition(', dtype=')[0].rstrip(')')}])"
                    if (isinstance(dtype, pl.Int64 | pl.String) and "dtype" in literal)
                    else f"{col} == {literal}"
                )
            case "is_between":
                return f"{col}.is_between({literal}, {literal})"
        return f"{col} {compare} {literal}" if rng.random() < 0.8 else f"{literal} {compare} {col}"


def _quoted(name: str) -> str:
    return '"' + name + '"'


def _filter(g: Generator, frame: pl.DataFrame) -> Step:
    return Step("filter", f".filter({g.condition(frame)})")


def _sql_filter(g: Generator, frame: pl.DataFrame) -> Step:
    name = g.column(frame)
    dtype, col, quoted = frame.schema[name], f"pl.col({name!r})", _quoted(name)
    if dtype == pl.Int64:
        number = g.rng.randint(0, 12)
        sign = g.rng.choice(["<", "<=", ">", ">=", "="])
        chain, sql = f"{col} {sign.replace('=', '==') if sign == '=' else sign} {number}", f"{quoted} {sign} {number}"
    elif dtype == pl.String and g.rng.random() < 0.5:
        value = g.rng.choice(["a", "b", "ab", "ü"])
        chain, sql = f"{col} != {value!r}", f"{quoted} <> '{value}'"
    elif g.rng.random() < 0.5:
        chain, sql = f"{col}.is_null()", f"{quoted} IS NULL"
    else:
        chain, sql = f"{col}.is_not_null()", f"{quoted} IS NOT NULL"
    return Step("filter", f".filter({chain})", f"SELECT * FROM ({{}}) AS q WHERE {sql}")


def _slice(g: Generator, frame: pl.DataFrame) -> Step:
    offset, length = g.rng.choice([0, 0, 1, 3, 7]), g.rng.randint(0, 9)
    sql = f"SELECT * FROM ({{}}) AS q LIMIT {length} OFFSET {offset}"
    if offset == 0:
        return Step("head", f".head({length})", f"SELECT * FROM ({{}}) AS q LIMIT {length}", needs=ORDER)
    return Step("slice", f".slice({offset}, {length})", sql, needs=ORDER)


def _tail(g: Generator, frame: pl.DataFrame) -> Step:
    if g.rng.random() < 0.3:
        return Step("slice", f".slice(-{g.rng.randint(1, 9)}, {g.rng.randint(1, 5)})", needs=ORDER)
    return Step("tail", f".tail({g.rng.randint(0, 9)})", needs=ORDER)


def _sort(g: Generator, frame: pl.DataFrame) -> Step:
    down, last = g.rng.random() < 0.5, g.rng.random() < 0.5
    if g.rng.random() < 0.4:
        sql = f'SELECT * FROM ({{}}) AS q ORDER BY "id"{" DESC" if down else ""}'
        return Step("sort", f".sort('id', descending={down})", sql, needs=ID, gives=ORDER)
    name = g.column(frame, scalar=True)
    if g.rng.random() < 0.5:
        return Step("sort", f".sort({name!r}, descending={down}, nulls_last={last}, maintain_order=True)", needs=ORDER)
    return Step("sort", f".sort({name!r}, 'id', descending={down}, nulls_last={last})", needs=ID, gives=ORDER)


def _unique(g: Generator, frame: pl.DataFrame) -> Step:
    name = g.column(frame, exact=True)
    if g.rng.random() < 0.5:
        keep = g.rng.choice(["first", "last", "none"])
        return Step("unique", f".unique(subset=[{name!r}], keep={keep!r}, maintain_order=True)", needs=ORDER)
    sql = f"SELECT DISTINCT {_quoted(name)} FROM ({{}}) AS q"
    return Step("unique", f".select({name!r}).unique()", sql, loses=ORDER | ID)


def _group(g: Generator, frame: pl.DataFrame) -> Step:
    name, of = g.column(frame, exact=True), g.column(frame, scalar=True)
    keep = g.rng.random() < 0.5
    aggregates = [
        "pl.len().alias('rows')",
        f"pl.col({of!r}).null_count().alias('nulls')",
        f"pl.col({of!r}).drop_nulls().n_unique().alias('different')",
    ]
    if frame.schema[of].is_integer() or frame.schema[of].is_temporal():
        aggregates += [f"pl.col({of!r}).min().alias('least')", f"pl.col({of!r}).max().alias('most')"]
    if keep:
        aggregates.append(f"pl.col({of!r}).first().alias('first')")
    chosen = ", ".join(g.rng.sample(aggregates, g.rng.randint(1, 3)))
    call = f".group_by({name!r}, maintain_order={keep}).agg({chosen})"
    return Step("group", call, needs=ORDER if keep else frozenset(), loses=ID if keep else ORDER | ID)


def _sql_group(g: Generator, frame: pl.DataFrame) -> Step | None:
    if not {"id", "p"} <= set(frame.columns) or frame.schema["id"] != pl.Int64:
        return None
    sql = 'SELECT "p", CAST(COUNT(*) AS BIGINT) AS "rows", MAX("id") AS "most" FROM ({}) AS q GROUP BY "p"'
    chain = ".group_by('p').agg(pl.len().cast(pl.Int64).alias('rows'), pl.col('id').max().alias('most'))"
    return Step("group", chain, sql, loses=ORDER | ID)


def _other(g: Generator) -> tuple[str, str, pl.DataFrame]:
    name = g.rng.choice(["t", "u"])
    frame = g.others[name]
    return "self-join" if name == "t" else "join", name, frame


def _join(g: Generator, frame: pl.DataFrame) -> Step | None:
    operator, name, other = _other(g)
    if "id" not in frame.columns or frame.schema["id"] != pl.Int64:
        return None
    side = f"{name}.filter({g.condition(other)})" if g.rng.random() < 0.6 else name
    how = g.rng.choice(["inner", "left", "semi", "anti", "full", "many"])
    if how in ("semi", "anti"):
        return Step(operator, f".join({side}.select('id'), on='id', how={how!r})", loses=ORDER)
    column, new = g.column(other), g.fresh()
    right = f"{side}.select(pl.col('p').alias('p {new}'), 'id', pl.col({column!r}).alias({new!r}))"
    if how == "many" and "p" in frame.columns:
        # NULL meets nothing.
        call = f".join({right}.rename({{'id': 'id {new}'}}), left_on='p', right_on='p {new}')"
        return Step(operator, call, loses=ORDER | ID)
    if how == "full":
        return Step(operator, f".join({right}, on='id', how='full', coalesce=True)", loses=ORDER | ID)
    if how == "left" and g.rng.random() < 0.5:
        return Step(operator, f".join({right}, on='id', how='left', maintain_order='left')", needs=ID)
    return Step(operator, f".join({right}, on='id', how={'left' if how == 'left' else 'inner'!r})", loses=ORDER)


def _sql_semi(g: Generator, frame: pl.DataFrame) -> Step | None:
    operator, name, other = _other(g)
    if "id" not in frame.columns or frame.schema["id"] != pl.Int64:
        return None
    inner = _sql_filter(g, other)
    where = inner.sql.partition(" WHERE ")[2]
    sql = f'SELECT * FROM ({{}}) AS q WHERE "id" IN (SELECT "id" FROM {name} WHERE {where})'
    return Step(operator, f".join({name}{inner.chain}.select('id'), on='id', how='semi')", sql, loses=ORDER)


def _sql_join(g: Generator, frame: pl.DataFrame) -> Step | None:
    operator, name, other = _other(g)
    if "id" not in frame.columns or frame.schema["id"] != pl.Int64:
        return None
    inner, new = _sql_filter(g, other), g.fresh()
    where = inner.sql.partition(" WHERE ")[2]
    side = f'(SELECT "id" AS "{new}", "p" AS "p{new}" FROM {name} WHERE {where})'
    sql = f'SELECT * FROM ({{}}) AS q INNER JOIN {side} AS r ON q."id" = r."{new}"'
    right = f"{name}{inner.chain}.select(pl.col('id').alias('{new}'), pl.col('p').alias('p{new}'))"
    chain = f".join({right}, left_on='id', right_on='{new}', coalesce=False)"
    return Step(operator, chain, sql, loses=ORDER)


def _row_index(g: Generator, frame: pl.DataFrame) -> Step:
    return Step("row index", f".with_row_index({g.fresh()!r}, offset={g.rng.choice([0, 5])})", needs=ORDER)


def _select(g: Generator, frame: pl.DataFrame) -> Step:
    names = g.rng.sample(frame.columns, g.rng.randint(1, frame.width))
    if g.rng.random() < 0.7 and "id" in frame.columns and "id" not in names:
        names.append("id")
    sql = f"SELECT {', '.join(map(_quoted, names))} FROM ({{}}) AS q"
    return Step("select", f".select({names!r})", sql, loses=frozenset() if "id" in names else ID)


def _with_columns(g: Generator, frame: pl.DataFrame) -> Step:
    name, new = g.column(frame, exact=True), g.fresh()
    col = f"pl.col({name!r})"
    plain = [f"{col}.is_null()", "pl.len()", f"{col}.null_count()", f"{col}.is_duplicated()"]
    ordered = [f"{col}.shift(1)", f"{col}.fill_null(strategy='forward')", f"{col}.is_first_distinct()"]
    if "p" in frame.columns:
        plain.append(f"{col}.null_count().over('p')")
        ordered.append("pl.int_range(pl.len()).over('p')")
    is_ordered = g.rng.random() < 0.5
    chosen = g.rng.choice(ordered if is_ordered else plain)
    call = f".with_columns({chosen}.alias({new!r}))"
    return Step("with columns", call, needs=ORDER if is_ordered else frozenset())


def _drop_nulls(g: Generator, frame: pl.DataFrame) -> Step:
    return Step("drop nulls", f".drop_nulls({g.column(frame)!r})")


def _reverse(g: Generator, frame: pl.DataFrame) -> Step:
    return Step("reverse", ".reverse()", needs=ORDER)


def _explode(g: Generator, frame: pl.DataFrame) -> Step | None:
    lists = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.List)]
    return Step("explode", f".explode({g.rng.choice(lists)!r})", loses=ID) if lists else None


def _count(g: Generator, frame: pl.DataFrame) -> Step:
    sql = 'SELECT CAST(COUNT(*) AS BIGINT) AS "rows" FROM ({}) AS q'
    return Step("count", ".select(pl.len().cast(pl.Int64).alias('rows'))", sql, gives=ORDER, loses=ID)


MAKERS: list[Callable[[Generator, pl.DataFrame], Step | None]] = [
    *(_filter, _filter, _filter, _filter, _slice, _slice, _slice, _tail, _sort, _unique, _group, _join, _join),
    *(_row_index, _select, _with_columns, _drop_nulls, _reverse, _explode, _count),
]
SQL_MAKERS: list[Callable[[Generator, pl.DataFrame], Step | None]] = [
    *(_sql_filter, _sql_filter, _sql_filter, _slice, _slice, _slice, _sort, _unique, _sql_group, _sql_semi, _sql_join),
    *(_select, _count),
]


def chain_text(steps: Sequence[Step]) -> str:
    """Return the plan as a method chain on ``t``."""
    return "t" + "".join(step.chain for step in steps)


def sql_text(steps: Sequence[Step]) -> str:
    """Return the plan as a query, each step around those before it."""
    query = "SELECT * FROM t"
    for step in steps:
        query = step.sql.format(query)
    return query


def evaluate(steps: Sequence[Step], frames: dict[str, Any], *, start: Any = None) -> Any:
    """Return what the chain gives of frames, lazy or not."""
    first = frames["t"] if start is None else start
    return eval("_start" + "".join(step.chain for step in steps), {**NAMESPACE, **frames, "_start": first})
