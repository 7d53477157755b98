"""Asking plans of tables that were written and of the frames in memory, and making a small program of a difference."""

from __future__ import annotations

import collections
import functools
import importlib.util
import inspect
import random
import re
import shutil
import tempfile
import textwrap
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from lakecat import Catalog, CatalogRegistry

from .sources import KINDS, LOCAL, dtypes_of
from .steps import Generator, Step, chain_text, evaluate, holds, sql_text
from .tables import frame_text, random_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PLANS_A_WORLD = 150
MOST_FAILURES = 20
PROCESSES = 2
ENOUGH = 200
_SMALLEST_TRIES = 300


@dataclass(frozen=True)
class Case:
    """A question and what it is asked of.

    Args:
        kinds: The kind of source of ``t`` and of ``u``.
        frames: What was written into each.
        steps: The plan.
        sql: Whether it is asked as a query.
        streaming: Whether Polars' streaming engine collects it.
    """

    kinds: tuple[str, str]
    frames: tuple[pl.DataFrame, pl.DataFrame]
    steps: tuple[Step, ...]
    sql: bool = False
    streaming: bool = False

    @property
    def ordered(self) -> bool:
        """Whether the rows of ``t`` have an order."""
        return KINDS[self.kinds[0]].order != "none"


@dataclass
class Counts:
    """How often each operator and each kind of source was asked."""

    queries: int = 0
    sql: int = 0
    operators: collections.Counter[str] = field(default_factory=collections.Counter)
    kinds: collections.Counter[str] = field(default_factory=collections.Counter)

    def add(self, other: Counts) -> None:
        """Add the counts of another process."""
        self.queries += other.queries
        self.sql += other.sql
        self.operators += other.operators
        self.kinds += other.kinds

    def lines(self) -> Iterable[str]:
        """Return the table of counts."""
        yield f"{self.queries} queries, {self.sql} of them in SQL"
        for what, counts in (("operator", self.operators), ("source", self.kinds)):
            yield f"{what:<16} times"
            yield from (f"{name:<16} {count:>6}" for name, count in counts.most_common())


class World:
    """Two tables of the same columns, written in each kind, and the catalog that reads them.

    Args:
        frames: The contents of ``t`` and of ``u``.
        kinds: The kinds to write.
    """

    def __init__(self, frames: tuple[pl.DataFrame, pl.DataFrame], kinds: Iterable[str]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        self.catalogs: dict[tuple[str, str], Catalog] = {}
        self.sources: dict[tuple[str, str], Any] = {}
        self.wanted: dict[tuple[str, str], pl.DataFrame] = {}
        for name, frame in zip("tu", frames, strict=True):
            for kind in kinds:
                (self.folder / name / kind).mkdir(parents=True)
                source = KINDS[kind].write(frame, self.folder / name / kind)
                self.sources[name, kind] = source
                self.wanted[name, kind] = in_its_order(frame, source, kind).rechunk()

    def close(self) -> None:
        """Remove the files."""
        shutil.rmtree(self.folder)

    def catalog(self, kinds: tuple[str, str]) -> Catalog:
        """Return a catalog of ``t`` and ``u`` of these kinds."""
        if kinds not in self.catalogs:
            self.catalogs[kinds] = Catalog(CatalogRegistry())
            for name, kind in zip("tu", kinds, strict=True):
                self.catalogs[kinds].add_table(self.sources[name, kind], name=name)
        return self.catalogs[kinds]

    def frames(self, kinds: tuple[str, str]) -> dict[str, pl.DataFrame]:
        """Return what is in ``t`` and ``u``, in the order in which these kinds give it."""
        return {name: self.wanted[name, kind] for name, kind in zip("tu", kinds, strict=True)}

    def difference(self, case: Case) -> str | None:
        """Return how the answer differs from that of the frames in memory; ``None`` if it does not."""
        state = holds(case.steps, ordered=case.ordered)
        assert state is not None, "the plan is not defined"
        if accepted(case):
            return None
        wanted = _answer(lambda: evaluate(case.steps, self.frames(case.kinds)), "order" in state)
        catalog = self.catalog(case.kinds)
        engine = "streaming" if case.streaming else "in-memory"

        def ask() -> pl.DataFrame:
            if case.sql:
                return catalog.sql(sql_text(case.steps)).collect(engine=engine)
            tables = {name: catalog.table(name) for name in "tu"}
            return evaluate(case.steps, tables).collect(engine=engine)

        found = _answer(ask, "order" in state)
        return None if found == wanted else f"found  {_shown(found)}\nwanted {_shown(wanted)}"


def accepted(case: Case) -> bool:
    """Return whether a program in ``accepted`` shows that Polars itself gives several answers to such a plan."""
    text = f"{chain_text(case.steps)} {case.frames[0].schema}{' streaming' if case.streaming else ''}"
    return any(re.search(pattern, text, re.DOTALL) for pattern in _accepted_patterns())


@functools.cache
def _accepted_patterns() -> tuple[str, ...]:
    return tuple(module.COVERS for module in accepted_programs())


def accepted_programs() -> list[Any]:
    """Return the modules in ``accepted``."""
    found = []
    for path in sorted(Path(__file__).with_name("accepted").glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"accepted_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        found.append(importlib.util.module_from_spec(spec))
        spec.loader.exec_module(found[-1])
    return found


def in_its_order(frame: pl.DataFrame, source: Any, kind: str) -> pl.DataFrame:
    """Return the frame in the order in which the source gives its rows, if it has one of its own."""
    if KINDS[kind].order != "source":
        return frame
    ids = source.scan().collect().get_column("id")
    places = [frame["id"].index_of(each) for each in ids]
    # With rows missing, or others, every plan differs.
    return frame if None in places or len(places) != frame.height else frame[places]


def _answer(ask: Any, ordered: bool) -> tuple[Any, ...]:
    try:
        frame = ask()
    except (Exception, pl.exceptions.PanicException) as error:  # noqa: BLE001 (an error is an answer, too)
        return ("error", type(error).__name__, str(error)[:300])
    rows = [repr(row) for row in frame.rows()]
    return ("rows", [f"{name}: {dtype}" for name, dtype in frame.schema.items()], rows if ordered else sorted(rows))


def _shown(answer: tuple[Any, ...]) -> str:
    return " ".join(map(str, answer[1:])) if answer[0] == "error" else f"{', '.join(answer[1])}: {', '.join(answer[2])}"


class Fuzzer:
    """Random worlds and plans, from a seed; ``failures`` holds what differs, made small.

    Args:
        seed: The seed.
        kinds: The kinds of sources.
    """

    def __init__(self, seed: str, kinds: Sequence[str] = LOCAL) -> None:
        self.rng = random.Random(seed)
        self.kinds = list(kinds)
        self.counts = Counts()
        self.failures: list[tuple[Case, str]] = []

    def world(self, most: int = PLANS_A_WORLD, *, until: Any = lambda: False) -> None:
        """Make one world and ask plans of it."""
        rng = self.rng
        kinds = self.kinds
        if rng.random() < 0.4:  # more dtypes, fewer kinds
            kinds = [kind for kind in kinds if KINDS[kind].dtypes is None] or kinds
        left = random_frame(rng, dtypes_of(kinds))
        right = left.sample(fraction=1.0, shuffle=True, seed=rng.getrandbits(30)).head(rng.randint(0, 12))
        world = World((left, right), kinds)
        seen: collections.Counter[str] = collections.Counter()
        try:
            for _ in range(most):
                if until():
                    return
                case = self._case(world, kinds, (left, right))
                if case is None:
                    continue
                self._count(case)
                # One cause shows in many plans: three a source and world are made small.
                if (
                    world.difference(case) is not None
                    and seen[case.kinds[0]] < 3
                    and len(self.failures) < MOST_FAILURES
                ):
                    seen[case.kinds[0]] += 1
                    self._keep(smallest(case))
        finally:
            world.close()

    def _keep(self, small: Case) -> None:
        plans = {(case.kinds[0], chain_text(case.steps)) for case, _ in self.failures}
        if (small.kinds[0], chain_text(small.steps)) not in plans:
            self.failures.append((small, difference(small) or "it differs only beside other tables"))

    def _case(self, world: World, kinds: Sequence[str], frames: tuple[pl.DataFrame, pl.DataFrame]) -> Case | None:
        rng = self.rng
        # Readers in Python are lakecat's own: half of all questions are theirs.
        weights = [3 if KINDS[kind].python else 1 for kind in kinds]
        first, second = rng.choices(kinds, weights, k=2)
        chosen = (first, second)
        is_sql = rng.random() < 0.3
        ordered = KINDS[chosen[0]].order != "none"
        steps = Generator(rng, world.frames(chosen)).plan(ordered, sql=is_sql)
        return Case(chosen, frames, tuple(steps), is_sql, rng.random() < 0.3) if steps else None

    def _count(self, case: Case) -> None:
        self.counts.queries += 1
        self.counts.sql += case.sql
        self.counts.operators.update(step.operator for step in case.steps)
        self.counts.kinds[case.kinds[0]] += 1


def difference(case: Case) -> str | None:
    """Return how the answer to a case differs, in a world of its own."""
    world = World(case.frames, sorted(set(case.kinds)))
    try:
        return world.difference(case)
    finally:
        world.close()


def smallest(case: Case) -> Case:
    """Return a case that still differs, with fewer steps, rows and columns where that is possible."""
    tries = _SMALLEST_TRIES
    progress = True
    while progress and tries > 0:
        progress = False
        for smaller in _smaller(case):
            tries -= 1
            if tries <= 0:
                break
            try:
                evaluate(smaller.steps, dict(zip("tu", smaller.frames, strict=True)))
                differs = difference(smaller) is not None
            except Exception:  # noqa: BLE001 (a plan that does not fit any more is no smaller case)
                continue
            if differs:
                case, progress = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterable[Case]:
    for i in range(len(case.steps)):
        steps = (*case.steps[:i], *case.steps[i + 1 :])
        if steps and holds(steps, ordered=case.ordered) is not None:
            yield replace(case, steps=steps)
    if case.streaming:
        yield replace(case, streaming=False)
    if case.kinds[1] != "function_eager":
        yield replace(case, kinds=(case.kinds[0], "function_eager"))
    left, right = case.frames
    for part in (left.head(left.height // 2), left.slice(left.height // 2)):
        if 0 < part.height < left.height:
            yield replace(case, frames=(part, right))
    if right.height:
        yield replace(case, frames=(left, right.head(right.height // 2)))
    text = chain_text(case.steps) + sql_text(case.steps) * case.sql
    for name in left.columns[1:-1]:
        if f"{name!r}" not in text and f'"{name}"' not in text:
            yield replace(case, frames=(left.drop(name), right.drop(name)))
    for i in range(left.height):
        yield replace(case, frames=(pl.concat([left[:i], left[i + 1 :]], rechunk=True), right))


def program(case: Case, seen: str) -> str:
    """Return a program that shows the difference and fails by it, from lakecat and Polars alone."""
    writers = {KINDS[kind].write for kind in case.kinds}
    state = holds(case.steps, ordered=case.ordered) or frozenset()
    rows = "list" if "order" in state else "sorted"
    engine = ', engine="streaming"'[2:] if case.streaming else ""
    found = f"catalog.sql({sql_text(case.steps)!r})" if case.sql else chain_text(case.steps)
    sections = [
        '"""' + "\n".join(textwrap.wrap(seen.replace("\\", "/").replace('"', "'"), 116)[:8]) + '"""',
        (
            "import datetime\nimport tempfile\nimport zoneinfo\nfrom decimal import Decimal\n"
            "from math import inf, nan\nfrom pathlib import Path\nfrom typing import Any\n\nimport polars as pl\n\n"
            "from lakecat import Catalog, CatalogRegistry"
        ),
        *sorted(inspect.getsource(writer) for writer in writers),
        *(f"{name}_rows = {frame_text(frame)}" for name, frame in zip("tu", case.frames, strict=True)),
        "catalog = Catalog(CatalogRegistry())",
        *(
            f"{name}_source = {KINDS[kind].write.__name__}({name}_rows, Path(tempfile.mkdtemp()))\n"
            f"catalog.add_table({name}_source, name={name!r})"
            for name, kind in zip("tu", case.kinds, strict=True)
        ),
        't, u = catalog.table("t"), catalog.table("u")',
        f"found = {found}.collect({engine})",
        *(
            f"ids = {name}_source.scan().collect()['id']  # the source has an order of its own\n"
            f"{name}_rows = {name}_rows[[{name}_rows['id'].index_of(each) for each in ids]]"
            for name, kind in zip("tu", case.kinds, strict=True)
            if KINDS[kind].order == "source"
        ),
        "t, u = t_rows, u_rows",
        f"wanted = {chain_text(case.steps)}",
        "print(found, wanted)",
        (
            f"assert found.schema == wanted.schema\n"
            f"assert {rows}(map(repr, found.rows())) == {rows}(map(repr, wanted.rows()))"
        ),
    ]
    return (
        "from __future__ import annotations\n\n".join(("", "\n\n".join(sections))).replace(
            "from __future__ import annotations\n\n" + sections[0],
            sections[0] + "\n\nfrom __future__ import annotations",
        )
        + "\n"
    )


def run(job: tuple[str, list[str], float, int | None]) -> tuple[Counts, list[str]]:
    """Do the part of one process."""
    seed, kinds, seconds, queries = job
    fuzzer = Fuzzer(seed, kinds)
    start = time.monotonic()

    def is_over() -> bool:
        if queries is not None and fuzzer.counts.queries >= queries:
            return True
        # A busy machine gets longer, so that each operator is asked often enough there, too.
        least = min(fuzzer.counts.operators.values(), default=0)
        return time.monotonic() - start > seconds * (1 if least >= ENOUGH / PROCESSES else 3)

    while not is_over():
        fuzzer.world(until=is_over)
    return fuzzer.counts, [program(case, seen) for case, seen in fuzzer.failures]
