"""A WebSocket client of the rooms: whole text frames, each with the moment at which its end was read."""

import asyncio
import struct
import time
from collections.abc import Callable
from typing import Any, Self, cast
from urllib.parse import urlsplit

import msgspec

from benchmarks.load.websocket import text_frame

_TEXT, _CLOSE, _PING = 0x81, 0x88, 0x89
_SHORTEST = 126  # bytes that `text_frame` takes
_END_OF_HEAD = b"\r\n\r\n"


class Said(msgspec.Struct, rename="camel"):
    """Of everything that is said, what a benchmark looks at."""

    type: str
    id: str | int | None = None
    session_id: str | None = None
    response_id: str | None = None
    offset: int = 0
    chunk: str = ""
    status: str = ""


decode = msgspec.json.Decoder(Said).decode
Hear = Callable[[bytes, int], None]
"""A frame, and when it was there: nanoseconds of the monotonic clock."""


class Listener(asyncio.Protocol):
    def __init__(self, address: str, token: str, hear: Hear) -> None:
        self._hear = hear
        self._rest = b""
        self.upgraded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.WriteTransport
        self._left = False
        self._request = (
            f"GET /ws HTTP/1.1\r\nhost: {address}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
            f"authorization: Bearer {token}\r\n"
            "sec-websocket-version: 13\r\nsec-websocket-key: YmFrZW9mZi1tZWFzdXJlcw==\r\n\r\n"
        ).encode()

    @classmethod
    async def connected(cls, url: str, token: str, hear: Hear) -> Self:
        address = urlsplit(url).netloc
        host, _, port = address.partition(":")
        loop = asyncio.get_running_loop()
        _, listener = await loop.create_connection(lambda: cls(address, token, hear), host, int(port))
        await listener.upgraded
        return listener

    def say(self, kind: str, **fields: Any) -> None:
        command = msgspec.json.encode({"type": kind, **fields})
        self._transport.write(text_frame(command.ljust(_SHORTEST)))

    def leave(self) -> None:
        self._left = True
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._left:
            raise ConnectionError("the server closed a socket") from exc

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        data = self._rest + data
        if not self.upgraded.done():
            head, found, data = data.partition(_END_OF_HEAD)
            if not found:
                self._rest = head
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                raise ConnectionError(head.decode())
            self.upgraded.set_result(None)
        self._rest = data[self._heard(data, now) :]

    def _heard(self, data: bytes, now: int) -> int:
        """Bytes of whole frames."""
        start, end = 0, len(data)
        while end - start >= 2:
            kind, size, body = data[start], data[start + 1], start + 2
            if size > 125:
                form, body = ("!H", start + 4) if size == 126 else ("!Q", start + 10)
                if end < body:
                    break
                (size,) = struct.unpack(form, data[start + 2 : body])
            if end < body + size:
                break
            start = body + size
            if kind == _TEXT:
                self._hear(data[body:start], now)
            elif kind == _PING:
                self._transport.write(bytes((0x8A, 0x80 | size)) + bytes(4) + data[body:start])
            elif kind == _CLOSE:
                raise ConnectionError(f"the server closed a socket: {data[body:start]!r}")
            else:
                raise ValueError(f"a frame of kind {kind:x}")
        return start
