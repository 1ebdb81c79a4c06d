"""A copy of a SQLite file beside it, taken before its schema changes."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

KEPT: Final = 3


def copy_aside(path: Path, before: str) -> Path:
    """Copy to `<file>.before-<revision>`, keep the newest three. SQLite copies, so the WAL comes along."""
    copy = path.with_name(f"{path.name}.before-{before}")
    unfinished = copy.with_name(f"{copy.name}.unfinished")
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as target:
            source.backup(target)
            # One file that can be copied back, without a WAL of its own.
            target.execute("PRAGMA journal_mode = DELETE")
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
