"""The way that a key is tried in earnest: the provider is asked for its models."""

from collections.abc import AsyncIterator

import pytest

from backend.keyring.ring import Keyring
from backend.kit.db import Database
from backend.kit.errors import Invalid
from backend.providers.admission import Outcome
from backend.providers.calling import Providers
from backend.providers.endpoints import Endpoint
from backend.providers.failures import ProviderError
from backend.providers.keys import Key
from backend.providers.simulator.server import Simulator
from backend.providers.target import Target
from tests.keyring.doors import person, ring_of
from tests.keyring.saving import save, used

GOOD = "a-key-that-the-server-knows"
WRONG = "a-key-that-the-server-does-not-know"


@pytest.fixture
async def ring() -> AsyncIterator[Keyring]:
    providers = Providers(_unnoticed)
    simulator = await Simulator.start(key=GOOD)

    async def listing(endpoint: Endpoint, key: Key) -> ProviderError | None:
        try:
            await providers.model_names(endpoint, key)
        except ProviderError as error:
            return error
        return None

    servers = {"openai": Endpoint("openai", "OpenAI", simulator.openai_url)}
    try:
        yield ring_of(listing, servers=servers)
    finally:
        await simulator.stop()
        await providers.aclose()


def _unnoticed(_target: Target, _outcome: Outcome) -> None:
    pass


async def test_a_key_is_saved_when_the_server_takes_it_and_not_otherwise(
    sqlite_url: str, ring: Keyring
) -> None:
    database = Database.open(sqlite_url)
    try:
        alice = await person(database, "alice")
        with pytest.raises(Invalid) as refused:
            await save(database, ring, alice, "openai", WRONG)
        assert WRONG not in refused.value.details[0].message
        assert await used(database, ring, alice, "openai") is None
        saved = await save(database, ring, alice, "openai", GOOD)
        assert saved.tested_at == saved.saved_at
        assert await used(database, ring, alice, "openai") == GOOD
    finally:
        await database.close()
