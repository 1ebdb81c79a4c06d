"""Budgets over HTTP."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Request, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.accounts.callers import Caller
from backend.accounts.door import actor_of
from backend.accounts.guards import needs
from backend.kit import clock
from backend.kit.db import Database
from backend.usage import actions, budgets
from backend.usage.actions import Wanted
from backend.usage.alerts import Alerts
from backend.usage.budget import State
from backend.usage.schemas import Budget, PutBudget, SavedBudget

AnyRequest = Request[Any, Any, Any]

_TAGS = ["budgets"]


@get("/api/budgets", tags=_TAGS, opt=needs("reports.read"))
async def list_budgets(database: NamedDependency[Database], caller: NamedDependency[Caller]) -> list[Budget]:
    """What you may spend and what everyone together may, or all budgets, if they are yours to manage."""
    manages = caller.may("budgets.manage")
    async with database.reading() as db:
        states = await budgets.listed(db, seen_by=None if manages else caller.user_id, now=clock.now())
    return [_budget(state, manages=manages) for state in states]


@put("/api/budgets", tags=_TAGS, opt=needs("budgets.manage"))
async def put_budget(
    *,
    request: AnyRequest,
    data: JSONBody[PutBudget],
    database: NamedDependency[Database],
    alerts: NamedDependency[Alerts],
    caller: NamedDependency[Caller],
) -> SavedBudget:
    """Set what a user, or everyone, may spend in a day or a month of UTC; there is one budget for each."""
    url = await alerts.checked_url(data.webhook_url) if data.webhook_url else None
    wanted = Wanted(
        user_id=data.user_id,
        period=data.period,
        amount=Decimal(str(data.amount)),
        hard=data.hard,
        on_cross=data.on_cross,
        webhook_url=url,
    )
    async with database.transaction() as db:
        budget_id = await actions.put_budget(db, actor_of(request, caller), wanted, clock.now())
    secret = alerts.secret_for(data.user_id, data.period, url) if url else None
    return SavedBudget(id=budget_id, webhook_secret=secret)


@delete("/api/budgets/{budget_id:uuid}", tags=_TAGS, opt=needs("budgets.manage"))
async def remove_budget(
    request: AnyRequest,
    budget_id: FromPath[UUID],
    database: NamedDependency[Database],
    caller: NamedDependency[Caller],
) -> None:
    """Let somebody, or everyone, spend without this limit."""
    async with database.transaction() as db:
        await actions.remove_budget(db, actor_of(request, caller), budget_id)


def _budget(state: State, *, manages: bool) -> Budget:
    budget = state.budget
    return Budget(
        id=budget.id,
        user_id=budget.user_id,
        period=budget.period,
        everyone=budget.user_id is None,
        amount=float(budget.amount),
        hard=budget.hard,
        on_cross=budget.on_cross,
        spent=float(state.spent),
        reserved=float(state.reserved),
        remaining=float(state.left),
        resets_at=state.resets_at,
        webhook_url=budget.webhook_url if manages else None,
        changed_at=budget.changed_at,
    )


HANDLERS = (list_budgets, put_budget, remove_budget)
