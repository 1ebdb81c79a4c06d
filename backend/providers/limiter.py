"""How many calls may be under way at once with one provider key: as many as it stands.

It keeps nobody waiting for another's `Retry-After`: limits are mostly per model, and one that is refused must
not hold up its neighbours under the same key. Who was refused waits for itself, outside its slot.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeAlias

from backend.kit.recently_used import MadeWhenUsed

CEILING: Final = 1024
_SHARE_KEPT: Final = 0.5
_WINDOW: Final = 5.0  # what was sent before a cut is refused after it, too
_LEAST_RECOVERY: Final = 0.1
_MOST_KEYS: Final = 1024


class Limiter:
    def __init__(self, clock: Callable[[], float], ceiling: int = CEILING) -> None:
        self._clock = clock
        self._ceiling = ceiling
        self._allowed = float(ceiling)
        self._cut_at: float | None = None
        self._in_flight = 0
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def limit(self) -> int:
        return int(self._allowed)

    @property
    def in_flight(self) -> int:
        return self._in_flight

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def idle(self) -> bool:
        return self._in_flight == 0 and not self._queue

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """First come, first served."""
        await self._turn()
        try:
            yield
        finally:
            self._give_back()

    def backed_off(self) -> None:
        """The provider has too much to do (429, 529). Said from inside the slot that was refused."""
        now = self._clock()
        if self._cut_at is not None and now - self._cut_at < _WINDOW:
            return
        self._cut_at = now
        self._allowed = max(1.0, min(self._allowed, self._in_flight) * _SHARE_KEPT)

    def succeeded(self) -> None:
        """As many successes as calls are allowed, at most ten, allow one more."""
        recovery = max(1 / self._allowed, _LEAST_RECOVERY)
        self._allowed = min(self._allowed + recovery, float(self._ceiling))
        self._grant()

    async def _turn(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        self._grant()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with suppress(ValueError):  # a grant has passed over it already
                    self._queue.remove(turn)
            else:  # granted, and cancelled before it could know
                self._give_back()
            raise

    def _give_back(self) -> None:
        self._in_flight -= 1
        self._grant()

    def _grant(self) -> None:
        while self._queue and self._in_flight < self.limit:
            turn = self._queue.popleft()
            if not turn.done():
                self._in_flight += 1
                turn.set_result(None)


ProviderKey: TypeAlias = tuple[str, str]
"""The endpoint's base URL and the fingerprint of the key."""


class Limiters(MadeWhenUsed[ProviderKey, Limiter]):
    def __init__(self, clock: Callable[[], float], ceiling: int = CEILING, most: int = _MOST_KEYS) -> None:
        super().__init__(lambda: Limiter(clock, ceiling), lambda limiter: limiter.idle, most)
