"""The native server as one object: listen, publish, close.

Next: backend/app.py
"""

import asyncio
import os
from pathlib import Path
from typing import Any

from backend.kit.application import Application
from backend.kit.sockets import Message
from backend.server.address import Address, CannotListenError
from backend.server.native.http import HttpSide
from backend.server.native.library import Library
from backend.server.native.request_head import RequestHeads
from backend.server.native.sockets import SocketSide
from backend.server.native.wire import Wire

EXCLUSIVE_PORT = 1  # otherwise the kernel would let a second server share the port in silence


class NativeServer:
    name = "native"

    def __init__(self, library: Library, address: Address, *, max_body: int) -> None:
        self._library = library
        self._address = address
        self._max_body = max_body
        self._wire = Wire(library, self._after_tick)
        self._kept: list[Any] = []  # C strings and callbacks that uWebSockets goes on pointing at
        self._uws_app = self._create_app()
        self._listening: Any = None
        self._http: HttpSide | None = None
        self._sockets: SocketSide | None = None
        self.port = address.port

    # What the application may ask.

    def publish(self, topic: str, message: Message) -> None:
        if self._sockets is not None:
            self._sockets.topics.publish(topic, message)

    def open_sockets(self) -> int:
        return 0 if self._sockets is None else len(self._sockets.open)

    # What the process asks.

    async def start(self, application: Application) -> None:
        server = (self._address.host, self._address.port)
        request_heads = RequestHeads(self._wire, self._uws_app)
        self._sockets = SocketSide(self._wire, self._library.symbols, self._uws_app, application)
        self._http = HttpSide(
            self._wire,
            self._uws_app,
            request_heads,
            application.asgi,
            max_body=self._max_body,
            server=server,
        )
        if self._address.unix_socket:
            self._listen_on_path(self._address.unix_socket)
        else:
            self._listen_on_port()
        request_heads.take_over(self._library.symbols, self._listening)
        self._wire.loop.wake()

    def live_exchanges(self) -> int:
        return 0 if self._http is None else len(self._http.live)

    def stop_listening(self) -> None:
        if self._http is not None:
            self._http.closing = True
        if self._listening is not None:
            self._wire.lib.us_listen_socket_close(self._wire.ssl, self._listening)
            self._listening = None
            self._wire.loop.wake()

    def close_sockets(self, code: int, reason: str) -> None:
        if self._sockets is not None:
            self._sockets.close_all(code, reason)

    def running(self) -> set[asyncio.Task[None]]:
        tasks: set[asyncio.Task[None]] = set()
        for side in (self._http, self._sockets):
            if side is not None:
                tasks |= side.running()
        return tasks

    async def close(self) -> None:
        self._wire.loop.close()
        if self._address.unix_socket:
            self._address.unix_socket.unlink(missing_ok=True)

    def _after_tick(self) -> None:
        if self._http is not None:
            self._http.drains.look()
        if self._sockets is not None:
            self._sockets.topics.after_tick()

    def _create_app(self) -> Any:
        options = self._wire.ffi.new("struct us_socket_context_options_t*")
        return self._wire.lib.uws_create_app(self._wire.ssl, options[0])

    def _listen_on_port(self) -> None:
        ffi = self._wire.ffi
        host = ffi.new("char[]", self._address.host.encode())
        config = ffi.new(
            "uws_app_listen_config_t*",
            {"port": self._address.port, "host": host, "options": EXCLUSIVE_PORT},
        )
        on_listen = self._wire.callback(
            "void(struct us_listen_socket_t*, uws_app_listen_config_t, void*)", self._opened
        )
        self._kept += [host, on_listen]
        self._wire.lib.uws_app_listen_with_config(
            self._wire.ssl, self._uws_app, config[0], on_listen, ffi.NULL
        )
        self._require_listening()
        self.port = int(self._wire.lib.us_socket_local_port(self._wire.ssl, self._listening))

    def _listen_on_path(self, path: Path) -> None:
        name = str(path).encode()
        on_listen = self._wire.callback(
            "void(struct us_listen_socket_t*, const char*, size_t, int, void*)", self._opened
        )
        self._kept.append(on_listen)
        self._wire.lib.uws_app_listen_domain(
            self._wire.ssl, self._uws_app, name, len(name), on_listen, self._wire.ffi.NULL
        )
        self._require_listening()
        # The library lets its own user alone connect; who else may is for the umask to say, as elsewhere.
        mask = os.umask(0o077)
        os.umask(mask)
        path.chmod(0o777 & ~mask)

    def _opened(self, listening: Any, *_rest: Any) -> None:
        if listening != self._wire.ffi.NULL:
            self._listening = listening

    def _require_listening(self) -> None:
        if self._listening is None:
            raise CannotListenError(f"cannot listen on {self._address.url(self._address.port)}")
