"""Keys for programs: named, scoped, shown once. Here as hashes and a beginning by which one is recognised."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.rights import Scope
from backend.accounts.secrets_shown import hash_of, new_secret
from backend.accounts.tables import ApiKeyRow
from backend.kit.ids import new_id

# Whoever looks for leaked keys, and our own redactor, know what begins like this.
PREFIX: Final = "sk-bakeoff-"
_SHOWN: Final = len(PREFIX) + 4
_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiKey:
    id: UUID
    name: str
    shown: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


async def create(
    db: AsyncSession,
    user_id: UUID,
    *,
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None,
    now: datetime,
) -> tuple[ApiKey, str]:
    """The key, and its secret, which nobody sees again."""
    secret = PREFIX + new_secret()
    key = ApiKey(new_id(), name, secret[:_SHOWN], tuple(sorted(scopes)), now, expires_at, None, None)
    db.add(
        ApiKeyRow(
            id=key.id,
            user_id=user_id,
            name=name,
            hash=hash_of(secret),
            shown=key.shown,
            scopes=list(key.scopes),
            created_at=now,
            expires_at=expires_at,
        )
    )
    await db.flush()
    return key, secret


async def of_user(db: AsyncSession, user_id: UUID) -> tuple[ApiKey, ...]:
    """Newest first; those that were revoked stay to be seen."""
    rows = await db.scalars(
        select(ApiKeyRow).where(ApiKeyRow.user_id == user_id).order_by(ApiKeyRow.id.desc())
    )
    return tuple(_value(row) for row in rows)


async def revoke(db: AsyncSession, user_id: UUID, key_id: UUID, now: datetime) -> bool:
    done = await db.execute(
        update(ApiKeyRow)
        .where(ApiKeyRow.id == key_id, ApiKeyRow.user_id == user_id, ApiKeyRow.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiKeyRow.id)
    )
    return done.one_or_none() is not None


async def revoke_all(db: AsyncSession, user_id: UUID, now: datetime) -> None:
    await db.execute(
        update(ApiKeyRow)
        .where(ApiKeyRow.user_id == user_id, ApiKeyRow.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def note_use(db: AsyncSession, key_id: UUID, now: datetime) -> None:
    await db.execute(update(ApiKeyRow).where(ApiKeyRow.id == key_id).values(last_used_at=now))


def is_to_note(last_used_at: datetime | None, now: datetime) -> bool:
    """To the minute: a busy key must not write with each request."""
    return last_used_at is None or now - last_used_at >= _NOTED_EVERY


def _value(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        row.id,
        row.name,
        row.shown,
        tuple(cast("list[Scope]", row.scopes)),
        row.created_at,
        row.expires_at,
        row.last_used_at,
        row.revoked_at,
    )
