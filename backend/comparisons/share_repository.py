"""The queries about shares. Who may ask them is settled by who calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.comparisons.share_schemas import Level
from backend.comparisons.tables import ComparisonRow, ShareRow

_COLUMNS: Final = (
    ShareRow.id,
    ShareRow.comparison_id,
    ShareRow.user_id,
    ShareRow.link_id,
    ShareRow.shown,
    ShareRow.level,
    ShareRow.created_at,
    ShareRow.expires_at,
    ShareRow.opened_count,
    ShareRow.last_opened_at,
)


@dataclass(frozen=True, slots=True)
class Share:
    id: UUID
    comparison_id: UUID
    user_id: UUID | None
    """None: a link."""
    link_id: UUID | None
    """The link by which they came, whose level and end are theirs."""
    shown: str
    level: Level
    created_at: datetime
    expires_at: datetime | None
    opened_count: int = 0
    last_opened_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        return self.expires_at is None or self.expires_at > now


@dataclass(frozen=True, slots=True)
class Link:
    """A link and what it leads to."""

    share: Share
    owner_id: UUID
    title: str


async def of_comparison(db: AsyncSession, comparison_id: UUID) -> list[Share]:
    """In the order in which they were made."""
    query = select(*_COLUMNS).where(ShareRow.comparison_id == comparison_id).order_by(ShareRow.id)
    return [_share(row) for row in await db.execute(query)]


async def one(db: AsyncSession, comparison_id: UUID, share_id: UUID) -> Share | None:
    query = select(*_COLUMNS).where(ShareRow.id == share_id, ShareRow.comparison_id == comparison_id)
    row = (await db.execute(query)).one_or_none()
    return _share(row) if row else None


async def of_user(db: AsyncSession, comparison_id: UUID, user_id: UUID) -> Share | None:
    """Also when it has expired."""
    query = select(*_COLUMNS).where(ShareRow.user_id == user_id, ShareRow.comparison_id == comparison_id)
    row = (await db.execute(query)).one_or_none()
    return _share(row) if row else None


async def by_hash(db: AsyncSession, link_hash: bytes) -> Link | None:
    """Also when it has expired, never when the comparison was deleted."""
    query = (
        select(*_COLUMNS, ComparisonRow.owner_id, ComparisonRow.title)
        .join(ComparisonRow, ComparisonRow.id == ShareRow.comparison_id)
        .where(ShareRow.hash == link_hash, ComparisonRow.deleted_at.is_(None))
    )
    row = (await db.execute(query)).one_or_none()
    return Link(_share(row[: len(_COLUMNS)]), row.owner_id, row.title) if row else None


async def count(db: AsyncSession, comparison_id: UUID) -> int:
    query = select(func.count()).select_from(ShareRow).where(ShareRow.comparison_id == comparison_id)
    return await db.scalar(query) or 0


async def add(db: AsyncSession, share: Share, link_hash: bytes | None = None) -> None:
    await db.execute(
        insert(ShareRow).values(
            id=share.id,
            comparison_id=share.comparison_id,
            user_id=share.user_id,
            link_id=share.link_id,
            hash=link_hash,
            shown=share.shown,
            level=share.level,
            created_at=share.created_at,
            expires_at=share.expires_at,
        )
    )


async def change(db: AsyncSession, share: Share) -> None:
    """Level, end and link; of a link, also for those who came by it."""
    values = {"level": share.level, "expires_at": share.expires_at}
    await db.execute(update(ShareRow).where(ShareRow.id == share.id).values(**values, link_id=share.link_id))
    await db.execute(update(ShareRow).where(ShareRow.link_id == share.id).values(**values))


async def remove(db: AsyncSession, share_id: UUID) -> None:
    """Of a link, also those who came by it: the database takes them along."""
    await db.execute(delete(ShareRow).where(ShareRow.id == share_id))


async def count_opening(db: AsyncSession, link_hash: bytes, now: datetime) -> None:
    opened = {"opened_count": ShareRow.opened_count + 1, "last_opened_at": now}
    await db.execute(update(ShareRow).where(ShareRow.hash == link_hash).values(opened))


async def note_use(db: AsyncSession, link_hash: bytes, now: datetime) -> None:
    await db.execute(update(ShareRow).where(ShareRow.hash == link_hash).values(last_opened_at=now))


async def ended_between(db: AsyncSession, after: datetime, until: datetime) -> list[tuple[UUID, UUID]]:
    """Themselves and what they were of."""
    ended = (ShareRow.expires_at > after, ShareRow.expires_at <= until)
    rows = await db.execute(select(ShareRow.id, ShareRow.comparison_id).where(*ended))
    return [(row.id, row.comparison_id) for row in rows]


async def next_end(db: AsyncSession, after: datetime) -> datetime | None:
    return await db.scalar(select(func.min(ShareRow.expires_at)).where(ShareRow.expires_at > after))


def _share(row: Sequence[Any]) -> Share:
    return Share(*row)
