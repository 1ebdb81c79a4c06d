"""What keys are kept with: the seal, the server's own endpoints, the way outside, and who tries a key."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from backend.kit.outside import Outside
from backend.kit.sealed import Sealer
from backend.providers.endpoints import Endpoint
from backend.providers.failures import ProviderError
from backend.providers.keys import Key

Test: TypeAlias = Callable[[Endpoint, Key], Awaitable[ProviderError | None]]
"""Asks the endpoint for something harmless; None when the key did."""


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    sealer: Sealer
    endpoints: Mapping[str, Endpoint]
    """Those of this server, also where they are not set up: no user's endpoint takes their names."""
    outside: Outside
    test: Test

    def own(self, name: str) -> Endpoint | None:
        """An endpoint of this server that a key can be sent to."""
        endpoint = self.endpoints.get(name)
        return endpoint if endpoint and endpoint.base_url and not endpoint.simulated else None
