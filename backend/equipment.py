"""What this installation can ask: endpoints, keys, the catalogue of their models, the simulator.

Built from the settings; the providers and the catalogue know none of them.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from backend.catalogue.answer import ModelsAnswer
from backend.catalogue.facts import Facts
from backend.catalogue.listing import Catalogue, KnownEndpoint
from backend.catalogue.overrides import CustomEndpoint, Overrides, read_overrides
from backend.catalogue.prices import PriceTable
from backend.catalogue.tokenizers import Tokenizers
from backend.catalogue.tokens import TokenCounter
from backend.keyring.listings import ServerListings
from backend.keyring.ring import Keyring
from backend.kit.master_key import MasterKey
from backend.kit.outside import Outside, Reach
from backend.kit.sealed import Sealer
from backend.providers.admission import Outcome
from backend.providers.calling import Providers
from backend.providers.endpoints import ENDPOINTS, Endpoint
from backend.providers.failures import ProviderError
from backend.providers.keys import NO_KEY, Key
from backend.providers.target import Target
from backend.settings import Settings, SettingsError, key_variable


@dataclass(frozen=True, slots=True)
class Plan:
    """What the settings ask for; nothing is open yet."""

    endpoints: tuple[KnownEndpoint, ...]
    facts: dict[str, Facts]
    keys: dict[str, Key]
    simulated: bool
    proxy: str | None
    users_reach_local: bool

    def configured(self) -> dict[str, bool]:
        """By the name of the endpoint; the simulator is one."""
        names = {known.endpoint.name: known.unavailable_reason is None for known in self.endpoints}
        return names | {SIMULATOR: self.simulated}


@dataclass(frozen=True, slots=True)
class Equipment:
    providers: Providers
    outsiders: Providers
    """The way to endpoints of users, and to nothing else."""
    catalogue: Catalogue
    models_answer: ModelsAnswer
    tokens: TokenCounter
    keys: dict[str, Key]
    keyring: Keyring
    listings: ServerListings


SIMULATOR = "simulator"


def plan_of(settings: Settings) -> Plan:
    """Raises SettingsError for tables that cannot be used."""
    overrides, problems = read_overrides(
        settings.endpoints, settings.models, {SIMULATOR, *(endpoint.name for endpoint in ENDPOINTS)}
    )
    if problems:
        raise SettingsError(f"bakeoff.toml: {problem}" for problem in problems)
    keys = {name: Key(secret.reveal()) for name, secret in settings.provider_keys.items()}
    return Plan(
        endpoints=tuple(_endpoints(settings, overrides, keys)),
        facts=dict(overrides.facts),
        keys=keys,
        simulated=settings.simulator == "on" or (settings.simulator == "auto" and not _anybody(settings)),
        proxy=settings.provider_proxy.reveal() if settings.provider_proxy else None,
        users_reach_local=settings.local_endpoints == "on",
    )


@asynccontextmanager
async def equipped(
    plan: Plan, tried: Callable[[Target, Outcome], None], master: MasterKey
) -> AsyncIterator[Equipment]:
    providers = Providers(tried, plan.proxy)
    # Endpoints of users: never through a proxy, which would look the name up again, never into this network.
    outside = Outside(Reach(local=plan.users_reach_local))
    outsiders = Providers(tried, connector=outside.connector)
    try:
        async with _simulator(plan) as (simulated, cast, made_up):
            keys = plan.keys | made_up
            endpoints = [_asking(known, providers, keys) for known in plan.endpoints]
            catalogue = Catalogue([*endpoints, *simulated], cast | plan.facts)
            try:
                yield Equipment(
                    providers=providers,
                    outsiders=outsiders,
                    catalogue=catalogue,
                    models_answer=ModelsAnswer(catalogue),
                    tokens=TokenCounter(Tokenizers(), catalogue.facts_of),
                    keys=keys,
                    keyring=_keyring(plan, master, outside, providers, outsiders),
                    listings=ServerListings(outsiders),
                )
            finally:
                await catalogue.close()
    finally:
        await providers.aclose()
        await outsiders.aclose()


def _keyring(
    plan: Plan, master: MasterKey, outside: Outside, providers: Providers, outsiders: Providers
) -> Keyring:
    own = {known.endpoint.name: known.endpoint for known in plan.endpoints}
    own[SIMULATOR] = Endpoint(SIMULATOR, "Simulator", simulated=True)

    async def test(endpoint: Endpoint, key: Key) -> ProviderError | None:
        """Which models there are: costs nothing, and needs the key."""
        try:
            await (providers if endpoint.name in own else outsiders).model_names(endpoint, key)
        except ProviderError as error:
            return error
        return None

    return Keyring(Sealer(master), own, outside, test)


def _anybody(settings: Settings) -> bool:
    """Whether somebody real can be asked."""
    return bool(settings.provider_keys or settings.provider_base_urls or settings.endpoints)


def _endpoints(settings: Settings, overrides: Overrides, keys: Collection[str]) -> Iterable[KnownEndpoint]:
    for endpoint in ENDPOINTS:
        url = settings.provider_base_urls.get(endpoint.name)
        placed = replace(endpoint, base_url=url) if url else endpoint
        yield KnownEndpoint(placed, _missing(placed, key_variable(endpoint.name), keys, own=url is not None))
    for custom in overrides.endpoints:
        yield _custom(custom, keys)


def _custom(custom: CustomEndpoint, keys: Collection[str]) -> KnownEndpoint:
    endpoint = custom.endpoint
    return KnownEndpoint(
        endpoint, _missing(endpoint, custom.key_variable, keys, own=False), dialect=custom.dialect
    )


def _missing(endpoint: Endpoint, variable: str | None, keys: Collection[str], *, own: bool) -> str | None:
    """What to set. A server of one's own often wants no key, so its address is enough."""
    if not endpoint.base_url:
        return f"set BAKEOFF_{endpoint.name.upper()}_BASE_URL"
    if endpoint.needs_key and not own and endpoint.name not in keys:
        return f"set {variable or 'its key'}"
    return None


def _asking(known: KnownEndpoint, providers: Providers, keys: dict[str, Key]) -> KnownEndpoint:
    endpoint = known.endpoint
    if not endpoint.discovers:
        return known
    return replace(known, ask=partial(providers.model_names, endpoint, keys.get(endpoint.name, NO_KEY)))


@asynccontextmanager
async def _simulator(
    plan: Plan,
) -> AsyncIterator[tuple[list[KnownEndpoint], dict[str, Facts], dict[str, Key]]]:
    """On a listener of its own: reached over HTTP like everybody else, and only with a key made up here."""
    if not plan.simulated:
        yield [], {}, {}
        return
    from backend.providers.simulator.server import Simulator  # noqa: PLC0415 - not for those who have keys

    key = Key(secrets.token_urlsafe())
    simulator = await Simulator.start(key=key.secret)
    endpoint = Endpoint(
        SIMULATOR,
        "Simulator",
        simulator.openai_url,
        max_tokens_field="max_completion_tokens",
        simulated=True,
    )
    try:
        yield [KnownEndpoint(endpoint)], dict(_cast()), {SIMULATOR: key}
    finally:
        await simulator.stop()


def _cast() -> Iterable[tuple[str, Facts]]:
    from backend.providers.simulator.cast import CAST, EMBEDDERS  # noqa: PLC0415 - as above

    for character in CAST:
        prices = character.prices
        yield (
            f"{SIMULATOR}/{character.name}",
            Facts(
                display_name=character.display_name,
                kind="chat",
                context_window=character.context_window,
                max_output_tokens=character.max_output_tokens,
                inputs=("image",) if character.images else (),
                reasoning=character.reasoning,
                refuses=("temperature", "top_p") if character.reasoning else ("reasoning_effort",),
                price=PriceTable(
                    input=prices.input,
                    output=prices.output,
                    cache_read=prices.cache_read,
                    cache_write_5m=prices.cache_write,
                ),
            ),
        )
    for embedder in EMBEDDERS:
        yield (
            f"{SIMULATOR}/{embedder.name}",
            Facts(
                display_name=embedder.display_name,
                kind="embedding",
                context_window=embedder.max_input_tokens,
                price=PriceTable(input=embedder.price),
            ),
        )
