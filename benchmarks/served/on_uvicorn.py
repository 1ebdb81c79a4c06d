"""The same application on uvicorn, its sockets by the same code as on the portable server."""

import importlib.util
import socket
from collections.abc import Callable

import uvicorn

from backend.kit.application import Application, Receive, Scope, Send
from backend.kit.sockets import Message, SocketTransport
from backend.server.portable.sockets import SocketSide


def http_parser() -> str:
    """What uvicorn takes by itself on this machine."""
    return "httptools" if importlib.util.find_spec("httptools") else "h11"


class UvicornTransport:
    def __init__(self) -> None:
        self.sockets: SocketSide | None = None

    def publish(self, topic: str, message: Message) -> None:
        if self.sockets is not None:
            self.sockets.publish(topic, message)

    def open_sockets(self) -> int:
        return 0 if self.sockets is None else len(self.sockets.open)


class AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[str], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()
        self._ready(f"http://{host}:{port}")


async def serve_on_uvicorn(
    compose: Callable[[SocketTransport], Application], ready: Callable[[str], None]
) -> None:
    transport = UvicornTransport()
    application = compose(transport)
    sockets = transport.sockets = SocketSide(application)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await sockets.serve(scope, receive, send)
        else:
            await application.asgi(scope, receive, send)

    # Without what the application does itself, and without a second log line for every request.
    config = uvicorn.Config(
        dispatch,
        host="127.0.0.1",
        port=0,
        http="httptools" if http_parser() == "httptools" else "h11",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=2,
    )
    await AnnouncingServer(config, ready).serve()
