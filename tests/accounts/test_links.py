"""Links that do one thing once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from backend.accounts import links
from backend.accounts.links import LIFETIMES, LinkUseless, MadeLink, Purpose
from backend.accounts.tables import LinkRow
from backend.kit.db import Database
from tests.accounts.people import NOW, somebody

PURPOSES = list(LIFETIMES)
MOMENT = timedelta(milliseconds=1)


async def made(database: Database, purpose: Purpose = "invitation", **about: object) -> MadeLink:
    async with database.transaction() as db:
        return await links.make(db, purpose, now=NOW, **about)


async def test_a_link_brings_what_it_was_made_for(database: Database) -> None:
    ada = await somebody(database)
    link = await made(database, email="bob@example.org", role="viewer", created_by=ada.id)
    async with database.transaction() as db:
        seen = await links.look(db, link.secret, "invitation", NOW)
        used = await links.use(db, link.secret, "invitation", NOW)
    assert seen == used
    assert (used.id, used.email, used.role, used.created_by) == (link.id, "bob@example.org", "viewer", ada.id)


async def test_a_link_is_used_once(database: Database) -> None:
    link = await made(database)
    async with database.transaction() as db:
        await links.use(db, link.secret, "invitation", NOW)
    async with database.transaction() as db:
        for attempt in (links.look, links.use):
            with pytest.raises(LinkUseless):
                await attempt(db, link.secret, "invitation", NOW)


async def test_of_ten_at_once_one_gets_it(database_url: str) -> None:
    processes = [Database.open(database_url) for _ in range(2)]
    link = await made(processes[0])

    async def use(database: Database) -> bool:
        async with database.transaction() as db:
            try:
                await links.use(db, link.secret, "invitation", NOW)
            except LinkUseless:
                return False
            return True

    assert sum(await asyncio.gather(*(use(processes[n % 2]) for n in range(10)))) == 1
    for process in processes:
        await process.close()


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_a_link_serves_its_purpose_in_its_time_alone(database: Database, purpose: Purpose) -> None:
    link = await made(database, purpose)
    end = NOW + LIFETIMES[purpose]
    async with database.transaction() as db:
        for other in PURPOSES:
            if other != purpose:
                with pytest.raises(LinkUseless):
                    await links.use(db, link.secret, other, NOW)
        with pytest.raises(LinkUseless):
            await links.use(db, link.secret, purpose, end)
        assert (await links.use(db, link.secret, purpose, end - MOMENT)).purpose == purpose


async def test_a_made_up_secret_opens_nothing(database: Database) -> None:
    link = await made(database)
    async with database.transaction() as db:
        for secret in ("", link.secret[:-1], link.secret.lower() + "x", str(link.id), "\ud800", "x" * 10_000):
            with pytest.raises(LinkUseless):
                await links.use(db, secret, "invitation", NOW)


async def test_the_secret_is_kept_as_a_hash_and_shown_in_no_repr(database: Database) -> None:
    link = await made(database)
    async with database.reading() as db:
        kept = await db.scalar(select(LinkRow.hash))
    assert kept is not None
    assert len(kept) == 32
    assert link.secret.encode() not in kept
    assert link.secret not in repr(link)
    assert len(link.secret) >= 43


async def test_withdrawn_links_of_a_user_no_longer_work_and_others_do(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.org")
    adas = [await made(database, "password", user_id=ada.id) for _ in range(2)]
    bobs, nobodys = await made(database, "password", user_id=bob.id), await made(database, "owner")
    async with database.transaction() as db:
        await links.withdraw(db, "password", ada.id, NOW)
        for link in adas:
            with pytest.raises(LinkUseless):
                await links.use(db, link.secret, "password", NOW)
        assert await links.use(db, bobs.secret, "password", NOW)
        await links.withdraw(db, "owner", None, NOW)
        with pytest.raises(LinkUseless):
            await links.use(db, nobodys.secret, "owner", NOW)


async def test_expired_links_are_forgotten(database: Database) -> None:
    for purpose in PURPOSES:
        await made(database, purpose)
    async with database.transaction() as db:
        await links.forget_expired(db, NOW + timedelta(hours=2))
        assert await db.scalar(select(func.count()).select_from(LinkRow)) == 1
