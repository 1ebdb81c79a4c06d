"""How each provider's last call went. Filled by those who call providers; nobody is called to find out."""

from collections.abc import Mapping
from typing import Final

from backend.health.schemas import Outcome, Provider

# The others say something of one request, or that somebody stopped it.
_TELLS: Final[Mapping[str, Outcome]] = {
    "ok": "ok",
    "credentials": "error",
    "interrupted": "error",
    "overloaded": "error",
    "timeout": "error",
    "unreachable": "error",
    "bad_stream": "error",
    "provider_error": "error",
}


class ProviderStates:
    def __init__(self, configured: Mapping[str, bool]) -> None:
        self._configured = dict(configured)
        self._outcomes: dict[str, Outcome] = {}

    def record(self, name: str, came_to: str) -> None:
        """What a try came to: `ok`, or the kind of its failure. Endpoints of users are none of these."""
        if name in self._configured and (outcome := _TELLS.get(came_to)) is not None:
            self._outcomes[name] = outcome

    def configured(self) -> Mapping[str, bool]:
        return self._configured

    def all(self) -> tuple[Provider, ...]:
        return tuple(
            Provider(name=name, configured=configured, last_outcome=self._outcomes.get(name))
            for name, configured in self._configured.items()
        )
