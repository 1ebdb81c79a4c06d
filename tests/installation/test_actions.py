"""The one row about this installation."""

import asyncio

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from backend.installation.actions import remember_start
from backend.installation.tables import InstallationRow
from backend.kit import clock
from backend.kit.db import Database


async def test_the_first_start_is_remembered(database: Database) -> None:
    before = clock.now()
    async with database.transaction() as db:
        installation = await remember_start(db, "0.1.0")
    assert before <= installation.created_at == installation.last_started_at <= clock.now()
    assert installation.version == "0.1.0"
    assert installation.id.version == 7


async def test_a_later_start_keeps_identity_and_birthday(database: Database) -> None:
    async with database.transaction() as db:
        first = await remember_start(db, "0.1.0")
    async with database.transaction() as db:
        second = await remember_start(db, "0.2.0")
    assert (second.id, second.created_at) == (first.id, first.created_at)
    assert second.last_started_at > first.last_started_at
    assert second.version == "0.2.0"


async def test_starts_at_the_same_moment_make_one_row(database_url: str) -> None:
    processes = [Database.open(database_url) for _ in range(4)]

    async def start(database: Database) -> object:
        async with database.transaction() as db:
            return (await remember_start(db, "0.1.0")).id

    assert len(set(await asyncio.gather(*(start(database) for database in processes)))) == 1
    async with processes[0].reading() as db:
        assert await db.scalar(select(func.count()).select_from(InstallationRow)) == 1
    for database in processes:
        await database.close()


async def test_the_database_itself_keeps_a_second_row_out(database: Database) -> None:
    now = clock.now()
    for singleton in (1, 2):
        with pytest.raises(IntegrityError):
            async with database.transaction() as db:
                await remember_start(db, "0.1.0")
                await db.execute(
                    insert(InstallationRow).values(
                        singleton=singleton, created_at=now, last_started_at=now, version="0.1.0"
                    )
                )
