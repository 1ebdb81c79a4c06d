"""What else happens when shares change: who lives by one that has ended is told, at the moment it ends.

Told by who changes them here, and by the clock. What another process changes is found by the next look.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from backend.accounts.callers import Caller
from backend.accounts.door import Door
from backend.comparisons import share_repository
from backend.kit import clock
from backend.kit.unavailable import DatabaseUnavailable
from backend.limits.buckets import Buckets
from backend.limits.refusal import RateLimited
from backend.limits.rules import Rule

log = structlog.get_logger()

# Whether there is an account with some address is not to be found out by trying.
INVITATIONS: Final = Rule("invitations", 60, 3600, "user")
_LOOK_EVERY: Final = 60.0
_TRY_AGAIN: Final = 2.0


class Sharing:
    def __init__(self, door: Door, access_changed: Callable[[UUID], None], buckets: Buckets) -> None:
        """`access_changed` is told the comparison whose room has to look at its members again."""
        self._door = door
        self._access_changed = access_changed
        self._buckets = buckets
        self._changed = asyncio.Event()

    def changed(self, share_id: UUID, comparison_id: UUID) -> None:
        """Made, given another level or end, or taken back. Called after the commit."""
        self._tell(share_id, comparison_id)
        self._changed.set()

    async def let_name_somebody(self, caller: Caller) -> None:
        """Before an address is looked up, so that the answer does not depend on it. Raises RateLimited."""
        if caller.may("users.manage"):
            return  # they can look at the list
        verdict = await self._buckets.take(INVITATIONS, f"user:{caller.user_id.hex}")
        if not verdict.allowed:
            raise RateLimited(verdict)

    def _tell(self, share_id: UUID, comparison_id: UUID) -> None:
        self._door.authenticator.forget(share_id=share_id)
        self._door.ended(share_id)
        self._access_changed(comparison_id)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._watch(), name="shares that end")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _watch(self) -> None:
        seen = clock.now()
        while True:
            self._changed.clear()
            try:
                seen, wait = await self._tell_ended(seen)
            except DatabaseUnavailable as error:
                log.warning("shares.unwatched", reason=str(error))
                wait = _TRY_AGAIN
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _tell_ended(self, seen: datetime) -> tuple[datetime, float]:
        """Up to which moment all are told now, and for how many seconds nothing ends."""
        now = clock.now()
        async with self._door.database.reading() as db:
            ended = await share_repository.ended_between(db, seen, now)
            following = await share_repository.next_end(db, now)
        for share_id, comparison_id in ended:
            self._tell(share_id, comparison_id)
        return now, min((following - now).total_seconds(), _LOOK_EVERY) if following else _LOOK_EVERY
