"""One id, one log line and one measurement per request, whatever becomes of it; the last net under all."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog

from backend.kit.application import AsgiApp, AsgiMessage, ClientGoneError, Receive, Scope, Send
from backend.kit.errors import AppError, code_of, unexpected
from backend.kit.http.answers import REFUSED, send_error
from backend.kit.http.headers import append, values
from backend.kit.http.request_ids import request_id_from
from backend.kit.metrics import Metrics

log = structlog.get_logger()

CALLER: Final = "bakeoff.caller"  # where authentication leaves in the scope who is asking
_CLIENT_CLOSED: Final = 499  # nginx's word for a client that did not wait for the answer
_LONGEST_PATH: Final = 512
_CUT_OFF: Final = AppError(
    "The server is shutting down.", status=503, code=code_of(503), headers={"retry-after": "1"}
)


@dataclass(frozen=True, slots=True)
class RequestLog:
    app: AsgiApp
    metrics: Metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = request_id_from(next(iter(values(scope, b"x-request-id")), None))
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        exchange = _Exchange(scope, send, (b"x-request-id", request_id.encode("ascii")))
        self.metrics.http.live.inc()
        try:
            await self.app(scope, receive, exchange.send)
        except asyncio.CancelledError:  # the server ends, and has waited for as long as it could
            if exchange.status is None:
                with suppress(ClientGoneError):
                    await send_error(exchange.send, _CUT_OFF)
            raise
        except Exception:  # the last net: the client gets an answer, the log the traceback
            if exchange.client_gone:
                return
            log.exception("request.failed")
            if exchange.status is not None:
                raise  # half an answer is out: only the server can break the connection
            await send_error(exchange.send, unexpected())
        finally:
            self.metrics.http.live.dec()
            exchange.done(self.metrics)


class _Exchange:
    """What is known of one request until its end."""

    __slots__ = (
        "_id_header",
        "_method",
        "_path",
        "_scope",
        "_send",
        "_start",
        "client_gone",
        "refused",
        "status",
    )

    def __init__(self, scope: Scope, send: Send, id_header: tuple[bytes, bytes]) -> None:
        self._scope = scope
        self._send = send
        self._id_header = id_header
        # Now, because the router writes its own idea of the path into the scope.
        self._path = scope["path"][:_LONGEST_PATH]
        self._method = scope["method"]
        self._start = time.perf_counter()
        self.status: int | None = None
        self.refused: str | None = None
        self.client_gone = False

    async def send(self, message: AsgiMessage) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.refused = message.pop(REFUSED, None) or self._scope.get(REFUSED)
            append(message, self._id_header)
        try:
            await self._send(message)
        except ClientGoneError:
            self.client_gone = True
            raise

    def done(self, metrics: Metrics) -> None:
        scope = self._scope
        seconds = time.perf_counter() - self._start
        status = _CLIENT_CLOSED if self.client_gone else self.status or _CLIENT_CLOSED
        route = scope.get("path_template")
        client = scope.get("client")
        metrics.request_done(self._method, route, status, seconds)
        if self.refused:
            metrics.refused(self.refused)
        (log.warning if status >= 500 else log.info)(
            "request.done",
            method=self._method,
            route=route,
            path=self._path,
            status=status,
            ms=round(seconds * 1000, 2),
            caller=scope.get(CALLER),
            client=client[0] if client else None,
            **({"code": self.refused} if self.refused else {}),
        )
