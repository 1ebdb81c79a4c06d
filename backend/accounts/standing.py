"""Whether who has proved who they are is still welcome: what a caller is made of, read fresh."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias, cast
from uuid import UUID

from sqlalchemy import CompoundSelect, bindparam, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.accounts.rights import Role, Scope
from backend.accounts.tables import ApiKeyRow, DeviceRow, UserRow
from backend.kit.among import among
from backend.kit.columns import UtcDateTime

Named: TypeAlias = tuple[UUID, str, Role]


async def of_device(db: AsyncSession, user_id: UUID, device_id: UUID, now: datetime) -> Named | None:
    """None once the user is disabled, or the device signed out or too old."""
    found = await db.execute(
        select(UserRow.id, UserRow.email, UserRow.role)
        .join(DeviceRow, DeviceRow.user_id == UserRow.id)
        .where(
            UserRow.id == user_id,
            UserRow.disabled_at.is_(None),
            DeviceRow.id == device_id,
            DeviceRow.revoked_at.is_(None),
            DeviceRow.expires_at > now,
        )
    )
    row = found.one_or_none()
    return None if row is None else (row.id, row.email, _role(row.role))


async def of_user(db: AsyncSession, user_id: UUID) -> Named | None:
    found = await db.execute(
        select(UserRow.id, UserRow.email, UserRow.role).where(
            UserRow.id == user_id, UserRow.disabled_at.is_(None)
        )
    )
    row = found.one_or_none()
    return None if row is None else (row.id, row.email, _role(row.role))


@dataclass(frozen=True, slots=True)
class KeyHolder:
    caller: Caller
    last_used_at: datetime | None
    expires_at: datetime | None


async def of_api_key(db: AsyncSession, key_hash: bytes, now: datetime) -> KeyHolder | None:
    found = await db.execute(
        select(
            UserRow.id,
            UserRow.email,
            UserRow.role,
            ApiKeyRow.id.label("key_id"),
            ApiKeyRow.scopes,
            ApiKeyRow.last_used_at,
            ApiKeyRow.expires_at,
        )
        .join(ApiKeyRow, ApiKeyRow.user_id == UserRow.id)
        .where(
            ApiKeyRow.hash == key_hash,
            ApiKeyRow.revoked_at.is_(None),
            (ApiKeyRow.expires_at.is_(None)) | (ApiKeyRow.expires_at > now),
            UserRow.disabled_at.is_(None),
        )
    )
    row = found.one_or_none()
    if row is None:
        return None
    scopes: frozenset[Scope] = frozenset(row.scopes)
    caller = Caller(row.id, row.email, _role(row.role), "api_key", api_key_id=row.key_id, scopes=scopes)
    return KeyHolder(caller, row.last_used_at, row.expires_at)


@dataclass(frozen=True, slots=True)
class Welcome:
    """Of those who were asked about, whoever may still come in."""

    users: dict[UUID, tuple[Role, str]]
    """With their role and the name that others are shown."""
    ways: set[UUID]
    """Devices and API keys that are still good."""


_NAME: Final = select(UserRow.name, UserRow.email).where(UserRow.id == bindparam("user"))
_NOW: Final = bindparam("now", type_=UtcDateTime())
_STILL_GOOD: Final[CompoundSelect[Any]] = union_all(
    select(UserRow.id, UserRow.role, UserRow.name, UserRow.email).where(
        among(UserRow.id, "users"), UserRow.disabled_at.is_(None)
    ),
    select(DeviceRow.id, null(), null(), null()).where(
        among(DeviceRow.id, "devices"), DeviceRow.revoked_at.is_(None), DeviceRow.expires_at > _NOW
    ),
    select(ApiKeyRow.id, null(), null(), null()).where(
        among(ApiKeyRow.id, "api_keys"),
        ApiKeyRow.revoked_at.is_(None),
        ApiKeyRow.expires_at.is_(None) | (ApiKeyRow.expires_at > _NOW),
    ),
)


async def of_many(
    db: AsyncSession,
    *,
    user_ids: Collection[UUID],
    device_ids: Collection[UUID],
    api_key_ids: Collection[UUID],
    now: datetime,
) -> Welcome:
    """One query, however many they are."""
    asked = {"users": list(user_ids), "devices": list(device_ids), "api_keys": list(api_key_ids), "now": now}
    welcome = Welcome({}, set())
    found: UUID
    role: str | None
    name: str
    email: str
    for found, role, name, email in await db.execute(_STILL_GOOD, asked):
        if role is None:
            welcome.ways.add(found)
        else:
            welcome.users[found] = _role(role), _shown(name, email)
    return welcome


async def shown_name(db: AsyncSession, user_id: UUID) -> str:
    """Of somebody, as others see them."""
    row = (await db.execute(_NAME, {"user": user_id})).one_or_none()
    return "" if row is None else _shown(row.name, row.email)


def _shown(name: str, email: str) -> str:
    """Of an address only its beginning, if there is no name."""
    return name or email.partition("@")[0]


def _role(stored: str) -> Role:
    """The database itself lets nothing else in."""
    return cast("Role", stored)
