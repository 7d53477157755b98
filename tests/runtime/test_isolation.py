"""Footers read by another process: what it answers, and what happens when it cannot."""

from __future__ import annotations

import os
import select
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from lakecat.errors import CorruptDataError, SourceTimeoutError
from lakecat.sources.parquet import isolation
from lakecat.sources.parquet.isolation import FooterProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import RunPython


@pytest.fixture
def process() -> Iterator[FooterProcess]:
    """Yield a process, and end it."""
    process = FooterProcess()
    yield process
    process.close()


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Write a file with a column that repeats."""
    pl.DataFrame({"id": [1, 2, None], "tags": [["a"], [], None]}).write_parquet(tmp_path / "t.parquet")
    return str(tmp_path / "t.parquet")


def test_answers(process: FooterProcess, file: str) -> None:
    """It answers one question after another, about columns that are not nested and about first records."""
    assert process.read("columns", [file]) == {"id": [1, "1", "2"]}
    assert process.read("first record", [file]) == {}
    assert process.read("columns", [file, file]) == {"id": [2, "1", "2"]}


@pytest.mark.finding(3)
def test_modules_of_the_working_directory_are_not_its_modules(
    process: FooterProcess, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies where the program runs is data: a file named like a module there is not imported by the process."""
    for name in ("json.py", "lakecat.py", "pyarrow.py"):
        (tmp_path / name).write_text("raise SystemExit('imported')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert process.read("columns", [file]) == {"id": [1, "1", "2"]}


@pytest.mark.parametrize(
    ("raised", "fault"),
    [
        (None, ""),
        (OSError("damaged"), "damaged"),
        (SourceTimeoutError("too long"), ""),
        (CorruptDataError("it ended the process"), ""),
    ],
)
def test_what_is_not_known_is_no_fault(monkeypatch: pytest.MonkeyPatch, raised: Exception | None, fault: str) -> None:
    """What cannot be found out within the limits is not held against a file; then nothing is known of its times."""
    asked = []

    def read(question: str, files: object, **limits: Any) -> dict[str, Any]:
        asked.append((question, files, limits))
        if raised is not None:
            raise raised
        return {"columns": ["a"], "all": True}

    monkeypatch.setattr(isolation._SHARED, "read", read)
    assert isolation.first_record_fault("x") == fault
    assert isolation.far_times(["x"]) == ((("a",), True) if raised is None else ((), False))
    assert asked == [("first record", ["x"], {"seconds": 2.0}), ("far times", ["x"], {})]


def test_errors_and_then_answers(process: FooterProcess, file: str, tmp_path: Path) -> None:
    """What it cannot read is an error with the reason; it goes on afterwards."""
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(OSError, match="magic bytes not found"):
        process.read("columns", [str(tmp_path / "bad.parquet")])
    assert process.read("columns", [file]) != {}


def test_a_file_that_takes_too_long(process: FooterProcess, file: str, tmp_path: Path) -> None:
    """A file that never ends is given up, and the next one is read by a new process."""
    os.mkfifo(tmp_path / "pipe.parquet")
    with pytest.raises(SourceTimeoutError, match="more than 1 seconds"):
        process.read("columns", [str(tmp_path / "pipe.parquet")], seconds=1)
    assert process.read("columns", [file]) == {"id": [1, "1", "2"]}


def test_a_process_that_dies(file: str) -> None:
    """Where the process is ended, that is an error with its last words, not a crash."""
    process = FooterProcess(memory=2**20)
    with pytest.raises(CorruptDataError, match="ended the process that did it"):
        process.read("columns", [file])
    process.close()


# What the programs below begin with: files `a` and `b` of different bounds, a pipe `slow` whose reader waits for ever,
# and functions that ask about one of them. A process that is paused leaves its question in the pipe, where it is seen.
PRELUDE = """
import fcntl, os, signal, struct, sys, termios, threading, time
import polars as pl
from lakecat.errors import SourceTimeoutError
from lakecat.sources.parquet import isolation

pl.DataFrame({"n": [1, 2]}).write_parquet("a")
pl.DataFrame({"n": [30, 40]}).write_parquet("b")
os.mkfifo("slow")
process = isolation.FooterProcess()
A, B = {"n": [0, "1", "2"]}, {"n": [0, "30", "40"]}

def bounds(name):
    return process.read("columns", [name], seconds=20)

def unread():
    return struct.unpack("i", fcntl.ioctl(process._process.stdin.fileno(), termios.FIONREAD, bytes(4)))[0]

def until(reached):
    end = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < end
        os.sched_yield()

def send(number):
    os.kill(process._process.pid, number)

def when_asked(then):
    # Pause the process, and do something as soon as a question lies before it.
    def wait():
        until(unread)
        then()
    bounds("a")
    send(signal.SIGSTOP)
    thread = threading.Thread(target=wait)
    thread.start()
    return thread

def running(pid):
    # A process that has ended and that nobody has waited for is no longer running.
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
"""

INTERRUPT = """
for turn in range(3):
    thread = when_asked(lambda: os.kill(os.getpid(), signal.SIGINT))
    try:
        bounds("b")
    except KeyboardInterrupt:
        pass
    else:
        raise AssertionError("it was not interrupted")
    thread.join()
    if process._process is not None:
        send(signal.SIGCONT)
    assert bounds("a") == A, "the answer to another question"
    assert bounds("b") == B, "the answer to another question"
process.close()
"""

TIMEOUT = """
for turn in range(2):
    try:
        process.read("columns", ["slow"], seconds=1)
    except SourceTimeoutError:
        pass
    assert [bounds("a"), bounds("b")] == [A, B]
process.close()
"""

FORK_FROM_THE_CHILD = """
assert bounds("a") == A
parent = process._process.pid
if child := os.fork():
    _, status = os.waitpid(child, 0)
    assert status == 0, status
    assert process._process.pid == parent and running(parent), "the child has ended its parent's process"
    assert [bounds("b"), bounds("a")] == [B, A], "the answer to the child's question"
    process.close()
else:
    try:
        assert [bounds("b"), bounds("a"), bounds("b")] == [B, A, B]
        assert process._process.pid != parent, "the child asks its parent's process"
        process.close()
    except BaseException as error:
        print(repr(error), file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)
"""

FORK_WHILE_ASKED = """
def fork():
    if child := os.fork():
        status.append(os.waitpid(child, 0)[1])
        send(signal.SIGCONT)
        return
    signal.alarm(20)  # a lock that the parent held would be held for ever
    try:
        assert [bounds("a"), bounds("b")] == [A, B]
        process.close()
    except BaseException as error:
        print(repr(error), file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)

status = []
thread = when_asked(fork)
assert bounds("b") == B
thread.join()
assert status == [0], status
assert [bounds("b"), bounds("a")] == [B, A]
process.close()
"""

KILLED_IDLE = """
for turn in range(2):
    assert bounds("a") == A
    os.kill(process._process.pid, signal.SIGKILL)
    assert bounds("b") == B
process.close()
"""

LEAVES_NOTHING = """
def held():
    return len(os.listdir("/proc/self/fd")), threading.active_count()

def close():
    readers = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    process.close()
    for thread in readers:
        thread.join(20)

assert bounds("a") == A
close()
before = held()
for turn in range(5):
    assert bounds("a") == A
    pid = process._process.pid
    if turn % 2:
        os.kill(pid, signal.SIGKILL)
        assert bounds("b") == B
    close()
    assert not running(pid)
assert held() == before, (held(), before)
"""


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(INTERRUPT, id="interrupted", marks=pytest.mark.finding(3)),
        pytest.param(TIMEOUT, id="timed out"),
        pytest.param(FORK_FROM_THE_CHILD, id="forked", marks=pytest.mark.finding(3)),
        pytest.param(FORK_WHILE_ASKED, id="forked while asked", marks=pytest.mark.finding(3)),
        pytest.param(KILLED_IDLE, id="killed while idle", marks=pytest.mark.finding(3)),
        pytest.param(LEAVES_NOTHING, id="leaves nothing", marks=pytest.mark.finding(3)),
    ],
)
def test_each_answer_belongs_to_its_question(run_python: RunPython, program: str) -> None:
    """Whatever happens between questions, an answer is about the files that were asked about; nothing is left over."""
    done = run_python(PRELUDE + program, timeout=90)
    assert done.returncode == 0, done.stderr


@pytest.mark.finding(3)
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError, RuntimeError])
def test_whatever_is_raised_while_it_is_asked(
    process: FooterProcess, file: str, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """Any exception between a question and its answer ends the process, so that nobody gets that answer later."""
    assert process.read("columns", [file]) == {"id": [1, "1", "2"]}
    answers: Any = process._answers
    with monkeypatch.context() as patch:

        def raising(*args: object, **kwargs: object) -> None:
            raise error

        patch.setattr(answers, "get", raising)
        with pytest.raises(error):
            process.read("columns", [file])
    assert process.read("first record", [file]) == {}
    assert process.read("columns", [file]) == {"id": [1, "1", "2"]}


def test_threads_ask_at_once(process: FooterProcess, tmp_path: Path) -> None:
    """Each of many threads gets the answers to its own questions."""
    for number in range(8):
        pl.DataFrame({"n": [number, number + 100]}).write_parquet(tmp_path / f"{number}")

    def asked(number: int) -> list[object]:
        return [process.read("columns", [str(tmp_path / f"{number}")])["n"] for _ in range(20)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(asked, range(8)))
    assert found == [[[0, f"{number}", f"{number + 100}"]] * 20 for number in range(8)]


# The process has taken a question about a pipe that nobody writes to.
TAKEN = """
def go_on():
    send(signal.SIGCONT)
    until(lambda: not unread())
    taken.set()

taken = threading.Event()
when_asked(go_on)
asked = ("columns", ["slow"])
threading.Thread(target=process.read, args=asked, kwargs={"seconds": 3}, daemon=True).start()
assert taken.wait(20)
"""
ENDS = {
    "returns": "",
    "raises": "raise SystemExit(3)",
    "is killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "is killed while a thread asks": TAKEN + "os.kill(os.getpid(), signal.SIGKILL)",
    "returns while a thread asks": TAKEN,
}


@pytest.mark.parametrize(
    "end", [pytest.param(end, marks=[pytest.mark.finding(3)] if "asks" in end else []) for end in ENDS]
)
def test_it_ends_with_the_program(run_python: RunPython, end: str) -> None:
    """The process ends when the program does, however that ends, and also in the middle of a question."""
    code = PRELUDE + "bounds('a'); print(process._process.pid, flush=True)\n" + ENDS[end]
    done = run_python(code, timeout=90)
    pid = int(done.stdout.split()[0])
    assert not _runs_on(pid), done.stderr
    assert "Exception ignored" not in done.stderr


def _runs_on(pid: int) -> bool:
    """Tell whether a process is still there after a while that is long for one that is about to end."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if poll.poll(10_000):
            return False
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)  # leave nothing behind
        return True
    finally:
        os.close(descriptor)
