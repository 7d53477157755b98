"""Sampled mutants of the code by cosmic-ray: ``python tests/mutants/sample.py --count 300 --seed 1``.

A place of the code is drawn, then one of the edits that cosmic-ray knows for it; the tests of that module run, and fail
or do not. Each process works on a copy of its own. Annotations are left out, as nothing evaluates them.
"""

from __future__ import annotations

import argparse
import ast
import fnmatch
import os
import random
import shlex
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.testing import run_tests
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome
from patches import ROOT, copy_tree, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MUTATED = (
    "lakecat/sources/*.py",
    "lakecat/sources/*/*.py",
    "lakecat/reading.py",
    "lakecat/observe.py",
    "lakecat/registry/*.py",
    "sphinx_lakecat/domain.py",
    "sphinx_lakecat/idle.py",
    "sphinx_lakecat/noted.py",
    "sphinx_lakecat/session.py",
    "sphinx_lakecat/reports.py",
    "sphinx_lakecat/pages/*.py",
    "sphinx_lakecat/rebuild/*.py",
)
# The first pattern that fits a module names its tests, those that are quick or near first.
TESTS = {
    "lakecat/sources/delta/[cusw]*.py": "test_delta_commit test_delta_log test_delta_schema test_delta_scratch"
    " test_delta_open test_delta_upkeep test_delta_write test_delta_merge test_delta_rewrite test_observe"
    " test_delta_pairs",
    "lakecat/sources/delta/[en]*.py": "test_delta_open test_delta_log test_frame_plan test_delta test_delta_engine"
    " test_delta_hypothesis ../fuzz/test_*",
    "lakecat/sources/delta/times.py": "test_delta_open test_delta_folder test_delta_times test_delta test_introspect",
    "lakecat/sources/delta/*.py": "test_delta_open test_delta_log test_delta_folder test_delta_commit test_delta"
    " test_single_edits test_introspect test_delta_times test_delta_write test_delta_rewrite ../corpus/test_odd_tables",
    "lakecat/sources/frame_stream.py": "test_frame_plan test_delta_write test_delta_merge test_delta_rewrite",
    "lakecat/sources/frame_plan.py": "test_frame_plan ../fuzz/test_limits test_delta_engine test_places",
    "lakecat/sources/predicate.py": "test_predicate test_delta_engine ../fuzz/test_* test_delta_hypothesis",
    "lakecat/sources/parquet/isolation.py": "test_isolation test_single_edits test_parquet*",
    "lakecat/sources/parquet/store.py": "test_store_place test_parquet_web test_places test_parquet_local",
    "lakecat/sources/parquet/*.py": "test_partitions test_files test_footers test_parquet* test_places"
    " test_single_edits test_isolation test_laziness test_introspect test_classification ../fuzz/test_limits",
    "lakecat/sources/function.py": "test_function_source test_parameters test_declare test_introspect test_snippets"
    " ../sphinx/test_second_build",
    "lakecat/sources/values.py": "test_values test_delta_log test_footers",
    "lakecat/sources/storage.py": "test_declare test_location test_options test_secrets test_delta_log test_pickling"
    " test_delta",
    "lakecat/sources/[dfl]*.py": "test_location test_errors test_failures test_foreign_errors test_function_source"
    " test_parameters test_declare test_project test_check_source test_delta",
    "lakecat/sources/*.py": "test_check_source test_martian test_errors test_failures test_declare test_foreign_errors"
    " test_location test_parquet test_delta test_secrets test_pickling test_parameters test_lookup test_kinds",
    "lakecat/reading.py": "test_observe test_single_edits test_catalog test_contract test_foreign_errors test_sql"
    " test_classification",
    "lakecat/observe.py": "test_observe test_events test_single_edits test_guarded test_secrets test_classification",
    "lakecat/registry/*.py": "test_registry test_lookup test_reload test_pickling test_catalog test_names test_plugins",
    "sphinx_lakecat/domain.py": "test_foreign_texts test_domain test_bare_names test_roles test_directive test_reports"
    " test_replaced test_second_build",
    "sphinx_lakecat/[ns]*.py": "test_domain test_foreign_texts test_second_build test_reports test_replaced"
    " test_indices test_same_bytes",
    "sphinx_lakecat/rebuild/__init__.py": "test_rebuild",
    "sphinx_lakecat/rebuild/indices.py": "test_indices test_unchanged",
    "sphinx_lakecat/pages/sidebar.py": "test_remembered test_sidebar test_autocatalog test_second_build test_replaced",
    "sphinx_lakecat/rebuild/surroundings.py": "test_second_build test_sidebar test_replaced test_builders test_rebuild"
    " test_stale test_unchanged",
    "sphinx_lakecat/reports.py": "test_bare_names test_reports test_sections_of_packages test_replaced",
    "sphinx_lakecat/rebuild/tokens.py": "test_rebuild test_remembered test_stale test_reports test_replaced"
    " test_second_build test_same_bytes test_unchanged",
    "sphinx_lakecat/idle.py": "test_shortcuts",
    "sphinx_lakecat/pages/*.py": "test_domain test_directive test_autocatalog test_remembered test_unchanged"
    " test_replaced test_names test_second_build test_page test_sections_of_packages",
}
PROCESSES = 2
LONGEST = 1800.0
ENOUGH = 0.85
NO_EDIT = "no edit"
"""The verdict on what cosmic-ray drew and could not make: it does not count."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 if enough mutants were killed."""
    parser = argparse.ArgumentParser(prog="sample", description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="how many mutants (default 300)")
    parser.add_argument("--seed", default="1", help="a text; the same gives the same mutants of the same code")
    parser.add_argument("--modules", nargs="+", default=MUTATED, help="patterns of paths, instead of all")
    parser.add_argument("--numbers", type=int, nargs="+", help="of these mutants, only those with such numbers")
    parser.add_argument("--report", type=Path, default=None, help="write the survivors with their edits to this file")
    options = parser.parse_args(arguments)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutate-") as name:
        trees = [Path(name) / str(i) for i in range(PROCESSES)]
        for tree in trees:
            copy_tree(tree)
        found = mutants(trees[0], options.modules, Path(name) / "session.sqlite")
        chosen = dict(enumerate(sample(list(found), options.count, options.seed), 1))
        chosen = {number: chosen[number] for number in options.numbers or chosen}
        suites = sorted({command(str(spec.module_path)) for spec in chosen.values()})
        context = get_context("spawn")
        folders = context.Queue()
        for tree in trees:
            folders.put(str(tree))
        with ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=enter, initargs=(folders,)) as pool:
            seconds = dict(zip(suites, pool.map(healthy, suites), strict=True))
            for suite, taken in seconds.items():
                say(f"{'FAILS' if taken is None else f'{taken:.0f} s'}, without any edit: {suite.partition(' -x ')[2]}")
            if None in seconds.values():
                return 1
            jobs = [(spec, 60 + 3 * (seconds[command(str(spec.module_path))] or 0)) for spec in chosen.values()]
            results = []
            for number, result in zip(chosen, pool.map(judge, jobs), strict=True):
                results.append(result)
                say(f"{number:>4} {result[0]:<9} {result[1]}")
    return report(results, time.monotonic() - start, options.report)


def report(results: list[tuple[str, str, str]], seconds: float, target: Path | None) -> int:
    """Print the score, by module too, and who survived; return 0 if enough were killed."""
    unmade = len(results)
    results = [result for result in results if result[0] != NO_EDIT]
    unmade -= len(results)
    totals, killed = Counter[str](), Counter[str]()
    for verdict, where, _ in results:
        module = where.partition(":")[0]
        totals[module] += 1
        killed[module] += verdict != "SURVIVED"
    survivors = [f"{where}\n{diff}" for verdict, where, diff in results if verdict == "SURVIVED"]
    say(*survivors, *(f"{module:<44} {killed[module]:>3} of {totals[module]:>3} killed" for module in sorted(totals)))
    score = sum(killed.values()) / max(1, len(results))
    endless = sum(verdict == "timeout" for verdict, _, _ in results)
    what = f"{sum(killed.values())} of {len(results)} mutants were killed ({endless} as their tests did not end)"
    what += f"; {unmade} more could not be made" if unmade else ""
    say(f"{what}: {score:.1%}, in {seconds:.0f} s")
    if target is not None:
        target.write_text("\n\n".join(survivors) + "\n", encoding="utf-8")
    return 0 if score >= ENOUGH else 1


def mutants(tree: Path, patterns: Sequence[str], database: Path) -> Iterator[MutationSpec]:
    """Yield all edits that cosmic-ray knows for the modules, with paths below the tree; none of annotations."""
    files = sorted({path for pattern in patterns for path in tree.glob(pattern)})
    skipped = {path.relative_to(tree): set(annotated(path)) for path in files}
    before = Path.cwd()
    os.chdir(tree)
    try:
        with use_db(str(database), WorkDB.Mode.create) as work:
            init(list(skipped), work, {})
            for item in work.work_items:
                spec = item.mutations[0]
                if spec.start_pos not in skipped[Path(spec.module_path)]:
                    yield spec
    finally:
        os.chdir(before)


def annotated(path: Path) -> Iterator[tuple[int, int]]:
    """Yield the places (line, column) of all that is only there for type checkers."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parts.append(node.returns)
        elif isinstance(node, ast.arg | ast.AnnAssign):
            parts.append(node.annotation)
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            parts.append(node)
        for part in filter(None, parts):
            for line in range(part.lineno, part.end_lineno + 1):  # type: ignore[attr-defined]
                first = part.col_offset if line == part.lineno else 0  # type: ignore[attr-defined]
                last = part.end_col_offset if line == part.end_lineno else len(lines[line - 1])  # type: ignore[attr-defined]
                yield from ((line, column) for column in range(first, last + 1))


def sample(specs: list[MutationSpec], count: int, seed: str) -> list[MutationSpec]:
    """Return one edit each of so many places: an operator that can become ten others is one place."""
    places = defaultdict(list)
    for spec in specs:
        places[str(spec.module_path), spec.start_pos].append(spec)
    rng = random.Random(seed)
    drawn = rng.sample(sorted(places), min(count, len(places)))
    return [rng.choice(places[place]) for place in drawn]


def enter(folders: object) -> None:
    """Make a tree of its own the current folder of a process."""
    folder = folders.get()  # type: ignore[attr-defined]
    os.chdir(folder)
    os.environ["PYTHONPATH"] = folder
    os.environ["POLARS_MAX_THREADS"] = "2"


def command(module: str) -> str:
    """Return the command that runs the tests of a module, those that are near or quick first."""
    names = next(tests for pattern, tests in TESTS.items() if fnmatch.fnmatch(module, pattern))
    home = Path("tests") / ("sphinx" if module.startswith("sphinx") else "runtime")
    files = [str(path.relative_to(ROOT)) for name in names.split() for path in sorted((ROOT / home).glob(f"{name}.py"))]
    options = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")
    return shlex.join([sys.executable, "-m", "pytest", *options, *dict.fromkeys(files)])


def healthy(suite: str) -> float | None:
    """Return how long tests take without any edit; ``None`` where they fail."""
    start = time.monotonic()
    outcome, output = run_tests(suite, LONGEST)
    if outcome is not TestOutcome.SURVIVED:
        say(output[-3000:])
        return None
    return time.monotonic() - start


def judge(job: tuple[MutationSpec, float]) -> tuple[str, str, str]:
    """Return the verdict on one mutant, where it is, and the edit."""
    spec, seconds = job
    result = mutate_and_test([spec], command(str(spec.module_path)), seconds)
    # A test that no longer ends is a test that notices; how many these are is told.
    ended = "timeout" if result.output == "timeout" else "killed"
    verdict = ended if result.test_outcome is TestOutcome.KILLED else "SURVIVED"
    # It does not know how to replace the name of an exception that has dots, and fails.
    verdict = verdict if result.worker_outcome is WorkerOutcome.NORMAL else NO_EDIT
    where = f"{spec.module_path}:{spec.start_pos[0]} {spec.operator_name.rpartition('/')[2]}"
    return verdict, where, result.diff or str(result.output)[-2000:]


if __name__ == "__main__":
    sys.exit(main())
