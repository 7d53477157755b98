"""The fuzzer itself: it finds planted faults; what it found once stays mended; accepted differences are Polars'."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.io.plugins import register_io_source

from lakecat import DeltaTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUERIES = 2000


def planted(fault: Callable[[pl.LazyFrame, pl.Expr | None, int | None], pl.LazyFrame]) -> Callable[..., pl.LazyFrame]:
    """Return a ``scan`` whose rows come through an IO source with a fault."""
    scan = DeltaTable.scan

    def faulty(self: DeltaTable, **params: Any) -> pl.LazyFrame:
        lazy = scan(self, **params)
        schema = lazy.collect_schema()

        def read(
            with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
        ) -> Iterator[pl.DataFrame]:
            frame = fault(lazy, predicate, n_rows).collect()
            yield frame if with_columns is None else frame.select(with_columns)

        return register_io_source(read, schema=schema, is_pure=True)

    return faulty


def limit_before_filter(lazy: pl.LazyFrame, predicate: pl.Expr | None, n_rows: int | None) -> pl.LazyFrame:
    """Filter, and take the first rows of what is left: Polars means the first rows, and of these a filter."""
    kept = lazy if predicate is None else lazy.filter(predicate)
    return kept if n_rows is None else kept.head(n_rows)


def dropped_null(lazy: pl.LazyFrame, predicate: pl.Expr | None, n_rows: int | None) -> pl.LazyFrame:
    """Take the right rows in the right order, but none whose filtered columns are NULL."""
    first = lazy if n_rows is None else lazy.head(n_rows)
    return first if predicate is None else first.filter(predicate).drop_nulls(predicate.meta.root_names())


@pytest.mark.parametrize(
    ("fault", "operators"), [(limit_before_filter, {"head"}), (dropped_null, {"filter", "join", "self-join"})]
)
def test_a_planted_fault_is_found(
    monkeypatch: pytest.MonkeyPatch, fault: Any, operators: set[str], run_python: Any
) -> None:
    """A reader with one fault is found within some queries, and what shows it is a small program that fails."""
    from .fuzzer import Fuzzer, program

    fuzzer = Fuzzer("planted", ["native", "function_eager"])
    monkeypatch.setattr(DeltaTable, "scan", planted(fault))
    while not fuzzer.failures and fuzzer.counts.queries < QUERIES:
        fuzzer.world(until=lambda: bool(fuzzer.failures))
    assert fuzzer.failures, f"not found in {QUERIES} queries"
    case, seen = fuzzer.failures[0]
    assert case.kinds[0] == "native" or case.kinds[1] == "native"
    assert len(case.steps) <= 2
    assert operators & {step.operator for step in case.steps}
    assert case.frames[0].height <= 12
    text = program(case, seen)
    with pytest.raises(AssertionError):
        exec(compile(text, "program", "exec"), {})
    # Without the fault the same program, in a process of its own, finds nothing.
    done = run_python(text)
    assert not done.returncode, done.stderr


def test_readers_that_are_well_pass() -> None:
    """Without a fault the same questions find nothing."""
    from .fuzzer import Fuzzer

    fuzzer = Fuzzer("planted", ["native", "function_eager"])
    while fuzzer.counts.queries < 300:
        fuzzer.world()
    assert not fuzzer.failures, fuzzer.failures[0][1]


def test_each_way_to_a_table_is_what_it_says(tmp_path: Path) -> None:
    """Readers in Python and those of Polars are both asked; otherwise one of them would be tested twice."""
    from .sources import KINDS, LOCAL

    frame = pl.DataFrame({"id": [0, 1], "p": ["a", None]})
    for kind in LOCAL:
        (tmp_path / kind).mkdir()
        plan = KINDS[kind].write(frame, tmp_path / kind).scan().explain()
        assert ("PYTHON SCAN" in plan) == KINDS[kind].python, kind


def test_the_command_counts_and_prints_a_program(tmp_path: Path) -> None:
    """``python -m fuzz`` says how often each operator was asked, and its exit status that some were asked seldom."""
    command = [sys.executable, "-m", "fuzz", "--queries", "40", "--seed", "a", "--kinds", "parquet"]
    done = subprocess.run(
        [*command, "--failures", str(tmp_path)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "seed a" in done.stdout
    assert "asked less than 200 times: " in done.stdout
    assert any(line.split() == ["parquet", "40"] for line in done.stdout.splitlines())


def test_accepted_differences_are_of_polars_alone() -> None:
    """Each program shows two answers of Polars to one question, and there are few."""
    from .fuzzer import accepted_programs

    programs = accepted_programs()
    assert len(programs) <= 10
    for module in programs:
        one, other = module.one(), module.other()
        assert "lakecat" not in vars(module)
        assert (one.schema, one.rows()) != (other.schema, other.rows()), f"{module.__name__} is out of date"


@pytest.mark.parametrize("rows", [[float("nan"), 1.5], [float("nan"), 1.5, None], [1.5, 1.5, float("nan")]])
def test_nan_is_no_constant(tmp_path: Path, rows: list[float | None]) -> None:
    """A column whose bounds in the log are equal is not constant, as bounds leave NaN out (found by this suite)."""
    frame = pl.DataFrame({"id": range(len(rows)), "x": rows})
    frame.write_delta(tmp_path / "with a space")
    lazy = DeltaTable("t", uri=tmp_path / "with a space").scan()
    for condition in (
        pl.col("x").is_not_null(),
        ~pl.col("x").is_null(),
        pl.col("x").is_not_null() & (pl.col("id") < 9),
    ):
        found = lazy.filter(condition).collect().sort("id")
        assert repr(found.rows()) == repr(frame.filter(condition).rows())
