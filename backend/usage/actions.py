"""Budgets are set and removed, and that is put on the record."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import users
from backend.accounts.audit import Actor, note
from backend.kit.errors import AppError, FieldProblem, Invalid, NotFound
from backend.kit.ids import new_id
from backend.kit.upsert import insert
from backend.usage.budget import OnCross
from backend.usage.entry import kept
from backend.usage.periods import Grain
from backend.usage.tables import BudgetRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    user_id: UUID | None
    period: Grain
    amount: Decimal
    hard: bool
    on_cross: OnCross
    webhook_url: str | None


async def put_budget(db: AsyncSession, by: Actor, wanted: Wanted, now: datetime) -> UUID:
    """In place of the one before. With another amount it is another budget: its thresholds count anew."""
    if wanted.on_cross == "stop" and not wanted.hard:
        raise _invalid("onCross", "Only a hard budget stops what runs.")
    subject = await _subject(db, wanted.user_id)
    amount = kept(wanted.amount)
    values = {
        "hard": wanted.hard,
        "on_cross": wanted.on_cross,
        "webhook_url": wanted.webhook_url,
        "changed_at": now,
    }
    whose = (_of(wanted.user_id), BudgetRow.period == wanted.period)
    same = update(BudgetRow).where(*whose, BudgetRow.amount == amount).values(**values)
    budget_id: UUID | None = await db.scalar(same.returning(BudgetRow.id))
    if budget_id is None:
        await db.execute(delete(BudgetRow).where(*whose))
        fresh = insert(db, BudgetRow).values(
            id=new_id(), user_id=wanted.user_id, period=wanted.period, amount=amount, **values
        )
        budget_id = await db.scalar(fresh.on_conflict_do_nothing().returning(BudgetRow.id))
    if budget_id is None:
        raise AppError("Somebody else has just set this budget.", status=409, code="changed_meanwhile")
    host = urlsplit(wanted.webhook_url).hostname if wanted.webhook_url else None
    details = {"period": wanted.period, "amount": str(wanted.amount), "hard": wanted.hard}
    await note(db, by, "budget.changed", subject, **details, onCross=wanted.on_cross, webhookHost=host)
    return budget_id


async def remove_budget(db: AsyncSession, by: Actor, budget_id: UUID) -> None:
    removed = await db.execute(
        delete(BudgetRow).where(BudgetRow.id == budget_id).returning(BudgetRow.user_id, BudgetRow.period)
    )
    row = removed.one_or_none()
    if row is None:
        raise NotFound
    await note(db, by, "budget.changed", await _subject(db, row.user_id), period=row.period, amount=None)


async def _subject(db: AsyncSession, user_id: UUID | None) -> str:
    if user_id is None:
        return "everyone"
    user = await users.by_id(db, user_id)
    if user is None:
        raise _invalid("userId", "There is no such user.")
    return user.email


def _of(user_id: UUID | None) -> ColumnElement[bool]:
    return BudgetRow.user_id.is_(None) if user_id is None else BudgetRow.user_id == user_id


def _invalid(field: str, message: str) -> Invalid:
    return Invalid([FieldProblem(field=field, message=message)])
