"""Bring a database to the newest migration: one process at a time, a SQLite file is copied aside first."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from asyncpg import PostgresError
from sqlalchemy.exc import SQLAlchemyError

from backend.kit import database_url, revisions
from backend.kit.backup import copy_aside
from backend.kit.database_url import PostgresServer, SqliteFile
from backend.kit.filelock import locked
from backend.kit.unavailable import DatabaseUnavailable, reason_for


@dataclass(frozen=True, slots=True)
class Migrated:
    """`before` equals `after` when there was nothing to do; it is None for an empty database."""

    before: str | None
    after: str
    copy: Path | None = None

    @property
    def changed(self) -> bool:
        return self.before != self.after


def migrate(url: str) -> Migrated:
    """Blocks, and runs a loop of its own for PostgreSQL: call it before the server's loop, or in a thread."""
    database = database_url.parse(url)
    try:
        return _migrate(database)
    except (SQLAlchemyError, PostgresError, sqlite3.Error, OSError) as error:
        reason = reason_for(error, writing=True)
        if reason is None:
            raise
        raise DatabaseUnavailable(reason) from error


def _migrate(database: SqliteFile | PostgresServer) -> Migrated:
    if isinstance(database, SqliteFile) and not database.path.parent.is_dir():
        raise DatabaseUnavailable("cannot open the file")
    newest = revisions.newest()
    current = revisions.current(database)
    revisions.refuse_unknown(current)
    if current == newest:
        return Migrated(current, newest)
    match database:
        case SqliteFile(path):
            return _migrate_file(path, newest)
        case PostgresServer():
            return Migrated(_upgrade(database), newest)


def _migrate_file(path: Path, newest: str) -> Migrated:
    with locked(path.with_name(f"{path.name}.lock")):
        # Another process may have been faster while this one waited.
        current = revisions.current(SqliteFile(path))
        revisions.refuse_unknown(current)
        if current == newest:
            return Migrated(current, newest)
        worth_keeping = path.exists() and path.stat().st_size > 0
        copy = copy_aside(path, newest) if worth_keeping else None
        return Migrated(_upgrade(SqliteFile(path)), newest, copy)


def _upgrade(database: SqliteFile | PostgresServer) -> str | None:
    from backend.kit import schema  # noqa: PLC0415 - Alembic's import takes longer than a start without changes

    return schema.upgrade(database)
