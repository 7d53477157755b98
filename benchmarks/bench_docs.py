"""Measures documentation builds of many tables: lakecat beside plain reStructuredText pages of the same content.

Run it with ``nox -s bench -- --tables 1000 --runs 3``, or with ``--tables 5000 10000 --kinds lakecat --runs 1``: plain
pages of so many tables take hours. Each build is a process of its own; those of the two sites take turns, so that a
busy machine slows both. The figures are medians. Nothing fails because it is slow.
"""

from __future__ import annotations

import argparse
import os
import platform
import pstats
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import sites
from content import COLUMNS, Table, make_table

if TYPE_CHECKING:
    from collections.abc import Callable

LABELS = {
    "lakecat": "lakecat",
    "plain": "plain pages",
    "bare": "plain pages, columns without links",
    "nothing": "lakecat, nothing changed",
    "one": "lakecat, one table changed",
}
WRITERS: dict[str, Callable[[Path, list[Table]], None]] = {
    "lakecat": sites.write_lakecat,
    "plain": sites.write_plain,
    "bare": sites.write_bare,
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One build: seconds, seconds of processor time, and peak memory in megabytes."""

    wall: float
    cpu: float
    memory: float


class BuildFailedError(Exception):
    """A build of the benchmark ended with an error or with warnings."""


def build(source: Path, target: Path, *options: str) -> Measured:
    """Build a site in a process and measure that process.

    Raises:
        BuildFailedError: It failed, or warned: then the two sites would not hold the same.
    """
    command = [sys.executable, *options, "-m", "sphinx", "-b", "html", "-q", str(source), str(target)]
    # A second build finds the compiled modules of the first, as it does for most people.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace").strip()
    if process.returncode or "WARNING" in text or "ERROR" in text:
        raise BuildFailedError(f"{' '.join(command)} ended with {process.returncode}:\n{text[-2000:]}")
    # Kilobytes on Linux, bytes on macOS.
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def measure(
    folder: Path, tables: list[Table], kinds: list[str], *, runs: int
) -> tuple[dict[str, list[Measured]], dict[str, list[int]]]:
    """Build each site ``runs`` times; return what each build took, and the sizes of the table pages in bytes."""
    measured: dict[str, list[Measured]] = {}
    sizes: dict[str, list[int]] = {}
    for run in range(runs):
        for kind in kinds:
            source, target = folder / kind, folder / f"{kind}-site"
            # From nothing: no compiled module of the catalog either.
            shutil.rmtree(source, ignore_errors=True)
            shutil.rmtree(target, ignore_errors=True)
            WRITERS[kind](source, tables)
            measured.setdefault(kind, []).append(build(source, target))
            sizes[kind] = [(target / "catalog" / f"{t.name}.html").stat().st_size for t in tables]
            say(f"run {run + 1}: {LABELS[kind]} {measured[kind][-1].wall:.1f} s")
            if kind == "lakecat":
                measured.setdefault("nothing", []).append(build(source, target))
                change_one(source, tables)
                measured.setdefault("one", []).append(build(source, target))
    return measured, sizes


def change_one(source: Path, tables: list[Table]) -> None:
    """Change the description of one table in the middle."""
    number = len(tables) // 2
    changed = [*tables]
    changed[number] = replace(tables[number], summary="Changed since.")
    sites.write_declarations(source, changed)


def profile(folder: Path, tables: list[Table], top: int = 5) -> list[tuple[str, ...]]:
    """Return the functions in which a build with lakecat spends most time of its own, as rows of a table."""
    source, target, file = folder / "profiled", folder / "profiled-site", folder / "profile"
    sites.write_lakecat(source, tables)
    build(source, target, "-m", "cProfile", "-o", str(file))
    stats = pstats.Stats(str(file))
    total = stats.total_tt  # type: ignore[attr-defined]
    found = sorted(stats.stats.items(), key=lambda item: -item[1][2])[:top]  # type: ignore[attr-defined]
    rows = [("own time", "share", "calls", "function")]
    for (path, line, name), (_, calls, own, _, _) in found:
        place = f"{'/'.join(Path(path).parts[-2:])}:{line} {name}" if line else name
        rows.append((f"{own:.2f} s", f"{own / total:.0%}", f"{calls:,}", place))
    return rows


def table_of(measured: dict[str, list[Measured]], sizes: dict[str, list[int]], count: int) -> list[tuple[str, ...]]:
    """Return the figures as rows: medians, and how many times the plain pages take what lakecat takes."""
    rows = [("build", "wall s", "CPU s", "peak MB", "pages/s", "page KB", "largest KB")]
    medians = {kind: _median(found) for kind, found in measured.items()}
    for kind, label in LABELS.items():
        if kind not in medians:
            continue
        m, pages = medians[kind], sizes.get(kind)
        size = (f"{statistics.median(pages) / 1e3:.1f}", f"{max(pages) / 1e3:.1f}") if pages else ("", "")
        rows.append(
            (label, f"{m.wall:.2f}", f"{m.cpu:.2f}", f"{m.memory:.0f}", f"{count / m.wall:.0f}" if pages else "", *size)
        )
    for kind in medians.keys() & {"plain", "bare"} if "lakecat" in medians else ():
        a, b = medians[kind], medians["lakecat"]
        size = statistics.median(sizes[kind]) / statistics.median(sizes["lakecat"])
        times = (a.wall / b.wall, a.cpu / b.cpu, a.memory / b.memory, a.wall / b.wall, size)
        rows.append((f"{LABELS[kind]} / lakecat", *(f"{ratio:.1f}" for ratio in times), ""))
    return rows


def _median(found: list[Measured]) -> Measured:
    return Measured(*(statistics.median(getattr(m, f.name) for m in found) for f in fields(Measured)))


def machine() -> str:
    """Return what the figures depend on: processor, Python and the versions of what builds."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        model = next(
            (line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")),
            model,
        )
    packages = ", ".join(f"{name} {version(name)}" for name in ("sphinx", "furo", "docutils", "polars"))
    return f"{os.cpu_count()} x {model}, {platform.system()}, Python {platform.python_version()}, {packages}"


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Return rows as text with aligned columns, between rules; reStructuredText reads it as a simple table."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


def say(text: str) -> None:
    """Tell how far it is, apart from the result."""
    print(text, file=sys.stderr, flush=True)


def arguments(args: list[str] | None = None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description="Measure documentation builds of many tables.")
    parser.add_argument(
        "--tables", type=int, nargs="+", default=[1000], help="how many tables; several sites where several (1000)"
    )
    parser.add_argument("--runs", type=int, default=3, help="how many builds of each site; the figures are medians (3)")
    parser.add_argument(
        "--kinds",
        nargs="+",
        choices=tuple(WRITERS),
        default=["lakecat", "plain"],
        help="which sites to build (lakecat plain)",
    )
    parser.add_argument("--profile", action="store_true", help="also show where the build with lakecat spends its time")
    parser.add_argument("--out", type=Path, help="also write the result to this file, as reStructuredText")
    parser.add_argument("--keep", type=Path, help="a new folder for sources and sites, which stay there")
    return parser.parse_args(args)


def main() -> None:
    """Run the benchmark and print its tables."""
    options = arguments()
    texts = [text_of(count, options) for count in options.tables]
    text = "\n".join([*texts, f"{machine()}.\n"])
    print(text)
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")


def text_of(count: int, options: argparse.Namespace) -> str:
    """Measure sites of so many tables, and return the figures."""
    tables = [make_table(number, count) for number in range(count)]
    with tempfile.TemporaryDirectory(prefix="lakecat-bench-") as name:
        folder = Path(name)
        if options.keep is not None:
            folder = options.keep / str(count)
            folder.mkdir(parents=True)
        measured, sizes = measure(folder, tables, options.kinds, runs=options.runs)
        profiled = profile(folder, tables) if options.profile else []
    runs = "one run" if options.runs == 1 else f"medians of {options.runs} runs"
    parts = [
        f"{count:,} tables of {COLUMNS} columns, {runs}.",
        aligned(table_of(measured, sizes, count)),
    ]
    if profiled:
        parts += ["The five functions with most time of their own in the build with lakecat:", aligned(profiled)]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
