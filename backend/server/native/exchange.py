"""One HTTP request and its response, as ASGI sees them."""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog

from backend.kit.application import AsgiApp, AsgiMessage, ClientGoneError, Scope
from backend.server.native.response import Drains, ResponseWriter
from backend.server.native.wire import Wire

log = structlog.stdlib.get_logger(__name__)

CRASH_BODY = b'{"statusCode":500,"message":"Internal server error","error":"Internal Server Error"}'


class Exchange:
    """Alive from the request until its response has ended or its client has gone, whichever is first."""

    def __init__(
        self,
        wire: Wire,
        res: Any,
        scope: Scope,
        drains: Drains,
        wants_to_write: Callable[[], None],
        *,
        max_body: int,
        close: bool,
    ) -> None:
        self._wire = wire
        self._res = res
        self._drains = drains
        self._wants_to_write = wants_to_write
        self._scope = scope
        self._max_body = max_body
        self._response = ResponseWriter(wire, res, is_head=scope["method"] == "HEAD", close=close)
        self._pieces: list[bytes] = []
        self._received = 0
        self._complete = False
        self._handed_over = False
        self._continue_owed = False
        self._change = asyncio.Event()  # the body grew, the client went or the response ended
        self._writable: asyncio.Future[None] | None = None
        self.aborted = False

    @property
    def over(self) -> bool:
        return self.aborted or self._response.ended

    @property
    def _too_large(self) -> bool:
        return self._received > self._max_body

    # What uWebSockets tells.

    def expect_body(self, *, declared: int, waits_for_continue: bool) -> None:
        if declared > self._max_body:  # known before the first byte: none is kept, none is invited
            self._received = declared
            self._handed_over = True
        else:
            self._continue_owed = waits_for_continue

    def body_arrived(self, piece: bytes, *, last: bool) -> None:
        """Past the limit nothing is kept; it is the application that refuses what is too large."""
        if not self._too_large:
            self._pieces.append(piece)
        self._received += len(piece)
        self._complete = self._complete or last
        self._change.set()

    def client_went(self) -> None:
        self.aborted = True
        self._drains.forget(self._res)
        self.became_writable()
        self._change.set()

    def became_writable(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    # What the application asks.

    async def run(self, app: AsgiApp) -> None:
        try:
            await app(self._scope, self._receive, self._send)
        except Exception:  # the bulkhead: one request's failure must not reach the server
            if not self.aborted:
                log.exception("exchange.crashed", path=self._scope["path"])
        finally:
            self._finish()

    async def _receive(self) -> AsgiMessage:
        if not self._handed_over:
            self._invite_body()
            while not (self._pieces or self._complete or self.over):
                await self._next_change()
            if self._pieces or self._complete:
                return self._hand_over()
        while not (self.over or self._too_large):
            await self._next_change()
        return {"type": "http.disconnect"}

    def _invite_body(self) -> None:
        if self._continue_owed and not self.over:
            self._continue_owed = False
            self._wire.lib.uws_res_write_continue(self._wire.ssl, self._res)
            self._wire.loop.wake()

    def _hand_over(self) -> AsgiMessage:
        body, self._pieces = b"".join(self._pieces), []
        self._handed_over = self._complete or self._too_large
        return {"type": "http.request", "body": body, "more_body": self._too_large or not self._complete}

    async def _next_change(self) -> None:
        self._change.clear()
        await self._change.wait()

    async def _send(self, message: AsgiMessage) -> None:
        if self.aborted:
            raise ClientGoneError
        if message["type"] == "http.response.start":
            self._response.start(message["status"], message.get("headers", ()))
        elif message["type"] == "http.response.body":
            await self._send_body(message.get("body", b""), more=message.get("more_body", False))

    async def _send_body(self, body: bytes, *, more: bool) -> None:
        rest = self._response.write(bytes(body), more=more)
        while rest is not None:
            await self._until_writable()
            rest = self._response.write_sized(rest)
        if self._response.ended:
            self._change.set()
        else:
            await self._drains.wait(self._res)
            if self.aborted:
                raise ClientGoneError

    async def _until_writable(self) -> None:
        self._writable = asyncio.get_running_loop().create_future()
        self._wants_to_write()
        await self._writable
        if self.aborted:
            raise ClientGoneError

    def _finish(self) -> None:
        """Every way out of the application ends the response."""
        if self.over:
            return
        if self._response.head_written:  # half a body: only a closed connection says so honestly
            self._wire.lib.uws_res_close(self._wire.ssl, self._res)
            self._wire.loop.wake()
            return
        self._response = ResponseWriter(self._wire, self._res, is_head=False, close=True)
        self._response.start(500, [(b"content-type", b"application/json")])
        self._response.write(CRASH_BODY, more=False)
        self._change.set()
