"""One native WebSocket."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Protocol

from backend.kit.sockets import Message, Sent, SocketRequest
from backend.server.conversation import Ending
from backend.server.inbox import Inbox
from backend.server.limits import MAX_MESSAGE, PING_AFTER, PONG_WITHIN, TOO_BIG, TOO_MANY
from backend.server.native.frames import FrameCheck
from backend.server.native.wire import Wire
from backend.server.slow import SlowReaders


class Readership(Protocol):
    """What a socket needs of the topics, which in turn hold sockets."""

    slow: SlowReaders

    def subscribe(self, socket: "NativeSocket", topic: str) -> None: ...

    def unsubscribe(self, socket: "NativeSocket", topic: str) -> None: ...


class NativeSocket:
    """After `opened` and until `closed` the C socket exists; outside of that nothing is called on it."""

    def __init__(self, wire: Wire, topics: Readership, number: int, request: SocketRequest) -> None:
        self.request = request
        self.number = number
        self.ending = Ending()
        self.ws: Any = None
        self._wire = wire
        self._topics = topics
        self.frames = FrameCheck()
        self._inbox = Inbox()
        self._loop = asyncio.get_running_loop()
        self._heard = 0.0
        self._pulse: asyncio.TimerHandle | None = None

    # For the endpoint.

    @property
    def buffered(self) -> int:
        return (
            0 if self.ws is None else int(self._wire.lib.uws_ws_get_buffered_amount(self._wire.ssl, self.ws))
        )

    def send(self, message: Message) -> Sent:
        if self.ws is None:
            return Sent.CLOSED
        lib = self._wire.lib
        data, opcode = (message.encode(), lib.TEXT) if isinstance(message, str) else (message, lib.BINARY)
        status = lib.uws_ws_send(self._wire.ssl, self.ws, data, len(data), opcode)
        if status == lib.SUCCESS:
            return Sent.SENT
        self._wire.loop.wake()
        self._topics.slow.look(self)
        return Sent.QUEUED if status == lib.BACKPRESSURE and self.ws is not None else Sent.CLOSED

    def subscribe(self, topic: str) -> None:
        if self.ws is not None:
            self._topics.subscribe(self, topic)

    def unsubscribe(self, topic: str) -> None:
        if self.ws is not None:
            self._topics.unsubscribe(self, topic)

    def close(self, code: int, reason: str = "") -> None:
        if self.ws is not None:
            self.ending = Ending(code, reason, by="server")
            data = reason.encode()[:123]
            self._wire.lib.uws_ws_end(
                self._wire.ssl, self.ws, code, data, len(data)
            )  # calls `closed` at once
            self._wire.loop.wake()

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        return await self._inbox.next()

    # For the side that hears from uWebSockets.

    def opened(self, ws: Any) -> None:
        self.ws = ws
        self.heard()
        self._pulse = self._loop.call_later(PING_AFTER, self._check_pulse)

    def heard(self) -> None:
        self._heard = self._loop.time()

    def message_arrived(self, message: Message, size: int) -> None:
        self.heard()
        if size > MAX_MESSAGE:
            self.close(TOO_BIG, f"a message may have {MAX_MESSAGE} bytes")
        elif not self._inbox.put(message):
            self.close(TOO_MANY, "you send faster than the server reads")

    def closed(self, code: int, reason: str) -> None:
        if self.ending.by == "client":
            self.ending = Ending(code, reason)
        self.ws = None
        self._inbox.end()
        if self._pulse is not None:
            self._pulse.cancel()

    def _check_pulse(self) -> None:
        """Ping who has been silent; drop who does not answer. One timer, no work for who talks."""
        silent = self._loop.time() - self._heard
        if silent >= PING_AFTER + PONG_WITHIN:
            self.ending = Ending(1006, "no pong", by="server")
            self._wire.lib.uws_ws_close(self._wire.ssl, self.ws)
            self._wire.loop.wake()
        elif silent >= PING_AFTER:
            self._wire.lib.uws_ws_send(self._wire.ssl, self.ws, b"", 0, self._wire.lib.PING)
            self._pulse = self._loop.call_later(PING_AFTER + PONG_WITHIN - silent, self._check_pulse)
        else:
            self._pulse = self._loop.call_later(PING_AFTER - silent, self._check_pulse)
