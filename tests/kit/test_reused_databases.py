"""A database that another test had is like a new one, or is not lent again."""

import asyncio

import asyncpg
import pytest

from tests.support.reused import ReusedDatabases

ADD_SHELF = """
INSERT INTO search_shelves (owner_id, generation) VALUES (gen_random_uuid(), 1) RETURNING id
"""


def asked(url: str, statement: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_what_one_test_left_the_next_does_not_find(reused_postgres: ReusedDatabases) -> None:
    with reused_postgres.lent() as url:
        assert [asked(url, ADD_SHELF) for _ in range(3)] == [1, 2, 3]
    with reused_postgres.lent() as again:
        assert again == url
        assert asked(again, "SELECT count(*) FROM search_shelves") == 0
        assert asked(again, ADD_SHELF) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE users ADD COLUMN shoe_size integer",
        "DROP INDEX ix_comparisons_trash",
        "CREATE TABLE left_behind (id integer)",
        "CREATE SCHEMA left_behind",
        "UPDATE alembic_version SET version_num = '0001'",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = ''1MB''', current_database()); END $$",
        (
            "INSERT INTO search_shelves (owner_id, generation)"
            " SELECT gen_random_uuid(), n FROM generate_series(1, 60000) n"
        ),
    ],
)
def test_what_is_not_as_the_migrations_left_it_is_not_lent_again(
    statement: str, reused_postgres: ReusedDatabases
) -> None:
    with reused_postgres.lent() as url:
        asked(url, statement)
    with reused_postgres.lent() as other:
        assert other != url


def test_who_still_holds_a_lock_is_shown_out(reused_postgres: ReusedDatabases) -> None:
    with asyncio.Runner() as runner:
        with reused_postgres.lent() as url:
            holding = runner.run(asyncpg.connect(url))
            runner.run(holding.execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE"))
        with reused_postgres.lent() as again:
            assert again == url
        with pytest.raises(asyncpg.PostgresConnectionError):
            runner.run(holding.fetchval("SELECT 1"))
