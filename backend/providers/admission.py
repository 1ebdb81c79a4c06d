"""Whether and when a try may go out: a free slot under its key, and a model that is not known to be down."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal, TypeAlias

from backend.providers.breaker import Attempt, Breakers
from backend.providers.failures import FailureKind, ProviderError
from backend.providers.keys import Key
from backend.providers.limiter import Limiter, Limiters
from backend.providers.target import Target

Outcome: TypeAlias = FailureKind | Literal["ok", "interrupted", "cancelled"]


class Admitted:
    """One try, until the first chunk and beyond."""

    __slots__ = ("_attempt", "_limiter", "outcome")

    def __init__(self, limiter: Limiter, attempt: Attempt) -> None:
        self._limiter = limiter
        self._attempt = attempt
        self.outcome: Outcome | None = None

    def answered(self) -> None:
        """The provider is well, as its first chunk shows."""
        if self.outcome is None:
            self.outcome = "ok"
            self._attempt.succeeded()
            self._limiter.succeeded()

    def broke_off(self) -> None:
        self.outcome = "interrupted"
        self._attempt.failed("bad_stream")

    def failed(self, kind: FailureKind) -> None:
        self.outcome = kind
        self._attempt.failed(kind)
        if kind in {"rate_limited", "overloaded"}:
            self._limiter.backed_off()


class Admission:
    def __init__(self, tried: Callable[[Target, Outcome], None]) -> None:
        self._tried = tried
        self._limiters = Limiters(time.monotonic)
        self._breakers = Breakers(time.monotonic)

    @property
    def waiting(self) -> int:
        """Calls without a place under their key."""
        return sum(limiter.waiting for limiter in self._limiters)

    @asynccontextmanager
    async def enter(self, target: Target, key: Key) -> AsyncIterator[Admitted]:
        """Waits for its turn. What is raised inside tells how it went."""
        # By address: of users' endpoints several may have one name.
        server, fingerprint = target.endpoint.base_url, key.fingerprint
        limiter = self._limiters[server, fingerprint]
        async with limiter.slot():
            attempt = self._breakers[server, fingerprint, target.name].admit()
            if isinstance(attempt, float):
                raise _known_to_be_down(target, attempt)
            admitted = Admitted(limiter, attempt)
            with attempt:
                try:
                    yield admitted
                    admitted.answered()
                except ProviderError as error:
                    admitted.failed(error.kind)
                    raise
                except (asyncio.CancelledError, GeneratorExit):
                    admitted.outcome = "cancelled"
                    raise
                finally:
                    self._tried(target, admitted.outcome or "cancelled")


def _known_to_be_down(target: Target, seconds: float) -> ProviderError:
    message = f"{target.id} has failed too often just now. It is tried again in {seconds:.0f} s."
    return ProviderError("overloaded", message, retryable=False, retry_after=seconds)
