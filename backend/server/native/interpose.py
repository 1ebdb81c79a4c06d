"""Puts a function of ours between uWebSockets' loop and one of its parsers."""

import ctypes
from typing import Any

import structlog

from backend.server.address import CannotListenError
from backend.server.native.wire import Wire

log = structlog.stdlib.get_logger(__name__)

CONTEXT_WORDS = 16  # of the structure that holds a context's callbacks


def on_data(wire: Wire, arrived: Any) -> Any:
    """Whatever happens in `arrived`, C gets its socket back: a null pointer would end the process."""

    def guarded(socket: Any, data: Any, length: int) -> Any:
        try:
            return arrived(socket, data, length)
        except Exception:  # it cannot travel through C; the connection loses these bytes, the log has why
            log.exception("native.data_failed")
            return socket

    return wire.callback("struct us_socket_t*(struct us_socket_t*, char*, int)", guarded)


def take_over(wire: Wire, symbols: ctypes.CDLL, member: Any, ours: Any) -> Any:
    """Set `ours` for all connections of the context of `member`; returns what stood there.

    The library only sets. What stood there is the one word of the structure that changes by it; in one of
    another layout that is not so, and nothing is started with it.
    """
    ffi = wire.ffi
    symbols.us_socket_context.restype = ctypes.c_void_p
    symbols.us_socket_context.argtypes = [ctypes.c_int, ctypes.c_void_p]
    symbols.us_socket_context_on_data.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    context = symbols.us_socket_context(wire.ssl, address_of(ffi, member))
    words = ffi.cast("uintptr_t*", context)
    before = ffi.unpack(words, CONTEXT_WORDS)
    symbols.us_socket_context_on_data(wire.ssl, context, address_of(ffi, ours))
    after = ffi.unpack(words, CONTEXT_WORDS)
    changed = [old for old, new in zip(before, after, strict=True) if old != new]
    if len(changed) != 1 or address_of(ffi, ours) not in after:
        raise CannotListenError("the native library is another version; use --server portable")
    return ffi.cast("struct us_socket_t*(*)(struct us_socket_t*, char*, int)", changed[0])


def address_of(ffi: Any, pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))
