"""The real application with a trivial route and a room added, as a process on the server that is asked for.

`python -m benchmarks.served.program native|portable|uvicorn`
"""

import sys
from dataclasses import replace

import uvloop

from backend.app import create_app
from backend.cli import prepare_database
from backend.kit.application import Application, AsgiApp, Receive, Scope, Send
from backend.kit.logs import configure_logs
from backend.kit.redaction import Redactor
from backend.kit.sockets import Accept, Socket, SocketRequest, SocketTransport
from backend.server.process import serve
from backend.serving import announce, plan_of
from backend.settings import Settings
from benchmarks.served.on_uvicorn import serve_on_uvicorn

HELLO = b"hello"
HELLO_HEADERS = [(b"content-type", b"text/plain"), (b"content-length", b"5")]
ROOM = "room"


class Room:
    """Who asks to read hears everything that anybody says."""

    def __init__(self, transport: SocketTransport) -> None:
        self._transport = transport

    async def admit(self, _request: SocketRequest) -> Accept:
        return Accept()

    async def run(self, socket: Socket) -> None:
        if socket.request.query == "read":
            socket.subscribe(ROOM)
        socket.send("ready")
        async for message in socket:
            self._transport.publish(ROOM, message)


def with_hello(app: AsgiApp) -> AsgiApp:
    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/hello":
            await send({"type": "http.response.start", "status": 200, "headers": HELLO_HEADERS})
            await send({"type": "http.response.body", "body": HELLO})
        else:
            await app(scope, receive, send)

    return dispatch


def main() -> None:
    kind = sys.argv[1]
    settings = Settings.load(
        {}, {"port": "0", "requests_a_minute": "0", "server": "portable" if kind == "uvicorn" else kind}
    )
    configure_logs(settings.log_level, settings.log_format, Redactor(settings.secret_values()))
    prepare_database(settings)

    def compose(transport: SocketTransport) -> Application:
        app = create_app(settings, transport)
        return replace(app, asgi=with_hello(app.asgi), sockets={"/ws": Room(transport)})

    if kind == "uvicorn":
        uvloop.run(serve_on_uvicorn(compose, announce))
    else:
        uvloop.run(serve(plan_of(settings), compose, announce))


if __name__ == "__main__":
    main()
