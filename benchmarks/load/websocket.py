"""As little of a WebSocket client as a load generator needs: it looks into frames only as far as it must."""

import asyncio
import struct
from typing import cast
from urllib.parse import urlsplit

READY = b"\x81\x05ready"  # the room's first words, as a text frame


def text_frame(payload: bytes) -> bytes:
    """Masked with zeros: valid, and the payload stays as it is."""
    size = len(payload)
    assert 126 <= size < 65536
    return struct.pack("!BBHI", 0x81, 0x80 | 126, size, 0) + payload


def size_on_arrival(payload: int) -> int:
    """Bytes of a frame from the server with so long a payload."""
    return payload + 4


class Client(asyncio.Protocol):
    def __init__(self, host: str, path: str) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.WriteTransport
        self._greeting = b""
        self._upgrade = (
            f"GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
            "sec-websocket-version: 13\r\nsec-websocket-key: YmFrZW9mZi1tZWFzdXJlcw==\r\n\r\n"
        ).encode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)
        self.transport.write(self._upgrade)

    def connection_lost(self, exc: Exception | None) -> None:
        raise ConnectionError(f"the server closed a socket that began with {self._greeting!r}") from exc

    def data_received(self, data: bytes) -> None:
        if self.ready.done():
            self.frames_arrived(data)
            return
        self._greeting += data
        if self._greeting.endswith(READY):
            self.ready.set_result(None)

    def frames_arrived(self, data: bytes) -> None:
        """Any number of frames, the last one perhaps in part."""


async def connect(client_type: type[Client], url: str, query: str = "") -> Client:
    address = urlsplit(url).netloc
    host, _, port = address.partition(":")
    path = f"/ws?{query}" if query else "/ws"
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(lambda: client_type(address, path), host, int(port))
    await client.ready
    return client
