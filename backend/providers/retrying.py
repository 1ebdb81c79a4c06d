"""How often one call is tried, and how long is waited between. The only retry loop there is."""

from collections.abc import Callable
from typing import Final

from backend.providers.failures import ProviderError
from backend.providers.retry_after import pause_before

MOST_RETRIES: Final = 2


class Retries:
    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._made = 0

    def pause_after(self, error: ProviderError) -> float | None:
        """Seconds to wait, or None when this was the last try."""
        if not error.retryable or self._made >= MOST_RETRIES:
            return None
        pause = pause_before(self._made, error.retry_after, self._random)
        if pause is not None:
            self._made += 1
        return pause
