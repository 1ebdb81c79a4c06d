"""The HTTP side of the native server: which exchanges live, and what uWebSockets calls for them."""

import asyncio
import itertools
from typing import Any

from backend.kit.application import AsgiApp
from backend.server.native.exchange import Exchange
from backend.server.native.request import http_scope, text
from backend.server.native.request_head import RequestHeads
from backend.server.native.response import Drains
from backend.server.native.wire import Wire


class HttpSide:
    def __init__(
        self,
        wire: Wire,
        uws_app: Any,
        request_heads: RequestHeads,
        app: AsgiApp,
        *,
        max_body: int,
        server: tuple[str, int | None],
    ) -> None:
        self._wire = wire
        self._request_heads = request_heads
        self._app = app
        self._max_body = max_body
        self._server = server
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self.live: dict[int, Exchange] = {}
        self.drains = Drains(wire)
        self.closing = False  # answers now say that the connection ends
        self._on_request = wire.callback(
            "void(int, uws_res_t*, socketify_asgi_data, void*)", self._request_arrived
        )
        self._on_data = wire.callback(
            "void(uws_res_t*, const char*, size_t, bool, void*)", self._data_arrived
        )
        self._on_aborted = wire.callback("void(uws_res_t*, void*)", self._client_went)
        self._on_writable = wire.callback("bool(uws_res_t*, uintmax_t, void*)", self._became_writable)
        wire.lib.socketify_add_asgi_http_handler(wire.ssl, uws_app, self._on_request, wire.ffi.NULL)

    def running(self) -> set[asyncio.Task[None]]:
        return set(self._tasks)

    def _request_arrived(self, ssl: int, res: Any, data: Any, _user_data: Any) -> None:
        wire, number = self._wire, next(self._numbers)
        pointer = wire.number(number)
        wire.lib.uws_res_on_aborted(ssl, res, self._on_aborted, pointer)  # first: uWebSockets insists on it
        scope = http_scope(wire.ffi, data, self._server)
        exchange = Exchange(
            wire,
            res,
            scope,
            self.drains,
            lambda: wire.lib.uws_res_on_writable(ssl, res, self._on_writable, pointer),
            max_body=self._max_body,
            close=self.closing,
        )
        self.live[number] = exchange
        if data.has_content:
            declared = _declared_length(scope["headers"])
            self._request_heads.body_follows(res, declared)
            exchange.expect_body(
                declared=declared or 0,
                waits_for_continue=(b"expect", b"100-continue") in scope["headers"],
            )
            wire.lib.uws_res_on_data(ssl, res, self._on_data, pointer)
        else:
            self._request_heads.request_arrived(res)
            exchange.body_arrived(b"", last=True)
        task = self._loop.create_task(exchange.run(self._app))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._done(done, number))

    def _done(self, task: asyncio.Task[None], number: int) -> None:
        self._tasks.discard(task)
        self.live.pop(number, None)

    def _data_arrived(self, res: Any, chunk: Any, size: int, last: bool, user_data: Any) -> None:  # noqa: FBT001
        if last:
            self._request_heads.request_arrived(res)
        else:
            self._request_heads.body_arrived(res, size)
        exchange = self.live.get(self._wire.number_of(user_data))
        if exchange is not None:
            exchange.body_arrived(text(self._wire.ffi, chunk, size), last=bool(last))

    def _client_went(self, _res: Any, user_data: Any) -> None:
        exchange = self.live.pop(self._wire.number_of(user_data), None)
        if exchange is not None:
            exchange.client_went()

    def _became_writable(self, _res: Any, _offset: int, user_data: Any) -> bool:
        exchange = self.live.get(self._wire.number_of(user_data))
        if exchange is not None:
            exchange.became_writable()
        return True


def _declared_length(headers: list[tuple[bytes, bytes]]) -> int | None:
    """None where the body says itself when it ends."""
    by_name = dict(reversed(headers))
    value = by_name.get(b"content-length", b"")
    return int(value) if value.isdigit() and b"transfer-encoding" not in by_name else None
