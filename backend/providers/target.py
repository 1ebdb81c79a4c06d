"""One model at one endpoint, and how it wants to be spoken to."""

import dataclasses
from dataclasses import dataclass
from typing import Final

from backend.providers.capabilities import Capabilities
from backend.providers.endpoints import Clocks, Dialect, Endpoint

_REASONING_FIRST_CHUNK: Final = 120.0


@dataclass(frozen=True, slots=True)
class Target:
    endpoint: Endpoint
    name: str
    """What the endpoint calls it."""
    dialect: Dialect
    takes: Capabilities

    @property
    def id(self) -> str:
        """What Bakeoff calls it."""
        return f"{self.endpoint.name}/{self.name}"

    @property
    def clocks(self) -> Clocks:
        """A model that thinks first is given the time for it."""
        clocks = self.endpoint.clocks
        if not self.takes.reasoning:
            return clocks
        return dataclasses.replace(clocks, first_chunk=max(clocks.first_chunk, _REASONING_FIRST_CHUNK))
