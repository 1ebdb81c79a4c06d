"""The queries of signing in at another issuer: identities, and invitations to a proven address."""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.rights import Role
from backend.accounts.tables import IdentityRow, LinkRow
from backend.kit.ids import new_id
from backend.kit.upsert import insert


async def user_of(db: AsyncSession, issuer: str, subject: str) -> UUID | None:
    """Whose identity this is; whether they may come in is not said."""
    query = select(IdentityRow.user_id).where(IdentityRow.issuer == issuer, IdentityRow.subject == subject)
    return cast("UUID | None", await db.scalar(query))


async def add_identity(db: AsyncSession, user_id: UUID, *, issuer: str, subject: str, now: datetime) -> bool:
    """False: it is somebody's already, perhaps since a moment ago."""
    fresh = insert(db, IdentityRow).values(
        id=new_id(), user_id=user_id, issuer=issuer, subject=subject, created_at=now
    )
    unless_known = fresh.on_conflict_do_nothing(index_elements=[IdentityRow.issuer, IdentityRow.subject])
    return await db.scalar(unless_known.returning(IdentityRow.id)) is not None


async def use_invitation(db: AsyncSession, email: str, now: datetime) -> Role | None:
    """As what this very address is invited. The newest counts, and is used up by it."""
    newest = (
        select(LinkRow.id)
        .where(LinkRow.purpose == "invitation", LinkRow.email == email)
        .where(LinkRow.used_at.is_(None), LinkRow.expires_at > now)
        .order_by(LinkRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    use = update(LinkRow).where(LinkRow.id == newest, LinkRow.used_at.is_(None)).values(used_at=now)
    row = (await db.execute(use.returning(LinkRow.role))).one_or_none()
    return None if row is None else cast("Role", row.role or "member")


async def forget_others(db: AsyncSession, user_id: UUID, *, issuer: str, subject: str) -> None:
    """Nobody else at an issuer is this user any longer."""
    await db.execute(
        delete(IdentityRow).where(
            IdentityRow.user_id == user_id,
            or_(IdentityRow.issuer != issuer, IdentityRow.subject != subject),
        )
    )
