"""Buckets over whatever storage of the library `limits` keeps moving windows: its Redis, or our memory."""

import time
from collections.abc import Callable

from limits.aio.storage import MovingWindowSupport

from backend.limits.buckets import Verdict
from backend.limits.rules import Rule


class MovingWindows:
    """`clock` is the storage's own; the library's storages go by `time.time`."""

    def __init__(self, storage: MovingWindowSupport, clock: Callable[[], float] = time.time) -> None:
        self._storage = storage
        self._clock = clock

    async def take(self, rule: Rule, key: str) -> Verdict:
        bucket = f"{rule.name}/{key}"
        allowed = await self._storage.acquire_entry(bucket, rule.amount, rule.seconds)
        start, used = await self._storage.get_moving_window(bucket, rule.amount, rule.seconds)
        return Verdict(
            rule=rule,
            allowed=allowed,
            remaining=max(0, rule.amount - used) if allowed else 0,
            resets_in=max(0.0, start + rule.seconds - self._clock()),
        )
