"""The port between the rooms and whatever server carries their WebSockets.

Two servers implement it: backend/server/native and backend/server/portable.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

Message = str | bytes


class Sent(Enum):
    """What became of one message."""

    SENT = "sent"  # handed to the operating system
    QUEUED = "queued"  # the reader is behind; the message waits in the socket's own buffer
    CLOSED = "closed"  # the socket is gone or going; nobody will read it


@dataclass(frozen=True, slots=True)
class SocketRequest:
    """The HTTP request that wants to become a socket."""

    id: str
    path: str
    query: str
    headers: Mapping[str, str]
    client: str | None
    subprotocols: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Accept:
    subprotocol: str | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Socket(Protocol):
    """One open WebSocket. Iterate over it to read; leaving the endpoint closes it."""

    request: SocketRequest

    @property
    def buffered(self) -> int:
        """Bytes that wait for this reader."""

    def send(self, message: Message) -> Sent: ...

    def subscribe(self, topic: str) -> None: ...

    def unsubscribe(self, topic: str) -> None: ...

    def close(self, code: int, reason: str = "") -> None: ...

    def __aiter__(self) -> AsyncIterator[Message]: ...


class SocketEndpoint(Protocol):
    """What the application puts behind a path."""

    async def admit(self, request: SocketRequest) -> Accept | Refuse: ...

    async def run(self, socket: Socket) -> None: ...


class SocketTransport(Protocol):
    """What the application may ask of the server that runs it."""

    def publish(self, topic: str, message: Message) -> None:
        """Send one message, encoded once, to every subscriber of the topic."""

    def open_sockets(self) -> int: ...


class Nowhere:
    """No server at all: for an application that is looked at and not run."""

    def publish(self, topic: str, message: Message) -> None:
        """Nobody is there to hear it."""

    def open_sockets(self) -> int:
        return 0
