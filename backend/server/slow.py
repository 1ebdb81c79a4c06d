"""Slow readers: who holds back more than 1 MiB, or anything for ten seconds, is closed with 4408.

Nobody else waits for them, nothing is dropped in silence, and they come back by themselves.
"""

import asyncio
from typing import Protocol

MAX_BUFFERED = 1024 * 1024
MAX_STALL = 10.0
SLOW_READER = 4408
SWEEP_EVERY = 1.0


class Reader(Protocol):
    @property
    def buffered(self) -> int: ...

    def close(self, code: int, reason: str = "") -> None: ...


class SlowReaders:
    def __init__(self) -> None:
        self._behind: dict[Reader, float] = {}
        self._sweep: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def look(self, reader: Reader) -> None:
        """To be called when bytes may have stayed behind for this reader, and again when they have gone."""
        buffered = reader.buffered
        if buffered == 0:
            self._behind.pop(reader, None)
        elif buffered > MAX_BUFFERED:
            self._cut_off(reader)
        else:
            self._behind.setdefault(reader, self._loop.time())
            if self._sweep is None:
                self._sweep = self._loop.call_later(SWEEP_EVERY, self._look_again)

    def forget(self, reader: Reader) -> None:
        self._behind.pop(reader, None)

    def _look_again(self) -> None:
        self._sweep = None
        too_long_ago = self._loop.time() - MAX_STALL
        for reader, since in tuple(self._behind.items()):
            if since <= too_long_ago and reader.buffered > 0:
                self._cut_off(reader)
            else:
                self.look(reader)

    def _cut_off(self, reader: Reader) -> None:
        self.forget(reader)
        reader.close(SLOW_READER, "you read too slowly; reconnect and continue")
