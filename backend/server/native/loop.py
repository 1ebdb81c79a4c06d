"""uWebSockets' libuv loop inside the running uvloop: one thread, no polling, no CPU when idle.

libuv tells the file descriptor that becomes readable when it has work, and when its next timer is due.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from backend.server.native.library import Library


class NativeLoop:
    def __init__(self, library: Library, after_tick: Callable[[], None]) -> None:
        self._library = library
        self._after_tick = after_tick
        self._loop = asyncio.get_running_loop()
        self._handle: Any = library.lib.socketify_create_loop()
        native = library.lib.socketify_get_native_loop(self._handle)
        library.lib.uws_get_loop_with_native(native)
        self._native = int(library.ffi.cast("uintptr_t", native))
        self._descriptor = library.backend_fd(self._native)
        self._wake_up: asyncio.Handle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._loop.add_reader(self._descriptor, self._tick)

    def wake(self) -> None:
        """Run uWebSockets' loop once, soon: only inside it are polls changed and topics flushed."""
        if self._wake_up is None and not self._closed:
            self._wake_up = self._loop.call_soon(self._tick)

    def close(self) -> None:
        self._closed = True
        self._loop.remove_reader(self._descriptor)
        for handle in (self._wake_up, self._timer):
            if handle is not None:
                handle.cancel()

    def _tick(self) -> None:
        if self._closed:
            return
        if self._wake_up is not None:
            self._wake_up.cancel()
            self._wake_up = None
        self._library.lib.socketify_loop_run(self._handle, self._library.lib.SOCKETIFY_RUN_NOWAIT)
        self._after_tick()
        self._arrange_next_tick()

    def _arrange_next_tick(self) -> None:
        milliseconds = self._library.backend_timeout(self._native)
        if milliseconds == 0 and self._library.loop_alive(self._native):
            self.wake()  # a new connection is watched only from the loop's next turn on
        elif milliseconds > 0 and self._timer is None:
            # Its only timer repeats (time-outs of connections): one of ours per one of its.
            self._timer = self._loop.call_later(milliseconds / 1000, self._timer_due)

    def _timer_due(self) -> None:
        self._timer = None
        self._tick()
