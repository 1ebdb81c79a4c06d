"""What users' servers say of their models. Each is asked every half minute at most, whoever wants to know."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final, TypeAlias

from backend.keyring.repository import UserEndpoint
from backend.keyring.schemas import MOST_MODELS
from backend.kit.recently_used import RecentlyUsed
from backend.providers.calling import Providers
from backend.providers.failures import ProviderError
from backend.providers.keys import Key

_PATIENCE: Final = 3.0
"""Seconds that a list waits for a server that hangs."""
_FRESH: Final = 30.0
_MOST_SERVERS: Final = 1_000
_LONGEST_NAME: Final = 160

_Server: TypeAlias = tuple[str, str, str]
"""Where it is and how it is spoken to, and the fingerprint of the key: another one may see other models."""


@dataclass(frozen=True, slots=True)
class _Listing:
    names: tuple[str, ...]
    until: float


class ServerListings:
    def __init__(self, outsiders: Providers, fresh: float = _FRESH, patience: float = _PATIENCE) -> None:
        self._outsiders = outsiders
        self._fresh = fresh
        self._patience = patience
        self._listings: RecentlyUsed[_Server, _Listing] = RecentlyUsed(_MOST_SERVERS)

    async def names(self, endpoint: UserEndpoint, key: Key) -> tuple[str, ...]:
        """Empty where it does not answer."""
        server = (endpoint.base_url, endpoint.dialect, key.fingerprint)
        listing = self._listings.get(server)
        if listing is None or time.monotonic() > listing.until:
            names = await self._asked(endpoint, key)
            listing = self._listings[server] = _Listing(names, time.monotonic() + self._fresh)
        return listing.names

    async def _asked(self, endpoint: UserEndpoint, key: Key) -> tuple[str, ...]:
        try:
            async with asyncio.timeout(self._patience):
                names = await self._outsiders.model_names(endpoint.endpoint(), key)
        except (ProviderError, TimeoutError, OSError):
            return ()
        usable = (name for name in names if 0 < len(name) <= _LONGEST_NAME and name.isprintable())
        return tuple(usable)[:MOST_MODELS]
