"""Rows written past the product's own statements, which are for one at a time: SQLite, PostgreSQL.

Nothing refers to what is not there, and whoever writes answers for that: neither database looks.
"""

import asyncio
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import asyncpg
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.asyncpg import dialect as postgresql
from sqlalchemy.dialects.sqlite import dialect as sqlite
from sqlalchemy.engine import Dialect

from backend.kit.database_url import SqliteFile, parse

Row = Mapping[str, Any]

# A superuser can say so: indexes are filled at the end, all at once, in a fraction of the time, which is also
# when they find what is there twice. And no row is asked for what it refers to.
_ROWS_ONLY: Final = """
UPDATE pg_index SET indisready = false, indisvalid = false
 FROM pg_class WHERE pg_class.oid = indrelid AND relnamespace = 'public'::regnamespace;
SET session_replication_role = replica
"""


class Bulk(Protocol):
    @property
    def dialect(self) -> Dialect: ...

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        """All of them have the same columns."""

    async def run(self, *statements: str) -> None:
        """All or none."""

    async def close(self) -> None:
        """What the database's own housekeeping does after so many rows."""


async def bulk_of(url: str) -> Bulk:
    match parse(url):
        case SqliteFile(path):
            return _Sqlite(sqlite3.connect(path, isolation_level=None, check_same_thread=False))
        case server:
            connection = await asyncpg.connect(server.dsn)
            await connection.execute(_ROWS_ONLY)
            return _Postgres(connection)


class _Sqlite:
    """In a thread, so that others are filled at the same time. `packed` and `unpacked` are zlib's; packed is
    what nobody reads here, so it is not made any smaller.
    """

    dialect = sqlite()

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        for pragma in ("synchronous = OFF", "temp_store = MEMORY", "cache_size = -200000"):
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("packed", 1, lambda line: zlib.compress(line.encode(), 0, 9))
        connection.create_function("unpacked", 1, lambda line: zlib.decompress(line).decode())

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        await asyncio.to_thread(self._write, table, rows)

    async def run(self, *statements: str) -> None:
        await asyncio.to_thread(self._connection.executescript, ";".join(("BEGIN", *statements, "COMMIT")))

    async def close(self) -> None:
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()

    def _write(self, table: Table, rows: Sequence[Row]) -> None:
        names = list(rows[0])
        places = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})"  # noqa: S608 - our own
        self._connection.execute("BEGIN")
        self._connection.executemany(statement, _records(table, names, self.dialect, rows))
        self._connection.execute("COMMIT")


class _Postgres:
    dialect: Dialect = postgresql()  # type: ignore[no-untyped-call]  # SQLAlchemy's own

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def write(self, table: Table, rows: Sequence[Row]) -> None:
        names = list(rows[0])
        records = _records(table, names, self.dialect, rows)
        await self._connection.copy_records_to_table(table.name, records=records, columns=names)

    async def run(self, *statements: str) -> None:
        await self._connection.execute(";".join(statements))

    async def close(self) -> None:
        await self._connection.execute("REINDEX SCHEMA public")
        await self._connection.execute("VACUUM ANALYZE")
        await self._connection.execute("CHECKPOINT")
        await self._connection.close()


def _records(
    table: Table, names: Sequence[str], dialect: Dialect, rows: Sequence[Row]
) -> Iterator[tuple[Any, ...]]:
    """As SQLAlchemy would hand them to the driver."""
    columns = [(name, _writer(table.c[name], dialect)) for name in names]
    for row in rows:
        yield tuple(row[name] if write is None else write(row[name]) for name, write in columns)


def _writer(column: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    found: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return found
