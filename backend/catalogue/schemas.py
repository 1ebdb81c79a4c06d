"""What the API says of a model."""

from datetime import datetime
from decimal import Decimal
from typing import cast

from backend.catalogue.entry import Entry
from backend.catalogue.facts import Kind
from backend.catalogue.prices import Bucket, Price
from backend.kit.wire import Answer
from backend.providers.capabilities import Input
from backend.providers.chat import PARAMETER_NAMES, Effort, ParameterName
from backend.providers.usage import BUCKETS


class ModelCapabilities(Answer, frozen=True):
    kind: Kind
    inputs: tuple[Input, ...]
    """Beside text."""
    reasoning: bool
    efforts: tuple[Effort, ...]
    tools: bool
    parameters: tuple[ParameterName, ...]


class Rates(Answer, frozen=True):
    """Dollars for a million tokens; null: charged like the bucket it is a part of, or not known."""

    input: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write_5m: Decimal | None = None
    cache_write_1h: Decimal | None = None
    input_audio: Decimal | None = None
    output: Decimal | None = None
    reasoning: Decimal | None = None
    output_audio: Decimal | None = None


class RateTier(Answer, frozen=True):
    """The rates of a call whose input is larger."""

    above_input_tokens: int
    rates: Rates


class ModelPrices(Answer, frozen=True):
    currency: str
    rates: Rates
    tiers: tuple[RateTier, ...]
    per_request: Decimal | None
    source: str
    condition: str


class Model(Answer, frozen=True):
    id: str
    provider: str
    display_name: str
    context_window: int | None
    max_output_tokens: int | None
    capabilities: ModelCapabilities
    prices: ModelPrices | None
    available: bool
    unavailable_reason: str | None
    simulated: bool
    deprecated: bool


def model_of(entry: Entry, at: datetime) -> Model:
    price = entry.price(at)
    return Model(
        id=entry.id,
        provider=entry.target.endpoint.name,
        display_name=entry.display_name,
        context_window=entry.context_window,
        max_output_tokens=entry.max_output_tokens,
        capabilities=_capabilities(entry),
        prices=None if price is None else _prices(price),
        available=entry.available,
        unavailable_reason=entry.unavailable_reason,
        simulated=entry.simulated,
        deprecated=entry.deprecated,
    )


def _capabilities(entry: Entry) -> ModelCapabilities:
    takes = entry.target.takes
    return ModelCapabilities(
        kind=entry.kind,
        inputs=tuple(sorted(takes.inputs)),
        reasoning=takes.reasoning,
        efforts=takes.efforts if "reasoning_effort" in takes.parameters else (),
        tools="tools" in takes.parameters,
        parameters=tuple(name for name in PARAMETER_NAMES if name in takes.parameters),
    )


def _prices(price: Price) -> ModelPrices:
    edges = sorted({tier.above for rate in price.rates.values() for tier in rate.tiers})
    return ModelPrices(
        currency=price.currency,
        rates=_rates(price, 0),
        tiers=tuple(RateTier(above_input_tokens=edge, rates=_rates(price, edge + 1)) for edge in edges),
        per_request=price.per_request,
        source=price.source,
        condition=price.condition,
    )


def _rates(price: Price, input_tokens: int) -> Rates:
    stated = price.rates
    return Rates(**{bucket: stated[bucket].at(input_tokens) for bucket in _BUCKETS if bucket in stated})


_BUCKETS = cast("tuple[Bucket, ...]", BUCKETS)
