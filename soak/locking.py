"""Another process that keeps the database from being written: a lock on the file, or on PostgreSQL's table.

`python -m soak.locking URL SECONDS`
"""

import asyncio
import sqlite3
import sys
import time
from contextlib import closing

import asyncpg

from backend.kit.database_url import SqliteFile, parse

TABLE = "responses"
"""One alone: with several, those who wait for us and those we wait for could be the same."""


async def hold(url: str, seconds: float) -> None:
    match parse(url):
        case SqliteFile(path):
            with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as file:
                file.execute("BEGIN IMMEDIATE")
                time.sleep(seconds)  # noqa: ASYNC251 - nothing else is to happen here
                file.execute("ROLLBACK")
        case server:
            connection = await asyncpg.connect(server.dsn)
            try:
                async with connection.transaction():
                    await connection.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
                    await asyncio.sleep(seconds)
            finally:
                await connection.close()


if __name__ == "__main__":
    asyncio.run(hold(sys.argv[1], float(sys.argv[2])))
