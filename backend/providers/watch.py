"""The clocks of a stream that is under way, with one timer for all its chunks.

An `asyncio.timeout` around each read would cost more than reading.
"""

import asyncio
from collections.abc import Callable

from backend.providers.endpoints import Clocks
from backend.providers.failures import ProviderError


class Watch:
    """Runs while a read is awaited: how long the reader keeps us waiting is not the provider's silence."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._loop = asyncio.get_running_loop()
        started = self._loop.time()
        self.first_chunk_at = started + clocks.first_chunk
        self._total_at = started + clocks.total
        self._silent_at = self.first_chunk_at
        self._heard = False
        self._counted = True
        self._reading = False
        self._expire: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.expired = False

    def start(self, expire: Callable[[], None]) -> None:
        """`expire` ends the read that is awaited."""
        self._expire = expire
        self._timer = self._loop.call_at(self._deadline(), self._tick)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def read_begins(self) -> None:
        self._reading = True
        if not self._counted:
            self._counted = True
            self._silent_at = self._loop.time() + self._clocks.silence

    def read_ended(self) -> None:
        self._reading = False

    def heard(self) -> None:
        """A chunk has come; a ping is none."""
        self._heard = True
        self._counted = False

    def failure(self) -> ProviderError:
        if self._loop.time() >= self._total_at:
            return ProviderError("timeout", f"Not finished within {self._clocks.total:g} s.")
        if self._heard:
            return ProviderError("timeout", f"Silent for {self._clocks.silence:g} s in mid-answer.")
        return no_first_chunk(self._clocks)

    def _deadline(self) -> float:
        return min(self._silent_at, self._total_at)

    def _tick(self) -> None:
        now = self._loop.time()
        if now >= self._total_at or (self._reading and now >= self._silent_at):
            self.expired = True
            assert self._expire is not None  # noqa: S101 - start() set it
            self._expire()
        elif self._reading:
            self._timer = self._loop.call_at(self._deadline(), self._tick)
        else:
            self._timer = self._loop.call_at(min(now + self._clocks.silence, self._total_at), self._tick)


def no_first_chunk(clocks: Clocks) -> ProviderError:
    return ProviderError("timeout", f"No first token within {clocks.first_chunk:g} s.")
