"""Reads a backup that anybody may have made: only regular members of known names and stated sizes.

tarfile's own reader is not used for that: it follows headers of any length and knows links and devices.
"""

import hashlib
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from backend.backups.manifest import LARGEST_MANIFEST, MANIFEST, Manifest, Member, is_allowed, read
from backend.backups.refused import BackupRefused

_BLOCK: Final = tarfile.BLOCKSIZE
_PIECE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Place:
    offset: int
    size: int


class Archive:
    """Made by `opened`, which has looked at all names and sizes, not yet at the contents."""

    def __init__(self, file: BinaryIO, places: dict[str, _Place], manifest: Manifest) -> None:
        self._file = file
        self._places = places
        self.manifest = manifest

    def verify(self) -> None:
        """Every byte is what the manifest says. Raises BackupRefused."""
        for name in self.manifest.members:
            for _ in self.pieces(name):
                pass

    def read(self, name: str) -> bytes:
        return b"".join(self.pieces(name))

    def copy(self, name: str, target: BinaryIO) -> None:
        target.writelines(self.pieces(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """Raises BackupRefused after the last one when they are not what they were."""
        digest = hashlib.sha256()
        for piece in _pieces(self._file, self._places[name]):
            digest.update(piece)
            yield piece
        if digest.hexdigest() != self.manifest.members[name].sha256:
            raise BackupRefused(f"it is damaged: {name} is not what was written; take another backup")


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Raises BackupRefused for what is no whole backup."""
    try:
        with path.open("rb") as file:
            places = _places(file, path.stat().st_size)
            manifest = read(b"".join(_pieces(file, places[MANIFEST])))
            _refuse_differences(places, manifest.members)
            yield Archive(file, places, manifest)
    except BackupRefused as refused:
        raise BackupRefused(f"{path}: {refused}") from refused
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        if error.filename != str(path):
            raise
        raise BackupRefused(f"{path}: {error.strerror}") from error


def _places(file: BinaryIO, size: int) -> dict[str, _Place]:
    """Of all members, up to the end mark: without it something is cut off."""
    places: dict[str, _Place] = {}
    offset = 0
    while True:
        file.seek(offset)
        block = file.read(_BLOCK)
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            break
        except (tarfile.HeaderError, ValueError) as error:
            raise BackupRefused(_what_is_wrong(places)) from error
        place = _Place(offset + _BLOCK, info.size)
        if info.type != tarfile.REGTYPE or not is_allowed(info.name) or info.name in places:
            raise BackupRefused("it is not a backup of Bakeoff: it holds something that is in none")
        offset = place.offset + -(-info.size // _BLOCK) * _BLOCK
        if info.size < 0 or offset > size:
            raise BackupRefused("it is damaged: its end is missing; take another backup")
        places[info.name] = place
    if MANIFEST not in places or places[MANIFEST].size > LARGEST_MANIFEST:
        raise BackupRefused("it is not a backup of Bakeoff: it has no manifest")
    return places


def _what_is_wrong(places: dict[str, _Place]) -> str:
    if not places:
        return "it is not a backup of Bakeoff"
    return "it is damaged, or its end is missing; take another backup"


def _refuse_differences(places: dict[str, _Place], members: dict[str, Member]) -> None:
    found = {name: place.size for name, place in places.items() if name != MANIFEST}
    if found != {name: member.size for name, member in members.items()}:
        raise BackupRefused("it is damaged: what is in it is not what its manifest says; take another backup")


def _pieces(file: BinaryIO, place: _Place) -> Iterator[bytes]:
    read = 0
    while read < place.size:
        file.seek(place.offset + read)
        piece = file.read(min(_PIECE, place.size - read))
        if not piece:
            raise BackupRefused("it is damaged: its end is missing; take another backup")
        read += len(piece)
        yield piece
