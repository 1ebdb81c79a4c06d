"""How each provider's last call went. Filled by those who call providers; nobody is called to find out."""

from collections.abc import Mapping

from backend.health.schemas import Outcome, Provider


class ProviderStates:
    def __init__(self, configured: Mapping[str, bool]) -> None:
        self._configured = dict(configured)
        self._outcomes: dict[str, Outcome] = {}

    def record(self, name: str, outcome: Outcome) -> None:
        self._outcomes[name] = outcome

    def configured(self) -> Mapping[str, bool]:
        return self._configured

    def all(self) -> tuple[Provider, ...]:
        return tuple(
            Provider(name=name, configured=configured, last_outcome=self._outcomes.get(name))
            for name, configured in self._configured.items()
        )
