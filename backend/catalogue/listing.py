"""The catalogue: every model that can be asked here, found by its id or its bare name.

It puts together what others know: the endpoints of this installation, the price list, facts, servers.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backend.catalogue.discovery import FRESH, Ask, Discovery, Found
from backend.catalogue.entry import Entry, ListPricing, Pricing
from backend.catalogue.facts import Facts, merge, shipped_rules
from backend.catalogue.once import Once
from backend.catalogue.pricelist import Listed, PriceList
from backend.providers.endpoints import Dialect, Endpoint
from backend.providers.target import Target


@dataclass(frozen=True, slots=True)
class KnownEndpoint:
    """An endpoint as this installation has it."""

    endpoint: Endpoint
    unavailable_reason: str | None = None
    """What a person can do about it ("set GROQ_API_KEY"); None: it is configured."""
    dialect: Dialect | None = None
    """None: the usual one of its SDK."""
    ask: Ask | None = field(default=None, compare=False)
    """For the names of its models, where only the server knows them."""


class Catalogue:
    def __init__(
        self,
        endpoints: Sequence[KnownEndpoint],
        facts: Mapping[str, Facts] | None = None,
        prices: Once[PriceList] | None = None,
        believed_seconds: float = FRESH,
    ) -> None:
        """`facts` by model id: what bakeoff.toml says, and who the simulated models are.

        What a server says of its models is believed for so many seconds.
        """
        self._endpoints = {known.endpoint.name: known for known in endpoints}
        self._facts = dict(facts or {})
        self._prices = prices or Once(_load)
        self._discoveries = {
            known.endpoint.name: Discovery(known.endpoint, known.ask, believed_seconds)
            for known in endpoints
            if known.ask is not None and known.unavailable_reason is None
        }
        self._all: tuple[Mapping[str, Found], tuple[Entry, ...]] | None = None

    async def find(self, model_id: str) -> Entry | None:
        """By "endpoint/name"; a name alone finds the one endpoint that has it, the maker before resellers."""
        prices = await self._prices.get()
        endpoint, _, name = model_id.partition("/")
        known = self._endpoints.get(endpoint)
        if known is None:
            return await self._find_bare(model_id, prices)
        if not self._knows(known.endpoint, name, prices):
            return None
        return self._entry(known, name, prices, await self._look(endpoint))

    async def elsewhere(self, known: KnownEndpoint, name: str) -> Entry:
        """A model at an endpoint that is not of this installation: what can be told from its name."""
        return self._entry(known, name, await self._prices.get(), Found())

    async def all(self) -> tuple[Entry, ...]:
        """What is listed; the same tuple as long as nothing has changed."""
        prices = await self._prices.get()
        found = await self._look_everywhere()
        if self._all is None or self._all[0] != found:
            self._all = (found, await asyncio.to_thread(self._list, prices, found))
        return self._all[1]

    async def price_list(self) -> PriceList:
        return await self._prices.get()

    def facts_of(self, model_id: str) -> Facts:
        own = self._facts.get(model_id)
        rules = shipped_rules().of(model_id)
        return merge((rules, own)) if own else rules

    async def close(self) -> None:
        for discovery in self._discoveries.values():
            await discovery.close()

    async def _look(self, endpoint: str) -> Found:
        discovery = self._discoveries.get(endpoint)
        return await discovery.look() if discovery else Found()

    async def _look_everywhere(self) -> dict[str, Found]:
        looks = (discovery.look() for discovery in self._discoveries.values())
        return dict(zip(self._discoveries, await asyncio.gather(*looks), strict=True))

    async def _find_bare(self, name: str, prices: PriceList) -> Entry | None:
        found = await self._look_everywhere()
        having = [
            (known, self._entry(known, name, prices, found.get(endpoint, Found())))
            for endpoint, known in self._endpoints.items()
            if self._has(known.endpoint, name, prices, found.get(endpoint, Found()))
        ]
        asked = [(known, entry) for known, entry in having if entry.kind != "other"]
        makers = [each for each in asked if _makes(each[0].endpoint, name, prices)]
        for candidates in (asked, makers):
            if len(candidates) == 1:
                return candidates[0][1]
        return None

    def _knows(self, endpoint: Endpoint, name: str, prices: PriceList) -> bool:
        """A server that lists its own models answers for itself; a name nobody knows is a slip of the pen."""
        listed = endpoint.prices is not None and prices.find(endpoint.prices, name) is not None
        return bool(name) and (listed or endpoint.discovers or _id(endpoint, name) in self._facts)

    def _has(self, endpoint: Endpoint, name: str, prices: PriceList, found: Found) -> bool:
        priced = endpoint.prices is not None and prices.lists(endpoint.prices, name)
        return priced or name in found.names or _id(endpoint, name) in self._facts

    def _list(self, prices: PriceList, found: Mapping[str, Found]) -> tuple[Entry, ...]:
        entries = (
            self._entry(known, name, prices, found.get(endpoint, Found()))
            for endpoint, known in self._endpoints.items()
            for name in self._names(known.endpoint, prices, found.get(endpoint, Found()))
        )
        listed = [entry for entry in entries if entry.kind != "other" and not entry.hidden]
        return tuple(sorted(listed, key=_order))

    def _names(self, endpoint: Endpoint, prices: PriceList, found: Found) -> dict[str, None]:
        """In order and each once."""
        own = f"{endpoint.name}/"
        priced = prices.models(endpoint.prices) if endpoint.prices else []
        named = [model_id.removeprefix(own) for model_id in self._facts if model_id.startswith(own)]
        return dict.fromkeys([*(listed.id for listed in priced), *named, *found.names])

    def _entry(self, known: KnownEndpoint, name: str, prices: PriceList, found: Found) -> Entry:
        endpoint = known.endpoint
        model_id = _id(endpoint, name)
        own = self._facts.get(model_id, Facts())
        facts = self.facts_of(model_id)
        listed = prices.find(endpoint.prices, name) if endpoint.prices else None
        usual: Dialect = "messages" if endpoint.sdk == "anthropic" else "chat"
        dialect = own.dialect or known.dialect or facts.dialect or usual
        return Entry(
            target=Target(endpoint, name, dialect, facts.capabilities(endpoint)),
            display_name=facts.display_name or _display_name(listed, name),
            kind=facts.kind or "chat",
            context_window=own.context_window or (listed and listed.context_window) or facts.context_window,
            pricing=_pricing(endpoint, facts, listed),
            unavailable_reason=known.unavailable_reason or self._unreachable(endpoint, name, facts, found),
            hidden=bool(facts.hidden),
            deprecated=bool(facts.deprecated or (listed and listed.deprecated)),
        )

    def _unreachable(self, endpoint: Endpoint, name: str, facts: Facts, found: Found) -> str | None:
        if facts.kind == "other":
            return f"{name} is neither for chat nor for embeddings"
        if endpoint.name not in self._discoveries or name in found.names:
            return None
        return found.problem or f"{endpoint.display_name} has no model {name}"


def _load() -> PriceList:
    """In one thread with the rules, which are needed wherever prices are."""
    shipped_rules()
    return PriceList.load()


def _id(endpoint: Endpoint, name: str) -> str:
    """Simulated models can be told after an @ how to behave, and stay who they are."""
    return f"{endpoint.name}/{name.partition('@')[0] if endpoint.simulated else name}"


def _makes(endpoint: Endpoint, name: str, prices: PriceList) -> bool:
    return endpoint.prices is not None and prices.makes(endpoint.prices, name)


def _display_name(listed: Listed | None, name: str) -> str:
    """An alias is shown as it is written: what it stands for today may be another model tomorrow."""
    return listed.display_name or name if listed and listed.id == name else name


def _pricing(endpoint: Endpoint, facts: Facts, listed: Listed | None) -> Pricing:
    if facts.price is not None:
        return facts.price.price("simulated" if endpoint.simulated else "bakeoff.toml")
    return ListPricing(listed, facts.hour_cache_write) if listed else None


def _order(entry: Entry) -> tuple[bool, bool, str, str]:
    other = entry.kind != "chat"
    return not entry.available, other, entry.target.endpoint.name, entry.target.name.lower()
