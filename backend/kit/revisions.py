"""Which migrations this code knows and which one a database has: without Alembic, whose import takes longer
than everything else at a start that changes nothing.
"""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import asyncpg

from backend.kit.database_url import PostgresServer, SqliteFile

# Beside the package, in a checkout and in an installation alike; sys.path might find another `migrations`.
FOLDER: Final = Path(__file__).resolve().parents[2] / "migrations"


class DatabaseTooNew(Exception):  # noqa: N818 - reads as what it is
    """The database was written by a newer version."""

    def __init__(self, revision: str, newest: str) -> None:
        super().__init__(
            f"the database is at revision {revision}, this version knows revisions up to {newest}: "
            "install the version that wrote the database, or restore a copy from before that revision"
        )
        self.revision = revision


def known() -> list[str]:
    """Every revision, oldest first: the number that its file's name begins with."""
    return sorted(path.name.partition("_")[0] for path in FOLDER.glob("versions/[0-9]*.py"))


def newest() -> str:
    return known()[-1]


def refuse_unknown(revision: str | None) -> None:
    if revision is not None and revision not in known():
        raise DatabaseTooNew(revision, newest())


def current(database: SqliteFile | PostgresServer) -> str | None:
    match database:
        case SqliteFile(path):
            return _of_sqlite(path)
        case PostgresServer(dsn):
            return asyncio.run(_of_postgres(dsn))


def _of_sqlite(path: Path) -> str | None:
    if not path.exists():
        return None
    with closing(sqlite3.connect(path)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


async def _of_postgres(dsn: str) -> str | None:
    connection = await asyncpg.connect(dsn=dsn, timeout=10)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    finally:
        await connection.close()
    return None if revision is None else str(revision)
