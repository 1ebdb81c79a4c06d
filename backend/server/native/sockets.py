"""The WebSocket side of the native server: which sockets are open, and what uWebSockets calls for them."""

import asyncio
import ctypes
from typing import Any

from backend.kit.application import Application
from backend.kit.sockets import SocketEndpoint
from backend.server.conversation import converse
from backend.server.limits import MAX_MESSAGE, PROTOCOL_ERROR
from backend.server.native.interpose import on_data, take_over
from backend.server.native.request import text
from backend.server.native.socket import NativeSocket
from backend.server.native.topics import Topics
from backend.server.native.upgrade import Candidate, Upgrades
from backend.server.native.wire import Wire
from backend.server.slow import MAX_BUFFERED

C_LIMITS = {
    "compression": 0,
    "maxPayloadLength": 2 * MAX_MESSAGE,  # above ours, so that who is a little over gets a code and a reason
    "idleTimeout": 40,  # a backstop behind our own pings
    "maxBackpressure": 4 * MAX_BUFFERED,  # a backstop behind our own look at slow readers
    "closeOnBackpressureLimit": True,
    "resetIdleTimeoutOnSend": False,
    "sendPingsAutomatically": False,
    "maxLifetime": 0,
}


class SocketSide:
    def __init__(self, wire: Wire, symbols: ctypes.CDLL, uws_app: Any, application: Application) -> None:
        self._wire = wire
        self._socket_closed = application.socket_closed
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._upgrades = Upgrades(wire, self._accepted)
        self._callbacks = self._make_callbacks()
        self._symbols = symbols
        self._parse: dict[str, Any] = {}
        self.topics = Topics(wire, uws_app)
        self.open: dict[int, NativeSocket] = {}
        for path, endpoint in application.sockets.items():
            self._listen_on(uws_app, path, endpoint)

    def running(self) -> set[asyncio.Task[None]]:
        return self._tasks | set(self._upgrades.running.values())

    def close_all(self, code: int, reason: str) -> None:
        self._upgrades.closing = True
        for socket in tuple(self.open.values()):
            socket.close(code, reason)

    def _listen_on(self, uws_app: Any, path: str, endpoint: SocketEndpoint) -> None:
        upgrade = self._upgrades.callback_for(endpoint)
        self._callbacks[f"upgrade {path}"] = upgrade  # a callback lives as long as something here holds it
        names = ("open", "message", "drain", "ping", "pong", "close")
        behaviour = self._wire.ffi.new(
            "uws_socket_behavior_t*",
            {**C_LIMITS, **{name: self._callbacks[name] for name in names}, "upgrade": upgrade},
        )
        self._wire.lib.uws_ws(self._wire.ssl, uws_app, path.encode(), behaviour[0], self._wire.ffi.NULL)

    def _make_callbacks(self) -> dict[str, Any]:
        callback = self._wire.callback
        message = "void(uws_websocket_t*, const char*, size_t, uws_opcode_t, void*)"
        control = "void(uws_websocket_t*, const char*, size_t, void*)"
        return {
            "open": callback("void(uws_websocket_t*, void*)", self._opened),
            "message": callback(message, self._message_arrived),
            "drain": callback("void(uws_websocket_t*, void*)", self._drained),
            "ping": callback(control, self._heard),
            "pong": callback(control, self._heard),
            "close": callback("void(uws_websocket_t*, int, const char*, size_t, void*)", self._closed),
        }

    def _accepted(self, candidate: Candidate) -> None:
        socket = NativeSocket(self._wire, self.topics, candidate.number, candidate.request)
        self.open[candidate.number] = socket
        task = self._loop.create_task(converse(candidate.endpoint, socket, self._socket_closed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _socket_of(self, ws: Any) -> NativeSocket | None:
        user_data = self._wire.lib.uws_ws_get_user_data(self._wire.ssl, ws)
        return self.open.get(self._wire.number_of(user_data))

    def _opened(self, ws: Any, _user_data: Any) -> None:
        if socket := self._socket_of(ws):
            self._watch_frames(ws, socket.request.path)
            socket.opened(ws)

    def _watch_frames(self, ws: Any, path: str) -> None:
        """Once for each path: its sockets share a context, which shows only in the first of them."""
        if path not in self._parse:
            parse: list[Any] = []
            callback = on_data(
                self._wire, lambda ws, data, size: self._frames_arrived(parse[0], ws, data, size)
            )
            parse.append(take_over(self._wire, self._symbols, ws, callback))
            self._callbacks[f"data {path}"] = callback
            self._parse[path] = parse[0]

    def _frames_arrived(self, parse: Any, ws: Any, data: Any, size: int) -> Any:
        socket = self._socket_of(self._wire.ffi.cast("uws_websocket_t*", ws))
        if socket and (fault := socket.frames.fault_in(bytes(self._wire.ffi.buffer(data, size)))):
            socket.close(PROTOCOL_ERROR, fault)
            return ws
        return parse(ws, data, size)

    def _message_arrived(self, ws: Any, data: Any, size: int, opcode: int, _user_data: Any) -> None:
        if socket := self._socket_of(ws):
            message = text(self._wire.ffi, data, size)
            socket.message_arrived(message.decode() if opcode == self._wire.lib.TEXT else message, size)

    def _drained(self, ws: Any, _user_data: Any) -> None:
        if socket := self._socket_of(ws):
            self.topics.slow.look(socket)

    def _heard(self, ws: Any, _data: Any, _size: int, _user_data: Any) -> None:
        if socket := self._socket_of(ws):
            socket.heard()

    def _closed(self, ws: Any, code: int, reason: Any, size: int, _user_data: Any) -> None:
        if socket := self._socket_of(ws):
            del self.open[socket.number]
            self.topics.leave_all(socket)
            socket.closed(code, text(self._wire.ffi, reason, size).decode("utf-8", "replace"))
