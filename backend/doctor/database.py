"""The database: answers, is whole, is what this version knows."""

import asyncio
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import text

from backend.backups.contents import revision_of, tables_of
from backend.backups.replacing_tables import UNFINISHED
from backend.doctor.finding import Finding, note, problem, well
from backend.doctor.patient import Patient
from backend.kit import revisions
from backend.kit.clock import milliseconds_since
from backend.kit.database_url import InvalidDatabaseUrl
from backend.kit.sqlite import onlooking
from backend.kit.unavailable import DatabaseUnavailable

_LOOKS_FOR: Final = 60.0
"""Seconds at the pages of a file."""
_LARGE_WAL: Final = 2**30
_DAMAGED: Final = "stop the server, copy the file and its -wal aside, then: bakeoff restore FILE --force"
_DO: Final = {
    "cannot open the file": "check the path in database_url and who may read it",
    "the file is damaged": _DAMAGED,
    "the file is not a database": _DAMAGED,
    "access denied": "check user and password in database_url",
    "no such database": "create it: createdb NAME",
    "connection refused": "start PostgreSQL, or check host and port in database_url",
}


async def answers(patient: Patient) -> list[Finding]:
    try:
        database = patient.database
    except InvalidDatabaseUrl as error:
        return [problem(str(error), "set database_url right")]
    if patient.has_no_database_yet:
        return [note(f"{database} does not exist yet: the first start makes it")]
    version = "SELECT sqlite_version()" if patient.file else "SHOW server_version"
    name = "SQLite" if patient.file else "PostgreSQL"
    try:
        async with patient.reading() as db:
            of_version = await db.scalar(text(version))
            start = time.perf_counter()
            await db.execute(text("PRAGMA schema_version" if patient.file else "SELECT 1"))
            took = milliseconds_since(start)
    except DatabaseUnavailable as error:
        do = _DO.get(error.reason, "check database_url and that the database runs")
        return [problem(f"{database} cannot be used: {error.reason}", do)]
    return [well(f"{name} {of_version} at {database} answers in {took:.1f} ms")]


async def writable(patient: Patient) -> list[Finding]:
    file = patient.file
    if file is None or os.access(file, os.R_OK | os.W_OK):
        return []
    return [problem(f"{file} is not writable for this user", f"chown or chmod {file}")]


async def whole(patient: Patient) -> list[Finding]:
    """Of a file alone: a server looks after its own."""
    file = patient.file
    return [] if file is None else [await asyncio.to_thread(_check, file)]


async def journal(patient: Patient) -> list[Finding]:
    file = patient.file
    if file is None:
        return []
    with file.open("rb") as opened:
        head = opened.read(20)
    if head[18:20] != b"\x02\x02":
        return [note(f"{file} is not in WAL mode now: the next start puts it there")]
    wal = file.with_name(f"{file.name}-wal")
    size = wal.stat().st_size if wal.exists() else 0
    if size and not file.with_name(f"{file.name}-shm").exists():
        return [note(f"{wal} lies there without its index: no check has seen it", "bakeoff serve")]
    if size > _LARGE_WAL:
        do = "end programs that keep the file open, then restart the server"
        return [note(f"the WAL has {size / 2**30:.1f} GiB: something keeps it from being written back", do)]
    return [well(f"WAL mode, {size / 2**20:.1f} MiB not written back yet")]


async def migrated(patient: Patient) -> list[Finding]:
    if patient.has_no_database_yet:
        return []
    async with patient.reading() as db:
        has_any = "alembic_version" in await tables_of(db, patient.kind)
        revision = await revision_of(db) if has_any else None
    newest = revisions.newest()
    if revision == newest:
        return [well(f"up to date ({newest})")]
    if revision == UNFINISHED:
        return [
            problem(
                "a restore was broken off; what was there is in a schema before_restore_…",
                "bakeoff restore FILE",
            )
        ]
    if revision is None:
        return [note("empty: the first start makes the tables")]
    if revision not in revisions.known():
        do = "install the version that wrote it, or restore a backup from before"
        return [problem(f"at revision {revision}, newer than this version ({newest})", do)]
    return [note(f"at revision {revision}, behind {newest}: the next start brings it up to date")]


def _check(file: Path) -> Finding:
    """For a while only: the pages of a large file take minutes."""
    end = time.monotonic() + _LOOKS_FOR
    try:
        with closing(sqlite3.connect(onlooking(file), uri=True)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > end, 100_000)
            faults = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            return note(f"no fault in the {_LOOKS_FOR:.0f} s for which the file was looked at")
        return problem(f"the file cannot be read: {error}", _DAMAGED)
    except sqlite3.DatabaseError as error:
        return problem(f"the file is damaged: {error}", _DAMAGED)
    if faults != ["ok"]:
        return problem(f"the file is damaged: {' '.join('; '.join(faults).split())}", _DAMAGED)
    return well("every page of the file is as it should be")
