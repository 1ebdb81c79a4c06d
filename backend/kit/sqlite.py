"""Engines for a SQLite file: one writer, a few read-only readers, and onlookers, who leave no trace."""

import sqlite3
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from backend.kit import sqlite_connection

READERS: Final = 4

# SQLite before 3.51.3 can lose a commit when one connection resets the WAL while another one writes.
# Avoided by design: one process, and in it only the writer writes, checkpoints and is closed last.
HAS_WAL_RESET_BUG: Final = sqlite3.sqlite_version_info < (3, 51, 3)

_PRAGMAS: Final = ("busy_timeout = 5000", "foreign_keys = ON", "temp_store = MEMORY")
# In WAL mode NORMAL keeps every commit when the process dies; only a power cut may take the last ones.
_WRITER_PRAGMAS: Final = (*_PRAGMAS, "journal_mode = WAL", "synchronous = NORMAL")
_READER_PRAGMAS: Final = (*_PRAGMAS, "query_only = ON")


def writer(path: Path) -> AsyncEngine:
    # A deferred transaction that reads first and then writes fails at once, whatever the busy timeout.
    return _engine(_file(path), connections=1, pragmas=_WRITER_PRAGMAS, begin="BEGIN IMMEDIATE")


def readers(path: Path) -> AsyncEngine:
    return _engine(_file(path), connections=READERS, pragmas=_READER_PRAGMAS, begin="BEGIN")


def onlookers(path: Path) -> AsyncEngine:
    return _engine(onlooking(path), connections=READERS, pragmas=_READER_PRAGMAS, begin="BEGIN")


def onlooking(path: Path) -> str:
    """An address (for `uri=True`) by which nothing is changed, not even a file beside the database is made.

    Where there is a WAL its index is only read, or built in memory when a process left it behind. Where there
    is none, no process has the file open.
    """
    beside = all(path.with_name(f"{path.name}-{ending}").exists() for ending in ("wal", "shm"))
    return f"{_file(path)}?mode=ro&{'readonly_shm' if beside else 'immutable'}=1"


def _file(path: Path) -> str:
    return f"file:{quote(str(path.absolute()))}"


def _engine(uri: str, *, connections: int, pragmas: tuple[str, ...], begin: str) -> AsyncEngine:
    async def connect() -> sqlite_connection.Connection:
        return await sqlite_connection.Connection.to(uri)

    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=uri),
        async_creator=connect,
        pool_size=connections,
        max_overflow=0,
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
