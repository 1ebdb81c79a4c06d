"""What somebody can ask beside what everybody can: by keys that were saved, and at endpoints of users."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.callers import Caller
from backend.catalogue.entry import Entry
from backend.comparisons.contestants import Contestants
from backend.keyring.actions import key_for, keys_of
from backend.keyring.endpoints import endpoints_of
from backend.keyring.listings import ServerListings
from backend.keyring.repository import UserEndpoint
from backend.kit.errors import AppError
from backend.providers.keys import NO_KEY, Key


async def own_models(contestants: Contestants, listings: ServerListings, caller: Caller) -> list[Entry]:
    """Each of them replaces what the public list says of the same id."""
    async with contestants.database.reading() as db:
        outside = await endpoints_of(db, contestants.keyring, caller.user_id)
        keyed = {key.endpoint.name for key in await keys_of(db, contestants.keyring, caller)}
        keys = {each.name: await _key(db, contestants, caller.user_id, each) for each in outside}
    unlocked = [
        replace(entry, unavailable_reason=None)
        for entry in await contestants.catalogue.all()
        if entry.target.endpoint.name in keyed and not entry.available and entry.kind == "chat"
    ]
    return sorted(
        [*unlocked, *await _outside(contestants, listings, outside, keys)], key=lambda entry: entry.id
    )


async def _key(
    db: AsyncSession, contestants: Contestants, user_id: UUID, endpoint: UserEndpoint
) -> Key | None:
    """None for one that cannot be read any more: the server is not asked without it."""
    try:
        return await key_for(db, contestants.keyring, user_id, endpoint.name) or NO_KEY
    except AppError:
        return None


async def _outside(
    contestants: Contestants,
    listings: ServerListings,
    outside: Sequence[UserEndpoint],
    keys: Mapping[str, Key | None],
) -> list[Entry]:
    async def names(endpoint: UserEndpoint) -> tuple[str, ...]:
        key = keys[endpoint.name]
        return await listings.names(endpoint, key) if endpoint.discovers and key else ()

    found = await asyncio.gather(*map(names, outside))
    entries = [
        await contestants.at(endpoint, name)
        for endpoint, listed in zip(outside, found, strict=True)
        for name in dict.fromkeys([*endpoint.models, *listed])
    ]
    return [entry for entry in entries if entry.kind != "other"]
