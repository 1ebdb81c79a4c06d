"""A house with a simulated provider behind every name, for questions of who can ask whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

from backend.accounts.callers import Caller
from backend.catalogue.facts import Facts
from backend.catalogue.listing import Catalogue, KnownEndpoint
from backend.catalogue.once import Once
from backend.catalogue.pricelist import PriceList
from backend.catalogue.prices import PriceTable
from backend.catalogue.tokenizers import Tokenizers
from backend.comparisons.contestants import Contestant, Contestants, Wanted
from backend.keyring.repository import UserEndpoint
from backend.keyring.ring import Keyring
from backend.kit.db import Database
from backend.kit.outside import Outside, Reach
from backend.kit.sealed import Sealer
from backend.providers.calling import Providers
from backend.providers.endpoints import Endpoint
from backend.providers.keys import Key
from backend.providers.simulator.server import Simulator
from tests.keyring.doors import MASTER, Door
from tests.keyring.saving import create

SERVERS_KEY = "sk-of-the-server-0123456789"
QUICK = "@ttft:0@pace:0"

# What takes long to load, loaded once for all tests.
PRICES = Once(PriceList.load)
TOKENIZERS = Tokenizers()

FACTS = {
    "simulator/swift": Facts(
        kind="chat",
        context_window=32_000,
        max_output_tokens=4_096,
        price=PriceTable(input=Decimal("0.10"), output=Decimal("0.40")),
    ),
    "simulator/compass": Facts(kind="embedding", context_window=8_192),
    "workshop/nobody-knows": Facts(display_name="Nobody knows"),
    "bare/thing": Facts(),
}


@dataclass(frozen=True)
class House:
    database: Database
    ring: Keyring
    simulator: Simulator
    contestants: Contestants

    async def resolve(
        self, who: Caller, model_id: str, *fallbacks: str, where: str = "modelIds.0"
    ) -> Contestant:
        wanted = Wanted(model_id=model_id, fallback_model_ids=fallbacks, field=where)
        return await self.contestants.resolve(who.user_id, wanted)

    async def endpoint(self, who: Caller, name: str = "mine", *, shared: bool = False) -> UserEndpoint:
        return await create(self.database, self.ring, who, name, self.simulator.openai_url, shared=shared)


@asynccontextmanager
async def house(database: Database, *, local: bool = True) -> AsyncIterator[House]:
    """`local`: whether users may send this server to its own machine, where the simulator is."""
    simulator = await Simulator.start(remember=50)
    at = {"base_url": simulator.openai_url}
    servers = [
        KnownEndpoint(Endpoint("simulator", "Simulator", simulated=True, **at)),
        KnownEndpoint(Endpoint("openai", "OpenAI", prices="openai", **at)),
        KnownEndpoint(Endpoint("groq", "Groq", prices="groq", **at), "set GROQ_API_KEY"),
        KnownEndpoint(Endpoint("workshop", "Workshop", needs_key=False, **at)),
        KnownEndpoint(Endpoint("bare", "Bare"), "set BAKEOFF_BARE_BASE_URL"),
    ]
    outside = Outside(Reach(local=local))
    providers, outsiders = Providers(_untold), Providers(_untold, connector=outside.connector)
    catalogue = Catalogue(servers, FACTS, PRICES)
    ring = Keyring(
        Sealer(MASTER), {known.endpoint.name: known.endpoint for known in servers}, outside, Door()
    )
    keys = {"openai": Key(SERVERS_KEY), "simulator": Key("sk-of-the-simulator")}
    try:
        yield House(
            database,
            ring,
            simulator,
            Contestants(database, catalogue, ring, keys, providers, outsiders),
        )
    finally:
        await catalogue.close()
        await providers.aclose()
        await outsiders.aclose()
        await simulator.stop()


def sent_keys(simulator: Simulator) -> list[str]:
    """With which key each question came in."""
    return [
        request.headers["authorization"].removeprefix("Bearer ")
        for request in simulator.requests
        if request.method == "POST"
    ]


def _untold(*_: object) -> None:
    """Nobody wants to know."""
