"""Holds back the head of a request until it is whole.

uWebSockets refuses a request line that arrives in two pieces (505) and a head of over 4 KB that does (431).
This stands between its loop and its HTTP parser and looks only at what begins a request.
"""

import ctypes
from typing import Any

from backend.server.address import CannotListenError
from backend.server.native.wire import Wire

LONGEST = 64 * 1024  # above, the parser gets what there is and refuses it
CONTEXT_WORDS = 16  # of the structure that holds the callbacks, in which ours is found again
PADDING = 64  # the parser reads and writes a little past both ends of its data


class RequestHeads:
    """A connection is in `_inside` from the arrival of its head to the end of the body that it announces."""

    def __init__(self, wire: Wire, uws_app: Any) -> None:
        self._wire = wire
        self._held: dict[int, bytes] = {}
        self._inside: set[int] = set()
        self._parse: Any = None
        self._on_data = wire.callback(
            "struct us_socket_t*(struct us_socket_t*, char*, int)", self._arrived, error=wire.ffi.NULL
        )
        self._on_connection = wire.callback("void(uws_res_t*, int, void*)", self._connection_changed)
        wire.lib.uws_filter(wire.ssl, uws_app, self._on_connection, wire.ffi.NULL)

    def take_over(self, symbols: ctypes.CDLL, listening: Any) -> None:
        """Put our function in the place of the parser's, whose address only the structure itself tells."""
        ffi = self._wire.ffi
        symbols.us_socket_context.restype = ctypes.c_void_p
        symbols.us_socket_context.argtypes = [ctypes.c_int, ctypes.c_void_p]
        symbols.us_socket_context_on_data.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
        address = symbols.us_socket_context(self._wire.ssl, address_of(ffi, listening))
        words = ffi.cast("uintptr_t*", address)
        before = ffi.unpack(words, CONTEXT_WORDS)
        ours = address_of(ffi, self._on_data)
        symbols.us_socket_context_on_data(self._wire.ssl, address, ours)
        after = ffi.unpack(words, CONTEXT_WORDS)
        changed = [old for old, new in zip(before, after, strict=True) if old != new]
        if len(changed) != 1 or ours not in after:
            raise CannotListenError("the native library is another version; use --server portable")
        self._parse = ffi.cast("struct us_socket_t*(*)(struct us_socket_t*, char*, int)", changed[0])

    def head_arrived(self, res: Any, *, body_follows: bool) -> None:
        if not body_follows:
            self._inside.discard(address_of(self._wire.ffi, res))

    def body_arrived(self, res: Any) -> None:
        self._inside.discard(address_of(self._wire.ffi, res))

    def _connection_changed(self, res: Any, change: int, _user_data: Any) -> None:
        if change < 0:
            connection = address_of(self._wire.ffi, res)
            self._inside.discard(connection)
            self._held.pop(connection, None)

    def _arrived(self, socket: Any, data: Any, length: int) -> Any:
        connection = address_of(self._wire.ffi, socket)
        if connection in self._inside:
            return self._parse(socket, data, length)
        held = self._held.pop(connection, b"")
        begin = held + bytes(self._wire.ffi.buffer(data, min(length, LONGEST)))
        if b"\r\n\r\n" not in begin and len(begin) < LONGEST:
            self._held[connection] = begin
            return socket
        self._inside.add(connection)  # until the head, or the body that it announces, has come
        if not held:
            return self._parse(socket, data, length)
        whole = held + bytes(self._wire.ffi.buffer(data, length))
        padded = self._wire.ffi.new("char[]", bytes(PADDING) + whole + bytes(PADDING))
        return self._parse(socket, padded + PADDING, len(whole))


def address_of(ffi: Any, pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))
