"""Links that do one thing once: sign the first owner in, invite somebody, set a new password."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.rights import Role
from backend.accounts.secrets_shown import hash_of, new_secret
from backend.accounts.tables import LinkRow
from backend.kit.errors import AppError
from backend.kit.ids import new_id

Purpose: TypeAlias = Literal["owner", "invitation", "password"]

LIFETIMES: Final[Mapping[Purpose, timedelta]] = {
    "owner": timedelta(hours=1),
    "invitation": timedelta(days=7),
    "password": timedelta(hours=1),
}
_COLUMNS: Final = (
    LinkRow.id,
    LinkRow.purpose,
    LinkRow.email,
    LinkRow.role,
    LinkRow.user_id,
    LinkRow.created_by,
    LinkRow.expires_at,
)


@dataclass(frozen=True, slots=True)
class Link:
    id: UUID
    purpose: Purpose
    email: str | None
    role: Role | None
    user_id: UUID | None
    created_by: UUID | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class MadeLink:
    """The secret is shown now and never again."""

    id: UUID
    expires_at: datetime
    secret: str = field(repr=False)


class LinkUseless(AppError):  # noqa: N818 - reads as what it is
    """Used, expired and made up look the same."""

    def __init__(self) -> None:
        message = "This link cannot be used: it was used before, or it is too old."
        super().__init__(message, status=410, code="link_useless")


async def make(
    db: AsyncSession,
    purpose: Purpose,
    *,
    now: datetime,
    email: str | None = None,
    role: Role | None = None,
    user_id: UUID | None = None,
    created_by: UUID | None = None,
) -> MadeLink:
    made = MadeLink(new_id(), now + LIFETIMES[purpose], new_secret())
    await db.execute(
        insert(LinkRow).values(
            id=made.id,
            purpose=purpose,
            hash=hash_of(made.secret),
            email=email,
            role=role,
            user_id=user_id,
            created_by=created_by,
            created_at=now,
            expires_at=made.expires_at,
        )
    )
    return made


async def look(db: AsyncSession, secret: str, purpose: Purpose, now: datetime) -> Link:
    """What it would do. Raises LinkUseless."""
    query = select(*_COLUMNS).where(
        LinkRow.hash == hash_of(secret),
        LinkRow.purpose == purpose,
        LinkRow.used_at.is_(None),
        LinkRow.expires_at > now,
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise LinkUseless
    return _link(row)


async def use(db: AsyncSession, secret: str, purpose: Purpose, now: datetime) -> Link:
    """Of all who come with it, one gets it. Raises LinkUseless."""
    used = await db.execute(
        update(LinkRow)
        .where(
            LinkRow.hash == hash_of(secret),
            LinkRow.purpose == purpose,
            LinkRow.used_at.is_(None),
            LinkRow.expires_at > now,
        )
        .values(used_at=now)
        .returning(*_COLUMNS)
    )
    row = used.one_or_none()
    if row is None:
        raise LinkUseless
    return _link(row)


async def withdraw(db: AsyncSession, purpose: Purpose, user_id: UUID | None, now: datetime) -> None:
    """None of this kind for this user works any longer."""
    whose = LinkRow.user_id.is_(None) if user_id is None else LinkRow.user_id == user_id
    await db.execute(
        update(LinkRow)
        .where(LinkRow.purpose == purpose, whose, LinkRow.used_at.is_(None))
        .values(used_at=now)
    )


async def forget_expired(db: AsyncSession, now: datetime) -> None:
    await db.execute(delete(LinkRow).where(LinkRow.expires_at < now))


def _link(row: Sequence[Any]) -> Link:
    return Link(*row)
