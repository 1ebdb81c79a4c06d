"""What a backup says about itself, and the names that may be in one at all."""

import re
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from backend.backups.house import Kind
from backend.backups.refused import BackupRefused
from backend.kit.master_key import FILE

FORMAT: Final = 1
PROGRAM: Final = "bakeoff"
MANIFEST: Final = "manifest.json"
SECRET: Final = FILE
ATTACHMENTS: Final = "attachments/"
DATABASES: Final[dict[Kind, str]] = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
LARGEST_MANIFEST: Final = 256 * 1024 * 1024

# Nothing else is ever taken out: no path, no "..", no link, no device can be written by these names.
_NAME: Final = re.compile(r"manifest\.json|secret\.key|database\.(sqlite|pgdump)|attachments/[0-9a-f]{64}")


class Member(msgspec.Struct, frozen=True):
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    program: str
    version: str
    made_at: datetime
    database: Kind
    revision: str
    installation: UUID | None
    """None: it was never started."""
    secret: str | None
    """Of which secret sealed keys need; the secret itself cannot be told from it."""
    counts: dict[str, int]
    """Rows of each table."""
    members: dict[str, Member]
    missing: tuple[str, ...]
    """Attachments that were lost or damaged on the disk already."""

    @property
    def attachments(self) -> list[str]:
        return [name for name in self.members if name.startswith(ATTACHMENTS)]


class _Format(msgspec.Struct):
    format: int
    program: str


def is_allowed(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


def written(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def read(data: bytes) -> Manifest:
    """Raises BackupRefused."""
    try:
        about = msgspec.json.decode(data, type=_Format)
        if about.program != PROGRAM:
            raise BackupRefused("it is a backup of another program")
        if about.format > FORMAT:
            raise BackupRefused("it was written by a newer version; install that version to restore it")
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BackupRefused("it is not a backup of Bakeoff: its manifest cannot be read") from error
    if not all(map(is_allowed, manifest.members)) or DATABASES[manifest.database] not in manifest.members:
        raise BackupRefused("it is not a backup of Bakeoff: its manifest names what is in none")
    return manifest
