"""What the API says of costs, times and budgets, and what it is told. Money is in US dollars."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, field

from backend.kit.wire import Answer, Command
from backend.usage.budget import OnCross
from backend.usage.costs import Group
from backend.usage.periods import Grain


class CostSums(Answer, frozen=True):
    total_cost: float
    """Of what is known."""
    total_tokens: int
    requests: int
    unknown_costs: int
    """Requests that cost something, but nobody knows what."""


class PreviousCosts(CostSums, frozen=True):
    """Of as many days just before."""

    from_: date = field(name="from")
    to: date


class CostRow(Answer, frozen=True):
    key: str
    label: str
    cost: float
    share: float | None
    """Of the total cost, from 0 to 1; null where nothing was spent."""
    tokens: int
    requests: int
    unknown_costs: int
    previous_cost: float
    change: float | None
    """Against the previous cost: 0.5 is half as much again; null where that was nothing."""


class OtherCosts(Answer, frozen=True):
    """What no row is for, because there would be too many."""

    cost: float
    tokens: int
    requests: int


class BudgetStanding(Answer, frozen=True):
    period: Grain
    everyone: bool
    """Not one's own, but of all together."""
    amount: float
    hard: bool
    """Nothing more is asked when it is used up."""
    on_cross: OnCross
    spent: float
    reserved: float
    """What those who still run are expected to cost."""
    remaining: float
    resets_at: datetime


class CostReport(CostSums, frozen=True, kw_only=True):
    from_: date = field(name="from")
    to: date
    """Days of UTC, both included."""
    group: Group
    currency: Literal["USD"] = "USD"
    rows: tuple[CostRow, ...]
    others: OtherCosts | None
    previous: PreviousCosts
    budgets: tuple[BudgetStanding, ...]


class Quantiles(Answer, frozen=True):
    """To 2.5 %."""

    p50: float | None
    p90: float | None
    p99: float | None
    count: int


class LatencyRow(Answer, frozen=True):
    model_id: str
    provider: str
    requests: int
    completed: int
    queue_ms: Quantiles
    """Waited here; no part of the times below."""
    time_to_first_token_ms: Quantiles
    response_time_ms: Quantiles
    tokens_per_second: Quantiles
    output_tokens: Quantiles
    cached_time_to_first_token_ms: Quantiles
    """Cached: the provider had a part of the input already. These are not among the others."""
    cached_response_time_ms: Quantiles
    cached_tokens_per_second: Quantiles


class LatencyReport(Answer, frozen=True):
    from_: date = field(name="from")
    to: date
    rows: tuple[LatencyRow, ...]


class Budget(BudgetStanding, frozen=True):
    id: UUID
    user_id: UUID | None
    webhook_url: str | None
    """Null for those who do not manage it, too."""
    changed_at: datetime


class PutBudget(Command, frozen=True):
    amount: Annotated[float, Meta(ge=0.01, le=1_000_000)]
    period: Grain
    user_id: UUID | None = None
    """Null: for everyone together."""
    hard: bool = False
    on_cross: OnCross = "finish"
    """What becomes of the turns that run when a hard budget is used up."""
    webhook_url: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    """Is told when 80 % and 100 % are spent."""


class SavedBudget(Answer, frozen=True):
    id: UUID
    webhook_secret: str | None
    """Of the signature (HMAC-SHA256 of the body, `X-Bakeoff-Signature`) by which a receiver knows us."""
