"""One moment of a database in one file, while others write on, and what it held at that moment."""

import asyncio
from pathlib import Path

from sqlalchemy import text

from backend.backups import programs
from backend.backups.contents import Contents, contents_of
from backend.backups.house import Kind
from backend.backups.refused import BackupRefused
from backend.kit import database_url
from backend.kit.backup import copy_whole
from backend.kit.database_url import PostgresServer, SqliteFile
from backend.kit.db import Database


async def snapshot(url: str, target: Path) -> Contents:
    match database_url.parse(url):
        case SqliteFile(path):
            if not path.exists():
                raise BackupRefused(f"there is nothing to back up yet: {path} does not exist")
            await asyncio.to_thread(copy_whole, path, target)
            return await look_into(f"sqlite:///{target}", "sqlite")
        case server:
            return await _dump(url, server, target)


async def look_into(url: str, kind: Kind) -> Contents:
    database = Database.looking(url)
    try:
        async with database.reading() as db:
            return await contents_of(db, kind)
    finally:
        await database.close()


async def _dump(url: str, server: PostgresServer, target: Path) -> Contents:
    """What is counted and what is dumped are the same moment: the dump takes over our view."""
    database = Database.looking(url)
    try:
        async with database.reading() as db:
            # A dump may take longer than any of our transactions should.
            await db.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            contents = await contents_of(db, "postgresql")
            if not contents.counts:
                raise BackupRefused(f"there is nothing to back up yet: {server} has no tables")
            view = await db.scalar(text("SELECT pg_export_snapshot()"))
            await programs.run(
                "pg_dump",
                server,
                f"--snapshot={view}",
                "--format=custom",
                "--table=public.*",
                "--no-owner",
                "--no-privileges",
                f"--file={target}",
            )
            return contents
    finally:
        await database.close()
