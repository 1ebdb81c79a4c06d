"""Holds back the head of a request until it is whole.

uWebSockets refuses a request line that arrives in two pieces (505), a head of over 4 KB that does (431), and
closes without a word on a method that it has no name for. This stands between its loop and its HTTP
parser and looks only at what begins a request.
"""

import ctypes
import re
from typing import Any

from backend.server.native.interpose import address_of, on_data, take_over
from backend.server.native.wire import Wire

LONGEST = 64 * 1024  # above, the parser gets what there is and refuses it
NAMED = re.compile(rb"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT) ")
METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64} ")
UNKNOWN = b"TRACE "  # nothing here answers it either, so the answer is the same 405
PADDING = 64  # the parser reads and writes a little past both ends of its data


class RequestHeads:
    """A connection is in `_inside` from the arrival of its head to the end of the body that it announces,
    with what is still to come of that body, where it is counted.
    """

    def __init__(self, wire: Wire, uws_app: Any) -> None:
        self._wire = wire
        self._held: dict[int, bytes] = {}
        self._inside: dict[int, int | None] = {}
        self._parsing: int | None = None  # the connection whose bytes are being parsed, until it is gone
        self._parse: Any = None
        self._on_data = on_data(wire, self._arrived)
        self._on_connection = wire.callback("void(uws_res_t*, int, void*)", self._connection_changed)
        wire.lib.uws_filter(wire.ssl, uws_app, self._on_connection, wire.ffi.NULL)

    def take_over(self, symbols: ctypes.CDLL, listening: Any) -> None:
        self._parse = take_over(self._wire, symbols, listening, self._on_data)

    def body_follows(self, res: Any, length: int | None) -> None:
        self._inside[address_of(self._wire.ffi, res)] = length

    def body_arrived(self, res: Any, size: int) -> None:
        connection = address_of(self._wire.ffi, res)
        if (left := self._inside.get(connection)) is not None:
            self._inside[connection] = left - size

    def request_arrived(self, res: Any) -> None:
        """Whole, with its body: what comes next begins another."""
        self._inside.pop(address_of(self._wire.ffi, res), None)

    def _connection_changed(self, res: Any, _change: int, _user_data: Any) -> None:
        """At its end, and at its beginning: a connection that became a socket ends without a word."""
        connection = address_of(self._wire.ffi, res)
        self._inside.pop(connection, None)
        self._held.pop(connection, None)
        if self._parsing == connection:
            self._parsing = None

    def _arrived(self, socket: Any, data: Any, length: int) -> Any:
        connection = address_of(self._wire.ffi, socket)
        if connection not in self._inside:
            return self._begun(connection, socket, data, length)
        left = self._inside[connection]
        if not left or left >= length:
            return self._parse(socket, data, length)
        # An answer that did not wait for the body: the next request comes right behind it.
        behind = self._padded(bytes(self._wire.ffi.buffer(data + left, length - left)))
        self._parsing = connection
        socket = self._parse(socket, data, left)
        if self._parsing != connection:
            return socket
        return self._begun(connection, socket, behind + PADDING, length - left)

    def _begun(self, connection: int, socket: Any, data: Any, length: int) -> Any:
        held = self._held.pop(connection, b"")
        begin = held + bytes(self._wire.ffi.buffer(data, min(length, LONGEST)))
        if b"\r\n\r\n" not in begin and len(begin) < LONGEST:
            self._held[connection] = begin
            return socket
        self._inside[connection] = None  # until the head has come, which may announce a body
        unknown = None if NAMED.match(begin) else METHOD.match(begin)
        if not held and not unknown:
            return self._parse(socket, data, length)
        whole = held + bytes(self._wire.ffi.buffer(data, length))
        if unknown:
            whole = UNKNOWN + whole[unknown.end() :]
        padded = self._padded(whole)
        return self._parse(socket, padded + PADDING, len(whole))

    def _padded(self, data: bytes) -> Any:
        """It lives as long as what is returned."""
        return self._wire.ffi.new("char[]", bytes(PADDING) + data + bytes(PADDING))
