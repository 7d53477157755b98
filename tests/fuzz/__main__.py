"""Ask random plans of random tables in each way that lakecat reads: ``python -m fuzz --seconds 180``, from ``tests``.

It prints how often each operator was asked, and for each difference a small program, which is also kept in a folder.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from s3.ceph import Ceph, missing_programs

from .fuzzer import ENOUGH, PROCESSES, Counts, run
from .sources import KINDS, LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterator


def main(arguments: list[str] | None = None) -> int:
    """Return 1 if something differs, 2 if nothing does but an operator was asked too seldom."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=None, help="stop after so long (180 unless --queries is given)"
    )
    parser.add_argument("--queries", type=int, default=None, help="stop after so many queries")
    parser.add_argument("--seed", default=None, help="a text; drawn and printed where none is given")
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=None, help="ways to a table")
    parser.add_argument(
        "--store",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="ask tables in an S3 store, which is started for it; where Ceph is installed, unless --kinds is given",
    )
    parser.add_argument("--failures", type=Path, default=None, help="the folder for programs that show differences")
    options = parser.parse_args(arguments)
    seconds = options.seconds or (180.0 if options.queries is None else float("inf"))
    seed = options.seed or f"{random.SystemRandom().getrandbits(32):08x}"
    folder = options.failures or Path(tempfile.mkdtemp(prefix="fuzz-failures-"))
    folder.mkdir(parents=True, exist_ok=True)
    say(f"seed {seed}")
    in_store = options.store
    if in_store is None:
        in_store = options.kinds is None and not missing_programs()
    kinds = options.kinds or [*(KINDS if in_store else LOCAL)]
    with store() if in_store else contextlib.nullcontext():
        return ask(seed, kinds, seconds, options.queries, folder)


def ask(seed: str, kinds: list[str], seconds: float, queries: int | None, folder: Path) -> int:
    """Ask in several processes and tell what came out."""
    start = time.monotonic()
    each = None if queries is None else -(-queries // PROCESSES)
    jobs = [(f"{seed}:{i}", kinds, seconds, each) for i in range(PROCESSES)]
    counts, programs = Counts(), list[str]()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        for found, texts in pool.map(run, jobs):
            counts.add(found)
            programs += texts
    took = time.monotonic() - start
    say(*counts.lines(), f"{took:.0f} s, {counts.queries / took:.0f} queries a second, seed {seed}")
    for i, text in enumerate(programs):
        (folder / f"difference_{i}.py").write_text(text, encoding="utf-8")
        say(f"\n# {folder / f'difference_{i}.py'}", text)
    seldom = [f"{name} ({count})" for name, count in counts.operators.items() if count < ENOUGH]
    if programs:
        say(f"{len(programs)} differences; their programs are in {folder}")
        return 1
    if seldom:
        say(f"asked less than {ENOUGH} times: {', '.join(sorted(seldom))}")
        return 2
    return 0


@contextlib.contextmanager
def store() -> Iterator[None]:
    """Start an S3 server, and name it to the writers; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="ceph-") as folder:
        ceph = Ceph(Path(folder))
        ceph.start()
        try:
            os.environ["FUZZ_STORE"] = json.dumps({"bucket": ceph.main.bucket(), "options": ceph.main.options()})
            yield
        finally:
            ceph.stop()


def say(*lines: str) -> None:
    """Print lines."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    sys.exit(main())
