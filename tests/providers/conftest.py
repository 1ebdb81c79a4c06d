"""The providers part against a simulated server, over real HTTP, through the real SDKs."""

from collections.abc import AsyncIterator

import pytest

from backend.providers.admission import Outcome
from backend.providers.calling import Providers
from backend.providers.simulator.server import Simulator
from backend.providers.target import Target


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    simulator = await Simulator.start(remember=1000)
    try:
        yield simulator
    finally:
        await simulator.stop()


@pytest.fixture
def tried() -> list[tuple[str, Outcome]]:
    """How each try went, as metrics and health hear of it."""
    return []


@pytest.fixture
async def providers(tried: list[tuple[str, Outcome]]) -> AsyncIterator[Providers]:
    def note(target: Target, outcome: Outcome) -> None:
        tried.append((target.id, outcome))

    providers = Providers(note)
    try:
        yield providers
    finally:
        await providers.aclose()
