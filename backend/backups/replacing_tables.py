"""Other tables in the place of those of a PostgreSQL database.

The old ones move into a schema of their own. Until the new ones are there, which is one transaction, the
database says that it is being restored, and no server starts on it.
"""

from pathlib import Path
from typing import Final

import asyncpg

from backend.backups import programs
from backend.backups.refused import BackupRefused
from backend.kit.database_url import PostgresServer

UNFINISHED: Final = "restore-unfinished"
_NAME: Final = "bakeoff restore"


async def refuse_if_used(server: PostgresServer) -> None:
    connection = await _connect(server)
    try:
        users = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name LIKE 'bakeoff%' AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()
    if users:
        raise BackupRefused(f"a server uses {server}: stop it first, then restore")


async def replace(server: PostgresServer, dump: Path, aside: str) -> str | None:
    """Returns the schema that the old tables are in; None when there were none."""
    moved = await _begin(server, aside)
    try:
        await programs.run(
            "pg_restore",
            server,
            "--single-transaction",
            "--exit-on-error",
            "--clean",
            "--if-exists",
            "--no-owner",
            "--no-privileges",
            str(dump),
        )
    except BackupRefused:
        await undo(server, moved)
        raise
    return moved


async def _begin(server: PostgresServer, aside: str) -> str | None:
    connection = await _connect(server)
    try:
        async with connection.transaction():
            tables = await _tables(connection)
            if tables == ["alembic_version"] and await _is_unfinished(connection):
                return None  # broken off here before; what was there is aside already
            if tables:
                await connection.execute(f'CREATE SCHEMA "{aside}"')
                await _move(connection, tables, "public", aside)
            await connection.execute("CREATE TABLE public.alembic_version (version_num varchar(32) NOT NULL)")
            await connection.execute("INSERT INTO public.alembic_version VALUES ($1)", UNFINISHED)
    finally:
        await connection.close()
    return aside if tables else None


async def undo(server: PostgresServer, moved: str | None) -> None:
    """The old tables are the tables again."""
    connection = await _connect(server)
    try:
        async with connection.transaction():
            for table in await _tables(connection):
                await connection.execute(f'DROP TABLE public."{table}" CASCADE')
            if moved is not None:
                await _move(connection, await _tables(connection, moved), moved, "public")
                await connection.execute(f'DROP SCHEMA "{moved}"')
    finally:
        await connection.close()


async def _is_unfinished(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval("SELECT version_num FROM public.alembic_version") == UNFINISHED)


async def _tables(connection: asyncpg.Connection, schema: str = "public") -> list[str]:
    rows = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY tablename", schema
    )
    return [row["tablename"] for row in rows]


async def _move(connection: asyncpg.Connection, tables: list[str], source: str, target: str) -> None:
    """Their indexes, constraints and sequences go along."""
    for table in tables:
        await connection.execute(f'ALTER TABLE "{source}"."{table}" SET SCHEMA "{target}"')


async def _connect(server: PostgresServer) -> asyncpg.Connection:
    return await asyncpg.connect(
        dsn=server.dsn, timeout=10, server_settings={"application_name": _NAME, "lock_timeout": "10s"}
    )
