"""Writes one ASGI response to uWebSockets: whole, sized or chunked, at the pace of its reader."""

import asyncio
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from backend.server.native.wire import Wire

STATUS_LINES = {status.value: f"{status.value} {status.phrase}".encode() for status in HTTPStatus}
WRITTEN_BY_UWS = frozenset({b"content-length", b"transfer-encoding", b"connection", b"date"})
BODYLESS = frozenset({204, 304})
HIGH_WATER = 64 * 1024  # bytes that may wait in a connection before its producer has to wait

Headers = list[tuple[bytes, bytes]]


class InvalidResponseError(Exception):
    """The application broke HTTP; its response was not sent as it stands."""


class ResponseWriter:
    """Its owner calls nothing here after the exchange was aborted: the connection's memory is gone then."""

    def __init__(self, wire: Wire, res: Any, *, is_head: bool, close: bool) -> None:
        self._wire = wire
        self._res = res
        self._is_head = is_head
        self._close = close
        self._status = 200
        self._headers: Headers = []
        self._declared: int | None = None
        self._sent = 0
        self.started = False  # the application has given status and headers
        self.head_written = False
        self.ended = False

    def start(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self._status = status
        self._headers = [(name.lower(), value) for name, value in headers]
        for name, value in self._headers:
            if b"\n" in value or b"\r" in value or b"\n" in name or b"\r" in name:
                raise InvalidResponseError(f"header {name!r} has a line break")
            if name == b"content-length":
                self._declared = int(value)
            elif name == b"connection" and value.lower() == b"close":
                self._close = True
        self.started = True

    def write(self, body: bytes, *, more: bool) -> memoryview | None:
        """Send a piece; what is returned waits for the reader (only where the length was declared)."""
        if self._is_head or self._status in BODYLESS:
            if not more:
                self._corked(self._end_without_body)
            return None
        self._check_length(len(body), last=not more)
        if not more and not self.head_written:
            self._corked(lambda: self._end_whole(body))
            return None
        if self._declared is not None:
            return self.write_sized(memoryview(body))
        self._corked(lambda: self._write_chunk(body, last=not more))
        return None

    def _check_length(self, size: int, *, last: bool) -> None:
        if self._declared is None:
            return
        total = self._sent + size
        if total > self._declared or (last and total < self._declared):
            raise InvalidResponseError(
                f"content-length is {self._declared}, the body has {total} bytes so far"
            )

    def write_sized(self, body: memoryview) -> memoryview | None:
        rest: list[memoryview] = []
        self._corked(lambda: rest.extend(self._try_end(body)))
        return rest[0] if rest else None

    def _corked(self, write: Callable[[], None]) -> None:
        if not self.ended:
            self._wire.corked(self._res, write)

    def _write_head(self) -> None:
        if self.head_written:
            return
        self.head_written = True
        lib, ssl, res = self._wire.lib, self._wire.ssl, self._res
        line = STATUS_LINES.get(self._status) or f"{self._status} Unknown".encode()
        lib.uws_res_write_status(ssl, res, line, len(line))
        for name, value in self._headers:
            if name not in WRITTEN_BY_UWS:
                lib.uws_res_write_header(ssl, res, name, len(name), value, len(value))

    def _end_without_body(self) -> None:
        self._write_head()
        lib, ssl, res = self._wire.lib, self._wire.ssl, self._res
        if self._declared is not None and self._status != HTTPStatus.NO_CONTENT:
            value = str(self._declared).encode()
            lib.uws_res_write_header(ssl, res, b"content-length", 14, value, len(value))
        self.ended = True
        lib.uws_res_end_without_body(ssl, res, self._close)

    def _end_whole(self, body: bytes) -> None:
        self._write_head()
        self.ended = True
        self._wire.lib.uws_res_end(self._wire.ssl, self._res, body, len(body), self._close)

    def _write_chunk(self, body: bytes, *, last: bool) -> None:
        """Told to close, the library would write its header when it ends, into the middle of the body. So the
        head says it, and the client closes.
        """
        lib, ssl, res = self._wire.lib, self._wire.ssl, self._res
        if not self.head_written:
            self._write_head()
            if self._close:
                lib.uws_res_write_header(ssl, res, b"connection", 10, b"close", 5)
        if last:
            self.ended = True
            lib.uws_res_end(ssl, res, body, len(body), False)  # noqa: FBT003 - C has no names
        else:
            lib.uws_res_write(ssl, res, body, len(body))

    def _try_end(self, body: memoryview) -> Iterable[memoryview]:
        total = self._declared or 0
        self._write_head()
        lib, ssl, res = self._wire.lib, self._wire.ssl, self._res
        data = self._wire.ffi.from_buffer(body)
        before = int(lib.uws_res_get_write_offset(ssl, res))
        result = lib.uws_res_try_end(ssl, res, data, len(body), total, self._close)
        if result.has_responded:
            self.ended = True
            self._sent = total
            return ()
        written = int(lib.uws_res_get_write_offset(ssl, res)) - before
        self._sent += written
        return (body[written:],) if written < len(body) else ()


class Drains:
    """Producers that wait until their reader has caught up; looked at after every turn of the loop."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._waiting: dict[asyncio.Future[None], Any] = {}

    async def wait(self, res: Any) -> None:
        if self._wire.buffered(res) <= HIGH_WATER:
            return
        drained = asyncio.get_running_loop().create_future()
        self._waiting[drained] = res
        try:
            await drained
        finally:
            self._waiting.pop(drained, None)

    def forget(self, res: Any) -> None:
        """The connection is gone: wake its producer, which will find that out."""
        for drained, waiting in tuple(self._waiting.items()):
            if waiting == res:
                del self._waiting[drained]
                _wake(drained)

    def look(self) -> None:
        for drained, res in tuple(self._waiting.items()):
            if self._wire.buffered(res) == 0:
                del self._waiting[drained]
                _wake(drained)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
