"""Where somebody is signed in, and the refresh tokens by which they stay so.

A token is used once. Its successor follows from it and from a key of ours: who asks again within a moment,
because an answer was lost or two tabs asked at once, gets the same one without its being stored. Who comes
later with a used token shows that two have it: the device is signed out.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, Self, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.secrets_shown import hash_of, new_secret
from backend.accounts.tables import DeviceRow, RefreshTokenRow, UserRow
from backend.kit.ids import new_id
from backend.kit.master_key import MasterKey

ABSOLUTE: Final = timedelta(days=30)
IDLE: Final = timedelta(days=7)
GRACE: Final = timedelta(seconds=10)
_LONGEST_USER_AGENT: Final = 300


@dataclass(frozen=True, slots=True)
class Device:
    id: UUID
    user_id: UUID
    user_agent: str
    address: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Refreshed:
    user_id: UUID
    device_id: UUID
    token: str = field(repr=False)


Why: TypeAlias = Literal["unknown", "expired", "idle", "revoked", "disabled", "reused"]


@dataclass(frozen=True, slots=True)
class NotRefreshed:
    """A value and no exception: what became of a reused token has to be committed."""

    why: Why
    user_id: UUID | None = None
    device_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RefreshTokens:
    _key: bytes = field(repr=False)

    @classmethod
    def of(cls, master: MasterKey) -> Self:
        return cls(master.derive("refresh"))

    def successor(self, token: str) -> str:
        digest = hmac.digest(self._key, token.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    async def refresh(
        self, db: AsyncSession, token: str, *, address: str, now: datetime
    ) -> Refreshed | NotRefreshed:
        found = await _find(db, token)
        if found is None:
            return NotRefreshed("unknown")
        if why := _why_not(found, now):
            return NotRefreshed(why, found.user_id, found.device_id)
        successor = self.successor(token)
        # Of all who come at once with one token, exactly one changes the row.
        if not await _spend(db, token, now):
            return await self._again(db, token, successor, now)
        if not await _use(db, found.device_id, address, now):
            return NotRefreshed("revoked", found.user_id, found.device_id)
        await _keep(db, found.device_id, successor, now)
        return Refreshed(found.user_id, found.device_id, successor)

    async def _again(
        self, db: AsyncSession, token: str, successor: str, now: datetime
    ) -> Refreshed | NotRefreshed:
        """It was used before. Read again: perhaps by somebody who came at the same moment."""
        found = await _find(db, token)
        if found is None or found.used_at is None:
            return NotRefreshed("unknown")
        if why := _why_not(found, now):
            return NotRefreshed(why, found.user_id, found.device_id)
        latest = await _find(db, successor)
        if now - found.used_at <= GRACE and latest is not None and latest.used_at is None:
            return Refreshed(found.user_id, found.device_id, successor)
        await revoke(db, found.user_id, found.device_id, now=now)
        return NotRefreshed("reused", found.user_id, found.device_id)


async def sign_in(
    db: AsyncSession, user_id: UUID, *, user_agent: str, address: str, now: datetime
) -> Refreshed:
    """A new device with its first token."""
    device_id, token = new_id(), new_secret()
    await db.execute(
        insert(DeviceRow).values(
            id=device_id,
            user_id=user_id,
            user_agent=user_agent.replace("\0", "")[:_LONGEST_USER_AGENT],
            address=address,
            created_at=now,
            last_used_at=now,
            expires_at=now + ABSOLUTE,
        )
    )
    await _keep(db, device_id, token, now)
    return Refreshed(user_id, device_id, token)


async def listed(db: AsyncSession, user_id: UUID, now: datetime) -> list[Device]:
    """Where the user is signed in, the last used first."""
    rows = await db.execute(
        select(
            DeviceRow.id,
            DeviceRow.user_id,
            DeviceRow.user_agent,
            DeviceRow.address,
            DeviceRow.created_at,
            DeviceRow.last_used_at,
            DeviceRow.expires_at,
        )
        .where(
            DeviceRow.user_id == user_id,
            DeviceRow.revoked_at.is_(None),
            DeviceRow.expires_at > now,
            DeviceRow.last_used_at > now - IDLE,
        )
        .order_by(DeviceRow.last_used_at.desc(), DeviceRow.id.desc())
    )
    return [Device(*row) for row in rows]


async def revoke(db: AsyncSession, user_id: UUID, device_id: UUID, *, now: datetime) -> list[UUID]:
    """One of the user's. Returns what ended, so that its sockets can be closed."""
    return await _revoke(db, user_id, DeviceRow.id == device_id, now=now)


async def revoke_all(
    db: AsyncSession, user_id: UUID, *, but: UUID | None = None, now: datetime
) -> list[UUID]:
    """All of the user's, or all others."""
    return await _revoke(db, user_id, *([] if but is None else [DeviceRow.id != but]), now=now)


async def forget_expired(db: AsyncSession, now: datetime) -> None:
    """Delete what can never be used again, tokens included."""
    await db.execute(delete(DeviceRow).where(DeviceRow.expires_at < now))


@dataclass(frozen=True, slots=True)
class _Found:
    used_at: datetime | None
    device_id: UUID
    user_id: UUID
    revoked_at: datetime | None
    expires_at: datetime
    last_used_at: datetime
    disabled_at: datetime | None


async def _find(db: AsyncSession, token: str) -> _Found | None:
    rows = await db.execute(
        select(
            RefreshTokenRow.used_at,
            DeviceRow.id,
            DeviceRow.user_id,
            DeviceRow.revoked_at,
            DeviceRow.expires_at,
            DeviceRow.last_used_at,
            UserRow.disabled_at,
        )
        .join(DeviceRow, DeviceRow.id == RefreshTokenRow.device_id)
        .join(UserRow, UserRow.id == DeviceRow.user_id)
        .where(RefreshTokenRow.hash == hash_of(token))
    )
    row = rows.one_or_none()
    return _Found(*row) if row else None


def _why_not(found: _Found, now: datetime) -> Why | None:
    if found.revoked_at is not None:
        return "revoked"
    if found.disabled_at is not None:
        return "disabled"
    if found.expires_at <= now:
        return "expired"
    # Of the device, not of the token: an old token of a device in use was stolen, not forgotten.
    return "idle" if found.last_used_at + IDLE <= now else None


async def _spend(db: AsyncSession, token: str, now: datetime) -> bool:
    changed = await db.execute(
        update(RefreshTokenRow)
        .where(RefreshTokenRow.hash == hash_of(token), RefreshTokenRow.used_at.is_(None))
        .values(used_at=now)
        .returning(RefreshTokenRow.device_id)
    )
    return changed.one_or_none() is not None


async def _use(db: AsyncSession, device_id: UUID, address: str, now: datetime) -> bool:
    """False when somebody signed it out at this very moment."""
    changed = await db.execute(
        update(DeviceRow)
        .where(DeviceRow.id == device_id, DeviceRow.revoked_at.is_(None))
        .values(last_used_at=now, address=address)
        .returning(DeviceRow.id)
    )
    return changed.one_or_none() is not None


async def _keep(db: AsyncSession, device_id: UUID, token: str, now: datetime) -> None:
    await db.execute(insert(RefreshTokenRow).values(hash=hash_of(token), device_id=device_id, created_at=now))


async def _revoke(db: AsyncSession, user_id: UUID, *which: ColumnElement[bool], now: datetime) -> list[UUID]:
    ended = await db.execute(
        update(DeviceRow)
        .where(DeviceRow.user_id == user_id, DeviceRow.revoked_at.is_(None), *which)
        .values(revoked_at=now)
        .returning(DeviceRow.id)
    )
    return list(ended.scalars())
