"""One of many values: found on both databases, and prepared once where statements are prepared."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects import sqlite

from backend.accounts.tables import UserRow
from backend.kit.among import among
from backend.kit.db import Database
from backend.kit.ids import new_id
from tests.accounts.people import somebody

_NAMED = select(UserRow.email).where(among(UserRow.id, "ids")).order_by(UserRow.email)


async def named(database: Database, ids: list[UUID]) -> list[str]:
    async with database.reading() as db:
        return list(await db.scalars(_NAMED, {"ids": ids}))


async def test_those_given_are_found_however_many_they_are(database: Database) -> None:
    ada, bob = await somebody(database), await somebody(database, "bob@example.org")
    await somebody(database, "eve@example.org")
    assert await named(database, [bob.id, new_id(), ada.id]) == ["ada@example.org", "bob@example.org"]
    assert await named(database, [bob.id]) == ["bob@example.org"]
    assert await named(database, []) == []


def test_an_index_can_be_looked_into() -> None:
    """SQLite looks into none for a condition that is compared with a truth value."""
    assert str(_NAMED.compile(dialect=sqlite.dialect())).count("=") == 0


async def test_it_is_prepared_once_for_any_number_of_them(postgres_url: str) -> None:
    database = Database.open(postgres_url)
    async with database.reading() as db:
        for amount in range(5):
            await db.execute(_NAMED, {"ids": [new_id() for _ in range(amount)]})
        prepared = await db.scalar(
            text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE :of"),
            {"of": "%FROM users%"},
        )
    await database.close()
    assert prepared == 1
