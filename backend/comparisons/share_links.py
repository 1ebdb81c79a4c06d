"""Links that let whoever has one see a comparison: known by their hashes, and their visitors counted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import standing
from backend.accounts.authenticator import LIFETIME, SHARE_PREFIX, Found
from backend.accounts.callers import Caller, ShareGrant
from backend.accounts.secrets_shown import hash_of, new_secret
from backend.comparisons import share_repository
from backend.comparisons.share_repository import Link
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import NotFound

_SHOWN: Final = len(SHARE_PREFIX) + 4
_NOTED_EVERY: Final = timedelta(minutes=1)
# Programs show a link with each request and never say that they open it.
_VISIT: Final = timedelta(minutes=30)


class LinkUseless(NotFound):
    """Made up, taken back, expired, of something deleted or of somebody shut out: all look the same."""

    def __init__(self) -> None:
        super().__init__("This link leads nowhere, or no longer.")


def new_link_secret() -> tuple[str, str]:
    """It, and by what it is recognised."""
    secret = SHARE_PREFIX + new_secret()
    return secret, secret[:_SHOWN]


async def look(db: AsyncSession, secret: str, now: datetime) -> Link:
    """Raises LinkUseless. A link ends with its owner's account: nobody would answer for it."""
    found = await share_repository.by_hash(db, hash_of(secret))
    if found is None or not found.share.is_live(now) or await standing.of_user(db, found.owner_id) is None:
        raise LinkUseless
    return found


async def opened(db: AsyncSession, secret: str, now: datetime) -> Link:
    """By somebody: counted. It is held by that, so what is seen then stays so. Raises LinkUseless."""
    await share_repository.count_opening(db, hash_of(secret), now)
    return await look(db, secret, now)


@dataclass(frozen=True, slots=True)
class ShareLinks:
    """For the authenticator: a link as the guest whom it lets in."""

    database: Database

    async def __call__(self, secret: str) -> Found | None:
        now = clock.now()
        try:
            async with self.database.reading() as db:
                share = (await look(db, secret, now)).share
        except LinkUseless:
            return None
        await self._note(secret, share.last_opened_at, now)
        left = LIFETIME if share.expires_at is None else (share.expires_at - now).total_seconds()
        return Caller.guest(ShareGrant(share.id, share.comparison_id)), left

    async def _note(self, secret: str, last: datetime | None, now: datetime) -> None:
        """The page says when it opens one; who comes without the page is counted as a visit after half an
        hour's absence. In between, to the minute, when it was last used.
        """
        if last is not None and now - last < _NOTED_EVERY:
            return
        absent = last is None or now - last >= _VISIT
        note = share_repository.count_opening if absent else share_repository.note_use
        async with self.database.transaction() as db:
            await note(db, hash_of(secret), now)
