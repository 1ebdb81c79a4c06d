"""Another SQLite file in the place of the one there, by one rename: before it all is old, after it new."""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from backend.backups.refused import BackupRefused
from backend.kit.folders import keep_also, make_names_last

_BESIDE: Final = ("-wal", "-shm")
# Where SQLite locks: whoever has a WAL database open shares these bytes.
_SHARED: Final = (0x40000000 + 2, 510)


def refuse_if_held(path: Path) -> None:
    if path.exists():
        with _alone_with(path):
            pass


def replace(path: Path, new: Path, aside: Path | None) -> None:
    """What is there goes into `aside`. Raises BackupRefused while a server has it open."""
    if not path.exists():
        new.replace(path)
        make_names_last(path.parent)
        return
    refuse_if_held(path)
    names = [path, *(path.with_name(path.name + ending) for ending in _BESIDE)]
    if aside is not None:
        # Before SQLite opens it: of a damaged file it removes the WAL.
        for each in filter(Path.exists, names):
            keep_also(each, aside / each.name)
        make_names_last(aside)
    _settle(path)
    with _alone_with(path):
        for each in names[1:]:  # of the old file: SQLite would read them into the new one
            each.unlink(missing_ok=True)
        new.replace(path)
        make_names_last(path.parent)


def _settle(path: Path) -> None:
    """What is in the WAL goes into the file, as at every start: then the file alone is all there was."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _alone_with(path: Path) -> Iterator[None]:
    """SQLite's own lock, also on a file too damaged for SQLite. Windows renames no file that is open."""
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415 - not on Windows

    descriptor = os.open(path, os.O_RDWR)
    try:
        start, length = _SHARED
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
        except (BlockingIOError, PermissionError):
            raise BackupRefused(
                f"another process has {path} open: stop the server first, then restore"
            ) from None
        yield
    finally:
        os.close(descriptor)
