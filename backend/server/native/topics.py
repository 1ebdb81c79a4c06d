"""Who reads which topic. uWebSockets fans out; this side remembers readers in order to find the slow ones."""

import asyncio
from collections import defaultdict
from typing import Any

from backend.kit.sockets import Message
from backend.server.native.socket import NativeSocket
from backend.server.native.wire import Wire
from backend.server.slow import SlowReaders

LOOK_EVERY_BYTES = 64 * 1024  # published to a topic before its readers are looked at
LOOK_EVERY_SECONDS = 1.0  # while anything is published


class Topics:
    def __init__(self, wire: Wire, uws_app: Any) -> None:
        self._wire = wire
        self._uws_app = uws_app
        self._loop = asyncio.get_running_loop()
        self._readers: defaultdict[str, set[NativeSocket]] = defaultdict(set)
        self._topics: defaultdict[NativeSocket, set[str]] = defaultdict(set)
        self._unlooked: defaultdict[str, int] = defaultdict(int)  # bytes published since the last look
        self._look_at: set[str] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self.slow = SlowReaders()

    def publish(self, topic: str, message: Message) -> None:
        lib = self._wire.lib
        data, opcode = (message.encode(), lib.TEXT) if isinstance(message, str) else (message, lib.BINARY)
        name = topic.encode()
        lib.uws_publish(self._wire.ssl, self._uws_app, name, len(name), data, len(data), opcode, False)  # noqa: FBT003 — uncompressed
        self._unlooked[topic] += len(data)
        if self._unlooked[topic] >= LOOK_EVERY_BYTES:
            self._look_at.add(topic)
        if self._sweep is None:
            self._sweep = self._loop.call_later(LOOK_EVERY_SECONDS, self._look_at_all)
        self._wire.loop.wake()

    def subscribe(self, socket: NativeSocket, topic: str) -> None:
        name = topic.encode()
        self._wire.lib.uws_ws_subscribe(self._wire.ssl, socket.ws, name, len(name))
        self._readers[topic].add(socket)
        self._topics[socket].add(topic)

    def unsubscribe(self, socket: NativeSocket, topic: str) -> None:
        name = topic.encode()
        self._wire.lib.uws_ws_unsubscribe(self._wire.ssl, socket.ws, name, len(name))
        self._topics[socket].discard(topic)
        self._remove(socket, topic)

    def leave_all(self, socket: NativeSocket) -> None:
        """The socket is gone; uWebSockets has unsubscribed it already."""
        for topic in self._topics.pop(socket, ()):
            self._remove(socket, topic)
        self.slow.forget(socket)

    def after_tick(self) -> None:
        """Topics are flushed inside the native loop, so the look at their readers comes after its turn."""
        while self._look_at:
            topic = self._look_at.pop()
            self._unlooked.pop(topic, None)
            for socket in tuple(self._readers.get(topic, ())):
                self.slow.look(socket)

    def _look_at_all(self) -> None:
        self._sweep = None
        self._look_at.update(self._unlooked)
        self.after_tick()

    def _remove(self, socket: NativeSocket, topic: str) -> None:
        readers = self._readers[topic]
        readers.discard(socket)
        if not readers:
            del self._readers[topic]
