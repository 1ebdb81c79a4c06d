"""A folder of contents, each named by its SHA-256: there as a whole or not at all, and looked at when read.

Knows neither whose a content is nor whether anybody still needs it.
"""

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import structlog

from backend.kit.errors import AppError
from backend.kit.folders import make_names_last

log = structlog.get_logger()

_NEW: Final = ".new-"
_NAME: Final = re.compile(r"[0-9a-f]{64}")
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class ContentLost(AppError):  # noqa: N818 - reads as what it is
    def __init__(self) -> None:
        message = "What was stored is gone or damaged on the server's disk."
        super().__init__(message, status=500, code="content_lost")


def digest_of(data: bytes) -> str:
    """Tens of milliseconds for what is large: not for the loop."""
    return hashlib.sha256(data).hexdigest()


class Blobs:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, data: bytes) -> str:
        """Its digest. Raises AppError when the disk does not take it."""
        return await asyncio.to_thread(self._put, data)

    async def get(self, digest: str) -> bytes:
        """Raises ContentLost when it is not what it was."""
        return await asyncio.to_thread(self.read, digest)

    def read(self, digest: str) -> bytes:
        """The same, for who is in a thread already."""
        try:
            data = self._place(digest).read_bytes()
        except OSError as error:
            log.error("blob.unreadable", digest=digest, reason=error.strerror)  # noqa: TRY400 - the reason says it
            raise ContentLost from None
        if digest_of(data) != digest:
            log.error("blob.damaged", digest=digest)
            raise ContentLost
        return data

    async def has(self, digest: str) -> bool:
        return await asyncio.to_thread(self._place(digest).is_file)

    async def remove(self, digest: str) -> None:
        """Only for who holds whatever keeps others from beginning to need it."""
        await asyncio.to_thread(self._remove, self._place(digest))

    async def sizes(self) -> dict[str, int]:
        """Of all that is there, by digest; nothing is read or changed."""
        return await asyncio.to_thread(lambda: dict(self._sizes()))

    async def older_than(self, moment: float) -> list[str]:
        """Digests of what nobody has put here since (seconds of the epoch). What was never finished goes."""
        return await asyncio.to_thread(lambda: list(self._older_than(moment)))

    def _put(self, data: bytes) -> str:
        digest = digest_of(data)
        place = self._place(digest)
        try:
            if not self._kept(place, data):
                self._write(place, data)
        except OSError as error:
            raise _refused(error) from None
        return digest

    def _kept(self, place: Path, data: bytes) -> bool:
        """As new as if it had just been written. Not what is damaged, nor what goes meanwhile."""
        try:
            if place.read_bytes() != data:
                return False
            os.utime(place)
        except FileNotFoundError:
            return False
        return True

    def _write(self, place: Path, data: bytes) -> None:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file, name = tempfile.mkstemp(dir=self._folder, prefix=_NEW)  # for its owner alone, 0600
        try:
            with open(file, "wb") as new:  # noqa: PTH123 - it is a descriptor
                new.write(data)
                new.flush()
                os.fsync(new.fileno())
            Path(name).replace(place)
        except BaseException:  # whatever it was: half a file is no file
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
        make_names_last(place.parent)
        make_names_last(self._folder)

    def _remove(self, place: Path) -> None:
        try:
            place.unlink(missing_ok=True)
        except OSError as error:
            raise _refused(error) from None

    def _older_than(self, moment: float) -> Iterator[str]:
        for place in self._folder.glob(f"{_NEW}*"):
            with contextlib.suppress(OSError):
                if place.stat().st_mtime < moment:
                    place.unlink()
        for place in self._places():
            with contextlib.suppress(OSError):
                if place.stat().st_mtime < moment:
                    yield place.name

    def _sizes(self) -> Iterator[tuple[str, int]]:
        for place in self._places():
            with contextlib.suppress(OSError):
                yield place.name, place.stat().st_size

    def _places(self) -> Iterator[Path]:
        places = self._folder.glob("[0-9a-f][0-9a-f]/*")
        return (place for place in places if _NAME.fullmatch(place.name))

    def _place(self, digest: str) -> Path:
        if not _NAME.fullmatch(digest):
            raise ValueError(f"not a SHA-256: {digest!r}")
        return self._folder / digest[:2] / digest


def _refused(error: OSError) -> AppError:
    log.error("blob.refused", reason=error.strerror)
    if error.errno in _FULL:
        return AppError("The server's disk is full.", status=503, code="disk_full")
    message = "The server's disk cannot be written at the moment."
    return AppError(message, status=503, code="disk_unavailable")
