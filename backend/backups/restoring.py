"""Puts an installation back. All that can be wrong is found before anything changes; then what is there is
kept aside, and the database changes at one moment.
"""

import asyncio
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from backend.backups import replacing_file, replacing_tables
from backend.backups.aside import make_aside
from backend.backups.contents import Contents, somebody_lives_in
from backend.backups.house import House
from backend.backups.manifest import ATTACHMENTS, DATABASES, SECRET, Manifest
from backend.backups.reading import Archive, opened
from backend.backups.refused import BackupRefused
from backend.backups.secret import exchanged
from backend.backups.snapshot import look_into
from backend.kit import clock, database_url, revisions
from backend.kit.database_url import PostgresServer, SqliteFile
from backend.kit.db import Database
from backend.kit.filelock import locked
from backend.kit.unavailable import DatabaseUnavailable

_LOCK: Final = "restore.lock"
_STAGED: Final = ".restoring-"


@dataclass(frozen=True, slots=True)
class Restored:
    manifest: Manifest
    aside: Path | None
    """The folder that what was there is in."""
    schema: str | None
    """The schema that its tables are in, on PostgreSQL."""


async def restore(house: House, file: Path, *, force: bool) -> Restored:
    """Raises BackupRefused, DatabaseUnavailable, AppError, OSError; then all is as it was."""
    with opened(file) as archive:
        await asyncio.to_thread(archive.verify)
        _refuse_what_does_not_fit(archive.manifest, house)
        house.folder.mkdir(parents=True, exist_ok=True)
        with locked(house.folder / _LOCK):
            await _refuse_where_somebody_is(house, force=force)
            return await _restore(house, archive)


def _refuse_what_does_not_fit(manifest: Manifest, house: House) -> None:
    if manifest.database != house.kind:
        raise BackupRefused(
            f"it is a backup of {manifest.database}, but this installation uses {house.kind}: "
            "set database_url to the other one to restore it"
        )
    if manifest.revision not in revisions.known():
        raise BackupRefused(
            f"it was made by version {manifest.version} at revision {manifest.revision}, this version knows "
            f"revisions up to {revisions.newest()}: install that version or a newer one to restore it"
        )


async def _refuse_where_somebody_is(house: House, *, force: bool) -> None:
    match database_url.parse(house.url):
        case SqliteFile(path):
            replacing_file.refuse_if_held(path)
        case server:
            await replacing_tables.refuse_if_used(server)
    if not force and await _is_lived_in(house):
        raise BackupRefused(
            "people have accounts in this installation: with --force it is kept aside and the backup takes "
            "its place"
        )


async def _is_lived_in(house: House) -> bool:
    """What cannot be read may be worth keeping."""
    target = database_url.parse(house.url)
    if isinstance(target, SqliteFile) and not target.path.exists():
        return False
    database = Database.looking(house.url)
    try:
        async with database.reading() as db:
            return await somebody_lives_in(db, house.kind)
    except (DatabaseUnavailable, SQLAlchemyError):
        if house.kind == "postgresql":
            raise
        return True
    finally:
        await database.close()


async def _restore(house: House, archive: Archive) -> Restored:
    manifest, now = archive.manifest, clock.now()
    target = database_url.parse(house.url)
    bench_folder = target.path.resolve().parent if isinstance(target, SqliteFile) else house.folder
    with _workbench(bench_folder) as bench:
        staged = bench / DATABASES[house.kind]
        with staged.open("xb") as out:
            archive.copy(DATABASES[house.kind], out)
            out.flush()
            os.fsync(out.fileno())
        if house.kind == "sqlite":
            await _refuse_differences(f"sqlite:///{staged}", manifest, staged)
        # Named by what they are they disturb nobody, and are there when the database comes.
        for name in manifest.attachments:
            await _put(house, archive, name)
        secret = archive.read(SECRET) if SECRET in manifest.members else None
        aside = make_aside(house, now) if await _has_something(house) else None
        try:
            with exchanged(house, secret):
                schema = await _replace(house, staged, manifest, aside, now)
        except BackupRefused:
            if aside is not None:  # second names of what is where it was
                shutil.rmtree(aside, ignore_errors=True)
            raise
        return Restored(manifest, aside, schema)


async def _replace(
    house: House, staged: Path, manifest: Manifest, aside: Path | None, now: datetime
) -> str | None:
    """The one moment. Returns the schema that the old tables are in, on PostgreSQL."""
    match database_url.parse(house.url):
        case SqliteFile(path):
            # Where it really is: a link stays a link.
            replacing_file.replace(path.resolve(), staged, aside)
            return None
        case server:
            return await _replace_tables(house, server, staged, manifest, now)


async def _has_something(house: House) -> bool:
    """Anything that a restore would hide."""
    match database_url.parse(house.url):
        case SqliteFile(path):
            return path.exists() and path.stat().st_size > 0
        case _:
            return bool((await look_into(house.url, house.kind)).counts)


async def _put(house: House, archive: Archive, name: str) -> None:
    if await house.blobs.put(archive.read(name)) != name.removeprefix(ATTACHMENTS):
        raise BackupRefused(f"it is damaged: {name} is not what its name says; take another backup")


async def _replace_tables(
    house: House, server: PostgresServer, dump: Path, manifest: Manifest, now: datetime
) -> str | None:
    moved = await replacing_tables.replace(server, dump, f"before_restore_{now:%Y%m%d%H%M%S%f}")
    try:
        await _refuse_differences(house.url, manifest)
    except BaseException:  # whatever it was: the old tables are the better ones
        await replacing_tables.undo(server, moved)
        raise
    return moved


async def _refuse_differences(url: str, manifest: Manifest, file: Path | None = None) -> None:
    """What came out holds what went in."""
    try:
        found: Contents | None = await look_into(url, manifest.database)
        sound = file is None or _is_sound(file)
    except (DatabaseUnavailable, SQLAlchemyError, sqlite3.Error):
        found, sound = None, False
    if not sound or found is None or (found.revision, found.counts) != (manifest.revision, manifest.counts):
        raise BackupRefused("the database in it is not what its manifest says; take another backup")


def _is_sound(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.execute("PRAGMA quick_check(1)")) == [("ok",)]


@contextmanager
def _workbench(folder: Path) -> Iterator[Path]:
    """For its owner alone. What a killed restore left there goes now: only one runs at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_STAGED}*"):
        shutil.rmtree(left, ignore_errors=True)
    bench = Path(tempfile.mkdtemp(dir=folder, prefix=_STAGED))
    try:
        yield bench
    finally:
        shutil.rmtree(bench, ignore_errors=True)
