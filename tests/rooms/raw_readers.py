"""Readers that do nothing but keep the bytes: twenty of them cost less than one that understands."""

import asyncio
import json
import struct
from collections.abc import Iterator
from uuid import UUID

from tests.rooms.stage import Stage
from tests.server.frames import Opcode, frame, upgrade_request


class RawReader(asyncio.Protocol):
    def __init__(self) -> None:
        self.received = bytearray()
        self.gone = False
        self._arrived: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport

    @classmethod
    async def in_room(cls, stage: Stage, token: str, session_id: UUID) -> "RawReader":
        """A member of the room, whose first bytes are the greeting."""
        loop = asyncio.get_running_loop()
        _, reader = await loop.create_connection(cls, "127.0.0.1", stage.thread.server.port)
        reader._transport.write(upgrade_request(authorization=f"Bearer {token}"))
        while b"\r\n\r\n" not in reader.received:
            await reader.more()
        head, _, rest = bytes(reader.received).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        reader.received[:] = rest
        reader.say("join_session", sessionId=str(session_id))
        while b'"type":"presence"' not in reader.received:
            await reader.more()
        return reader

    def say(self, kind: str, **fields: object) -> None:
        command = json.dumps({"type": kind, **fields}).encode()
        self._transport.write(frame(Opcode.TEXT, command))

    async def more(self) -> None:
        assert not self.gone, bytes(self.received[-300:])
        self._arrived = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(20):
            await self._arrived

    def abort(self) -> None:
        self._transport.abort()

    def texts(self) -> Iterator[bytes]:
        """What has come whole so far."""
        at, received = 0, self.received
        while at + 2 <= len(received):
            size, start = received[at + 1], at + 2
            if size >= 126:
                width = 2 if size == 126 else 8
                if start + width > len(received):
                    return
                size = struct.unpack("!H" if width == 2 else "!Q", received[start : start + width])[0]
                start += width
            if start + size > len(received):
                return
            if received[at] & 0x0F == Opcode.TEXT:
                yield bytes(received[start : start + size])
            at = start + size

    # For the loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self.gone = True
        self._wake()

    def _wake(self) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)
