"""From an accepted socket to its end: runs the endpoint, and puts opening and closing on the record."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec
import structlog

from backend.kit.errors import AppError, body_of, code_of
from backend.kit.sockets import Accept, Refuse, Socket, SocketEndpoint, SocketRequest

log = structlog.stdlib.get_logger(__name__)

ADMISSION_SECONDS = 10
KEY = re.compile(r"[A-Za-z0-9+/]{21}[AQgw]==")
NORMAL, INTERNAL_ERROR = 1000, 1011
SHUTTING_DOWN = Refuse(503, "The server is shutting down.", {"retry-after": "1"})


@dataclass(slots=True)
class Ending:
    """How a socket ended, filled in by whoever ended it first."""

    code: int = 1006
    reason: str = ""
    by: str = "client"


class ConversingSocket(Socket, Protocol):
    ending: Ending


def handshake_fault(request: SocketRequest) -> Refuse | None:
    """What the libraries let pass and RFC 6455 (4.2.1) does not."""
    headers = request.headers
    connection = {token.strip().lower() for token in headers.get("connection", "").split(",")}
    if headers.get("upgrade", "").lower() != "websocket" or "upgrade" not in connection:
        return Refuse(400, "A WebSocket begins with `Upgrade: websocket` and `Connection: Upgrade`.")
    if headers.get("sec-websocket-version") != "13":
        return Refuse(
            426, "Only version 13 of the WebSocket protocol is spoken.", {"sec-websocket-version": "13"}
        )
    if not KEY.fullmatch(headers.get("sec-websocket-key", "")):
        return Refuse(400, "`Sec-WebSocket-Key` is not 16 bytes in base64.")
    return None


async def admit(endpoint: SocketEndpoint, request: SocketRequest) -> Accept | Refuse:
    """The endpoint's answer to a request; a failing endpoint refuses."""
    _concerning_only(request)
    if fault := handshake_fault(request):
        return fault
    try:
        async with asyncio.timeout(ADMISSION_SECONDS):
            return await endpoint.admit(request)
    except TimeoutError:
        return Refuse(503, "The server is too busy to open a socket now.")
    except Exception:  # the bulkhead of the socket loop: the client gets an answer, the log the traceback
        log.exception("socket.admission_failed", path=request.path)
        return Refuse(500, "Internal server error")


def _concerning_only(request: SocketRequest) -> None:
    """A server's callback may run in the context of whatever ran before it, and name what that was about."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request.id)


def refusal_body(refusal: Refuse, request: SocketRequest) -> bytes:
    """The same body that every HTTP error has."""
    error = AppError(refusal.message, status=refusal.status, code=code_of(refusal.status))
    return msgspec.json.encode(body_of(error, request.id))


async def converse(
    endpoint: SocketEndpoint, socket: ConversingSocket, socket_closed: Callable[[int], None]
) -> None:
    """Run the endpoint until it returns or fails; either way the socket is closed when this ends."""
    _concerning_only(socket.request)
    opened = time.monotonic()
    log.info("socket.opened", path=socket.request.path, client=socket.request.client)
    try:
        await endpoint.run(socket)
        socket.close(NORMAL)
    except asyncio.CancelledError:
        socket.close(INTERNAL_ERROR, "the server stopped waiting")
        raise
    except Exception:  # the bulkhead of the socket loop
        log.exception("socket.crashed", path=socket.request.path)
        socket.close(INTERNAL_ERROR, "internal error")
    finally:
        ending = socket.ending
        socket_closed(ending.code)
        log.info(
            "socket.closed",
            code=ending.code,
            reason=ending.reason,
            by=ending.by,
            seconds=round(time.monotonic() - opened, 3),
        )
