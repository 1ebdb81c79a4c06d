"""Sockets and topics without a network: what is sent is there at once, and is read as late as one likes."""

from collections import defaultdict, deque
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

from backend.kit.sockets import Message, Sent, SocketRequest
from backend.rooms.members import Member


class LoopbackTransport:
    def __init__(self) -> None:
        self.readers: defaultdict[str, set[LoopbackSocket]] = defaultdict(set)
        self.published = 0

    def publish(self, topic: str, message: Message) -> None:
        self.published += 1
        for socket in tuple(self.readers[topic]):
            socket.send(message)

    def open_sockets(self) -> int:
        return 0


class LoopbackSocket:
    def __init__(self, transport: LoopbackTransport) -> None:
        self.request = SocketRequest("request", "/ws", "", {}, None)
        self.unread: deque[str] = deque()
        self.waiting = 0
        self.closed: tuple[int, str] | None = None
        self._transport = transport

    @property
    def buffered(self) -> int:
        return self.waiting

    def send(self, message: Message) -> Sent:
        assert isinstance(message, str), "a binary frame"
        if self.closed:
            return Sent.CLOSED
        self.unread.append(message)
        return Sent.SENT

    def subscribe(self, topic: str) -> None:
        if not self.closed:
            self._transport.readers[topic].add(self)

    def unsubscribe(self, topic: str) -> None:
        self._transport.readers[topic].discard(self)

    def close(self, code: int, reason: str = "") -> None:
        self.closed = (code, reason)
        for readers in self._transport.readers.values():
            readers.discard(self)

    def __aiter__(self) -> AsyncIterator[Message]:
        raise NotImplementedError


def member_of(socket: LoopbackSocket, person_id: UUID | None = None, name: str = "Ada") -> Member:
    return Member(socket, person_id or uuid4(), name, lambda _session: None, lambda _session: None)
