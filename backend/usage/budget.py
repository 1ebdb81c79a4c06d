"""A budget, and where somebody stands with it. Knows no database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal, TypeAlias
from uuid import UUID

from backend.kit.errors import AppError
from backend.usage.entry import EVERYONE
from backend.usage.periods import Grain, moment_of, next_start

OnCross: TypeAlias = Literal["finish", "stop"]
"""What becomes of the turns that run when a hard budget is used up."""

THRESHOLDS: Final = (80, 100)
"""Per cent."""

_NOTHING: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Budget:
    id: UUID
    user_id: UUID | None
    """None: everyone's."""
    period: Grain
    amount: Decimal
    hard: bool
    """Nothing more is asked when it is used up; otherwise there are warnings only."""
    on_cross: OnCross
    webhook_url: str | None = field(repr=False)
    changed_at: datetime

    @property
    def payer(self) -> UUID:
        return self.user_id or EVERYONE


@dataclass(frozen=True, slots=True)
class State:
    """A budget in the period that runs."""

    budget: Budget
    start: date
    spent: Decimal
    reserved: Decimal = _NOTHING

    @property
    def left(self) -> Decimal:
        return max(self.budget.amount - self.spent - self.reserved, _NOTHING)

    @property
    def resets_at(self) -> datetime:
        return moment_of(next_start(self.budget.period, self.start))

    @property
    def threshold(self) -> int:
        """The highest that was reached; 0: none."""
        reached = (each for each in THRESHOLDS if self.spent * 100 >= self.budget.amount * each)
        return max(reached, default=0)

    @property
    def message(self) -> str:
        whose = "Your budget" if self.budget.user_id else "The budget for everyone"
        spent, amount = dollars(self.spent), dollars(self.budget.amount)
        resets = f"{self.resets_at:%Y-%m-%d %H:%M} UTC"
        return f"{whose} of {amount} a {self.budget.period} is at {spent}. It begins anew at {resets}."


@dataclass(frozen=True, slots=True)
class Standing:
    """Of somebody who wants to spend."""

    states: Sequence[State] = ()
    asking: Decimal = _NOTHING

    @property
    def remaining(self) -> Decimal | None:
        """Until the first hard budget is used up; None: no limit."""
        return min((state.left for state in self.states if state.budget.hard), default=None)

    @property
    def warnings(self) -> Sequence[State]:
        return [state for state in self.states if state.threshold]

    @property
    def refusal(self) -> AppError | None:
        for state in self.states:
            if state.budget.hard and (state.left <= 0 or state.left < self.asking):
                return _refusal(state, self.asking)
        return None


@dataclass(frozen=True, slots=True)
class Crossing:
    """A threshold that was reached just now, for the first time in this period."""

    state: State

    @property
    def user_id(self) -> UUID | None:
        """Who is to be told, and whose turns to stop; None: everyone."""
        return self.state.budget.user_id

    @property
    def stops(self) -> bool:
        budget = self.state.budget
        return budget.hard and budget.on_cross == "stop" and self.state.threshold >= 100


def _refusal(state: State, asking: Decimal) -> AppError:
    message = state.message
    if state.left > 0:
        message = f"This would cost about {dollars(asking)}, and {dollars(state.left)} is left. {message}"
    return AppError(message, status=402, code="budget_exceeded")


def dollars(amount: Decimal) -> str:
    """To the cent, and where that would be nothing, to the first digits that are something."""
    if amount >= Decimal("0.01") or not amount:
        return f"${amount:.2f}"
    return f"${Decimal(f'{amount:.2g}'):f}"
