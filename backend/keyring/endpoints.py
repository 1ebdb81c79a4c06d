"""Endpoints of users: where they may be, whose they are, and what becomes of their keys when they move."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.audit import Actor, note
from backend.accounts.callers import Caller
from backend.keyring import repository
from backend.keyring.repository import UserEndpoint
from backend.keyring.ring import Keyring
from backend.keyring.schemas import ChangeEndpoint, CreateEndpoint
from backend.keyring.sharing import require_sharing
from backend.kit.base_urls import BaseUrl, InvalidBaseUrl
from backend.kit.errors import AppError, FieldProblem, Invalid, NotFound
from backend.kit.ids import new_id

MOST: Final = 50
"""For each user, and for everyone together."""


async def checked_url(ring: Keyring, text: str) -> str:
    """As it is kept. Outside of any transaction: its name is looked up. Raises Invalid."""
    try:
        url = BaseUrl.parse(text)
    except InvalidBaseUrl as error:
        raise _invalid("baseUrl", str(error)) from None
    if problem := await ring.outside.problem_with(url):
        raise _invalid("baseUrl", problem)
    return str(url)


async def endpoints_of(db: AsyncSession, ring: Keyring, user_id: UUID) -> list[UserEndpoint]:
    """What a user can ask beside the server's own; of two with one name the user's own."""
    seen: dict[str, UserEndpoint] = {}
    for endpoint in await repository.endpoints(db, seen_by=user_id):
        if endpoint.name not in ring.endpoints:
            seen.setdefault(endpoint.name, endpoint)
    return list(seen.values())


async def listed(db: AsyncSession, caller: Caller) -> Sequence[UserEndpoint]:
    """One's own and everyone's, those included that another one of the same name hides."""
    return await repository.endpoints(db, seen_by=caller.user_id)


async def create(
    db: AsyncSession, ring: Keyring, caller: Caller, by: Actor, asked: CreateEndpoint, url: str, at: datetime
) -> UserEndpoint:
    """`url` has been checked."""
    if asked.shared:
        require_sharing(caller)
    endpoint = UserEndpoint(
        id=new_id(),
        owner_id=None if asked.shared else caller.user_id,
        name=asked.name,
        display_name=asked.display_name or asked.name,
        base_url=url,
        dialect=asked.dialect,
        discovers=not asked.models if asked.discovers is None else asked.discovers,
        models=asked.models,
        created_at=at,
        changed_at=at,
    )
    if await repository.count_endpoints(db, endpoint.owner_id) >= MOST:
        raise AppError(f"There are {MOST} endpoints already.", status=409, code="too_many")
    taken = endpoint.name in ring.endpoints or await repository.endpoint_named(
        db, endpoint.name, seen_by=endpoint.owner_id
    )
    if taken or not await repository.add_endpoint(db, endpoint):
        raise AppError(f"There is an endpoint {endpoint.name} already.", status=409, code="name_taken")
    await note(db, by, "endpoint.saved", endpoint.name, shared=asked.shared, baseUrl=url)
    return endpoint


async def change(
    db: AsyncSession,
    caller: Caller,
    by: Actor,
    endpoint_id: UUID,
    asked: ChangeEndpoint,
    url: str | None,
    at: datetime,
) -> tuple[UserEndpoint, int]:
    """With the number of keys that were dropped. `url` has been checked; None: it stays."""
    before = await own(db, caller, endpoint_id)
    after = replace(
        before,
        display_name=asked.display_name or before.display_name,
        base_url=url or before.base_url,
        dialect=asked.dialect or before.dialect,
        discovers=before.discovers if asked.discovers is None else asked.discovers,
        models=before.models if asked.models is None else asked.models,
        changed_at=at,
    )
    await repository.change_endpoint(db, after)
    moved = after.base_url != before.base_url
    dropped = await repository.remove_keys_for(db, before) if moved else 0
    shared = after.owner_id is None
    await note(
        db, by, "endpoint.saved", after.name, shared=shared, baseUrl=after.base_url, keysDropped=dropped
    )
    return after, dropped


async def remove(db: AsyncSession, caller: Caller, by: Actor, endpoint_id: UUID) -> None:
    """Its keys go with it."""
    endpoint = await own(db, caller, endpoint_id)
    dropped = await repository.remove_keys_for(db, endpoint)
    await repository.remove_endpoint(db, endpoint_id)
    shared = endpoint.owner_id is None
    await note(db, by, "endpoint.removed", endpoint.name, shared=shared, keysDropped=dropped)


async def own(db: AsyncSession, caller: Caller, endpoint_id: UUID) -> UserEndpoint:
    """Somebody else's is not there; everyone's is there, but not for everyone to change."""
    endpoint = await repository.endpoint_with(db, endpoint_id, seen_by=caller.user_id)
    if endpoint is None:
        raise NotFound
    if endpoint.owner_id is None:
        require_sharing(caller)
    return endpoint


def _invalid(field: str, message: str) -> Invalid:
    return Invalid([FieldProblem(field=field, message=message)])
