"""Frames onto one connection, each at its moment, until the end or until the client has gone.

Knows no wire format. It writes to the transport itself: a task that wakes for every chunk would cost more
than the chunk, and the faults need the connection in their hands.
"""

import asyncio
import socket
import struct
from collections.abc import Iterator
from typing import Final

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter

from backend.providers.simulator.staging import Ending, Tempo
from backend.providers.simulator.stats import Stats

_BATCH: Final = 16 * 1024  # bytes that are written at once when nothing is paced
_BEHIND: Final = 1024 * 1024  # bytes that may wait for a slow reader
_LOOK_AGAIN: Final = 0.02  # seconds until a slow reader is looked at again
_PING_EVERY: Final = 0.05  # seconds; faster than any vendor, so that tests need not wait
# Announces more than what follows: the client is inside a chunk when the connection ends.
_HALF_A_CHUNK: Final = b"400\r\ndata: {"


class Delivery:
    def __init__(self, request: web.BaseRequest, stats: Stats) -> None:
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the client has gone")
        self._transport: asyncio.Transport = transport
        self._request = request
        self._stats = stats
        self._loop = asyncio.get_running_loop()
        self.chunks = 0
        self.over = False  # what comes now is not the client's doing

    async def stream(
        self, response: web.StreamResponse, frames: Iterator[bytes], tempo: Tempo
    ) -> AbstractStreamWriter:
        """Headers at once, then the frames."""
        writer = await self._begun(response)
        self._stats.streams_open += 1
        try:
            if tempo.gap:
                await _Player(self, frames, tempo.gaps()).play()
            else:
                await asyncio.sleep(tempo.first)
                await self._flood(frames, writer)
        finally:
            self._stats.streams_open -= 1
        return writer

    async def whole(self, response: web.StreamResponse, body: bytes) -> AbstractStreamWriter:
        writer = await self._begun(response)
        self.send(body, 1)
        return writer

    async def end(
        self, response: web.StreamResponse, writer: AbstractStreamWriter, ending: Ending, ping: bytes
    ) -> None:
        match ending:
            case Ending.CLEAN:
                self.over = True
                await response.write_eof()
            case Ending.SILENCE:
                await self._loop.create_future()
            case Ending.PINGS:
                while True:
                    self._write(ping)
                    await asyncio.sleep(_PING_EVERY)
            case Ending.CUT:
                self.over = True
                self._transport.write(_HALF_A_CHUNK)
                self._transport.close()
            case Ending.RESET:
                await self._flushed(writer)
                self.over = True
                peer = self._transport.get_extra_info("socket")
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self._transport.abort()

    @property
    def gone(self) -> bool:
        return self._transport.is_closing()

    @property
    def behind(self) -> bool:
        return self._transport.get_write_buffer_size() > _BEHIND

    def send(self, data: bytes, chunks: int) -> None:
        if self.gone:
            self._stats.chunks_after_leaving += chunks
            return
        self._write(data)
        self.chunks += chunks
        self._stats.chunks_sent += chunks

    async def _begun(self, response: web.StreamResponse) -> AbstractStreamWriter:
        if self._request.version >= (1, 1):
            response.enable_chunked_encoding()
        else:
            response.force_close()  # without chunks only the end of the connection ends the body
        writer = await response.prepare(self._request)
        if writer is None:
            raise ConnectionResetError("the response has ended")
        return writer

    async def _flood(self, frames: Iterator[bytes], writer: AbstractStreamWriter) -> None:
        batch: list[bytes] = []
        size = 0
        for frame in frames:
            batch.append(frame)
            size += len(frame)
            if size >= _BATCH:
                self.send(b"".join(batch), len(batch))
                batch.clear()
                size = 0
                await writer.drain()
                await asyncio.sleep(0)  # the other streams are as fast
        if size:
            self.send(b"".join(batch), len(batch))

    async def _flushed(self, writer: AbstractStreamWriter) -> None:
        """A reset throws away what waits here."""
        self._transport.set_write_buffer_limits(high=0)
        await writer.drain()

    def _write(self, data: bytes) -> None:
        if not data:
            return  # an empty chunk would be the end of the body
        chunked = self._request.version >= (1, 1)
        self._transport.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)


class _Player:
    """One timer for one stream: no task wakes between the first frame and the last."""

    def __init__(self, delivery: Delivery, frames: Iterator[bytes], gaps: Iterator[float]) -> None:
        self._delivery = delivery
        self._frames = frames
        self._gaps = gaps
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._due = self._loop.time() + next(gaps)
        self._timer = self._loop.call_at(self._due, self._tick)

    async def play(self) -> None:
        try:
            await self._ended
        finally:
            self._timer.cancel()

    def _tick(self) -> None:
        if self._ended.done() or self._delivery.gone:
            return  # who has gone is noticed by the server, which cancels the task that waits
        try:
            self._catch_up()
        except Exception as error:  # noqa: BLE001 - whatever a voice raises belongs to the task that waits
            self._ended.set_exception(error)

    def _catch_up(self) -> None:
        """Everything that is due, each in its own write."""
        now = self._loop.time()
        if self._delivery.behind:
            self._timer = self._loop.call_later(_LOOK_AGAIN, self._tick)
            return
        while self._due <= now and not self._delivery.gone:  # the first write can be what finds nobody there
            frame = next(self._frames, None)
            if frame is None:
                self._ended.set_result(None)
                return
            if frame:
                self._delivery.send(frame, 1)
            self._due += next(self._gaps)
        self._timer = self._loop.call_at(self._due, self._tick)
