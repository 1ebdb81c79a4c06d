"""What tokens cost. A price is a value of its own, kept with every response that was charged by it.

It knows no price list: where rates come from, others know.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, Self, TypeAlias, cast

from msgspec import Struct

from backend.providers.usage import BUCKETS, Origin, Usage

Bucket: TypeAlias = Literal[
    "input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "input_audio",
    "output",
    "reasoning",
    "output_audio",
]

_MILLION: Final = 1_000_000

# A bucket without a rate of its own is charged like the one it is a part of, as vendors do.
_PART_OF: Final[Mapping[Bucket, Bucket]] = {
    "cache_read": "input",
    "cache_write_5m": "input",
    "cache_write_1h": "cache_write_5m",
    "input_audio": "input",
    "reasoning": "output",
    "output_audio": "output",
}


class Tier(Struct, frozen=True):
    """Holds for every token of a call whose input is larger than `above`, not only for those beyond."""

    above: int
    dollars: Decimal


class Rate(Struct, frozen=True):
    """Dollars for a million tokens; the tiers ascend."""

    dollars: Decimal
    tiers: tuple[Tier, ...] = ()

    def at(self, input_tokens: int) -> Decimal:
        for tier in reversed(self.tiers):
            if input_tokens > tier.above:
                return tier.dollars
        return self.dollars

    def times(self, factor: Decimal) -> Self:
        return type(self)(
            self.dollars * factor, tuple(Tier(tier.above, tier.dollars * factor) for tier in self.tiers)
        )


class Cost(Struct, frozen=True):
    """In dollars; None when nobody knows, which is not the same as nothing."""

    amount: Decimal | None
    origin: Origin


UNKNOWN: Final = Cost(None, "unknown")


class Price(Struct, frozen=True, kw_only=True):
    rates: Mapping[Bucket, Rate]
    """Only what the source states."""
    per_request: Decimal | None = None
    currency: Literal["USD"] = "USD"
    source: str
    condition: str = ""
    """When it holds, if not always: "since 2026-03-13", "01:00-04:00 UTC"."""
    at: datetime | None = None
    """The moment it was looked up for."""

    def rate(self, bucket: Bucket) -> Rate | None:
        while bucket not in self.rates:
            if bucket not in _PART_OF:
                return None
            bucket = _PART_OF[bucket]
        return self.rates[bucket]

    def cost(self, usage: Usage) -> Cost:
        if usage.cost is not None:
            return Cost(usage.cost, "reported")
        if usage.origin == "unknown":
            return UNKNOWN
        amount = self.per_request or Decimal(0)
        for bucket in _ALL:
            if tokens := cast("int", getattr(usage, bucket)):
                rate = self.rate(bucket)
                if rate is None:
                    return UNKNOWN
                amount += rate.at(usage.input_total) * tokens / _MILLION
        return Cost(amount, "estimated" if usage.origin == "estimated" else "computed")


_ALL: Final = cast("tuple[Bucket, ...]", BUCKETS)


def cost_of(usage: Usage, price: Price | None) -> Cost:
    """For a model whose price may be unknown; what the provider itself says is believed all the same."""
    if price is not None:
        return price.cost(usage)
    return UNKNOWN if usage.cost is None else Cost(usage.cost, "reported")


class PriceTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As people write it: dollars for a million tokens."""

    input: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write_5m: Decimal | None = None
    cache_write_1h: Decimal | None = None
    input_audio: Decimal | None = None
    output: Decimal | None = None
    reasoning: Decimal | None = None
    output_audio: Decimal | None = None
    per_request: Decimal | None = None

    def price(self, source: str) -> Price:
        stated = {bucket: getattr(self, bucket) for bucket in _ALL}
        rates = {bucket: Rate(dollars) for bucket, dollars in stated.items() if dollars is not None}
        return Price(rates=rates, per_request=self.per_request, source=source)
