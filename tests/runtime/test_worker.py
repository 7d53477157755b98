"""A process that answers questions: whatever one of them does, it costs that question alone."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lakecat.worker import (
    AnswerError,
    EndedError,
    MemoryLimitError,
    StartError,
    TimeLimitError,
    Worker,
    WorkerError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import RunPython

# What is asked for: a name of a function in this module, and its arguments.
SERVICE = """
import asyncio, os, pathlib, signal, subprocess, sys, threading, time

loaded = []


def answering(*setup):
    if setup == ("fails",):
        raise LookupError("there is nothing here")
    if setup == ("exits",):
        print("on my way out")
        os._exit(0)
    if setup == ("hangs",):
        time.sleep(600)
    loaded.append(setup)
    return lambda name, *arguments: globals()[name](*arguments)


def echo(value): return value
def process(): return os.getpid()
def times_loaded(): return len(loaded)
def exits(status=0): os._exit(status)
def leaves(): raise SystemExit(0)
def raises(): raise ValueError("no disk")
def ends(): raise BaseException("x")
def cancelled(): raise asyncio.CancelledError
def interrupted(): raise KeyboardInterrupt
def unprintable():
    class Odd(Exception):
        def __str__(self): raise SystemExit(0)
    raise Odd
def object_(): return object()
def deep():
    found = []
    for _ in range(100_000): found = [found]
    return found
def hangs(): time.sleep(600)
def spins():
    while True: pass
def signalled(number): os.kill(os.getpid(), number)
def prints(*texts):
    for text in texts: print(text)
    os.write(1, b"out"); os.write(2, b"err"); sys.stderr.write("\\n")
    return len(texts)
def prints_and_exits(): print("last words"); os._exit(3)
def prints_for_ever():
    while True: os.write(1, b"x" * 65536)
def closes(*descriptors):
    for descriptor in descriptors: os.close(descriptor)
    return "closed"
def closes_all(): os.closerange(0, 4096); return "closed"
def closes_streams(): sys.stdout.close(); sys.stderr.close(); return "closed"
def replaces_streams(): sys.stdout = sys.stderr = None; return "replaced"
def leaves_an_odd_stream():
    class Odd(dict):
        def flush(self): raise SystemExit(3)
    sys.stdout = Odd()
    return "odd"
def moves(): os.chdir("/"); os.environ.clear(); sys.path.clear(); return "moved"
def surroundings(): return [os.getcwd(), dict(os.environ), sys.path]
def takes(size): hold = bytearray(size); time.sleep(600)
def keeps(size): loaded.append(bytearray(size)); return "kept"
def forks(): return "child" if os.fork() == 0 else "parent"
def forks_and_raises():
    if os.fork() == 0: raise SystemExit(0)
    return "parent"
def leaves_a_child(file):
    if os.fork() == 0:
        time.sleep(600)
        os._exit(0)
    return "parent"
def child_of_a_child():
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid
def hangs_with_a_child(file):
    pathlib.Path(file).write_text(str(child_of_a_child()))
    time.sleep(600)
def threads(count):
    for _ in range(count): threading.Thread(target=time.sleep, args=(600,)).start()
    return threading.active_count()
def ends_later(file):
    def end():
        while not os.path.exists(file): time.sleep(0.01)
        os._exit(0)
    threading.Thread(target=end).start()
    return "later"
def waits(file):
    pathlib.Path(file).touch()
    time.sleep(1)
    return "waited"
def counts(file):
    with open(file, "a") as stream: stream.write("x")
    return exits()
"""
NEEDS_FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")


class NewWorker:
    """Makes workers, and ends them."""

    def __init__(self) -> None:
        self.made: list[Worker] = []

    def __call__(self, *setup: Any, **limits: Any) -> Worker:
        """Return a worker of the service."""
        self.made.append(Worker("worker_service:answering", setup=setup, **{"seconds": 30, **limits}))
        return self.made[-1]


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewWorker]:
    """Return a function that makes a worker."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "worker_service.py").write_text(SERVICE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    made = NewWorker()
    yield made
    for worker in made.made:
        worker.close()


@pytest.fixture
def worker(new: NewWorker) -> Worker:
    """Return a worker."""
    return new()


def is_running(pid: int) -> bool:
    """Tell whether a process is there after a while in which one that was ended is gone."""
    for _ in range(200):
        try:
            with Path(f"/proc/{pid}/stat").open(encoding="utf-8") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "Z":
                    return False
        except OSError:
            return False
        time.sleep(0.05)
    return True


def test_it_stays(worker: Worker) -> None:
    """One process answers all questions, and is set up once."""
    assert worker.ask("echo", {"a": [1, "\ud800", None]}).found == {"a": [1, "\ud800", None]}
    first = worker.ask("process").found
    assert first != os.getpid()
    assert [worker.ask("process").found, worker.ask("times_loaded").found] == [first, 1]


@pytest.mark.parametrize(
    ("question", "error", "says"),
    [
        (["raises"], AnswerError, "no disk"),
        (["ends"], AnswerError, "x"),
        (["cancelled"], AnswerError, "CancelledError"),
        (["leaves"], AnswerError, "0"),
        (["unprintable"], AnswerError, "Odd"),
        (["object_"], AnswerError, "not JSON serializable"),
        (["deep"], AnswerError, "recursion"),
        (["exits"], EndedError, "ended its process with status 0"),
        (["exits", 7], EndedError, "ended its process with status 7"),
        (["signalled", signal.SIGSEGV], EndedError, "ended its process by signal SIGSEGV"),
        (["signalled", signal.SIGKILL], EndedError, "ended its process by signal SIGKILL"),
        (["closes_all"], EndedError, "ended its process with status 1"),
        (["interrupted"], KeyboardInterrupt, ""),
    ],
    ids=str,
)
def test_what_ends_without_an_answer(
    worker: Worker, question: list[Any], error: type[BaseException], says: str
) -> None:
    """Whatever a question raises or does to its process is an error of its own, and the next one is answered."""
    with pytest.raises(error) as caught:
        worker.ask(*question)
    assert says in str(caught.value)
    assert worker.ask("echo", 2).found == 2


@pytest.mark.parametrize("question", [["hangs"], ["spins"], ["prints_for_ever"]], ids=str)
def test_what_takes_too_long(new: NewWorker, question: list[str]) -> None:
    """A question that never comes back is given up after its time, and what it printed by then is no burden."""
    worker = new()
    with pytest.raises(TimeLimitError, match="took more than 1 seconds") as caught:
        worker.ask(*question, seconds=1)
    assert len(caught.value.printed) <= 1 << 16
    assert worker.ask("echo", 1).found == 1


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not tell of memory")
def test_what_takes_too_much_memory(new: NewWorker) -> None:
    """A question that takes too much ends; what one leaves is not held against the next one."""
    worker = new(memory=600 * 2**20)
    with pytest.raises(MemoryLimitError, match="took more than 600 MiB of memory"):
        worker.ask("takes", 2**30)
    before = worker.ask("process").found
    assert [worker.ask("keeps", 250 * 2**20).found for _ in range(5)] == ["kept"] * 5
    assert worker.ask("process").found != before
    with pytest.raises(MemoryLimitError):
        worker.ask("takes", 2**30)


@pytest.mark.parametrize(
    "question",
    [
        ["closes", 0],
        ["closes", 1, 2],
        ["closes_streams"],
        ["replaces_streams"],
        ["leaves_an_odd_stream"],
        ["moves"],
        ["threads", 64],
    ],
    ids=str,
)
def test_what_a_question_leaves(worker: Worker, question: list[Any]) -> None:
    """Descriptors, streams, folder, environment and path are the next question's again; threads do not matter."""
    before = worker.ask("surroundings").found
    process = worker.ask("process").found
    worker.ask(*question)
    assert worker.ask("prints", "a") == worker.ask("prints", "a")
    assert "a\nouterr\n" in worker.ask("prints", "a").printed
    assert worker.ask("surroundings").found == before
    assert worker.ask("process").found == process


def test_what_is_printed(worker: Worker) -> None:
    """What is printed comes with the answer, and with the error, of the question that did it."""
    answer = worker.ask("prints", "héllo", '{"number": 1, "found": "forged"}', "\ud800")
    assert answer.found == 3
    assert answer.printed.startswith('héllo\n{"number": 1')
    assert worker.ask("echo", 1).printed == ""
    with pytest.raises(EndedError) as caught:
        worker.ask("prints_and_exits")
    assert caught.value.last_words == "last words"


@NEEDS_FORK
def test_what_forks(worker: Worker, tmp_path: Path) -> None:
    """The answer is that of the process that was asked, and what it forked does not keep anybody waiting."""
    assert worker.ask("forks").found == "parent"
    assert worker.ask("forks_and_raises").found == "parent"
    assert worker.ask("leaves_a_child", str(tmp_path / "pid")).found == "parent"
    assert worker.ask("echo", 1).found == 1
    start = time.monotonic()
    with pytest.raises(EndedError):
        worker.ask("exits")
    assert time.monotonic() - start < 20
    assert worker.ask("echo", 2).found == 2


@NEEDS_FORK
def test_what_it_started_ends_with_it(new: NewWorker, tmp_path: Path) -> None:
    """Processes that a question started end with the process, after a limit too."""
    worker = new()
    pid = worker.ask("child_of_a_child").found
    worker.close()
    assert not is_running(pid)
    with pytest.raises(TimeLimitError):
        worker.ask("hangs_with_a_child", str(tmp_path / "pid"), seconds=2)
    assert not is_running(int((tmp_path / "pid").read_text(encoding="utf-8")))


def test_one_that_another_ends(worker: Worker, tmp_path: Path) -> None:
    """A question whose process an earlier one ended is asked once more, and not again if that one ends too."""
    assert worker.ask("ends_later", str(tmp_path / "now")).found == "later"
    assert worker.ask("waits", str(tmp_path / "now")).found == "waited"
    with pytest.raises(EndedError):
        worker.ask("counts", str(tmp_path / "times"))
    assert (tmp_path / "times").read_text(encoding="utf-8") == "xx"


@pytest.mark.parametrize(
    ("setup", "seconds", "says", "last_words"),
    [
        ("fails", 60, "there is nothing here", "no reason given"),
        ("exits", 60, "ended its process with status 0", "on my way out"),
        ("hangs", 2, "took more than 2 seconds", "no reason given"),
    ],
)
def test_one_that_cannot_be_had(new: NewWorker, setup: str, seconds: int, says: str, last_words: str) -> None:
    """Where the process does not come up, that is said at each question."""
    worker = new(setup, to_start=seconds)
    for _ in range(2):
        with pytest.raises(StartError, match=says) as caught:
            worker.ask("echo", 1)
        assert caught.value.last_words == last_words


def test_two_workers(new: NewWorker) -> None:
    """Each has a process of its own, with what it was set up with."""
    one, two = new("one"), new("two")
    assert one.ask("process").found != two.ask("process").found
    with pytest.raises(EndedError):
        one.ask("exits")
    assert two.ask("times_loaded").found == 1


def test_many_threads(worker: Worker) -> None:
    """Each of many threads gets its own answers, also where others end the process."""

    def asked(number: int) -> list[object]:
        found: list[object] = []
        for turn in range(6):
            if turn == number % 6 and not number % 4:
                with pytest.raises(WorkerError):
                    worker.ask("exits")
            found.append(worker.ask("echo", [number, turn]).found)
        return found

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(asked, range(8)))
    assert found == [[[number, turn] for turn in range(6)] for number in range(8)]


@pytest.mark.parametrize("ended", ["interrupt", "close"])
def test_what_is_stopped_in_the_middle(worker: Worker, tmp_path: Path, ended: str) -> None:
    """Ctrl-C and `close` end what is being asked, and all that it started; the next question is answered."""
    file = tmp_path / "pid"

    def stop() -> None:
        while not (file.exists() and file.read_text(encoding="utf-8")):
            time.sleep(0.01)
        stops[ended]()

    stops: dict[str, Callable[[], object]] = {
        "interrupt": lambda: os.kill(os.getpid(), signal.SIGINT),
        "close": worker.close,
    }
    # A program that runs in the background of a shell ignores it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(KeyboardInterrupt if ended == "interrupt" else EndedError):
        worker.ask("hangs_with_a_child", str(file))
    thread.join()
    signal.signal(signal.SIGINT, before)
    assert not is_running(int(file.read_text(encoding="utf-8")))
    assert worker.ask("echo", 1).found == 1


def test_a_folder_that_is_gone(run_python: RunPython, tmp_path: Path) -> None:
    """A program whose working folder is gone can still ask."""
    code = (
        "import os, sys; from lakecat.sources.parquet.isolation import FooterProcess\n"
        "import polars as pl\n"
        f"pl.DataFrame({{'a': [1]}}).write_parquet({str(tmp_path / 't.parquet')!r})\n"
        "os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')\n"
        f"print(FooterProcess().read('columns', [{str(tmp_path / 't.parquet')!r}]))"
    )
    done = run_python(code)
    assert done.stdout.strip() == "{'a': [0, '1', '1']}", done.stderr


def test_it_runs_as_this_interpreter_does(run_python: RunPython, tmp_path: Path) -> None:
    """Options that code notices are those of the program: warnings, assertions, whether bytecode is written."""
    (tmp_path / "flags_service.py").write_text(
        "import sys\ndef answering():\n"
        "    return lambda: [sys.flags.optimize, sys.warnoptions, sys.dont_write_bytecode, sys.argv[1:] != []]\n",
        encoding="utf-8",
    )
    code = (
        "import sys; from lakecat.worker import Worker\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "print(Worker('flags_service:answering').ask().found)"
    )
    done = run_python(["-O", "-B", "-W", "error::UserWarning", "-c", code])
    assert done.stdout.strip() == "[1, ['error::UserWarning'], True, True]", done.stderr
