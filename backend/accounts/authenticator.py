"""From credentials to a caller, quickly: what was found is believed for five seconds, then looked at anew.

So who is signed out, disabled or given another role is so within that time in every process, and at once in
the one where it happened.
"""

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID

from backend.accounts import api_keys, standing
from backend.accounts.access_tokens import AccessTokens
from backend.accounts.callers import Caller, Way
from backend.accounts.jwts import BadToken
from backend.accounts.secrets_shown import hash_of
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.recently_used import RecentlyUsed
from backend.kit.unavailable import DatabaseUnavailable

LIFETIME: Final = 5.0
# By which a link to something shared is known, here and to who looks for leaked secrets.
SHARE_PREFIX: Final = "bakeoff-share-"
_MOST: Final = 10_000

Elsewhere: TypeAlias = Callable[[str], Awaitable[UUID | None]]
"""The user whom a token of another issuer names."""

Found: TypeAlias = tuple[Caller, float]
"""And for how many seconds at most."""

Links: TypeAlias = Callable[[str], Awaitable[Found | None]]
"""The guest whom a link lets in."""


@dataclass(frozen=True, slots=True)
class _Believed:
    caller: Caller
    until: float


class Authenticator:
    def __init__(
        self,
        database: Database,
        tokens: AccessTokens,
        elsewhere: Elsewhere | None = None,
        links: Links | None = None,
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._elsewhere = elsewhere
        self._links = links
        self._believed: RecentlyUsed[str, _Believed] = RecentlyUsed(_MOST)

    async def caller(self, credential: str, way: Way) -> Caller | None:
        """None where it is not, or no longer, good for anything."""
        known = self._believed.get(credential)
        if known is not None and time.monotonic() < known.until:
            return known.caller
        found = await self._look(credential, way)
        if found is None:
            self._believed.pop(credential)
            return None
        caller, seconds = found
        self._believed[credential] = _Believed(caller, time.monotonic() + min(seconds, LIFETIME))
        return caller

    def forget(
        self,
        *,
        user_id: UUID | None = None,
        device_id: UUID | None = None,
        api_key_id: UUID | None = None,
        share_id: UUID | None = None,
    ) -> None:
        """Something has changed for them: nothing that was believed counts any more."""
        changed = {user_id, device_id, api_key_id, share_id} - {None}
        self._believed.forget(lambda known: bool(changed & _ids_of(known.caller)))

    async def _look(self, credential: str, way: Way) -> Found | None:
        """A cookie holds one of our own access tokens and nothing else."""
        if way == "cookie":
            return await self._by_access_token(credential, way)
        if credential.startswith(api_keys.PREFIX):
            return await self._by_api_key(credential)
        if credential.startswith(SHARE_PREFIX):
            return await self._links(credential) if self._links is not None else None
        return await self._by_access_token(credential, way) or await self._by_other_issuer(credential)

    async def _by_access_token(self, token: str, way: Way) -> Found | None:
        now = clock.now()
        try:
            proof = self._tokens.verify(token, now)
        except BadToken:
            return None
        async with self._database.reading() as db:
            named = await standing.of_device(db, proof.user_id, proof.device_id, now)
        if named is None:
            return None
        return Caller(*named, way, device_id=proof.device_id), (proof.expires_at - now).total_seconds()

    async def _by_api_key(self, secret: str) -> Found | None:
        now = clock.now()
        async with self._database.reading() as db:
            holder = await standing.of_api_key(db, hash_of(secret), now)
        if holder is None:
            return None
        if api_keys.is_to_note(holder.last_used_at, now) and holder.caller.api_key_id is not None:
            # Who watches a database that takes nothing at the moment comes with such a key.
            with suppress(DatabaseUnavailable):
                async with self._database.transaction() as db:
                    await api_keys.note_use(db, holder.caller.api_key_id, now)
        left = LIFETIME if holder.expires_at is None else (holder.expires_at - now).total_seconds()
        return holder.caller, left

    async def _by_other_issuer(self, token: str) -> Found | None:
        user_id = await self._elsewhere(token) if self._elsewhere is not None else None
        if user_id is None:
            return None
        async with self._database.reading() as db:
            named = await standing.of_user(db, user_id)
        return None if named is None else (Caller(*named, "oidc"), LIFETIME)


def _ids_of(caller: Caller) -> set[UUID | None]:
    """By which something that this caller lives by can be named. A guest goes by the id of the link."""
    return {caller.user_id, caller.device_id, caller.api_key_id}
