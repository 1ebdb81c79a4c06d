"""One model as the catalogue knows it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias, assert_never

from backend.catalogue.facts import Kind
from backend.catalogue.pricelist import Listed
from backend.catalogue.prices import Price
from backend.providers.target import Target


@dataclass(frozen=True, slots=True)
class ListPricing:
    """As the price list has it, which may change with the date and the hour."""

    listed: Listed
    hour_cache_write: Decimal | None


Pricing: TypeAlias = Price | ListPricing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    target: Target
    display_name: str
    kind: Kind
    context_window: int | None
    pricing: Pricing
    unavailable_reason: str | None
    hidden: bool
    deprecated: bool

    @property
    def id(self) -> str:
        return self.target.id

    @property
    def available(self) -> bool:
        return self.unavailable_reason is None

    @property
    def simulated(self) -> bool:
        return self.target.endpoint.simulated

    @property
    def max_output_tokens(self) -> int | None:
        return self.target.takes.max_output_tokens if self.kind == "chat" else None

    def price(self, at: datetime) -> Price | None:
        match self.pricing:
            case ListPricing(listed=listed, hour_cache_write=factor):
                return listed.price(at, factor)
            case Price() | None:
                return self.pricing
            case _:
                assert_never(self.pricing)
