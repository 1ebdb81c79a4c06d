"""The queries about attachments. Who may see one is not settled here."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table, Uuid, bindparam, delete, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.attachments.schemas import Attachment
from backend.attachments.tables import AttachmentRow, BlobRow, UseRow
from backend.kit import upsert

_COLUMNS: Final = (
    AttachmentRow.id,
    AttachmentRow.owner_id,
    AttachmentRow.digest,
    AttachmentRow.name,
    AttachmentRow.media_type,
    AttachmentRow.size,
    AttachmentRow.width,
    AttachmentRow.height,
)
_ATTACHMENTS: Final = cast("Table", AttachmentRow.__table__)
_USES: Final = cast("Table", UseRow.__table__)
_OF_TURNS: Final = (  # built once: that takes longer than to answer it
    select(_USES.c.turn_id, *(_ATTACHMENTS.c[column.key] for column in _COLUMNS))
    .join(_ATTACHMENTS, _ATTACHMENTS.c.id == _USES.c.attachment_id)
    .where(_USES.c.comparison_id == bindparam("comparison", type_=Uuid()))
    .order_by(_USES.c.turn_id, _USES.c.position)
)
_USED: Final = exists().where(UseRow.attachment_id == AttachmentRow.id)


@dataclass(frozen=True, slots=True)
class Stored:
    about: Attachment
    digest: str
    owner_id: UUID | None


async def hold(db: AsyncSession, digest: str) -> None:
    """Until the transaction ends nobody else begins to need that content, or removes it."""
    wanted = upsert.insert(db, BlobRow).values(digest=digest)
    await db.execute(
        wanted.on_conflict_do_update(index_elements=["digest"], set_={"digest": wanted.excluded.digest})
    )


async def is_needed(db: AsyncSession, digest: str) -> bool:
    return bool(await db.scalar(select(exists().where(AttachmentRow.digest == digest))))


async def forget(db: AsyncSession, digest: str) -> None:
    await db.execute(delete(BlobRow).where(BlobRow.digest == digest))


async def unneeded(db: AsyncSession) -> list[str]:
    """Contents that no attachment has any more."""
    needed = exists().where(AttachmentRow.digest == BlobRow.digest)
    return list(await db.scalars(select(BlobRow.digest).where(~needed)))


async def sizes(db: AsyncSession) -> dict[str, int]:
    """Of every content that an attachment has, by digest."""
    rows = await db.execute(select(AttachmentRow.digest, AttachmentRow.size).distinct())
    return {row.digest: row.size for row in rows}


async def unknown(db: AsyncSession, digests: Sequence[str]) -> set[str]:
    known = await db.scalars(select(BlobRow.digest).where(BlobRow.digest.in_(digests)))
    return set(digests) - set(known)


async def add(db: AsyncSession, attachments: Sequence[Stored], at: datetime) -> None:
    if not attachments:
        return
    await db.execute(
        insert(AttachmentRow),
        [
            {
                "id": each.about.id,
                "owner_id": each.owner_id,
                "digest": each.digest,
                "name": each.about.name,
                "media_type": each.about.media_type,
                "size": each.about.size,
                "width": each.about.width,
                "height": each.about.height,
                "created_at": at,
            }
            for each in attachments
        ],
    )


async def unused_bytes(db: AsyncSession, owner_id: UUID) -> int:
    total = select(func.coalesce(func.sum(AttachmentRow.size), 0))
    return await db.scalar(total.where(AttachmentRow.owner_id == owner_id, ~_USED)) or 0


async def find(db: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Stored]:
    rows = await db.execute(select(*_COLUMNS).where(AttachmentRow.id.in_(ids)))
    return {row.id: _stored(row) for row in rows}


async def held(db: AsyncSession, ids: Collection[UUID], *, to_remove: bool) -> set[UUID]:
    """Those that are there, as they are until the transaction ends."""
    if not ids:
        return set()
    query = select(AttachmentRow.id).where(AttachmentRow.id.in_(ids)).order_by(AttachmentRow.id)
    return set(await db.scalars(query.with_for_update(read=not to_remove, key_share=not to_remove)))


async def is_used(db: AsyncSession, attachment_id: UUID) -> bool:
    return bool(await db.scalar(select(exists().where(UseRow.attachment_id == attachment_id))))


async def remove_unused(db: AsyncSession, ids: Collection[UUID]) -> list[str]:
    """Whoever calls holds them. Returns their digests."""
    gone = delete(AttachmentRow).where(AttachmentRow.id.in_(ids), ~_USED).returning(AttachmentRow.digest)
    return list(await db.scalars(gone))


async def unused_before(db: AsyncSession, moment: datetime, limit: int) -> list[UUID]:
    """Held to be removed, those that nobody is about to use."""
    found = (
        select(AttachmentRow.id)
        .where(AttachmentRow.created_at <= moment, ~_USED)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(await db.scalars(found))


async def remove_uses(db: AsyncSession, turn_id: UUID) -> None:
    await db.execute(delete(_USES).where(_USES.c.turn_id == turn_id))


async def add_uses(db: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    await db.execute(insert(_USES), rows)


def uses(comparison_id: UUID, turn_id: UUID, ids: Iterable[UUID]) -> list[dict[str, Any]]:
    return [
        {"turn_id": turn_id, "position": position, "comparison_id": comparison_id, "attachment_id": each}
        for position, each in enumerate(ids)
    ]


async def of_turns(db: AsyncSession, comparison_id: UUID) -> dict[UUID, list[Stored]]:
    """In the order in which they were named; turns without any are not there."""
    found: dict[UUID, list[Stored]] = {}
    for row in await db.execute(_OF_TURNS, {"comparison": comparison_id}):
        found.setdefault(row.turn_id, []).append(_stored(row))
    return found


async def comparisons_with(db: AsyncSession, attachment_id: UUID) -> list[UUID]:
    query = select(UseRow.comparison_id).where(UseRow.attachment_id == attachment_id).distinct()
    return list(await db.scalars(query))


def _stored(row: Any) -> Stored:
    about = Attachment(
        id=row.id,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        width=row.width,
        height=row.height,
    )
    return Stored(about, row.digest, row.owner_id)
