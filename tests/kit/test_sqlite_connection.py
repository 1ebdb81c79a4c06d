"""What of a statement is done in the thread of its connection, and how often it goes there."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from backend.kit.db import Database
from backend.kit.sqlite_connection import Connection

NAME = "a name with ?, # and %41.db"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database.open(f"sqlite:///{quote(str(tmp_path / NAME))}")
    async with database.transaction() as db:
        await db.execute(text("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT)"))
    yield database
    await database.close()


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Everything that was sent to the thread of any connection."""
    made: list[object] = []
    execute = Connection._execute

    async def counted(self: Connection, act: object, *arguments: object) -> object:
        made.append(act)
        return await execute(self, act, *arguments)

    monkeypatch.setattr(Connection, "_execute", counted)
    return made


async def test_each_statement_goes_to_the_thread_once(database: Database, visits: list[object]) -> None:
    async with database.transaction() as db:
        await db.execute(text("INSERT INTO words (word) VALUES ('lane'), ('turn')"))
        found = await db.execute(text("UPDATE words SET word = upper(word) RETURNING word"))
        assert sorted(found.scalars()) == ["LANE", "TURN"]
        assert (await db.scalars(text("SELECT word FROM words ORDER BY id"))).all() == ["LANE", "TURN"]
    assert len(visits) == 5  # the beginning and the commit are the others


async def test_a_result_says_what_it_is_and_how_many_it_touched(database: Database) -> None:
    async with database.transaction() as db:
        first = await db.execute(text("INSERT INTO words (word) VALUES ('lane')"))
        assert (first.rowcount, first.lastrowid) == (1, 1)
        many = await db.execute(
            text("INSERT INTO words (word) VALUES (:word)"), [{"word": "turn"}, {"word": "room"}]
        )
        assert many.rowcount == 2
        assert (await db.execute(text("UPDATE words SET word = 'x' WHERE id > 1"))).rowcount == 2
        found = await db.execute(text("SELECT id, word FROM words WHERE id = 7"))
        assert (list(found.keys()), found.all()) == (["id", "word"], [])


async def test_a_name_that_an_address_could_misread_is_the_name_of_the_file(
    database: Database, tmp_path: Path
) -> None:
    async with database.reading() as db:
        assert (await db.scalars(text("SELECT count(*) FROM words"))).one() == 0
    assert (tmp_path / NAME).is_file()
