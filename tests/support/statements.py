"""Single statements on either database, without the code under test."""

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

import asyncpg

from backend.kit.database_url import SqliteFile, parse


def run(url: str, statement: str) -> None:
    rows(url, statement)


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    match parse(url):
        case SqliteFile(path):
            with closing(sqlite3.connect(path)) as connection, connection:
                return connection.execute(statement).fetchall()
        case server:
            return asyncio.run(_on_server(server.dsn, statement))


async def _on_server(dsn: str, statement: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(record) for record in await connection.fetch(statement)]
    finally:
        await connection.close()
