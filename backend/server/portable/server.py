"""granian, embedded in our own process and loop, behind the same few methods as the native server."""

import asyncio
import logging
import os
import socket
import sys
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from backend.kit.application import Application, Receive, Scope, Send
from backend.kit.sockets import Message
from backend.server.address import Address
from backend.server.limits import PING_AFTER, PONG_WITHIN
from backend.server.portable.sockets import SocketSide
from backend.server.portable.unread import UnreadBody


class PortableServer:
    name = "portable"

    def __init__(self, address: Address, *, max_body: int) -> None:
        self._address = address
        self._max_body = max_body
        self._sockets: SocketSide | None = None
        self._application: Application | None = None
        self._granian: EmbeddedGranian | None = None
        self._serving: asyncio.Task[None] | None = None
        self._requests: set[asyncio.Task[Any]] = set()
        self._closing = False
        self.port = address.port

    # What the application may ask.

    def publish(self, topic: str, message: Message) -> None:
        if self._sockets is not None:
            self._sockets.publish(topic, message)

    def open_sockets(self) -> int:
        return 0 if self._sockets is None else len(self._sockets.open)

    # What the process asks.

    async def start(self, application: Application) -> None:
        self._application = application
        self._sockets = SocketSide(application)
        self._granian = EmbeddedGranian(self._address, self._dispatch)
        self._serving = asyncio.create_task(self._granian.serve())
        while not self._granian.bound:
            if self._serving.done():
                await self._serving
            await asyncio.sleep(0.01)
        self.port = self._granian.port

    def live_exchanges(self) -> int:
        return len(self._requests) - self.open_sockets()

    def stop_listening(self) -> None:
        """granian closes its listener with everything else; until then new requests are turned away."""
        self._closing = True

    def close_sockets(self, code: int, reason: str) -> None:
        if self._sockets is not None:
            self._sockets.close_all(code, reason)

    def running(self) -> set[asyncio.Task[Any]]:
        return self._requests | (self._sockets.talking if self._sockets else set())

    async def close(self) -> None:
        if self._granian is not None and self._serving is not None:
            self._granian.stop()  # type: ignore[no-untyped-call]
            await self._serving

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._requests.add(task)
            task.add_done_callback(self._requests.discard)
        if self._application is None or self._sockets is None:
            return
        if scope["type"] == "websocket":
            await self._sockets.serve(scope, receive, send)
        elif self._closing:
            headers = [(b"connection", b"close"), (b"retry-after", b"1"), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            body = UnreadBody(scope, receive, send)
            await self._application.asgi(scope, body.receive, body.send)


class EmbeddedGranian(Server):
    """granian's embedded server with a listener whose port and options we know."""

    def __init__(self, address: Address, app: Any) -> None:
        logging.getLogger("_granian").setLevel(logging.WARNING)
        super().__init__(
            app,
            address=address.host,
            port=address.port,
            uds=address.unix_socket,
            interface=Interfaces.ASGINL,  # the process runs the lifespan itself, for both servers
            ssl_cert=address.tls.certificate if address.tls else None,
            ssl_key=address.tls.key if address.tls else None,
            log_level=LogLevels.error,
            backlog=1024,
        )
        self.bound = False
        self.port = address.port

    def _init_shared_socket(self) -> None:
        super()._init_shared_socket()  # type: ignore[no-untyped-call]
        if self._ssp is not None:  # on Linux granian lets every worker bind for itself; here is one
            self._shd = self._ssp.build()
            self._ssp = None
        holder: Any = self._shd
        with socket.socket(fileno=os.dup(holder.get_fd())) as listener:
            if not self.bind_uds:
                self.port = listener.getsockname()[1]
                watch_for_dead_peers(listener)
        self.bound = True


def watch_for_dead_peers(listener: socket.socket) -> None:
    """ASGI has no pings: the kernel asks the peer's kernel instead. Accepted connections inherit this."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if sys.platform == "linux":
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, int(PING_AFTER))
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, int(PONG_WITHIN))
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 1)
        milliseconds = int((PING_AFTER + PONG_WITHIN) * 1000)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
