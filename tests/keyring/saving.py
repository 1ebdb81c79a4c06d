"""Saving keys and endpoints as a route does it: asked, tried, written."""

from uuid import UUID

from backend.accounts.callers import Caller
from backend.keyring import actions, endpoints
from backend.keyring.actions import ShownKey
from backend.keyring.repository import UserEndpoint
from backend.keyring.ring import Keyring
from backend.keyring.schemas import ChangeEndpoint, CreateEndpoint
from backend.kit import clock
from backend.kit.db import Database
from tests.keyring.doors import GOOD, actor


async def save(
    database: Database,
    ring: Keyring,
    caller: Caller,
    endpoint: str,
    secret: str = GOOD,
    *,
    shared: bool = False,
) -> ShownKey:
    async with database.reading() as db:
        place = await actions.place_for(db, ring, caller, endpoint, shared=shared)
    tried = await actions.tried(ring, place, secret, clock.now())
    async with database.transaction() as db:
        return await actions.save_key(db, ring, caller, actor(caller), tried, shared=shared)


async def used(database: Database, ring: Keyring, caller: Caller, endpoint: str) -> str | None:
    """The secret that a call of theirs goes out with; None: the server's own, if it has one."""
    async with database.reading() as db:
        key = await actions.key_for(db, ring, caller.user_id, endpoint)
    return key.secret if key else None


async def shown(database: Database, ring: Keyring, caller: Caller) -> list[tuple[str, bool, str]]:
    async with database.reading() as db:
        keys = await actions.keys_of(db, ring, caller)
    return [(key.endpoint.name, key.shared, key.last_four) for key in keys]


async def remove(database: Database, caller: Caller, endpoint: str, *, shared: bool = False) -> None:
    async with database.transaction() as db:
        await actions.remove_key(db, caller, actor(caller), endpoint, shared=shared)


async def create(
    database: Database,
    ring: Keyring,
    caller: Caller,
    name: str = "mine",
    url: str = "https://one.example/v1",
    *,
    shared: bool = False,
) -> UserEndpoint:
    asked = CreateEndpoint(name=name, base_url=url, shared=shared)
    checked = await endpoints.checked_url(ring, url)
    async with database.transaction() as db:
        return await endpoints.create(db, ring, caller, actor(caller), asked, checked, clock.now())


async def move(
    database: Database, ring: Keyring, caller: Caller, endpoint: UUID, url: str
) -> tuple[UserEndpoint, int]:
    checked = await endpoints.checked_url(ring, url)
    async with database.transaction() as db:
        return await endpoints.change(
            db, caller, actor(caller), endpoint, ChangeEndpoint(), checked, clock.now()
        )


async def remove_endpoint(database: Database, caller: Caller, endpoint: UUID) -> None:
    async with database.transaction() as db:
        await endpoints.remove(db, caller, actor(caller), endpoint)
