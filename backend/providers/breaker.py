"""Keeps calls away from a model that is down: after many failures only one at a time asks whether it is back.

Knows outcomes, not calls.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TypeAlias

from backend.kit.recently_used import MadeWhenUsed
from backend.providers.failures import FailureKind

# The others say something of the request or the account, and that somebody is there to say it.
SAYS_IT_IS_DOWN: Final[frozenset[FailureKind]] = frozenset(
    {"overloaded", "timeout", "unreachable", "bad_stream", "provider_error"}
)

_WINDOW: Final = 30  # seconds
_LEAST_FAILURES: Final = 5
_SHARE_FAILED: Final = 0.5
_OPEN_FOR: Final = 15.0
_PROBE_TAKES: Final = 1.0  # a guess, for who asks while a probe is under way
_MOST_MODELS: Final = 1024


class Breaker:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._recent = _Recent()
        self._open_until: float | None = None
        self._probe: Attempt | None = None

    def admit(self) -> "Attempt | float":
        """An attempt, to be entered at once; or the seconds until the next one may be made."""
        if self._open_until is None:
            return Attempt(self)
        wait = self._open_until - self._clock()
        if wait > 0:
            return wait
        if self._probe is not None:
            return _PROBE_TAKES
        self._probe = Attempt(self)
        return self._probe

    @property
    def idle(self) -> bool:
        return self._probe is None and (self._open_until is None or self._open_until <= self._clock())

    def ended(self, attempt: "Attempt", *, down: bool) -> None:
        """While it is open only the probe counts: what else ends then was sent before."""
        now = self._clock()
        if attempt is self._probe:
            self._probe = None
            self._open_until = now + _OPEN_FOR if down else None
            self._recent = _Recent()
        elif self._open_until is None:
            self._recent.add(int(now), failed=down)
            if down and self._recent.is_down(int(now)):
                self._open_until = now + _OPEN_FOR

    def answered(self, attempt: "Attempt") -> None:
        """With a failure that says nothing of the model, except that it is there."""
        if attempt is self._probe:
            self.ended(attempt, down=False)

    def abandoned(self, attempt: "Attempt") -> None:
        if attempt is self._probe:
            self._probe = None


class Attempt:
    """One call. Leaving it without a word (cancelled) is no outcome, and lets another one probe.

    The first chunk is a success already; a failure after it is one more outcome.
    """

    __slots__ = ("_breaker",)

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker

    def succeeded(self) -> None:
        self._breaker.ended(self, down=False)

    def failed(self, kind: FailureKind) -> None:
        if kind in SAYS_IT_IS_DOWN:
            self._breaker.ended(self, down=True)
        else:
            self._breaker.answered(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._breaker.abandoned(self)


class _Recent:
    """Outcomes by the second, in as many buckets as the window has seconds, however many calls there are."""

    __slots__ = ("_all", "_failed", "_second")

    def __init__(self) -> None:
        self._second = [-_WINDOW] * _WINDOW
        self._all = [0] * _WINDOW
        self._failed = [0] * _WINDOW

    def add(self, second: int, *, failed: bool) -> None:
        bucket = second % _WINDOW
        if self._second[bucket] != second:
            self._second[bucket], self._all[bucket], self._failed[bucket] = second, 0, 0
        self._all[bucket] += 1
        self._failed[bucket] += failed

    def is_down(self, now: int) -> bool:
        inside = [bucket for bucket in range(_WINDOW) if self._second[bucket] > now - _WINDOW]
        failed = sum(self._failed[bucket] for bucket in inside)
        return failed >= _LEAST_FAILURES and failed >= _SHARE_FAILED * sum(self._all[b] for b in inside)


ModelKey: TypeAlias = tuple[str, str, str]
"""The endpoint's base URL, the fingerprint of the key, the model."""


class Breakers(MadeWhenUsed[ModelKey, Breaker]):
    def __init__(self, clock: Callable[[], float], most: int = _MOST_MODELS) -> None:
        super().__init__(lambda: Breaker(clock), lambda breaker: breaker.idle, most)
