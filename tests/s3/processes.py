"""Starting daemons, waiting for them, and ports for them."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE = 60.0


class CephError(Exception):
    """Ceph does not start, or does not do as it is told."""


def daemon(folder: Path, *command: str) -> subprocess.Popen[bytes]:
    """Start a daemon of the cluster as a child process, in the foreground, so that it is known whom to stop.

    Where the machine has `setpriv`, the kernel ends the daemon with this process, even if that is killed.
    """
    prefix = ("setpriv", "--pdeathsig", "KILL", "--") if shutil.which("setpriv") else ()
    with (folder / f"{command[0]}.out").open("ab") as out:
        return subprocess.Popen(
            [*prefix, command[0], "-f", "-c", str(folder / "ceph.conf"), *command[1:]],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )


def wait_until(condition: Callable[[], bool], what: str, process: subprocess.Popen[bytes] | None = None) -> None:
    """Poll until a condition holds.

    Raises:
        CephError: It does not within a minute, or the process that should bring it about has ended.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if process is not None and (code := process.poll()) is not None:
            raise CephError(f"{what} ended with exit code {code}")
        if time.monotonic() > deadline:
            raise CephError(f"{what} is not up after {PATIENCE:.0f} s")
        time.sleep(0.05)


def free_port() -> int:
    """Return a port of the loopback on which nothing listens.

    It is none of those that the kernel gives to clients: a client of a stopped server must not get the server's port
    for its own end, and so speak to itself.
    """
    for port in random.sample(range(20000, 32768), 100):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise CephError("a hundred ports were tried, and none is free")
