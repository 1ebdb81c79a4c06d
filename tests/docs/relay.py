"""Stands between a client and a server, and loses the first sockets of rooms in the middle of a message."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_PIECE = 4096


class Relay:
    def __init__(self, port: int, cuts: list[bytes]) -> None:
        """`cuts`: the word of the server with which each socket is lost; later ones are kept."""
        self._port = port
        self._cuts = cuts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.lost = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def run(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
                passage = _Passage(self, client, server)
                threading.Thread(target=passage.run, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def next_cut(self) -> bytes | None:
        return self._cuts.pop(0) if self._cuts else None


class _Passage:
    """One connection. A client may have used it for requests before it becomes a socket."""

    def __init__(self, relay: Relay, client: socket.socket, server: socket.socket) -> None:
        self._relay = relay
        self._client = client
        self._server = server
        self._last: bytes | None = None

    def run(self) -> None:
        with self._client, self._server:
            there = threading.Thread(target=self._there, daemon=True)
            there.start()
            with suppress(OSError):
                self._back()
            _end(self._client)
            _end(self._server)
            there.join()

    def _there(self) -> None:
        with suppress(OSError):
            while piece := self._client.recv(_PIECE):
                if piece.startswith(b"GET /ws"):
                    self._last = self._relay.next_cut()
                self._server.sendall(piece)
        _end(self._server)

    def _back(self) -> None:
        while piece := self._server.recv(_PIECE):
            if self._last is not None and self._last in piece:
                self._client.sendall(piece[: piece.index(self._last)])
                self._relay.lost += 1
                return
            self._client.sendall(piece)


def _end(end: socket.socket) -> None:
    """Also for the thread that reads from it."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def relayed(url: str, cuts: list[bytes]) -> Iterator[Relay]:
    relay = Relay(int(url.rpartition(":")[2]), cuts)
    threading.Thread(target=relay.run, daemon=True).start()
    try:
        yield relay
    finally:
        relay.close()
