"""Keys: saved once they were tried, shown by their end, opened for a call and for nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.audit import Actor, note
from backend.accounts.callers import Caller
from backend.keyring import repository
from backend.keyring.names import is_name
from backend.keyring.repository import SealedKey, UserEndpoint
from backend.keyring.ring import Keyring
from backend.keyring.sharing import require_sharing
from backend.kit.errors import AppError, FieldProblem, Invalid, NotFound
from backend.kit.sealed import SealError
from backend.providers.endpoints import Endpoint
from backend.providers.failures import FailureKind, ProviderError, cleaned
from backend.providers.keys import Key

log = structlog.get_logger()

_PURPOSE: Final = "provider key"
EVERYONE: Final = "everyone"
_SHOWN: Final = 4
# The end of a shorter one would be too much of it.
_SHORTEST_SHOWN: Final = 16
_REFUSES_THE_KEY: Final[frozenset[FailureKind]] = frozenset({"credentials", "refused"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key is sent, as somebody sees it."""

    endpoint: Endpoint
    owner_id: UUID | None
    """Whose endpoint it is; None: everyone's, or the server's."""


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key as it may be seen."""

    endpoint: Endpoint
    shared: bool
    last_four: str
    saved_at: datetime
    tested_at: datetime | None


@dataclass(frozen=True, slots=True)
class TriedKey:
    place: Place
    secret: str = field(repr=False)
    at: datetime
    warning: str | None
    """Why the provider could not say whether it is good."""


async def key_for(db: AsyncSession, ring: Keyring, user_id: UUID, endpoint: str) -> Key | None:
    """One's own, else everyone's. It is for the base URL that the endpoint has now, and for no other."""
    place = await _place_of(db, ring, user_id, endpoint)
    if place is None:
        return None
    usable = _usable(await repository.keys(db, seen_by=user_id, endpoint=endpoint), place)
    return _opened(ring, usable[0]) if usable else None


async def keys_for(
    db: AsyncSession, ring: Keyring, user_id: UUID, places: Mapping[str, UserEndpoint | None]
) -> dict[str, Key]:
    """What `key_for` finds for each, with one query. `places`: by name; None is an endpoint of the server."""
    found: dict[str, Key] = {}
    for key in await repository.keys(db, seen_by=user_id):
        if key.endpoint in found or key.endpoint not in places:
            continue
        place = _place(ring, key.endpoint, places[key.endpoint])
        if place and _usable([key], place):
            found[key.endpoint] = _opened(ring, key)
    return found


async def keys_of(db: AsyncSession, ring: Keyring, caller: Caller) -> list[ShownKey]:
    """One's own and everyone's, as far as they are used."""
    shown = []
    for key in await repository.keys(db, seen_by=caller.user_id):
        place = await _place_of(db, ring, caller.user_id, key.endpoint)
        if place and _usable([key], place):
            shown.append(_shown(key, place, caller))
    return shown


async def place_for(db: AsyncSession, ring: Keyring, caller: Caller, endpoint: str, *, shared: bool) -> Place:
    """Where a key that is to be saved or removed belongs."""
    if shared:
        require_sharing(caller)
    place = await _place_of(db, ring, None if shared else caller.user_id, endpoint)
    if place is None:
        raise NotFound
    return place


async def tried(ring: Keyring, place: Place, secret: str, at: datetime) -> TriedKey:
    """Outside of any transaction: the provider takes its time. Raises Invalid for a key that it refuses."""
    problem = await ring.test(place.endpoint, Key(secret))
    if problem is None:
        return TriedKey(place, secret, at, None)
    if problem.kind in _REFUSES_THE_KEY:
        message = f"{place.endpoint.display_name} does not take it: {cleaned(problem.message, secret)}"
        raise Invalid([FieldProblem(field="key", message=message)])
    return TriedKey(place, secret, at, _warning(ring, place, problem, secret))


async def save_key(
    db: AsyncSession, ring: Keyring, caller: Caller, by: Actor, key: TriedKey, *, shared: bool
) -> ShownKey:
    endpoint = key.place.endpoint
    if await place_for(db, ring, caller, endpoint.name, shared=shared) != key.place:
        raise AppError(
            f"{endpoint.display_name} was changed meanwhile. Save the key again.",
            status=409,
            code="endpoint_changed",
        )
    owner_id = None if shared else caller.user_id
    saved = SealedKey(
        owner_id=owner_id,
        endpoint=endpoint.name,
        base_url=endpoint.base_url,
        sealed=ring.sealer.seal(key.secret, *bound(owner_id, endpoint.name, endpoint.base_url)),
        shown=key.secret[-_SHOWN:] if len(key.secret) >= _SHORTEST_SHOWN else "",
        saved_at=key.at,
        tested_at=None if key.warning else key.at,
    )
    await repository.put_key(db, saved)
    await note(db, by, "key.saved", endpoint.name, shared=shared, tested=key.warning is None)
    return _shown(saved, key.place, caller)


async def remove_key(db: AsyncSession, caller: Caller, by: Actor, endpoint: str, *, shared: bool) -> None:
    """Also one that is of no use any more."""
    if shared:
        require_sharing(caller)
    owner_id = None if shared else caller.user_id
    if not is_name(endpoint) or not await repository.remove_key(db, owner_id, endpoint):
        raise NotFound
    await note(db, by, "key.removed", endpoint, shared=shared)


def bound(owner_id: UUID | None, endpoint: str, base_url: str) -> tuple[str, ...]:
    """What the seal of a key is bound to."""
    return (_PURPOSE, str(owner_id or EVERYONE), endpoint, base_url)


async def _place_of(db: AsyncSession, ring: Keyring, user_id: UUID | None, name: str) -> Place | None:
    """The server's own endpoints come first: nobody takes their names, whichever came earlier."""
    if name in ring.endpoints or not is_name(name):
        return _place(ring, name, None)
    return _place(ring, name, await repository.endpoint_named(db, name, seen_by=user_id))


def _place(ring: Keyring, name: str, outside: UserEndpoint | None) -> Place | None:
    if name in ring.endpoints:
        own = ring.own(name)
        return Place(own, None) if own else None
    return Place(outside.endpoint(), outside.owner_id) if outside else None


def _usable(keys: Sequence[SealedKey], place: Place) -> list[SealedKey]:
    """Everyone's key is never sent to an endpoint that a user set up for himself."""
    return [
        key
        for key in keys
        if key.base_url == place.endpoint.base_url and (key.owner_id or place.owner_id is None)
    ]


def _opened(ring: Keyring, key: SealedKey) -> Key:
    try:
        return Key(ring.sealer.open(key.sealed, *bound(key.owner_id, key.endpoint, key.base_url)))
    except SealError:
        log.error("key.unreadable", endpoint=key.endpoint, shared=key.owner_id is None)  # noqa: TRY400 - the traceback says no more
        # Not the server's own key instead: somebody else would pay for it without knowing.
        raise AppError(
            f"The key for {key.endpoint} cannot be read any more. Save it again.",
            status=409,
            code="key_unreadable",
        ) from None


def _shown(key: SealedKey, place: Place, caller: Caller) -> ShownKey:
    shared = key.owner_id is None
    hidden = shared and not caller.may("keys.shared")
    return ShownKey(place.endpoint, shared, "" if hidden else key.shown, key.saved_at, key.tested_at)


def _warning(ring: Keyring, place: Place, problem: ProviderError, secret: str) -> str:
    """Of a server that a user named, what a connection ran into is not told: it would map the network."""
    if problem.kind in {"unreachable", "timeout"} and place.endpoint.name not in ring.endpoints:
        return "It could not be tested: the server does not answer."
    return f"It could not be tested: {cleaned(problem.message, secret)}"
