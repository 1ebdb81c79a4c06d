"""What was deleted: thirty days to take it back, then it is gone for good. The ledger keeps what it cost."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.comparisons import search
from backend.comparisons.access import require
from backend.comparisons.tables import ComparisonRow
from backend.kit.errors import NotFound

KEPT: Final = timedelta(days=30)
BATCH: Final = 20
"""Comparisons that are purged in one transaction."""


async def discard(db: AsyncSession, caller: Caller, comparison_id: UUID, now: datetime) -> None:
    """Into the trash. After the commit its turns are stopped and its room is closed."""
    await require(db, caller, comparison_id, "owner")
    await db.execute(
        update(ComparisonRow)
        .where(ComparisonRow.id == comparison_id, ComparisonRow.deleted_at.is_(None))
        .values(deleted_at=now)
    )


async def restore(db: AsyncSession, caller: Caller, comparison_id: UUID, now: datetime) -> None:
    """Out of the trash; for its owner only, others see none of it."""
    back = await db.execute(
        update(ComparisonRow)
        .where(
            ComparisonRow.id == comparison_id,
            ComparisonRow.owner_id == caller.user_id,
            ComparisonRow.deleted_at > now - KEPT,
        )
        .values(deleted_at=None)
        .returning(ComparisonRow.id)
    )
    if back.first() is None:
        raise NotFound


async def purge_expired(db: AsyncSession, now: datetime) -> int:
    """Some of those whose time is over. Returns how many; fewer than a batch: none is left."""
    expired = (
        select(ComparisonRow.id)
        .where(ComparisonRow.deleted_at.is_not(None), ComparisonRow.deleted_at <= now - KEPT)
        .order_by(ComparisonRow.deleted_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    gone = list(await db.scalars(expired))
    if gone:
        await search.forget(db, gone)
        await db.execute(delete(ComparisonRow).where(ComparisonRow.id.in_(gone)))
    return len(gone)
