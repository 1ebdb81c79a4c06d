"""What may be spent, what is left of it, and who crossed a threshold. Costs that nobody knows count nothing.

Spent is what calls that have ended cost. What calls that still run are expected to cost is reserved, so that
many that start at once are not all admitted by the same rest of a budget.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.kit.among import among
from backend.kit.ids import new_id
from backend.kit.upsert import insert
from backend.usage import repository
from backend.usage.budget import THRESHOLDS, Budget, Crossing, Standing, State
from backend.usage.counting import Sums
from backend.usage.entry import EVERYONE, kept
from backend.usage.periods import GRAINS, day_of, start_of
from backend.usage.tables import AlertRow, BudgetRow, ReservationRow

_HELD: Final = timedelta(hours=1)
"""What was reserved longer ago belongs to a call that nobody ended: the server did."""
_NOTHING: Final = Decimal(0)


async def check(db: AsyncSession, user_id: UUID, now: datetime, asking: Decimal = _NOTHING) -> Standing:
    """To be shown, or to be asked before a call; `asking` is what that is expected to cost."""
    return await _standing(db, await _budgets_of(db, {user_id}), now, asking)


async def admit(db: AsyncSession, user_id: UUID, expected: Mapping[UUID, Decimal], now: datetime) -> Standing:
    """Before calls begin: raises the refusal, or reserves for each response what it is expected to cost.

    Of those that begin at the same moment, one looks after the other: what was admitted is never expected to
    cost more than the budget. The ledger gives back what was reserved.
    """
    budgets = await _budgets_of(db, {user_id}, hold=True)
    if not any(budget.hard for budget in budgets):
        return await _standing(db, budgets, now)
    await db.execute(delete(ReservationRow).where(ReservationRow.made_at < now - _HELD))
    standing = await _standing(db, budgets, now, sum(expected.values(), _NOTHING))
    if standing.refusal:
        raise standing.refusal
    rows = [
        {"response_id": response_id, "user_id": user_id, "amount": kept(amount), "made_at": now}
        for response_id, amount in expected.items()
        if amount > 0
    ]
    if rows:
        await db.execute(insert(db, ReservationRow).on_conflict_do_nothing(), rows)
    return standing


async def give_back(db: AsyncSession, response_ids: Collection[UUID]) -> None:
    """What was reserved for calls that never began."""
    await db.execute(delete(ReservationRow).where(ReservationRow.response_id.in_(response_ids)))


async def crossed(db: AsyncSession, user_ids: Collection[UUID], now: datetime) -> Sequence[Crossing]:
    """After their entries were appended, in the same transaction. Each threshold once in each period."""
    budgets = await _budgets_of(db, user_ids)
    reached = {
        (state.budget.id, threshold): state
        for state in await _states(db, budgets, now)
        for threshold in THRESHOLDS
        if threshold <= state.threshold
    }
    if not reached:
        return ()
    rows = [_alert(state, threshold, now) for (_, threshold), state in reached.items()]
    fresh = insert(db, AlertRow).on_conflict_do_nothing().returning(AlertRow.budget_id, AlertRow.threshold)
    new = [(budget_id, threshold) for budget_id, threshold in await db.execute(fresh, rows)]
    return [Crossing(reached[key]) for key in new if reached[key].threshold == key[1]]


async def listed(db: AsyncSession, *, seen_by: UUID | None, now: datetime) -> Sequence[State]:
    """One's own and everyone's; None sees all."""
    query = _BUDGETS.order_by(BudgetRow.user_id.is_not(None), BudgetRow.user_id, BudgetRow.period)
    if seen_by is not None:
        query = query.where(or_(BudgetRow.user_id == seen_by, BudgetRow.user_id.is_(None)))
    return await _states(db, [Budget(*row) for row in await db.execute(query)], now)


async def _budgets_of(
    db: AsyncSession, user_ids: Collection[UUID], *, hold: bool = False
) -> Sequence[Budget]:
    """Theirs and everyone's. Held, they stay as they are and others who want to hold them wait."""
    query = _HELD_BUDGETS if hold else _THEIR_BUDGETS
    return [Budget(*row) for row in await db.execute(query, {"users": list(user_ids)})]


async def _standing(
    db: AsyncSession, budgets: Sequence[Budget], now: datetime, asking: Decimal = _NOTHING
) -> Standing:
    return Standing(await _states(db, budgets, now), asking)


async def _states(db: AsyncSession, budgets: Sequence[Budget], now: datetime) -> Sequence[State]:
    if not budgets:
        return ()
    starts = {grain: start_of(grain, day_of(now)) for grain in GRAINS}
    payers = {budget.payer for budget in budgets}
    spent = await repository.spent(db, payers, starts)
    reserved = await _reserved(db, now) if any(budget.hard for budget in budgets) else {}
    return [
        State(
            budget,
            starts[budget.period],
            spent.get((budget.payer, budget.period), Sums()).cost,
            reserved.get(budget.payer, _NOTHING),
        )
        for budget in budgets
    ]


async def _reserved(db: AsyncSession, now: datetime) -> Mapping[UUID, Decimal]:
    """Few rows: those of calls that run."""
    total = func.sum(ReservationRow.amount)
    query = select(ReservationRow.user_id, total).where(ReservationRow.made_at >= now - _HELD)
    by_user = dict((await db.execute(query.group_by(ReservationRow.user_id))).all())
    return by_user | {EVERYONE: sum(by_user.values(), _NOTHING)}


def _alert(state: State, threshold: int, now: datetime) -> dict[str, Any]:
    """Of two thresholds that are reached at once only the higher one is worth a word."""
    told = state.budget.webhook_url is not None and threshold == state.threshold
    return {
        "budget_id": state.budget.id,
        "start": state.start,
        "threshold": threshold,
        "id": new_id(),
        "spent": state.spent,
        "crossed_at": now,
        "tries": 0,
        "due_at": now if told else None,
        "delivered_at": None,
    }


_BUDGETS: Final[Select[*tuple[Any, ...]]] = select(
    BudgetRow.id,
    BudgetRow.user_id,
    BudgetRow.period,
    BudgetRow.amount,
    BudgetRow.hard,
    BudgetRow.on_cross,
    BudgetRow.webhook_url,
    BudgetRow.changed_at,
)
# Asked for with each response: built once.
_THEIR_BUDGETS: Final = _BUDGETS.where(or_(among(BudgetRow.user_id, "users"), BudgetRow.user_id.is_(None)))
_HELD_BUDGETS: Final = _THEIR_BUDGETS.order_by(BudgetRow.id).with_for_update(key_share=True)
