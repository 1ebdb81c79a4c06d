"""What the simulator counts about its clients, so that a test can see what they really did."""

import time
from typing import Final

from msgspec import Struct, field

_KEPT: Final = 1_000


class Departure(Struct, frozen=True, rename="camel"):
    """A client that left before its answer was whole."""

    path: str
    noticed: float  # time.monotonic() of this machine
    chunks: int  # that it had been sent


class Stats(Struct, rename="camel"):
    connections_accepted: int = 0
    connections_open: int = 0
    requests: dict[str, int] = field(default_factory=dict)  # by path
    streams_open: int = 0
    chunks_sent: int = 0
    chunks_after_leaving: int = 0  # writes that were tried when the client had gone
    clients_left: int = 0
    departures: list[Departure] = field(default_factory=list)  # the latest

    def requested(self, path: str) -> None:
        self.requests[path] = self.requests.get(path, 0) + 1

    def left(self, path: str, chunks: int) -> None:
        self.clients_left += 1
        self.departures.append(Departure(path, time.monotonic(), chunks))
        del self.departures[:-_KEPT]
