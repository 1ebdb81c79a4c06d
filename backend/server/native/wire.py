"""uWebSockets' functions as this server calls them, and the rules that keep them safe.

No pointer to a Python object ever crosses into C: callbacks carry a number, and a late one finds nothing.
"""

from collections.abc import Callable
from typing import Any

import structlog

from backend.server.native.library import Library
from backend.server.native.loop import NativeLoop

log = structlog.stdlib.get_logger(__name__)


class Wire:
    # Never TLS: under back-pressure the library's TLS corrupts large responses (2 of 25 of 8 MB).
    ssl = 0

    def __init__(self, library: Library, after_tick: Callable[[], None]) -> None:
        self.ffi = library.ffi
        self.lib = library.lib
        self.loop = NativeLoop(library, after_tick)
        self._writing: Callable[[], None] | None = None
        self._cork_callback = self.callback("void(uws_res_t*, void*)", self._run_corked)

    def callback(self, signature: str, function: Callable[..., Any]) -> Any:
        """Let C call `function`; an exception must not travel through C and ends in the log."""
        return self.ffi.callback(signature, function, onerror=_log_callback_error)

    def number(self, number: int) -> Any:
        return self.ffi.cast("void*", number)

    def number_of(self, user_data: Any) -> int:
        return int(self.ffi.cast("uintptr_t", user_data))

    def corked(self, res: Any, write: Callable[[], None]) -> None:
        """Gather everything that `write` writes into as few packets as possible."""
        self._writing = write
        self.lib.uws_res_cork(self.ssl, res, self._cork_callback, self.ffi.NULL)
        self.loop.wake()

    def buffered(self, res: Any) -> int:
        """Bytes that wait in a connection.

        uWebSockets has the figure for every connection, but its C interface names it for WebSockets only;
        both share the class that keeps the buffer.
        """
        ws = self.ffi.cast("uws_websocket_t*", res)
        return int(self.lib.uws_ws_get_buffered_amount(self.ssl, ws))

    def _run_corked(self, _res: Any, _user_data: Any) -> None:
        write, self._writing = self._writing, None
        if write is not None:
            write()


def _log_callback_error(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    log.error("native.callback_failed", exc_info=(kind, error, trace))
