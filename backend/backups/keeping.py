"""A folder of backups: named by their time, the newest kept. What others put there is never touched."""

import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from backend.backups.reading import opened
from backend.backups.refused import BackupRefused

_NAME: Final = re.compile(r"bakeoff-\d{8}T\d{6}Z\.tar")


def name_at(moment: datetime) -> str:
    return f"bakeoff-{moment:%Y%m%dT%H%M%SZ}.tar"


def remove_all_but(newest: int, folder: Path, installation: UUID | None) -> list[Path]:
    """Of those of this installation, whole and named by us. Returns what went."""
    own = [path for path in sorted(folder.iterdir()) if _is_of(path, installation)]
    gone = own[:-newest]
    for path in gone:
        path.unlink()
    return gone


def _is_of(path: Path, installation: UUID | None) -> bool:
    if not _NAME.fullmatch(path.name) or path.is_symlink():
        return False
    with suppress(BackupRefused), opened(path) as archive:
        return archive.manifest.installation == installation
    return False
