"""Whether those who read events may go on reading: asked about together, by a few queries for all of them."""

import asyncio
from typing import Final
from uuid import UUID

from backend.accounts.callers import Caller
from backend.accounts.door import Door
from backend.comparisons import access
from backend.kit.db import Database
from backend.rooms.identity import Identities, Identity
from backend.rooms.protocol import Access

_TOGETHER: Final = 0.25
"""Seconds in which others can join a question."""


class Readers:
    def __init__(self, database: Database, door: Door) -> None:
        self._database = database
        self._identities = Identities(door, self._access)
        self._asked: list[tuple[Identity, UUID]] = []
        self._answers: asyncio.Task[list[bool]] | None = None

    async def may_stay(self, identity: Identity, comparison_id: UUID) -> bool:
        if self._answers is None:
            self._answers = asyncio.create_task(self._ask())
        place, answers = len(self._asked), self._answers
        self._asked.append((identity, comparison_id))
        return (await asyncio.shield(answers))[place]  # who goes away takes nobody's answer with him

    async def _ask(self) -> list[bool]:
        await asyncio.sleep(_TOGETHER)
        asked, self._asked, self._answers = self._asked, [], None
        return await self._welcome(asked)

    async def _welcome(self, asked: list[tuple[Identity, UUID]]) -> list[bool]:
        now = await self._identities.still([identity for identity, _ in asked])
        async with self._database.reading() as db:
            seen = await access.seen_by(db, {comparison_id for _, comparison_id in asked})

        def stays(identity: Identity | None, comparison_id: UUID) -> bool:
            if identity is None:
                return False
            if link := identity.caller.share:  # that it is good still is known with who they are
                return link.comparison_id == comparison_id
            return (comparison_id, identity.caller.user_id) in seen

        return [stays(found, comparison_id) for found, (_, comparison_id) in zip(now, asked, strict=True)]

    async def _access(self, caller: Caller, comparison_id: UUID) -> Access:
        async with self._database.reading() as db:
            return await access.access_to(db, caller, comparison_id)
