"""UUIDv7 keys (RFC 9562): unique everywhere, sorted by time, strictly rising within a process."""

import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

_COUNTER_BITS = 42
_TAIL_BITS = 32
_VERSION_AND_VARIANT = (0x7 << 76) | (0b10 << 62)


class Ids:
    """A 42-bit counter follows the millisecond, so that ids of one millisecond keep their order too."""

    def __init__(self, nanoseconds: Callable[[], int] = time.time_ns) -> None:
        self._nanoseconds = nanoseconds
        self._lock = threading.Lock()
        self._millisecond = -1
        self._counter = 0

    def __call__(self) -> UUID:
        with self._lock:
            millisecond, counter = self._next()
        counter_high = counter >> 30
        counter_low = counter & ((1 << 30) - 1)
        tail = secrets.randbits(_TAIL_BITS)
        return UUID(
            int=millisecond << 80
            | counter_high << 64
            | counter_low << _TAIL_BITS
            | tail
            | _VERSION_AND_VARIANT
        )

    def _next(self) -> tuple[int, int]:
        millisecond = self._nanoseconds() // 1_000_000
        if millisecond > self._millisecond:
            self._millisecond = millisecond
            # One bit stays free, so that the counter cannot run over within its millisecond.
            self._counter = secrets.randbits(_COUNTER_BITS - 1)
        else:
            # The same millisecond, or a clock that went back: stay where we were and count on.
            self._counter += 1
        if self._counter >> _COUNTER_BITS:
            self._millisecond += 1
            self._counter = 0
        return self._millisecond, self._counter


new_id = Ids()


def created_at(key: UUID) -> datetime:
    """The moment that a key from here carries, to the millisecond."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, UTC)
