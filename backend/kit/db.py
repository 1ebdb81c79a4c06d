"""The database: `transaction()` writes, `reading()` reads, the same on SQLite and PostgreSQL.

Knows no table. Transactions are opened at entry points and nothing slow is awaited inside.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, Self

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from backend.kit import database_url, postgres, sqlite
from backend.kit.clock import milliseconds_since
from backend.kit.database_url import SqliteFile
from backend.kit.unavailable import BUSY, DatabaseUnavailable
from backend.kit.unbroken import UnbrokenSession

_PATIENCE_SECONDS: Final = 30


class _Turns:
    """First come, first served. The pools behind it have as many connections, so nobody waits in them."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = asyncio.Semaphore(count)
        self._closed = False

    async def take(self) -> None:
        if self._closed:
            raise DatabaseUnavailable("closed")
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._free.acquire()
        except TimeoutError:
            raise DatabaseUnavailable(BUSY) from None

    def give_back(self) -> None:
        self._free.release()

    async def close(self) -> None:
        """Let those who are in finish; who comes now is refused."""
        if not self._closed:
            self._closed = True
            for _ in range(self._count):
                await self._free.acquire()


def _unmeasured(_seconds: float) -> None:
    """Nobody wants to know."""


def _untold(_reason: str) -> None:
    """Nor this."""


class Database:
    """One writer and a few readers on SQLite, one pool on PostgreSQL. Connects when first used."""

    def __init__(
        self,
        name: str,
        writer: AsyncEngine,
        reader: AsyncEngine,
        turns: tuple[_Turns, _Turns],
        transaction_took: Callable[[float], None],
        refused: Callable[[str], None] = _untold,
    ) -> None:
        self.name = name
        self._transaction_took = transaction_took
        self._refused = refused
        self._writer = writer
        self._reader = reader
        self._writer_turns, self._reader_turns = turns

    @classmethod
    def open(
        cls,
        url: str,
        transaction_took: Callable[[float], None] = _unmeasured,
        refused: Callable[[str], None] = _untold,
    ) -> Self:
        """`transaction_took` is told the seconds of each committed transaction, its wait included, `refused`
        why a transaction or a reading came to nothing.
        """
        told = (transaction_took, refused)
        match database_url.parse(url):
            case SqliteFile(path):
                turns = (_Turns(1), _Turns(sqlite.READERS))
                return cls("sqlite", sqlite.writer(path), sqlite.readers(path), turns, *told)
            case server:
                engine = postgres.engine(server)
                shared = _Turns(postgres.CONNECTIONS)
                turns = (shared, shared)
                return cls("postgresql", engine, postgres.reading(engine), turns, *told)

    @classmethod
    def looking(cls, url: str) -> Self:
        """For who only looks: nothing is written, on SQLite not even a file beside the database."""
        match database_url.parse(url):
            case SqliteFile(path):
                engine, turns = sqlite.onlookers(path), _Turns(sqlite.READERS)
                return cls("sqlite", engine, engine, (turns, turns), _unmeasured, _untold)
            case _:
                return cls.open(url)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commit at the end, roll back on an exception. A cancellation that comes while the commit runs is
        raised after it: the rows are there, so what is tried again needs keys of its own.
        """
        start = time.perf_counter()
        with self._telling():
            await self._writer_turns.take()
            try:
                db = UnbrokenSession(self._writer, writing=True)
                try:
                    await db.connection()
                    yield db
                    await db.commit()
                    self._transaction_took(time.perf_counter() - start)
                finally:
                    await db.leave()
            finally:
                self._writer_turns.give_back()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """See one moment of the database; a write is refused by the database itself."""
        with self._telling():
            await self._reader_turns.take()
            try:
                db = UnbrokenSession(self._reader, writing=False)
                try:
                    yield db
                finally:
                    await db.leave()
            finally:
                self._reader_turns.give_back()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except DatabaseUnavailable as outage:
            self._refused(outage.reason)
            raise

    async def ping(self) -> float:
        """Milliseconds of a round trip, to the file or to the server."""
        start = time.perf_counter()
        async with self.reading() as db:
            await db.execute(text("PRAGMA schema_version" if self.name == "sqlite" else "SELECT 1"))
        return milliseconds_since(start)

    async def close(self) -> None:
        await self._reader_turns.close()
        await self._writer_turns.close()
        # The writer last: whoever closes last checkpoints.
        await self._reader.dispose()
        await self._writer.dispose()
