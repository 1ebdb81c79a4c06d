import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.door import Door
from backend.comparisons import share_repository
from backend.comparisons.sharing import INVITATIONS, Sharing
from backend.entrance import entrance, master_key
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.unavailable import DatabaseUnavailable
from backend.limits.memory import memory_buckets
from backend.limits.refusal import RateLimited
from backend.settings import Settings
from tests.comparisons.shares.neighbours import HOUR, comparison, give, guest_of, link, person

SOON = timedelta(milliseconds=400)  # a busy machine has to have made it by then


@dataclass
class Hall:
    """A door and a room that wait to be told of what ended."""

    door: Door
    sharing: Sharing
    ended: asyncio.Queue[UUID]
    rooms: asyncio.Queue[UUID]

    async def next(self) -> tuple[UUID, UUID]:
        async with asyncio.timeout(20):
            return await self.ended.get(), await self.rooms.get()


@pytest.fixture
async def hall(database: Database, tmp_path: Path) -> AsyncIterator[Hall]:
    settings = Settings.load({"BAKEOFF_DATA_DIR": str(tmp_path)})
    ended: asyncio.Queue[UUID] = asyncio.Queue()
    rooms: asyncio.Queue[UUID] = asyncio.Queue()
    async with entrance(settings, database, master_key(settings), ended.put_nowait) as (door, _):
        yield Hall(door, Sharing(door, rooms.put_nowait, memory_buckets()), ended, rooms)


async def test_the_end_of_a_share_is_told_when_it_comes(hall: Hall, database: Database) -> None:
    async with database.transaction() as db:
        ada, vic = await person(db, "ada"), await person(db, "vic")
        hers = await comparison(db, ada)
        await give(db, hers, ada, "viewer", clock.now() - HOUR)
        end = clock.now() + SOON
        first = await give(db, hers, vic, "viewer", end)
        second, _ = await link(db, hers, "viewer", end + SOON)
        await link(db, hers, "viewer", end + HOUR)
    async with hall.sharing.watching():
        assert await hall.next() == (first.id, hers)
        assert clock.now() >= end
        assert await hall.next() == (second.id, hers)
        assert clock.now() >= end + SOON
    assert hall.ended.empty()


async def test_an_end_that_is_set_while_no_other_is_in_sight_is_told_too(
    hall: Hall, database: Database
) -> None:
    async with database.transaction() as db:
        hers = await comparison(db, await person(db, "ada"))
        first, _ = await link(db, hers, "viewer", clock.now() + SOON)
    async with hall.sharing.watching():
        assert await hall.next() == (first.id, hers)  # from now on nothing is to end
        async with database.transaction() as db:
            second, _ = await link(db, hers, "viewer", clock.now() + SOON)
        hall.sharing.changed(second.id, hers)
        assert await hall.next() == (second.id, hers)  # that it was made
        assert await hall.next() == (second.id, hers)  # that it ended


async def test_a_guest_is_not_believed_once_the_link_is_gone(hall: Hall, database: Database) -> None:
    async with database.transaction() as db:
        hers = await comparison(db, await person(db, "ada"))
        share, secret = await link(db, hers, "viewer")
        other, another = await link(db, hers, "viewer")
    authenticator = hall.door.authenticator
    assert await authenticator.caller(secret, "token") == guest_of(share)
    assert await authenticator.caller(another, "token") == guest_of(other)
    async with database.transaction() as db:
        for each in (share, other):
            await share_repository.remove(db, each.id)
    hall.sharing.changed(share.id, hers)
    assert await authenticator.caller(secret, "token") is None
    assert await authenticator.caller(another, "token") == guest_of(other)  # believed for five seconds
    assert await authenticator.caller(secret, "cookie") is None


class OnceAway:
    """A database that does not answer the first time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.asked = asyncio.Event()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        if not self.asked.is_set():
            self.asked.set()
            raise DatabaseUnavailable("locked")
        async with self._database.reading() as db:
            yield db


async def test_a_database_that_is_away_for_a_moment_does_not_end_the_watch(
    hall: Hall, database: Database
) -> None:
    once = OnceAway(database)
    door = replace(hall.door, database=cast("Database", once))
    sharing = Sharing(door, hall.rooms.put_nowait, memory_buckets())
    async with database.transaction() as db:
        hers = await comparison(db, await person(db, "ada"))
    async with sharing.watching():
        await once.asked.wait()
        async with database.transaction() as db:
            share, _ = await link(db, hers, "viewer", clock.now() + SOON)
        sharing.changed(share.id, hers)
        assert [await hall.next(), await hall.next()] == [(share.id, hers)] * 2


async def test_who_manages_users_may_name_as_many_as_there_are(hall: Hall, database: Database) -> None:
    async with database.transaction() as db:
        ada, admin = await person(db, "ada"), await person(db, "admin", "admin")
    for _ in range(INVITATIONS.amount):
        await hall.sharing.let_name_somebody(ada.caller)
    with pytest.raises(RateLimited):
        await hall.sharing.let_name_somebody(ada.caller)
    for _ in range(INVITATIONS.amount + 1):
        await hall.sharing.let_name_somebody(admin.caller)
