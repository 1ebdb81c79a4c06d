"""One WebSocket over ASGI: its own writer task, so that nobody waits for a slow reader."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Protocol

from backend.kit.application import Send
from backend.kit.sockets import Message, Sent, SocketRequest
from backend.server.conversation import Ending
from backend.server.inbox import Inbox
from backend.server.limits import MAX_MESSAGE, TOO_BIG, TOO_MANY
from backend.server.slow import SLOW_READER, SlowReaders


class Readership(Protocol):
    """What a socket needs of the topics, which in turn hold sockets."""

    def subscribe(self, socket: "PortableSocket", topic: str) -> None: ...

    def unsubscribe(self, socket: "PortableSocket", topic: str) -> None: ...


class PortableSocket:
    def __init__(self, request: SocketRequest, topics: Readership, slow: SlowReaders) -> None:
        self.request = request
        self.ending = Ending()
        self.buffered = 0
        self._topics = topics
        self._slow = slow
        self._inbox = Inbox()
        self._outbox: deque[Message] = deque()
        self._work = asyncio.Event()
        self.ended = asyncio.Event()

    # For the endpoint.

    def send(self, message: Message) -> Sent:
        if self.ended.is_set():
            return Sent.CLOSED
        waiting = self.buffered > 0
        self._outbox.append(message)
        self.buffered += size_of(message)
        self._work.set()
        self._slow.look(self)
        if self.ended.is_set():
            return Sent.CLOSED
        return Sent.QUEUED if waiting else Sent.SENT

    def subscribe(self, topic: str) -> None:
        if not self.ended.is_set():
            self._topics.subscribe(self, topic)

    def unsubscribe(self, topic: str) -> None:
        self._topics.unsubscribe(self, topic)

    def close(self, code: int, reason: str = "") -> None:
        if not self.ended.is_set():
            if code == SLOW_READER:  # what it has not read by now it will ask for again
                self._outbox.clear()
            self._end(Ending(code, reason, by="server"))

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        return await self._inbox.next()

    # For the ASGI side.

    def message_arrived(self, message: Message) -> None:
        if self.ended.is_set():
            return
        if size_of(message) > MAX_MESSAGE:
            self.close(TOO_BIG, f"a message may have {MAX_MESSAGE} bytes")
        elif not self._inbox.put(message):
            self.close(TOO_MANY, "you send faster than the server reads")

    def client_went(self, code: int, reason: str) -> None:
        if not self.ended.is_set():
            self._outbox.clear()
            self._end(Ending(code, reason))

    async def write_out(self, send: Send) -> None:
        """Send what is in the outbox, in order, until the socket has ended and the outbox is empty."""
        while True:
            while self._outbox:
                message = self._outbox.popleft()
                kind = "text" if isinstance(message, str) else "bytes"
                await send({"type": "websocket.send", kind: message})
                self.buffered -= size_of(message)
                self._slow.look(self)
            if self.ended.is_set():
                return
            self._work.clear()
            await self._work.wait()

    def _end(self, ending: Ending) -> None:
        self.ended.set()
        self.ending = ending
        self._inbox.end()
        self._slow.forget(self)
        self._work.set()


def size_of(message: Message) -> int:
    return len(message) if isinstance(message, bytes) else len(message.encode())
