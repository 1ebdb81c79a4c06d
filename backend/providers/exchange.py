"""One try of one call: the request goes out, the stream comes in, the clocks run.

Next: backend/providers/decoding.py
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final

import httpx2
import msgspec

from backend.providers.chat import Chunk, Finished, Reasoning, Text, ToolCallPiece
from backend.providers.decoding import ChunkReader
from backend.providers.dialects import WIRE_FORMATS
from backend.providers.error_bodies import error_in_response
from backend.providers.failures import UNREADABLE, ProviderError, shortened
from backend.providers.keys import Key
from backend.providers.marks import Marks
from backend.providers.sdk import Sdk
from backend.providers.target import Target
from backend.providers.transport import UpstreamBody, body_of
from backend.providers.watch import Watch, no_first_chunk

_EVENT_STREAM: Final = "text/event-stream"
_LOOKED_AT: Final = 64 * 1024
_SHOWN: Final = 200


@asynccontextmanager
async def exchange(
    sdk: Sdk, target: Target, key: Key, body: dict[str, Any], marks: Marks
) -> AsyncIterator["Exchange"]:
    """Leaving it closes the socket, unless all has been read."""
    wire = WIRE_FORMATS[target.dialect]
    watch = Watch(target.clocks)
    # It may be cut off before anybody can say when exactly it left.
    marks.sent, marks.headers = time.monotonic(), None
    try:
        async with asyncio.timeout_at(watch.first_chunk_at):
            response = await sdk.post(target.endpoint, key, wire.path, body)
    except TimeoutError:
        raise no_first_chunk(target.clocks) from None
    async with aclosing(body_of(response)) as upstream:
        marks.sent, marks.headers = upstream.sent, upstream.headers_at
        try:
            async with asyncio.timeout_at(watch.first_chunk_at):
                await _expect_event_stream(response, upstream)
        except TimeoutError:
            raise no_first_chunk(target.clocks) from None
        watch.start(upstream.abort)
        try:
            yield Exchange(upstream, ChunkReader(wire.stream()), watch, marks)
        finally:
            watch.stop()


class Exchange:
    def __init__(self, upstream: UpstreamBody, reader: ChunkReader, watch: Watch, marks: Marks) -> None:
        self._upstream = upstream
        self.reader = reader
        self._watch = watch
        self._marks = marks

    async def next(self) -> list[Chunk]:
        """What one read of the socket brings, once it brings anything; empty when all has been said."""
        while not self.reader.ended:
            if chunks := await self._read():
                return chunks
        if self.reader.failure is not None:
            raise self.reader.failure
        await self._upstream.drain()
        return []

    async def _read(self) -> list[Chunk]:
        self._watch.read_begins()
        try:
            piece = await self._upstream.read()
        except httpx2.TransportError as error:
            return self._broken(error)
        finally:
            self._watch.read_ended()
        at = time.monotonic()
        chunks = self.reader.feed(piece, at) if piece else self.reader.close(at)
        if chunks:
            self._note(chunks, at)
        if not piece:
            self._refuse_nothing("It ended before it began.")
        return chunks

    def _broken(self, error: httpx2.TransportError) -> list[Chunk]:
        """What was said in full stays said; a stream that had not begun can be tried again."""
        chunks = self.reader.close(time.monotonic())
        if self._watch.expired and not (chunks and isinstance(chunks[-1], Finished)):
            raise self._watch.failure()
        self._refuse_nothing(str(error))
        return chunks

    def _refuse_nothing(self, reason: str) -> None:
        if self._marks.first_chunk is None and self.reader.interrupted:
            message = f"The provider's stream broke off before its first token. {reason}"
            raise ProviderError("bad_stream", message, retryable=True)

    def _note(self, chunks: list[Chunk], at: float) -> None:
        self._watch.heard()
        marks = self._marks
        marks.last = at
        if marks.first_text is None:
            kinds = set(map(type, chunks))
            if marks.first_chunk is None and kinds & {Text, Reasoning, ToolCallPiece}:
                marks.first_chunk = at
            if Text in kinds:
                marks.first_text = at


async def _expect_event_stream(response: httpx2.Response, upstream: UpstreamBody) -> None:
    """A proxy's page, or an error that came with status 200, is not an answer."""
    kind = response.headers.get("content-type", _EVENT_STREAM).partition(";")[0].strip().lower()
    if kind == _EVENT_STREAM:
        return
    start = b""
    try:
        while len(start) < _LOOKED_AT and (piece := await upstream.read()):
            start += piece
    except httpx2.TransportError:
        pass
    try:
        said = msgspec.json.decode(start)
    except UNREADABLE:
        said = None
    if isinstance(said, dict) and said.get("error"):
        raise error_in_response(response.status_code, response.headers, said)
    shown = shortened(start[: 4 * _SHOWN].decode("utf-8", "backslashreplace"), _SHOWN)
    raise ProviderError("bad_stream", f"The provider answered with {kind} instead of a stream: {shown}")
