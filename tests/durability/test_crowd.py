"""A hundred writers and readers at once on one SQLite file."""

import asyncio
import time

from sqlalchemy import text

from backend.kit.db import Database
from tests.support.notes import Notes, add

SECONDS = 4
CROWD = 100


async def test_a_hundred_writers_and_readers_for_seconds(sqlite_url: str) -> None:
    notes = Notes(Database.open(sqlite_url))
    await notes.create()
    end = time.monotonic() + SECONDS
    written: list[str] = []
    readings = 0
    waits: list[float] = []

    async def write(writer: int) -> None:
        number = 0
        while time.monotonic() < end:
            start = time.monotonic()
            async with notes.database.transaction() as db:
                # Reads before it writes: the pattern that fails at once in a deferred transaction.
                await db.execute(text("SELECT max(text) FROM note"))
                await add(db, f"{writer} {number}")
            waits.append(time.monotonic() - start)
            written.append(f"{writer} {number}")
            number += 1

    async def read() -> None:
        nonlocal readings
        while time.monotonic() < end:
            before = len(written)
            async with notes.database.reading() as db:
                first = await db.scalar(text("SELECT count(*) FROM note"))
                second = await db.scalar(text("SELECT count(*) FROM note"))
            assert first == second
            assert first >= before
            readings += 1

    # Any "database is locked" would come out of here.
    await asyncio.gather(*(write(writer) for writer in range(CROWD)), *(read() for _ in range(CROWD)))
    print(f"{len(written)} commits, {readings} readings in {SECONDS} s, longest write {max(waits):.2f} s")
    assert sorted(await notes.texts()) == sorted(written)
    assert len(written) >= CROWD
    assert readings >= CROWD
    await notes.database.close()
