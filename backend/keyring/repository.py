"""The queries about keys and endpoints of users. Who may see what is part of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.keyring.tables import EVERYONES, EndpointRow, ProviderKeyRow
from backend.kit.upsert import insert
from backend.providers.endpoints import Dialect, Endpoint


@dataclass(frozen=True, slots=True)
class UserEndpoint:
    id: UUID
    owner_id: UUID | None
    """None: everyone's."""
    name: str
    display_name: str
    base_url: str
    dialect: Dialect
    discovers: bool
    models: tuple[str, ...]
    created_at: datetime
    changed_at: datetime

    def endpoint(self) -> Endpoint:
        """As providers know it. Many of these want no key."""
        return Endpoint(
            self.name,
            self.display_name,
            self.base_url,
            sdk="anthropic" if self.dialect == "messages" else "openai",
            needs_key=False,
            discovers=self.discovers,
        )


@dataclass(frozen=True, slots=True)
class SealedKey:
    owner_id: UUID | None
    """None: everyone's."""
    endpoint: str
    base_url: str
    sealed: bytes = field(repr=False)
    shown: str
    saved_at: datetime
    tested_at: datetime | None


_ENDPOINT = (
    EndpointRow.id,
    EndpointRow.owner_id,
    EndpointRow.name,
    EndpointRow.display_name,
    EndpointRow.base_url,
    EndpointRow.dialect,
    EndpointRow.discovers,
    EndpointRow.models,
    EndpointRow.created_at,
    EndpointRow.changed_at,
)
_KEY = (
    ProviderKeyRow.owner_id,
    ProviderKeyRow.endpoint,
    ProviderKeyRow.base_url,
    ProviderKeyRow.sealed,
    ProviderKeyRow.shown,
    ProviderKeyRow.saved_at,
    ProviderKeyRow.tested_at,
)


# Asked for with each question: built once.
_SEEN_ENDPOINTS: Final[Select[*tuple[Any, ...]]] = (
    select(*_ENDPOINT)
    .where(or_(EndpointRow.owner_id == bindparam("seen_by"), EndpointRow.owner_id.is_(None)))
    .order_by(EndpointRow.name, EndpointRow.owner_id.is_(None))
)
_SEEN_KEYS: Final[Select[*tuple[Any, ...]]] = (
    select(*_KEY)
    .where(or_(ProviderKeyRow.owner_id == bindparam("seen_by"), ProviderKeyRow.owner_id.is_(None)))
    .order_by(ProviderKeyRow.endpoint, ProviderKeyRow.owner_id.is_(None))
)


async def endpoints(db: AsyncSession, *, seen_by: UUID) -> list[UserEndpoint]:
    """By name; where two have the same, one's own comes first."""
    return [_endpoint_of(row) for row in await db.execute(_SEEN_ENDPOINTS, {"seen_by": seen_by})]


async def endpoint_named(db: AsyncSession, name: str, *, seen_by: UUID | None) -> UserEndpoint | None:
    """One's own before everyone's; None sees everyone's only."""
    query = _seen_endpoints(seen_by).where(EndpointRow.name == name)
    row = (await db.execute(query.order_by(EndpointRow.owner_id.is_(None)).limit(1))).first()
    return _endpoint_of(row) if row else None


async def endpoint_with(db: AsyncSession, endpoint_id: UUID, *, seen_by: UUID) -> UserEndpoint | None:
    row = (await db.execute(_seen_endpoints(seen_by).where(EndpointRow.id == endpoint_id))).first()
    return _endpoint_of(row) if row else None


async def count_endpoints(db: AsyncSession, owner_id: UUID | None) -> int:
    owned = _owned_by(EndpointRow.owner_id, owner_id)
    return await db.scalar(select(func.count()).select_from(EndpointRow).where(owned)) or 0


async def add_endpoint(db: AsyncSession, endpoint: UserEndpoint) -> bool:
    """False when its owner has one of that name."""
    fresh = insert(db, EndpointRow).values(
        id=endpoint.id,
        owner_id=endpoint.owner_id,
        name=endpoint.name,
        created_at=endpoint.created_at,
        **_changeable(endpoint),
    )
    added = await db.execute(fresh.on_conflict_do_nothing().returning(EndpointRow.id))
    return added.first() is not None


async def change_endpoint(db: AsyncSession, endpoint: UserEndpoint) -> None:
    await db.execute(update(EndpointRow).where(EndpointRow.id == endpoint.id).values(**_changeable(endpoint)))


async def remove_endpoint(db: AsyncSession, endpoint_id: UUID) -> None:
    await db.execute(delete(EndpointRow).where(EndpointRow.id == endpoint_id))


async def keys(db: AsyncSession, *, seen_by: UUID, endpoint: str | None = None) -> list[SealedKey]:
    """By endpoint, one's own before everyone's."""
    query = _SEEN_KEYS if endpoint is None else _SEEN_KEYS.where(ProviderKeyRow.endpoint == endpoint)
    return [SealedKey(*row) for row in await db.execute(query, {"seen_by": seen_by})]


async def put_key(db: AsyncSession, key: SealedKey) -> None:
    """In place of the one before."""
    said = {
        "base_url": key.base_url,
        "sealed": key.sealed,
        "shown": key.shown,
        "saved_at": key.saved_at,
        "tested_at": key.tested_at,
    }
    fresh = insert(db, ProviderKeyRow).values(owner_id=key.owner_id, endpoint=key.endpoint, **said)
    if key.owner_id is None:
        replacing = fresh.on_conflict_do_update(
            index_elements=[ProviderKeyRow.endpoint], index_where=EVERYONES, set_=said
        )
    else:
        replacing = fresh.on_conflict_do_update(
            index_elements=[ProviderKeyRow.owner_id, ProviderKeyRow.endpoint], set_=said
        )
    await db.execute(replacing)


async def remove_key(db: AsyncSession, owner_id: UUID | None, endpoint: str) -> bool:
    """False when there was none."""
    removed = await db.execute(
        delete(ProviderKeyRow)
        .where(_owned_by(ProviderKeyRow.owner_id, owner_id), ProviderKeyRow.endpoint == endpoint)
        .returning(ProviderKeyRow.id)
    )
    return removed.first() is not None


async def remove_keys_for(db: AsyncSession, endpoint: UserEndpoint) -> int:
    """All that would have been sent there: its owner's, or everybody's but theirs who mean another one."""
    query = delete(ProviderKeyRow).where(ProviderKeyRow.endpoint == endpoint.name)
    if endpoint.owner_id is not None:
        query = query.where(ProviderKeyRow.owner_id == endpoint.owner_id)
    else:
        with_their_own = select(EndpointRow.owner_id).where(
            EndpointRow.name == endpoint.name, EndpointRow.owner_id.is_not(None)
        )
        query = query.where(
            or_(ProviderKeyRow.owner_id.is_(None), ProviderKeyRow.owner_id.not_in(with_their_own))
        )
    return len((await db.execute(query.returning(ProviderKeyRow.id))).all())


async def all_sealed(db: AsyncSession, *, to_change: bool) -> list[tuple[UUID, SealedKey]]:
    """Those that are to be changed nobody else changes until the transaction ends."""
    query = select(ProviderKeyRow.id, *_KEY).order_by(ProviderKeyRow.id)
    rows = await db.execute(query.with_for_update() if to_change else query)
    return [(row[0], SealedKey(*row[1:])) for row in rows]


async def reseal(db: AsyncSession, key_id: UUID, sealed: bytes) -> None:
    await db.execute(update(ProviderKeyRow).where(ProviderKeyRow.id == key_id).values(sealed=sealed))


def _seen_endpoints(user_id: UUID | None) -> Select[*tuple[Any, ...]]:
    shared = EndpointRow.owner_id.is_(None)
    seen = shared if user_id is None else or_(EndpointRow.owner_id == user_id, shared)
    return select(*_ENDPOINT).where(seen)


def _owned_by(column: Any, owner_id: UUID | None) -> ColumnElement[bool]:
    owned: ColumnElement[bool] = column.is_(None) if owner_id is None else column == owner_id
    return owned


def _endpoint_of(row: Sequence[Any]) -> UserEndpoint:
    key, owner, name, display_name, base_url, dialect, discovers, models, created_at, changed_at = row
    return UserEndpoint(
        id=key,
        owner_id=owner,
        name=name,
        display_name=display_name,
        base_url=base_url,
        dialect=cast("Dialect", dialect),
        discovers=discovers,
        models=tuple(models),
        created_at=created_at,
        changed_at=changed_at,
    )


def _changeable(endpoint: UserEndpoint) -> dict[str, Any]:
    return {
        "display_name": endpoint.display_name,
        "base_url": endpoint.base_url,
        "dialect": endpoint.dialect,
        "discovers": endpoint.discovers,
        "models": list(endpoint.models),
        "changed_at": endpoint.changed_at,
    }
