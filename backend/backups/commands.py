"""`bakeoff backup …` and `bakeoff restore …`: what is done, and said in a line or two."""

import errno
import sqlite3
from collections.abc import Awaitable
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from backend.backups.arguments import BackUp, Restore
from backend.backups.house import House
from backend.backups.keeping import name_at, remove_all_but
from backend.backups.making import Made, make
from backend.backups.manifest import SECRET, Manifest
from backend.backups.refused import BackupRefused
from backend.backups.restoring import Restored, restore
from backend.kit.errors import AppError
from backend.kit.unavailable import DatabaseUnavailable, reason_for

T = TypeVar("T")

_SHOWN: Final = (("comparisons", "comparisons"), ("responses", "answers"), ("ledger", "ledger entries"))


async def back_up(house: House, command: BackUp, now: datetime) -> str:
    """What to print. Raises BackupRefused."""
    if command.keep is not None and command.folder is None:
        raise BackupRefused("--keep goes with --to FOLDER")
    made = await _or_refused(_back_up(house, command, now), "no backup was made")
    return _said_of_backup(made, _removed(made, command.keep))


async def put_back(house: House, command: Restore) -> str:
    """What to print. Raises BackupRefused."""
    restored = await _or_refused(restore(house, command.file, force=command.force), "nothing was changed")
    return _said_of_restore(house, restored)


def _removed(made: Made, keep: int | None) -> list[Path]:
    if keep is None:
        return []
    try:
        return remove_all_but(keep, made.file.parent, made.manifest.installation)
    except OSError as error:
        raise BackupRefused(
            f"{made.file} is made, but not all older ones are gone: {_what(error)}"
        ) from error


async def _back_up(house: House, command: BackUp, now: datetime) -> Made:
    if command.folder is not None:
        command.folder.mkdir(parents=True, exist_ok=True)
        return await make(house, command.folder / name_at(now), with_secret=command.with_secret)
    if command.file is None:
        raise BackupRefused("name a file, or a folder with --to")
    return await make(house, command.file, with_secret=command.with_secret)


async def _or_refused(work: Awaitable[T], so: str) -> T:
    try:
        return await work
    except DatabaseUnavailable as error:
        raise BackupRefused(f"the database cannot be used: {error.reason}; {so}") from error
    except AppError as error:
        raise BackupRefused(f"{error.message} {so.capitalize()}.") from error
    except OSError as error:
        raise BackupRefused(f"{_what(error)}; {so}") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise BackupRefused(f"PostgreSQL refuses: {error}; {so}") from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        reason = reason_for(error, writing=True) or "it is not as this version knows it: `bakeoff doctor`"
        raise BackupRefused(f"the database cannot be used: {reason}; {so}") from error


def _what(error: OSError) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return "the disk is full: make room, or choose another disk"
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def _said_of_backup(made: Made, gone: list[Path]) -> str:
    lines = [f"{made.file} ({made.size / 2**20:.1f} MiB): {_held(made.manifest)}."]
    if SECRET in made.manifest.members:
        lines.append("The secret is in it: whoever has this file can read and be everything. Keep it safe.")
    if made.manifest.missing:
        lines.append(_missing(made.manifest))
    if gone:
        lines.append(f"Removed: {', '.join(path.name for path in gone)}.")
    return "".join(f"{line}\n" for line in lines)


def _said_of_restore(house: House, restored: Restored) -> str:
    manifest = restored.manifest
    lines = [f"Restored as it was at {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC: {_held(manifest)}."]
    if restored.aside:
        tables = f", its tables in the schema {restored.schema}" if restored.schema else ""
        lines.append(f"What was there is kept in {restored.aside}{tables}.")
    if manifest.missing:
        lines.append(_missing(manifest))
    if manifest.secret is not None and manifest.secret != house.secret_version():
        lines.append(
            "The secret is not the one that this was sealed with: until it is, saved keys do not open. "
            f"Put it into {house.secret_file} or BAKEOFF_SECRET_KEY."
        )
    lines.append("Start the server now: it brings the database up to date.")
    return "".join(f"{line}\n" for line in lines)


def _held(manifest: Manifest) -> str:
    rows = [f"{manifest.counts.get(table, 0)} {name}" for table, name in _SHOWN]
    return f"{', '.join(rows)}, {len(manifest.attachments)} attachments, revision {manifest.revision}"


def _missing(manifest: Manifest) -> str:
    return (
        f"{len(manifest.missing)} attachments were lost or damaged on the disk and are not in it: "
        "`bakeoff doctor` names them."
    )
