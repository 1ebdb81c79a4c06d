"""People, comparisons and links, straight into a database."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import api_keys, users
from backend.accounts.callers import Caller, ShareGrant
from backend.accounts.rights import SCOPES, Role
from backend.accounts.secrets_shown import hash_of
from backend.comparisons import share_links, share_repository
from backend.comparisons.share_repository import Share
from backend.comparisons.share_schemas import Level
from backend.comparisons.tables import ComparisonRow
from backend.kit import clock
from backend.kit.ids import new_id

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Person:
    caller: Caller
    token: str = field(repr=False)
    """Good for whatever their role allows but their own account."""

    @property
    def id(self) -> UUID:
        return self.caller.user_id

    @property
    def email(self) -> str:
        return self.caller.email


async def person(db: AsyncSession, name: str, role: Role = "member", suffix: str = "") -> Person:
    now = clock.now()
    email = f"{name}{suffix}@example.org"
    user = await users.add(db, email=email, name=name, role=role, password_hash=None, now=now)
    _, secret = await api_keys.create(db, user.id, name="test", scopes=SCOPES, expires_at=None, now=now)
    return Person(Caller(user.id, email, role, "token"), secret)


async def comparison(db: AsyncSession, owner: Person, title: str = "Umbrellas") -> UUID:
    row = comparison_row(owner, title)
    await db.execute(insert(ComparisonRow).values(row))
    key: UUID = row["id"]
    return key


def comparison_row(owner: Person, title: str = "Umbrellas") -> dict[str, Any]:
    now = clock.now()
    return {
        "id": new_id(),
        "owner_id": owner.id,
        "title": title,
        "prompt": "Which one?",
        "history_mode": "isolated",
        "status": "completed",
        "created_at": now,
        "updated_at": now,
    }


async def give(
    db: AsyncSession, comparison_id: UUID, who: Person, level: Level, expires_at: datetime | None = None
) -> Share:
    share = Share(new_id(), comparison_id, who.id, None, "", level, clock.now(), expires_at)
    await share_repository.add(db, share)
    return share


async def link(
    db: AsyncSession, comparison_id: UUID, level: Level, expires_at: datetime | None = None
) -> tuple[Share, str]:
    secret, shown = share_links.new_link_secret()
    share = Share(new_id(), comparison_id, None, None, shown, level, clock.now(), expires_at)
    await share_repository.add(db, share, hash_of(secret))
    return share, secret


def guest_of(share: Share) -> Caller:
    return Caller.guest(ShareGrant(share.id, share.comparison_id))
