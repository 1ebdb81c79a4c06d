"""One line of the ledger: what a call to a provider used, cost and took. Knows no database."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, Literal, TypeAlias
from uuid import UUID

from backend.catalogue.prices import Cost, Price
from backend.kit.columns import Money
from backend.providers.usage import Usage

Outcome: TypeAlias = Literal["completed", "error", "cancelled", "interrupted"]

EVERYONE: Final = UUID(int=0)
"""Who pays for all of it, in the counters."""

_LEAST: Final = Decimal(1).scaleb(-Money.PLACES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """In milliseconds; None: it did not happen, or nobody looked."""

    queue: float | None = None
    connect: float | None = None
    first_token: float | None = None
    first_answer: float | None = None
    total: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    id: UUID
    """An entry that is appended again with the same id counts once."""
    at: datetime
    user_id: UUID
    """Who pays."""
    api_key_id: UUID | None = None
    comparison_id: UUID | None = None
    response_id: UUID | None = None
    model_id: str
    provider: str
    outcome: Outcome
    error_kind: str | None = None
    usage: Usage
    cost: Cost
    """Unknown is unknown; a call that used nothing for certain costs 0."""
    price: Price | None = None
    timing: Timing = Timing()
    tokens_per_second: float | None = None

    @property
    def amount(self) -> Decimal | None:
        """The cost as the database can keep it: everything that is summed up is this."""
        return None if self.cost.amount is None else kept(self.cost.amount)

    @property
    def cached(self) -> bool:
        return self.usage.cache_read > 0


def kept(amount: Decimal) -> Decimal:
    """To 10⁻¹² dollars: a price for a million tokens, divided, can have more digits."""
    return amount.quantize(_LEAST, ROUND_HALF_EVEN)
