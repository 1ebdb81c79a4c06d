"""A connection to SQLite that goes to its thread once for each statement.

aiosqlite goes there to make a cursor, to execute, to fetch and to close it. Each way is two switches of
threads, which take longer than most of our statements. Knows no engine.
"""

import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, Self

import aiosqlite


class Connection(aiosqlite.Connection):
    """What is asked of it otherwise, aiosqlite does."""

    _execute: Callable[..., Coroutine[Any, Any, Any]]  # aiosqlite's own, which names no types

    @classmethod
    async def to(cls, uri: str) -> Self:
        """It begins no transaction by itself."""

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)

        connection = cls(connect, iter_chunk_size=1)
        connection._thread.daemon = True  # it waits for statements, and there may be nobody to close it
        await connection
        return connection

    def cursor(self) -> "Cursor":  # type: ignore[override]  # nobody but SQLAlchemy's adapter asks for one
        return Cursor(self)

    async def rollback(self) -> None:
        """After a commit, which is when the pool asks for it, there is nothing to take back."""
        if self.in_transaction:
            await super().rollback()

    async def visit(self, act: Callable[[sqlite3.Cursor], None]) -> None:
        await self._execute(self._with_cursor, act)

    def _with_cursor(self, act: Callable[[sqlite3.Cursor], None]) -> None:
        cursor = self._conn.cursor()
        try:
            act(cursor)
        finally:
            cursor.close()


class Cursor:
    """As SQLAlchemy's adapter uses one: it executes, then fetches all. Here both are one visit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Sequence[Any] | None = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Self:
        await self._connection.visit(lambda cursor: self._take(cursor.execute(statement, parameters)))
        return self

    async def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> Self:
        await self._connection.visit(lambda cursor: self._take(cursor.executemany(statement, rows)))
        return self

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        """It is closed already."""

    def _take(self, cursor: sqlite3.Cursor) -> None:
        """In the thread, where nobody else looks at us meanwhile."""
        self._rows = cursor.fetchall()
        self.description = cursor.description
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid
