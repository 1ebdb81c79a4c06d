"""Writes a backup: a plain tar, member by member, the manifest last. What has a manifest is whole.

Not compressed: attachments and dumps of PostgreSQL are so already, sizes are what they say they are when it
is read, and tools that keep only what changed can look into it.
"""

import hashlib
import io
import tarfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Self

from backend.backups.manifest import MANIFEST, Manifest, Member, written


class NewArchive:
    def __init__(self, file: BinaryIO, at: datetime) -> None:
        # This format has no headers of variable length, so none has to be believed when it is read.
        self._tar = tarfile.TarFile(fileobj=file, mode="w", format=tarfile.GNU_FORMAT)
        self._at = int(at.timestamp())
        self.members: dict[str, Member] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """The end is only written where everything before it was."""
        if kind is None:
            self._tar.close()

    def add_file(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            self._add(name, file, path.stat().st_size)

    def add(self, name: str, data: bytes) -> None:
        self._add(name, io.BytesIO(data), len(data))

    def finish(self, manifest: Callable[[dict[str, Member]], Manifest]) -> Manifest:
        made = manifest(dict(self.members))
        self.add(MANIFEST, written(made))
        return made

    def _add(self, name: str, file: BinaryIO, size: int) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, self._at
        hashed = _Hashed(file)
        self._tar.addfile(info, hashed)
        self.members[name] = Member(size, hashed.digest.hexdigest())


class _Hashed:
    """Bytes as they go by."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data
