"""Who is behind a socket, how long that proof holds, and whether they are still welcome.

A socket outlives what opened it, so what counts is looked at again: user, device or API key, link.
"""

import base64
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as changed
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from backend.accounts import standing
from backend.accounts.callers import Caller, Way
from backend.accounts.door import Door
from backend.accounts.jwts import SKEW_SECONDS
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.kit.ids import new_id
from backend.rooms.protocol import Access

GUEST: Final = "Guest"
_SKEW: Final = timedelta(seconds=SKEW_SECONDS)

AccessTo: TypeAlias = Callable[[Caller, UUID], Awaitable[Access]]
"""How far somebody may go in a comparison. Raises NotFound for what is not theirs to see."""


@dataclass(frozen=True, slots=True)
class Identity:
    caller: Caller
    person_id: UUID
    """As others see them: the user; of those who come by one link, each is somebody."""
    name: str
    until: datetime | None = None
    """When the proof itself runs out."""

    def lives_by(self) -> frozenset[UUID]:
        """What ends it at once when it ends."""
        return frozenset(way for way in (self.caller.device_id, self.caller.api_key_id) if way)


class _Claims(msgspec.Struct, frozen=True):
    exp: float


@dataclass(frozen=True, slots=True)
class Identities:
    door: Door
    access: AccessTo
    now: Callable[[], datetime] = field(default=clock.now)

    async def by_credential(self, credential: str, way: Way) -> Identity | None:
        caller = await self.door.authenticator.caller(credential, way)
        return None if caller is None else await self._identity(caller, _runs_out(credential, caller.way))

    async def by_ticket(self, ticket: str, monotonic: float) -> Identity | None:
        caller = self.door.tickets.use(ticket, monotonic)
        return None if caller is None else await self._identity(caller, None)

    async def still(self, identities: Sequence[Identity]) -> list[Identity | None]:
        """As they are now; None for who is not welcome any more. One query for all users, one for a link."""
        now = self.now()
        callers = [identity.caller for identity in identities]
        welcome = await self._welcome(callers, now)
        links = {caller.share.id: caller for caller in callers if caller.share}
        open_links = {link for link, caller in links.items() if await self._opens(caller)}
        return [self._judged(identity, welcome, open_links, now) for identity in identities]

    async def _welcome(self, callers: Iterable[Caller], now: datetime) -> standing.Welcome:
        members = [caller for caller in callers if caller.share is None]
        if not members:
            return standing.Welcome({}, set())
        async with self.door.database.reading() as db:
            return await standing.of_many(
                db,
                user_ids={caller.user_id for caller in members},
                device_ids={caller.device_id for caller in members if caller.device_id},
                api_key_ids={caller.api_key_id for caller in members if caller.api_key_id},
                now=now,
            )

    async def _opens(self, guest: Caller) -> bool:
        if guest.share is None:
            return False
        try:
            await self.access(guest, guest.share.comparison_id)
        except NotFound:
            return False
        return True

    def _judged(
        self, identity: Identity, welcome: standing.Welcome, open_links: set[UUID], now: datetime
    ) -> Identity | None:
        caller = identity.caller
        if identity.until is not None and identity.until <= now:
            return None
        if caller.share is not None:
            return identity if caller.share.id in open_links else None
        if caller.user_id not in welcome.users or not identity.lives_by() <= welcome.ways:
            return None
        role, name = welcome.users[caller.user_id]
        if (role, name) == (caller.role, identity.name):
            return identity
        return changed(identity, caller=changed(caller, role=role), name=name)

    async def _identity(self, caller: Caller, until: datetime | None) -> Identity | None:
        """What is known of the caller may be seconds old, and a ticket half a minute."""
        if caller.share is not None:
            identity = Identity(caller, new_id(), GUEST, until)
        else:
            identity = Identity(caller, caller.user_id, "", until)
        return (await self.still([identity]))[0]


def _runs_out(credential: str, way: Way) -> datetime | None:
    """Of a token whose signature somebody has just looked at."""
    if way not in {"cookie", "token", "oidc"}:
        return None
    payload = credential.split(".")[1]
    claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=_Claims)
    expires = datetime.fromtimestamp(claims.exp, UTC)
    return expires + _SKEW if way == "oidc" else expires
