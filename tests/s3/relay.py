"""A relay in front of an S3 server that lets so many bytes pass and then falls silent or breaks off."""

from __future__ import annotations

import selectors
import socket
import threading
from typing import TYPE_CHECKING, Literal

from .processes import free_port

if TYPE_CHECKING:
    from types import TracebackType

PATIENCE = 20.0
CHUNK = 1 << 16


class Relay:
    """Forwards the connections of a port of its own to a port of the loopback until its allowance of bytes is spent.

    A request's signature covers the address that the client calls, and the server checks it against the request's
    ``Host``, which is passed on as it is: so the server takes what comes through the relay for genuine.

    Args:
        target: The port of the server.

    Attributes:
        passed: The number of bytes of the server's answers that have passed.
        tripped: Set when the allowance is spent.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", free_port()))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._peers: dict[socket.socket, socket.socket] = {}
        self._from_server: set[socket.socket] = set()
        self.passed = 0
        self._left: int | None = None
        self._then: Literal["hang", "close"] = "close"
        self._ending = threading.Event()
        self.tripped = threading.Event()
        self._thread = threading.Thread(target=self._forward, name="relay", daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join(PATIENCE)
        self._close()
        self._selector.close()

    def trip_after(self, count: int, then: Literal["hang", "close"]) -> None:
        """From now on let ``count`` bytes of the server's answers pass.

        Then stop: ``hang`` leaves every connection open and silent, and new ones too; ``close`` ends them, and new ones
        are refused.
        """
        self._then = then
        self._left = count

    def _forward(self) -> None:
        while not self._ending.is_set() and not self.tripped.is_set():
            for key, _ in self._selector.select(0.05):
                source = key.fileobj
                if source is self._listener:
                    self._accept()
                elif isinstance(source, socket.socket) and source in self._peers:
                    self._pass_on(source)
                if self.tripped.is_set():
                    break
        if self.tripped.is_set() and self._then == "close":
            self._close()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        server = socket.create_connection(("127.0.0.1", self._target), PATIENCE)
        self._from_server.add(server)
        for one, other in ((client, server), (server, client)):
            one.settimeout(PATIENCE)
            self._peers[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, source: socket.socket) -> None:
        peer = self._peers[source]
        try:
            data = source.recv(CHUNK)
            if source in self._from_server:
                data = data[: self._left]
                self.passed += len(data)
                self._left = None if self._left is None else self._left - len(data)
            peer.sendall(data)
        except OSError:
            data = b""  # one side has gone: so must the other
        if self._left == 0:
            self.tripped.set()
        elif not data:
            for one in (source, peer):
                self._selector.unregister(one)
                del self._peers[one]
                self._from_server.discard(one)
                one.close()

    def _close(self) -> None:
        for one in (self._listener, *self._peers):
            one.close()
        self._peers.clear()
