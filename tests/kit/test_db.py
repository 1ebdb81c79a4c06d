"""Transactions and readings, on both databases."""

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from backend.kit.db import Database
from backend.kit.ids import new_id
from backend.kit.unavailable import DatabaseUnavailable
from tests.support.notes import Note, Notes, add


async def test_what_is_written_is_read(notes: Notes) -> None:
    (key,) = await notes.write("one")
    async with notes.database.reading() as db:
        note = await db.get(Note, key)
    assert note is not None
    assert note.text == "one"  # still readable: nothing expires at the end


async def test_an_exception_rolls_back(notes: Notes) -> None:
    with pytest.raises(LookupError):
        async with notes.database.transaction() as db:
            await add(db, "one")
            raise LookupError
    assert await notes.texts() == []
    await notes.write("two")


async def test_nothing_is_visible_before_the_commit(notes: Notes) -> None:
    async with notes.database.transaction() as db:
        await add(db, "one")
        assert await notes.texts() == []
    assert await notes.texts() == ["one"]


async def test_reading_sees_one_moment(notes: Notes) -> None:
    async with notes.database.reading() as db:
        before = await db.scalar(text("SELECT count(*) FROM note"))
        await notes.write("one")
        assert await db.scalar(text("SELECT count(*) FROM note")) == before == 0
    assert await notes.count() == 1


async def test_reading_cannot_write(notes: Notes) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)read-?only"):
        async with notes.database.reading() as db:
            await add(db, "one")
    await notes.write("two")
    assert await notes.texts() == ["two"]


async def test_a_unique_violation_is_an_integrity_error(notes: Notes) -> None:
    await notes.write("one")
    with pytest.raises(IntegrityError):
        await notes.write("one")
    await notes.write("two")


async def test_errors_do_not_show_what_was_written(notes: Notes) -> None:
    key = new_id()
    with pytest.raises(IntegrityError) as error:
        async with notes.database.transaction() as db:
            for _ in range(2):
                await db.execute(
                    text("INSERT INTO note (id, text) VALUES (:id, :text)"),
                    {"id": str(key), "text": "a secret"},
                )
    assert "a secret" not in str(error.value)


async def test_writers_that_read_first_do_not_lose_each_others_work(notes: Notes) -> None:
    # On SQLite the transaction itself is the lock.
    lock = "SELECT 1" if notes.database.name == "sqlite" else "SELECT pg_advisory_xact_lock(1)"

    async def append() -> None:
        async with notes.database.transaction() as db:
            await db.execute(text(lock))
            count = await db.scalar(text("SELECT count(*) FROM note"))
            await add(db, f"{count:03}")

    await asyncio.gather(*(append() for _ in range(30)))
    assert await notes.texts() == [f"{n:03}" for n in range(30)]


async def test_sqlite_serves_its_writers_in_the_order_they_came(sqlite_url: str) -> None:
    notes = Notes(Database.open(sqlite_url))
    await notes.create()
    served: list[int] = []

    async def write(number: int) -> None:
        async with notes.database.transaction() as db:
            served.append(number)
            await add(db, str(number))

    await asyncio.gather(*(write(number) for number in range(50)))
    await notes.database.close()
    assert served == list(range(50))


async def test_a_ping_is_measured_in_milliseconds(database: Database) -> None:
    assert 0 < await database.ping() < 5_000


async def test_closing_waits_for_those_inside_and_refuses_those_who_come(notes: Notes) -> None:
    inside, finish = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        async with notes.database.transaction() as db:
            inside.set()
            await finish.wait()
            await add(db, "one")

    writing = asyncio.create_task(write())
    await inside.wait()
    closing_down = asyncio.create_task(notes.database.close())
    await asyncio.sleep(0)
    assert not closing_down.done()
    finish.set()
    await asyncio.gather(writing, closing_down)
    with pytest.raises(DatabaseUnavailable, match="closed"):
        await notes.texts()


async def test_sqlite_connections_have_their_pragmas(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)

    async def pragmas(*, writing: bool) -> dict[str, object]:
        names = ["journal_mode", "synchronous", "busy_timeout", "foreign_keys", "temp_store", "query_only"]
        async with database.transaction() if writing else database.reading() as db:
            return {name: await db.scalar(text(f"PRAGMA {name}")) for name in names}

    common = {"journal_mode": "wal", "busy_timeout": 5000, "foreign_keys": 1, "temp_store": 2}
    assert await pragmas(writing=True) == {**common, "synchronous": 1, "query_only": 0}
    assert (await pragmas(writing=False)).items() >= {**common, "query_only": 1}.items()
    await database.close()


async def test_a_closed_sqlite_file_stands_alone(sqlite_url: str, tmp_path: Path) -> None:
    notes = Notes(Database.open(sqlite_url))
    await notes.create()
    await notes.write("one")
    await notes.texts()
    await notes.database.close()
    assert os.listdir(tmp_path) == ["bakeoff.db"]  # noqa: PTH208 - a short look, after everything else
    with closing(sqlite3.connect(tmp_path / "bakeoff.db")) as connection:
        assert connection.execute("SELECT text FROM note").fetchall() == [("one",)]
