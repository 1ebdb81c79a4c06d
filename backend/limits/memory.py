"""Moving windows in memory, in bounded space. Knows nothing of rules but their names.

The library's own memory is not used: it grows with every key, and after each call it goes through all of them
in a task that visits a thread for each.
"""

import time
from array import array
from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Final

from limits.aio.storage import MovingWindowSupport

from backend.limits.windows import MovingWindows

_MOST: Final = 100_000
_SWEPT_AT_ONCE: Final = 2  # more than one call can add, so what has run out never piles up


class _Window:
    """When what was counted happened, the oldest first."""

    __slots__ = ("moments", "seconds")

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.moments = array("d")

    def forget_before(self, now: float) -> int:
        """How many have run out."""
        passed = bisect_right(self.moments, now - self.seconds)
        if passed:
            del self.moments[:passed]
        return passed


class _Shelf:
    """The windows of one rule. Whoever fills one shelf pushes nobody off another."""

    __slots__ = ("_most", "_size", "_windows")

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    @property
    def size(self) -> int:
        return self._size

    def add(self, key: str, limit: int, seconds: int, amount: int, now: float) -> bool:
        self._sweep(now)
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = _Window(seconds)
        else:
            self._windows.move_to_end(key)
            self._size -= window.forget_before(now)
        if len(window.moments) + amount > limit:
            return False
        window.moments.extend([now] * amount)
        self._size += amount
        while self._size > self._most and len(self._windows) > 1:
            self._drop_oldest()
        return True

    def window(self, key: str, now: float) -> tuple[float, int]:
        window = self._windows.get(key)
        if window is None:
            return now, 0
        self._size -= window.forget_before(now)
        return (window.moments[0], len(window.moments)) if window.moments else (now, 0)

    def _sweep(self, now: float) -> None:
        for _ in range(min(_SWEPT_AT_ONCE, len(self._windows))):
            oldest = next(iter(self._windows.values()))
            if oldest.moments and oldest.moments[-1] > now - oldest.seconds:
                return
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, window = self._windows.popitem(last=False)
        self._size -= len(window.moments)


class BoundedMemory(MovingWindowSupport):
    """At most so many moments for each rule; beyond, who came longest ago starts anew.

    No call waits inside, so calls cannot come between one another.
    """

    base_exceptions: Final = ()  # the library wraps those of its storages; there are none here
    wrap_exceptions: Final = False

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = _MOST) -> None:
        self._clock = clock
        self._shelves: defaultdict[str, _Shelf] = defaultdict(lambda: _Shelf(most))

    @property
    def size(self) -> int:
        return sum(shelf.size for shelf in self._shelves.values())

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        return self._shelf(key).add(key, limit, expiry, amount, self._clock())

    async def get_moving_window(
        self,
        key: str,
        limit: int,  # noqa: ARG002 - the window knows
        expiry: int,  # noqa: ARG002 - for the same reason
    ) -> tuple[float, int]:
        return self._shelf(key).window(key, self._clock())

    def _shelf(self, key: str) -> _Shelf:
        return self._shelves[key.partition("/")[0]]


def memory_buckets(clock: Callable[[], float] = time.monotonic, most: int = _MOST) -> MovingWindows:
    """Monotonic, because a clock that is set back would keep everybody waiting for as long."""
    return MovingWindows(BoundedMemory(clock, most), clock)
