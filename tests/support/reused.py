"""Migrated PostgreSQL databases that are used again: emptying one costs a fraction of making one."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from tests.support.postgres import Postgres

# Everything but the rows; also who left settings or other schemas behind.
_LOOK: Final = """
SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
    SELECT format('%s %s %s %s %s', attrelid::regclass, attname, atttypid, attnotnull, atthasdef) AS line
      FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
     WHERE relnamespace = 'public'::regnamespace AND attnum > 0
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_%'
    UNION ALL SELECT setconfig::text FROM pg_db_role_setting
     WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL SELECT version_num FROM alembic_version
) AS lines
"""
_HOW_TO_EMPTY: Final = """
SELECT string_agg(statement, ';') FROM (
    SELECT format('DELETE FROM %I', relname) AS statement FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
    UNION ALL SELECT format('ALTER SEQUENCE %I RESTART', relname) FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'
) AS statements
"""
_SHOW_OUT: Final = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# What is deleted stays in the file, and whoever looks reads past it.
_LARGEST: Final = 14_000_000


class ReusedDatabases:
    def __init__(self, server: Postgres, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        self._look, self._how_to_empty = asyncio.run(self._learn())

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The address of one that is as the migrations left it."""
        name = self._free.pop() if self._free else self._server.create(self._template)
        try:
            yield self._server.url(name)
        finally:
            if asyncio.run(self._emptied(name)):
                self._free.append(name)
            else:
                self._server.run(f"DROP DATABASE {name} WITH (FORCE)")

    async def _learn(self) -> tuple[str, str]:
        connection = await asyncpg.connect(self._server.url(self._template))
        try:
            return await connection.fetchval(_LOOK), await connection.fetchval(_HOW_TO_EMPTY)
        finally:
            await connection.close()  # or nothing could be made from it

    async def _emptied(self, name: str) -> bool:
        connection = await asyncpg.connect(self._server.url(name))
        try:
            await connection.execute(_SHOW_OUT)
            if await connection.fetchval("SELECT pg_database_size(current_database())") > _LARGEST:
                return False
            if await connection.fetchval(_LOOK) != self._look:
                return False
            await connection.execute(f"SET session_replication_role = replica;{self._how_to_empty}")
        finally:
            await connection.close()
        return True
