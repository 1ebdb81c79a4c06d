"""Copies of a SQLite file, also while others write into it; one beside it before its schema changes."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

KEPT: Final = 3


def copy_whole(path: Path, target: Path) -> None:
    """As it is at one moment. SQLite copies, so the WAL comes along; one file comes out, without a WAL."""
    target.unlink(missing_ok=True)
    address = f"file:{quote(str(path.absolute()))}?mode=rw"  # never makes one
    with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


def copy_aside(path: Path, before: str) -> Path:
    """Copy to `<file>.before-<revision>`, keep the newest three."""
    copy = path.with_name(f"{path.name}.before-{before}")
    unfinished = copy.with_name(f"{copy.name}.unfinished")
    try:
        copy_whole(path, unfinished)
        shutil.copymode(path, unfinished)
        unfinished.replace(copy)
    finally:
        unfinished.unlink(missing_ok=True)
    copies = sorted(
        path.parent.glob(f"{_literal(path.name)}.before-*"), key=lambda each: each.stat().st_mtime_ns
    )
    for old in copies[:-KEPT]:
        old.unlink(missing_ok=True)
    return copy


def _literal(name: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)
